"""`mlj completion SHELL`: a script that completes verbs, options and recipes, made from the parser."""

from __future__ import annotations

import argparse
from typing import Any

from mlcore.commands.parser import build

BASH = """_mlj() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" verb="${{COMP_WORDS[1]}}" words
  if [ "$COMP_CWORD" -eq 1 ]; then words="{verbs}"; else
    case "$verb" in
{cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
}}
complete -o filenames -F _mlj mlj"""


def completion(args: argparse.Namespace) -> int:
    """Print the script; the shell reads it from its start-up file."""
    _, verbs = build()
    words = {name: _words(parser) for name, parser in verbs.items()}
    words["train"] += _recipes()
    words["explain"] += _recipes()
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[args.shell](words))
    return 0


def _words(parser: Any) -> list[str]:
    """Second words and long options of a verb."""
    options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
    return [*getattr(parser, "acts", {}), *options]


def _recipes() -> list[str]:
    from mlcore.config import recipes

    return [name.rpartition("/")[2] for name in recipes()]


def _bash(words: dict[str, list[str]]) -> str:
    cases = "\n".join(f'      {name}) words="{" ".join(own)}" ;;' for name, own in words.items())
    return BASH.format(verbs=" ".join(words), cases=cases)


def _zsh(words: dict[str, list[str]]) -> str:
    return "autoload -U +X bashcompinit && bashcompinit\n" + _bash(words)


def _fish(words: dict[str, list[str]]) -> str:
    script = [f'complete -c mlj -n __fish_use_subcommand -a "{" ".join(words)}"']
    for name, own in words.items():
        script.append(f'complete -c mlj -n "__fish_seen_subcommand_from {name}" -a "{" ".join(own)}"')
    return "\n".join(script)

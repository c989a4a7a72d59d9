"""`mlj completion SHELL`: a few lines for a shell, which ask `mlj completion words …` what could come next.

What could come is worked out from the parser, so that no verb, option or choice can be forgotten; runs, recipes and
data sets are looked up. Nothing heavy is imported, except where a setting is completed.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlcore.commands.parser import build

RUNS = 200  # of the newest runs that are offered
SCRIPTS = {
    "bash": r"""_mlj() {
  local IFS=$'\n' line="${COMP_LINE:0:COMP_POINT}" words word
  IFS=$' \t' read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  word="${words[${#words[@]}-1]}"
  COMPREPLY=($(mlj completion words "${words[@]:1}" 2>/dev/null))
  [[ "$word" == *=* ]] && COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*=}"}"}")
  [[ "${COMPREPLY[0]}" == *= || "${COMPREPLY[0]}" == */ ]] && compopt -o nospace 2>/dev/null
}
complete -o default -F _mlj mlj""",
    "zsh": r"""#compdef mlj
_mlj() {
  local -a found open done
  found=("${(@f)$(mlj completion words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  open=(${(M)found:#*[=/]}) done=(${found:#*[=/]}) done=(${done:#})
  (( $#open + $#done )) || { _files; return }
  compadd -S '' -- $open
  compadd -- $done
}
compdef _mlj mlj""",
    "fish": r"""function __mlj
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l found (mlj completion words $before[2..] "$word" 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path "$word"
    end
end
complete -c mlj -f -a '(__mlj)'""",
}


def completion(args: argparse.Namespace) -> int:
    """Print the script; the shell reads it from its start-up file."""
    print(SCRIPTS[args.shell])
    return 0


def words(args: argparse.Namespace) -> int:
    """What could stand in place of the last word, one a line; nothing where a shell's own files are meant."""
    *before, last = args.rest or [""]
    found = dict.fromkeys(word for word in candidates(before, last) if word.startswith(last))
    print("\n".join(found), end="\n" if found else "")
    return 0


def candidates(before: Sequence[str], last: str) -> Iterator[str]:
    """The words that could follow `before`; `last` is how the next one begins."""
    _, verbs = build()
    if not before or before[0] not in verbs:
        yield from () if before else (*verbs, "--help", "--version")
        return
    own, rest = verbs[before[0]], list(before[1:])
    acts = getattr(own, "acts", {})
    act = next((word for word in rest if word in acts), None)
    if act is not None:
        rest.remove(act)
    parser = acts.get(act, own)
    options = {name: action for action in parser._actions for name in action.option_strings}
    asked = options.get(rest[-1]) if rest else None
    if asked is not None and asked.nargs != 0:
        yield from _of(asked, last, rest)
        return
    if last.startswith("-"):
        yield from (name for name in options if name.startswith("--") or last == name)
        return
    if acts and act is None:
        yield from acts
    yield from _positional(parser, options, rest, last)


def _positional(parser: Any, options: Mapping[str, Any], rest: Sequence[str], last: str) -> Iterator[str]:
    """The words of the argument that is next, given those that were."""
    given, skip = 0, False
    for word in rest:
        takes = word in options and options[word].nargs != 0
        given, skip = given + (not skip and not word.startswith("-")), takes
    places = [action for action in parser._actions if not action.option_strings and action.dest != "act"]
    if places and (given < len(places) or places[-1].nargs in ("+", "*")):
        yield from _of(places[min(given, len(places) - 1)], last, rest)


def _of(action: Any, last: str, rest: Sequence[str]) -> Iterator[str]:
    """The words an argument takes: its choices, or what its name in the help stands for."""
    if action.choices:
        yield from map(str, action.choices)
        return
    for kind in str(action.metavar).split("|"):
        if kind in KINDS:
            yield from KINDS[kind](last, rest)


# ---- what is looked up ----


def _runs(last: str, rest: Sequence[str]) -> Iterator[str]:
    """The names of runs that a shell takes as they stand, the newest first; ids where one is begun."""
    from mlcore.storage import runs_root

    place = rest.index("--runs-dir") + 1 if "--runs-dir" in rest else len(rest)
    yield "last"
    try:
        folders = sorted(runs_root(rest[place] if place < len(rest) else None).iterdir(), reverse=True)
    except OSError:
        return
    for folder in folders[:RUNS]:
        with suppress(OSError, ValueError, AttributeError):
            name = str(json.loads((folder / "run.json").read_bytes())["name"])
            if name.isascii() and name.replace("-", "").replace("_", "").isalnum():
                yield name
            if last or name.startswith("-"):
                yield folder.name


def _recipes(last: str, rest: Sequence[str]) -> Iterator[str]:
    """Recipes by their last word, or in full where a folder is begun."""
    import mlcore

    root = Path(mlcore.__file__).parent / "recipes"
    for path in sorted(root.rglob("*.toml")):
        yield path.relative_to(root).with_suffix("").as_posix() if "/" in last else path.stem


def _files(last: str, rest: Sequence[str]) -> Iterator[str]:
    """Configuration files and folders, where one is begun."""
    folder = Path(os.path.expanduser(last if last.endswith("/") else last.rpartition("/")[0] or "."))
    start = last.rpartition("/")[0] + "/" if "/" in last else ""
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.is_dir() and (start or last):
                yield f"{start}{path.name}/"
            elif path.suffix == ".toml":
                yield start + path.name


def _data(last: str, rest: Sequence[str]) -> Iterator[str]:
    from mlcore import datasets

    yield from datasets.CATALOGUE.names()


def _settings(last: str, rest: Sequence[str]) -> Iterator[str]:
    """Settings by dotted name up to their =, and behind it the words they take."""
    from mlcore.config import Config
    from mlcore.form import rows, words
    from mlcore.sections import CATALOGUES

    kinds = [(section, name) for section, table in CATALOGUES.items() if section != "layers" for name in table.names()]
    for section, kind in kinds:
        yield from (f"{section}.kind={kind}", f"{section}={kind}") if "=" in last else ()
    for each in [{}, *({section: kind} for section, kind in kinds)]:
        for row in rows(Config().with_settings(each)):
            yield f"{row.name}="
            if "=" in last:
                yield from (f"{row.name}={words(choice)}" for choice in row.choices)


def _parameters(last: str, rest: Sequence[str]) -> Iterator[str]:
    """The settings of a data set, without their first word."""
    for name in _settings(f"dataset.{last}", rest):
        if name.startswith("dataset."):
            yield name.removeprefix("dataset.")


def _orders(last: str, rest: Sequence[str]) -> Iterator[str]:
    """What `ctl RUN set` takes; other orders take nothing."""
    return _settings(last, rest) if "set" in rest else iter(())


def _topics(last: str, rest: Sequence[str]) -> Iterator[str]:
    from mlcore.commands.topics import SECTIONS
    from mlcore.sections import CATALOGUES

    yield from (*SECTIONS, *CATALOGUES, *(name for table in CATALOGUES.values() for name in table.names()))
    yield from build()[1]


KINDS: Mapping[str, Callable[[str, Sequence[str]], Iterator[str]]] = {  # by the word that help shows
    "RUN": _runs,
    "RECIPE": _recipes,
    "FILE.toml": _files,
    "DATA": _data,
    "A.B=V": _settings,
    "A.B=V,V": _settings,
    "A=V": _parameters,
    "NAME=VALUE": _orders,
    "TOPIC": _topics,
}

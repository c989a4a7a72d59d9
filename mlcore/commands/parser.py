"""The command line read: argparse with nearest names. It imports nothing heavy: `mlj --help` must be instant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from mlcore.catalogue import unknown
from mlcore.commands.verbs import VERBS
from mlcore.errors import UsageError

GREETING = """mlj: neural networks that learn before your eyes. Six commands worth trying:

  mlj tui                              the Lab: a network is already learning
  mlj train moons                      two half moons, in a second
  mlj train digits                     handwritten digits, without a download
  mlj predict last --rows 0:3 --show   what the last run makes of three of them
  mlj data plot spirals                look at data before you learn it
  mlj explain moons                    backpropagation as a program

mlj --help lists the rest."""


class _Wide(argparse.HelpFormatter):
    """Help whose first column has room for `    completion`: argparse forgets the indent of a verb."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = 14


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError and names the nearest word."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Wide, **settings)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"{self.prog} --help shows what there is")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            named = action.option_strings[-1] if action.option_strings else action.dest
            what = "verb" if action.dest == "word" else f"word of {self.prog}" if action.dest == "act" else named
            raise nearest(what, str(value), tuple(map(str, action.choices)))


def nearest(what: str, word: str, known: Sequence[str]) -> UsageError:
    """The error for a word that is not there, naming the nearest one that is."""
    found = unknown(what, word, tuple(known))
    return UsageError(str(found), code="USAGE_UNKNOWN", hint=found.hint)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The command line as values; `verb` names the function that runs it. Raises UsageError."""
    if list(words[:2]) == ["completion", "words"]:  # a command line that is being typed, not one of ours
        return argparse.Namespace(verb="mlcore.commands.completion:words", rest=list(words[2:]))
    words = glued(words)
    parser, verbs = build()
    if words[0].startswith("-") and words[0] not in ("-h", "--help", "--version"):
        raise nearest("option", words[0], ("--help", "--version"))
    args, extra = parser.parse_known_args(words)
    if args.word in ("tui", "serve"):  # argparse would keep options meant for the app to itself
        args.rest = list(words[1:])
        return args
    if not extra:
        return args
    own = verbs[args.word]
    if getattr(args, "act", None):
        own = own.acts[args.act]
    options = [option for action in own._actions for option in action.option_strings]
    word = extra[0].partition("=")[0]
    if word.startswith("-") and word not in options:  # it may be one, but after --
        raise nearest("option", word, options)
    raise UsageError(f"{own.prog}: one word too many: {extra[0]!r}", hint=f"{own.prog} --help shows what it takes")


def glued(words: Sequence[str]) -> list[str]:
    """The words of `mlj data` with `--sort -Sales` as one: -Sales, from the largest down, is no option."""
    found: list[str] = []
    for word in words:
        signed = word[:1] == "-" and word[:2] != "--" and len(word) > 1
        if words[0] == "data" and signed and found[-1] in ("--sort", "--by"):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def build() -> tuple[Parser, dict[str, Any]]:
    """The whole parser, and that of each verb."""
    parser = Parser(
        prog="mlj",
        description="Neural networks that learn before your eyes.",
        epilog="mlj VERB --help shows the options of a verb; mlj help adam explains a word of a configuration.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    table = parser.add_subparsers(dest="word", metavar="VERB", required=True)
    verbs = {}
    for verb in VERBS:
        own = table.add_parser(verb.word, help=verb.line, description=verb.line[0].upper() + verb.line[1:] + ".")
        own.add_argument("--debug", action="store_true", help="show the traceback of an error")
        verb.declare(own)
        verbs[verb.word] = own
    return parser, verbs


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> NoReturn:
        import mlcore

        print(f"mlj {mlcore.__version__}")
        parser.exit()

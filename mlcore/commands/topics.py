"""`mlj recipes`, `mlj help TOPIC` and `mlj tui`: what there is, and the way into the app."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mlcore.catalogue import Catalogue
from mlcore.commands.parser import build, nearest
from mlcore.commands.table import fold, lines, room
from mlcore.report import json_line
from mlcore.sections import typed

if TYPE_CHECKING:
    from mlcore.form import Row


def recipes(args: argparse.Namespace) -> int:
    """The recipes and their first lines."""
    from mlcore.config import recipes as known

    if args.json:
        for name, line in known().items():
            print(json_line({"recipe": name, "line": line}))
    else:
        print("\n".join(lines(known().items())))
        print("\nmlj train moons is short for mlj train journey/moons;\nmlj explain moons shows what it does.")
    return 0


def tui(args: argparse.Namespace) -> int:
    """Become the app."""
    sys.stdout.flush()
    more = ["--serve"] if args.word == "serve" else []
    os.execv(sys.executable, [sys.executable, "-m", "tui", *more, *args.rest])


def topic(args: argparse.Namespace) -> int:
    """What a word of the configuration or of the command line means."""
    from mlcore.sections import CATALOGUES

    word = args.topic
    if word is None:
        print("\n".join(_all(CATALOGUES)))
        return 0
    catalogues = {name: table for name, table in CATALOGUES.items() if name.rstrip("s") == word.rstrip("s")}
    found = [line for name, table in CATALOGUES.items() for line in _entry(name, table, word)]
    for name, table in catalogues.items():
        found += [f"{name}: one of", *_indented(lines((entry.name, entry.line) for entry in table))]
    found += _section(word)
    found += _rules(word)
    for name, known in _others().items():
        found += [f"{name}: one of", *_indented(lines(known.items()))] if name.rstrip("s") == word.rstrip("s") else []
        found += _folded(f"{name.rstrip('s')} {word}: {known[word]}") if word in known else []
    if not found:
        _, verbs = build()
        if word not in verbs:
            words = [entry.name for table in CATALOGUES.values() for entry in table]
            words += [name for known in _others().values() for name in known]
            words += _rules_of_the_doctor().names()
            raise nearest("topic", word, [*words, *verbs, *CATALOGUES, *SECTIONS])
        found = verbs[word].format_help().rstrip().split("\n")
        found += _every_rule() if word == "doctor" else []
    print("\n".join(found))
    return 0


SECTIONS = {
    "config": "the whole experiment",
    "stopping": "when to stop before the last epoch, and which weights to keep",
    "recording": "how often a run writes down where it is",
    "split": "which rows are kept for validation and for the final test",
    "format": "how the text of a table is written, where its first lines do not tell",
}
WITHIN = {"config": "", "split": "dataset.split", "format": "dataset.format"}  # sections by their whole names


def _others() -> dict[str, dict[str, str]]:
    """What else is chosen by name: how weights start, what is measured."""
    from mlcore import initializers, metrics

    return {
        "init": {each.name: each.line for each in initializers.CATALOGUE},
        "metrics": {entry.name: entry.line for entry in metrics.CATALOGUE},
    }


def _all(catalogues: dict[str, Catalogue]) -> Iterator[str]:
    """Every topic, by catalogue."""
    for name, table in catalogues.items():
        yield f"{name}:"
        yield from _indented(lines((entry.name, entry.line) for entry in table))
    for name, known in _others().items():
        yield f"{name}:"
        yield from _indented(lines(known.items()))
    yield f"sections of a configuration: {', '.join(SECTIONS)}"
    yield "\nmlj help adam shows the fields of one; mlj VERB --help the options of a verb."


def _entry(catalogue: str, table: Catalogue, word: str) -> Iterator[str]:
    """What a catalogue says about a word: its page's text and its fields."""
    for entry in table:
        if entry.name == word:
            yield from _folded(f"{table.what} {word}: {entry.line}")
            yield ""
            for paragraph in (inspect.getdoc(entry.load()) or "").split("\n"):
                yield from _indented(_folded(paragraph))
            if catalogue == "layers":  # a layer is a word of the architecture line
                yield from _written(entry.load()())
            elif catalogue:
                yield from _fields({catalogue: word}, catalogue)


def _section(word: str) -> list[str]:
    """The fields of a part of the configuration that is not chosen from a catalogue."""
    if word not in SECTIONS:
        return []
    settings = {"dataset": {"kind": "file", "path": "my.csv"}} if word == "format" else {}
    return [f"{word}: {SECTIONS[word]}", *_fields(settings, WITHIN.get(word, word))]


def _rules(word: str) -> Iterator[str]:
    """What the doctor's rule of that name looks for."""
    return _entry("", _rules_of_the_doctor(), word)


def _rules_of_the_doctor() -> Catalogue:
    from mlcore.doctor import CATALOGUE

    return CATALOGUE


def _every_rule() -> list[str]:
    """The doctor's rules."""
    table = lines((rule.name, rule.line) for rule in _rules_of_the_doctor())
    return ["", "rules:", *_indented(table), "", "mlj help overfitting tells more about one."]


def _fields(settings: dict[str, Any], section: str) -> Iterator[str]:
    """Name, default, range and help of each setting of a section."""
    from mlcore.config import Config
    from mlcore.form import rows

    return _table([row for row in rows(Config().with_settings(settings)) if row.section == section])


def _written(layer: Any) -> Iterator[str]:
    """How the architecture line writes a layer, and its settings."""
    from mlcore.form import settings_of

    yield ""
    yield f"  in an architecture: {layer.word}"
    yield from _table(settings_of(layer))


def _table(own: Iterable[Row]) -> Iterator[str]:
    """Settings as a table, an empty line before it."""
    found = [(row.name, typed(row.default), allowed(row), row.help) for row in own if not row.name.endswith(".kind")]
    if found:
        yield ""
        yield from _indented(lines(found, ("setting", "default", "range", "what it is")))


def allowed(row: Row) -> str:
    """The words or the range a setting takes."""
    return " | ".join(filter(None, [row.limits, *map(typed, row.choices)]))


def _folded(text: str) -> list[str]:
    """A text in lines of the terminal's width; into a pipe it is one."""
    return fold(text, room() or len(text))


def _indented(rows: Any) -> Iterator[str]:
    return (f"  {row}".rstrip() for row in rows)

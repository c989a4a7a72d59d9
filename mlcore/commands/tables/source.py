"""The table a command line means: a file, a bundled table, or the rows of a data set, after the steps asked for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from mlcore.commands.rows import chosen, raw, splits
from mlcore.commands.tables import written
from mlcore.commands.tabular import TABLES
from mlcore.errors import UsageError
from mlcore.sanitize import sanitize
from mlcore.storage import read_file, storing
from mlcore.tables import lookup
from mlcore.tables.chain import Chain
from mlcore.tables.format import AUTO
from mlcore.tables.steps import AnyStep, DropMissing, Fill, Filter, Sort

if TYPE_CHECKING:
    from pandas import DataFrame

BUNDLED = ("sales",)
LARGEST = 1 << 20  # bytes of a file of steps
SPLIT, TARGET = "split", "y"  # columns of a data set's rows besides its features


class Source(NamedTuple):
    """A table and where it comes from.

    code: the lines of pandas that read it. dataset: the keys of the data set `file` that mean it; empty for others.
    target: the column that is predicted, where that is known. notes: what was found out about the file.
    """

    frame: DataFrame
    name: str
    kind: Literal["file", "bundled", "dataset"]
    code: str
    dataset: dict[str, Any]
    target: str = ""
    notes: tuple[str, ...] = ()


class Shaped(NamedTuple):
    """A table after the steps of a command line, and those steps."""

    source: Source
    frame: DataFrame
    steps: Chain

    def then(self, *steps: AnyStep) -> Shaped:
        """The same after steps more."""
        return Shaped(self.source, Chain(steps).apply(self.frame), self.steps.and_then(*steps))


def is_table(name: str) -> bool:
    """Whether a word of the command line names a file that holds a table."""
    if name.lower().endswith(TABLES):
        return True
    if not os.path.isfile(name) or name.lower().endswith((".toml", ".npz", ".npy", "-ubyte", ".gz")):
        return False
    with open(name, "rb") as file:
        return file.read(4)[:2] not in (b"\0\0", b"\x1f\x8b", b"PK", b"\x93N")


def opened(args: argparse.Namespace) -> Source:
    """The table of a command line as it is read. Raises UsageError for a name that nothing has, and DataError."""
    if args.data in BUNDLED:
        from mlcore.tables import sales

        _no_settings(args, "a bundled table")
        code = "from mlcore.tables import sales\n\ndf = sales.make()"
        return Source(sales.make(), args.data, "bundled", code, {}, "Sales")
    if is_table(args.data):
        return _read(args)
    return _rows(args)


def shaped(args: argparse.Namespace) -> Shaped:
    """The table of a command line after `--steps`, `--impute` and `--where`, in that order."""
    source = opened(args)
    found = Shaped(source, source.frame, Chain())
    if args.steps:
        with storing("cannot read", Path(args.steps)):
            text = read_file(Path(args.steps), LARGEST).decode("utf-8", "replace")
        found = found.then(*Chain.from_toml(text, sanitize(args.steps)).steps)
    if args.impute:
        found = found.then(*fills(found.frame, args.impute))
    if args.where:
        found = found.then(Filter(args.where))
    return found


def ordered(found: Shaped, args: argparse.Namespace) -> Shaped:
    """The same in the order `--sort` asks for."""
    return found.then(Sort(columns(args.sort, found.frame, signed=True))) if args.sort else found


def columns(words: Sequence[str], frame: DataFrame, signed: bool = False) -> tuple[str, ...]:
    """Columns as options name them, each by itself or several with commas between. signed: - before one is no name."""
    found: list[str] = []
    for word in words:
        whole = word[1:] if signed and word[:1] in "+-" else word
        if whole != word and word in frame.columns and whole not in frame.columns:
            word, whole = f"+{word}", word
        found += [word] if whole in frame.columns else [part.strip() for part in word.split(",")]
    for name in found:
        lookup.named(frame, name[1:] if signed and name[:1] in "+-" else name)
    return tuple(found)


def fills(frame: DataFrame, how: str) -> tuple[AnyStep, ...]:
    """The steps that leave nothing missing: rows dropped, or columns filled.

    mean and median are of numbers; of texts and of dates the most frequent value stands. zero: 0, and no text at all.
    A column in which everything is missing stays as it is.
    """
    if how == "drop":
        return (DropMissing(),)
    steps: list[AnyStep] = []
    for name in map(str, frame.columns):
        values, kind = frame[name], lookup.kind(frame[name])
        if not values.isna().any() or not values.notna().any():
            continue
        if how == "zero" and kind in ("number", "text"):
            steps.append(Fill(name, "value", 0 if kind == "number" else ""))
        elif kind == "number" and how in ("mean", "median"):
            steps.append(Fill(name, "mean" if how == "mean" else "median"))
        else:
            steps.append(Fill(name, "most_frequent"))
    return tuple(steps)


def _read(args: argparse.Namespace) -> Source:
    """A table read from a file, the way `--set format.…` says."""
    from mlcore.tables.reading import read

    settings = written.settings(args.set)
    path = Path(os.path.expanduser(args.data))
    table = read(path, written.so(AUTO, settings))
    code = table.code.replace(repr(path.name), repr(args.data), 1)
    dataset = {"kind": "file", "path": args.data} | ({"format": settings} if settings else {})
    return Source(table.frame, args.data, "file", code, dataset, notes=table.notes)


def _rows(args: argparse.Namespace) -> Source:
    """The rows of a data set in data units: its features, its target, and the split each row is in."""
    import pandas as pd

    from mlcore.spec import kind_of

    config = chosen(args)
    data = config.dataset.load()
    there = splits(data)
    x = np.concatenate([raw(data, rows).reshape(len(rows), -1) for rows in there.values()])
    y = np.concatenate([rows.y.reshape(len(rows), -1) for rows in there.values()])
    names = list(data.feature_names) if len(data.feature_names) == x.shape[1] else []
    names = names or [f"x{place + 1}" for place in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names)
    for place in range(y.shape[1]):
        name = TARGET if y.shape[1] == 1 else f"{TARGET}{place + 1}"
        frame[_free(name, frame)] = _targets(y[:, place], data.task.class_names)
    target = str(frame.columns[x.shape[1]])
    frame[_free(SPLIT, frame)] = pd.Series(np.repeat(list(there), [len(rows) for rows in there.values()]), dtype="str")
    kind = kind_of(config.dataset)
    code = f"df = pd.read_csv('{kind}.csv')  # mlj data head {kind} --out {kind}.csv writes it"
    return Source(frame, args.data, "dataset", code, {}, target)


def _targets(y: Any, classes: tuple[str, ...]) -> Any:
    """Targets as a column: the names of classes where they have some."""
    import pandas as pd

    if not classes:
        return y
    named = [classes[number] if 0 <= number < len(classes) else None for number in y.astype(int).tolist()]
    return pd.Series(named, dtype="str")


def _free(name: str, frame: DataFrame) -> str:
    while name in frame.columns:
        name += "_"
    return name


def _no_settings(args: argparse.Namespace, what: str) -> None:
    if args.set:
        raise UsageError(f"--set: {what} has no settings", hint="mlj data make sales writes one to change")

"""`mlj data`: what data sets there are, what is in them, how they look, and how to get what must be downloaded."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import baselines, datasets, form
from mlcore.commands import columns, insides, table
from mlcore.commands.drawing import Paper, curves, points, side_by_side
from mlcore.commands.rows import chosen, class_name, raw, splits
from mlcore.commands.story import fact
from mlcore.commands.tables import finding, looking
from mlcore.commands.tables.source import BUNDLED, is_table
from mlcore.commands.topics import allowed
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Dataset, Rows, Sequence
from mlcore.datasets.toy import Toy
from mlcore.errors import UsageError
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.sections import typed
from mlcore.spec import kind_of
from mlcore.tables.views.classes import bands

WIDEST = 5  # features shown of a row
PICTURES, SERIES, LINES = 12, 4, 20  # drawn at most
ROUND = 1e-7  # of the largest value of a feature: what float32 leaves of a zero
OF_TABLES = ("where", "steps", "impute", "sort", "out", "save", "script", "pandas", "columns", "target")


def listing(args: argparse.Namespace) -> int:
    """The data sets and one line about each."""
    if args.json:
        for entry in datasets.CATALOGUE:
            print(json_line({"dataset": entry.name, "line": entry.line}))
    else:
        print("\n".join(table.lines((entry.name, entry.line) for entry in datasets.CATALOGUE)))
        print("\nmlj data show NAME tells more, mlj data plot NAME draws it.")
    return 0


def show(args: argparse.Namespace) -> int:
    """Facts and parameters of a data set."""
    config = chosen(args)
    data = config.dataset.load()
    if args.json:
        print(json_line(_plain(config, data)))
        return 0
    kind = kind_of(config.dataset)
    print(f"{kind}: {datasets.CATALOGUE.find(kind).line}")
    print("\n".join((*_facts(data), _baselines(config, data))))
    if data.roles:
        print("\n" + "\n".join(f"  {line}" for line in columns.lines(data)))
    rows = [row for row in form.rows(config) if row.name.startswith("dataset.") and row.name != "dataset.kind"]
    usual = [row for row in rows if kind == "file" and row.value == row.default]  # too many to be read at once
    rows = [row for row in rows if row not in usual]
    print(f"\nparameters, for --set{f' ({len(usual)} more are as usual; --json tells all)' if usual else ''}:")
    cells = [(row.name[8:], typed(row.value), allowed(row), row.help) for row in rows]
    print("\n".join("  " + line for line in table.lines(cells, ("name", "value", "range", "what it is"))))
    if args.data in BUNDLED:
        print(f"\nmlj data head {args.data} is of another one: a table to practise on.")
    return 0


def head(args: argparse.Namespace) -> int:
    """The first rows, in data units; of a table its own."""
    if as_table(args):
        return looking.head(args)
    config, args.n = chosen(args), args.n or looking.FIRST
    x, y, names, classes = _first(config.dataset, args.n)
    if args.json:
        for features, target in zip(x.tolist(), y.tolist(), strict=True):
            print(json_line({"x": features, "y": target}))
        return 0
    more = ["…"] if len(names) > WIDEST else []
    figures = 8 if isinstance(config.dataset, Toy) else 6  # float32 has seven
    rows = [
        [f"{value:.{figures}g}" for value in features[:WIDEST]] + more + [_target(target, classes)]
        for features, target in zip(x, y, strict=True)
    ]
    print(f"X[:{len(x)}] and y[:{len(x)}] of {kind_of(config.dataset)}")
    header = [*names[:WIDEST], *more, "y"]
    print("\n".join(table.lines(rows, header, right=range(len(header)))))
    return 0


def plot(args: argparse.Namespace) -> int:
    """Points of a plane, a regression on one or two numbers, or the first pictures; of a table its columns."""
    if as_table(args):
        return looking.plot(args)
    config = chosen(args)
    data, paper = config.dataset.load(), Paper.asked(args)
    if data.image_shape:
        rows = data.train.take(slice(PICTURES))
        x = raw(data, rows).astype(np.float64)
        pictures = list((x / max(float(x.max()), 1e-9)).reshape(-1, *data.image_shape))
        print("\n".join(side_by_side(pictures, [class_name(data, int(y)) for y in rows.y], paper)))
        return 0
    if data.sequence:
        print(sequences(data, data.train, paper))
        return 0
    there = splits(data)
    x, y = (np.concatenate(parts) for parts in zip(*((raw(data, r), r.y) for r in there.values()), strict=True))
    if x.shape[1] == 2:
        label, names = (y, data.task.class_names) if data.task.kind != "regression" else bands(y[:, 0])
        print(points(x[:, 0], x[:, 1], label, names, paper))
    elif x.shape[1] == 1 and data.task.kind == "regression":
        split = np.repeat(np.arange(len(there)), [len(rows) for rows in there.values()])
        print(points(x[:, 0], y[:, 0], split, list(there), paper))
    else:
        what = f"{kind_of(config.dataset)} has {x.shape[1]} features"
        raise UsageError(f"{what}: a plot takes one or two", hint=f"mlj data head {args.data}")
    return 0


def pca(args: argparse.Namespace) -> int:
    """The training rows on their main components; of a table all its rows."""
    if as_table(args) or args.json:
        return finding.pca(args)
    print(insides.pca(chosen(args).dataset.load(), Paper.asked(args)))
    return 0


def as_table(args: argparse.Namespace) -> bool:
    """Whether a table is meant: a file of one, a bundled one, which has no settings, or an option only of tables."""
    bundled = args.data in BUNDLED and not args.set
    return bundled or is_table(args.data) or any(getattr(args, name, None) for name in OF_TABLES)


def fetch(args: argparse.Namespace) -> int:
    """Download the files of a data set."""
    from mlcore.datasets.fetch import fetch as download

    for file in download(args.data):
        came = f"from {file.address}" if file.address else "was here already"
        print(f"{file.path.name}: {file.bytes:,} bytes, {came}", file=sys.stderr)
        print(file.path, flush=True)
    return 0


def _facts(data: Data) -> Iterator[str]:
    there = splits(data)
    yield fact("rows", ", ".join(f"{len(rows):,} {name}" for name, rows in there.items()))
    if data.image_shape:
        yield fact("pictures", "{} x {} pixels".format(*data.image_shape))
    elif data.sequence:
        yield fact("sequences", _steps(data.sequence))
    else:
        names = data.feature_names
        listed = ", ".join(sanitize(name) for name in names[:12])
        yield fact("features", listed + (f", … ({len(names)})" if len(names) > 12 else ""))
    counts = _counts(data)
    if counts:
        listed = ", ".join(f"{sanitize(name)} ({count:,})" for name, count in list(counts.items())[:12])
        yield fact(
            "classes" if not data.task.steps else "at each step",
            listed + (f", … ({len(counts)})" if len(counts) > 12 else ""),
        )
    else:
        y = np.concatenate([rows.y for rows in there.values()])
        yield fact("target", f"numbers from {y.min():.4g} to {y.max():.4g}")
    if data.ceiling is not None:
        best = f"R² {data.ceiling:.4f}" if data.task.kind == "regression" else f"{data.ceiling:.2%}"
        yield fact("best possible", best)
    for notice in data.notices:
        yield fact("beware", sanitize(notice.message, 300))


def _baselines(config: Config, data: Data) -> str:
    """What is reached without a network to speak of."""
    split, found = baselines.measure(config, data)
    regression = data.task.kind == "regression"
    scores = [f"{each.name} {f'R² {each.score:.4f}' if regression else f'{each.score:.2%}'}" for each in found]
    return fact("to beat", f"{', '.join(scores)} on the {split} rows")


def _scores(config: Config, data: Data) -> dict[str, Any]:
    split, found = baselines.measure(config, data)
    return {"split": split} | {each.name.replace(" ", "_"): each.score for each in found}


def _counts(data: Data) -> dict[str, int]:
    """How many rows each class has; nothing for a regression."""
    if data.task.kind == "regression":
        return {}
    y = np.concatenate([rows.y.ravel() for rows in splits(data).values()])
    counts = np.bincount(y[y >= 0], minlength=len(data.task.class_names)).tolist()
    return dict(zip(data.task.class_names, counts, strict=True))


def _plain(config: Config, data: Data) -> dict[str, Any]:
    found: dict[str, Any] = {
        "dataset": kind_of(config.dataset),
        "parameters": config.to_dict()["dataset"],
        "task": data.task.kind,
        "rows": {name: len(rows) for name, rows in splits(data).items()},
        "features": list(data.feature_names),
        "classes": _counts(data),
        "ceiling": data.ceiling,
        "columns": columns.plain(data),
        "notices": [notice._asdict() for notice in data.notices],
        "image_shape": data.image_shape,
        "baselines": _scores(config, data),
    }
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _first(dataset: Dataset, n: int) -> tuple[NDArray[Any], NDArray[Any], tuple[str, ...], tuple[str, ...]]:
    """The first rows in data units: as they are made where a seed makes them, else of the training split.

    Inputs, targets, and what the features and the classes are called.
    """
    if isinstance(dataset, Toy):
        x, y = dataset.drawn()
        return x[:n], y[:n], ("x1", "x2"), ()
    data = dataset.load()
    x = raw(data, data.train)
    x = np.where(np.abs(x) < np.abs(x).max(axis=0) * ROUND, 0, x)[:n]
    return x, data.train.y[:n], data.feature_names, data.task.class_names


def _steps(sequence: Sequence) -> str:
    """What rows are as steps, in words."""
    several = "s" * (sequence.numbers != 1)
    what = f"one of {sequence.vocabulary} tokens" if sequence.vocabulary else f"{sequence.numbers} number{several}"
    return f"{'up to ' * sequence.lengths}{sequence.steps} steps, each {what}"


def sequences(data: Data, rows: Rows, paper: Paper) -> str:
    """The first sequences of some rows: of numbers as curves, of tokens as what they name."""
    sequence = data.sequence
    assert sequence is not None
    if not sequence.vocabulary:
        steps = np.arange(sequence.steps)
        drawn = {
            f"row {row}": (steps, raw(data, rows.take(slice(row, row + 1)))[0].reshape(sequence.steps, -1)[:, 0])
            for row in range(min(SERIES, len(rows)))
        }
        return curves(drawn, paper, "")
    names = data.task.class_names
    lines = []
    for row in rows.x[:LINES].astype(int).tolist():
        length, tokens = (row[0], row[1:]) if sequence.lengths else (len(row), row)
        lines.append(
            "".join(sanitize(names[token]) if token < len(names) else f" {token}" for token in tokens[:length])
        )
    return "\n".join(lines)


def _target(value: Any, classes: tuple[str, ...]) -> str:
    if np.ndim(value) and np.size(value) > 1:
        each = np.ravel(value)
        said = " ".join("·" if classes and one < 0 else _target(one, classes) for one in each[:WIDEST])
        return said + " …" * (len(each) > WIDEST)
    if classes:
        return classes[int(np.ravel(value)[0])]
    return ", ".join(f"{each:.6g}" for each in np.atleast_1d(value))

"""`mlj data ceiling, split`: the best that can be reached on a data set, and what is in each of its parts."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from mlcore.commands.rows import chosen, splits
from mlcore.commands.tables.printing import lines
from mlcore.commands.tables.source import is_table
from mlcore.datasets.dataset import Data
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.spec import kind_of
from mlcore.tables.views.view import View

CLASSES = 8  # that have a column


def ceiling(args: argparse.Namespace) -> int:
    """The best score anybody can reach, where that is known: of data that is made by a formula."""
    name, task, best = sanitize(args.data, 60), "", None
    if not is_table(args.data):
        config = chosen(args)
        data = config.dataset.load()
        name, task, best = kind_of(config.dataset), data.task.kind, data.ceiling
    if args.json:
        print(json_line({"dataset": name, "task": task or None, "ceiling": best}))
    elif best is None:
        print(
            f"{name}: nobody knows the best that can be reached: its rows come from a file or a series, not a formula"
        )
        print("mlj data show names what there is to beat; a network far better than all others may have seen the test")
    elif task == "regression":
        print(f"{name}: R² {best:.4f} at best on fresh rows: the rest is noise that nobody can know")
    else:
        print(f"{name}: {best:.2%} at best on fresh rows: where classes overlap, even who knows the formula errs")
    return 0


def split(args: argparse.Namespace) -> int:
    """How many rows each part has, and how they are mixed."""
    config = chosen(args)
    view = mixture(config.dataset.load(), kind_of(config.dataset))
    if args.json:
        for row in view.plain():
            print(json_line(row))
    else:
        print("\n".join(lines(view)))
    return 0


def mixture(data: Data, name: str) -> View:
    """Rows of each part and their share; of classes the share of each, of numbers their mean, spread and range."""
    there = splits(data)
    total = sum(map(len, there.values()))
    if data.task.kind == "regression":
        header: tuple[str, ...] = ("part", "rows", "share", "mean", "std", "min", "max")
        figures = {part: _figures(rows.y) for part, rows in there.items()}
    else:
        named = data.task.class_names
        names = [named[n] if n < len(named) else str(n) for n in range(data.task.outputs)]
        header = (
            "part",
            "rows",
            "share",
            *(name if name not in ("part", "rows", "share") else f"{name}_" for name in names),
        )
        figures = {part: _shares(rows.y, len(names)) for part, rows in there.items()}
    rows = tuple((part, len(each), len(each) / total, *figures[part]) for part, each in there.items())
    return View(f"the parts of {name}", header, rows, "", texts=("part",), missing="-")


def _figures(y: Any) -> tuple[float, ...]:
    y = np.asarray(y, np.float64)
    return float(y.mean()), float(y.std()), float(y.min()), float(y.max())


def _shares(y: Any, classes: int) -> tuple[float, ...]:
    known = y[y >= 0]
    counts = np.bincount(known.ravel().astype(np.int64), minlength=classes)
    return tuple((counts / max(counts.sum(), 1)).tolist())

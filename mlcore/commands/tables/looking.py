"""`mlj data head, describe, missing, balance, plot` of a table: what is in it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlcore.commands.drawing import Paper, curves, points
from mlcore.commands.tables.printing import counted, lines, show
from mlcore.commands.tables.saving import save
from mlcore.commands.tables.source import Shaped, fills, ordered, shaped
from mlcore.errors import UsageError
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.tables import lookup
from mlcore.tables.chain import Chain
from mlcore.tables.steps import Fill
from mlcore.tables.views import columns
from mlcore.tables.views.classes import labels
from mlcore.tables.views.histogram import histogram
from mlcore.tables.views.view import View, of_frame, shown

if TYPE_CHECKING:
    from pandas import DataFrame

FIRST, LISTED = 5, 40  # rows of `head`, columns of `describe`


def head(args: argparse.Namespace) -> int:
    """The first rows of a table."""
    found = ordered(shaped(args), args)
    if save(args, found):
        return 0
    n = args.n or FIRST
    view = of_frame(found.frame, counted(found.frame, found), f"df.head({n})", n, numbered=not args.json)
    return show(args, found, [view._replace(left_out=0) if args.json else view])


def describe(args: argparse.Namespace) -> int:
    """What the columns hold, and the figures of each."""
    found = shaped(args)
    views = columns.describe(found.frame)
    if not args.json:
        return show(args, found, [_first(view) for view in views])
    figures = {row["column"]: row for view in views[1:] for row in view.plain()}
    for row in views[0].plain():
        print(json_line(row | figures.get(row["column"], {})))
    return 0


def missing(args: argparse.Namespace) -> int:
    """What is missing, and what would stand for it; with --impute the table without gaps can be written."""
    how, args.impute = args.impute, ""
    found = shaped(args)
    if not how:
        return 0 if save(args, found) else show(args, found, [columns.missing(found.frame)])
    steps = fills(found.frame, how)
    filled = found.then(*steps)
    stands = {step.column: _stands(found.frame, filled.frame, step.column) for step in steps if isinstance(step, Fill)}
    view = columns.missing(found.frame, None if how == "drop" else stands)
    note = f"after --impute {how}: {len(filled.frame):,} rows, {int(filled.frame.isna().sum().sum()):,} values missing"
    view = view._replace(notes=(*view.notes, note), code="\n".join((view.code, Chain(steps).code())))
    return 0 if save(args, filled) else show(args, found, [view])


def balance(args: argparse.Namespace) -> int:
    """How often each value of a column stands there: of the target, where none is named."""
    found = shaped(args)
    most = None if args.json else columns.LISTED
    return show(args, found, [columns.balance(found.frame, args.target or target(found), most)])


def plot(args: argparse.Namespace) -> int:
    """A column as bars, two as points or, over dates, as a curve."""
    found = shaped(args)
    names = [lookup.named(found.frame, name) for name in args.columns] or _two(found)
    if len(names) > 2:
        raise UsageError(f"plot: expected one or two columns, got {len(names)}", hint="e.g. mlj data plot FILE Price")
    kinds = [lookup.kind(found.frame[name]) for name in names]
    if len(names) == 1:
        view = histogram(found.frame, names[0]) if kinds[0] == "number" else columns.balance(found.frame, names[0])
        print("\n".join(lines(view)))
        return 0
    if kinds[1] != "number" or kinds[0] not in ("number", "date"):
        held = " and ".join(f"{sanitize(name, 40)} ({lookup.HOLDS[k]})" for name, k in zip(names, kinds, strict=True))
        raise UsageError(f"plot: {held}: points are of numbers, or of dates and numbers", hint="name two such columns")
    print(_points(found, names, kinds[0] == "date", args.target, Paper.asked(args)))
    return 0


def target(found: Shaped) -> str:
    """The column that is predicted: that of the data set, else the last one, as in training."""
    there = found.source.target
    return there if there in found.frame.columns else str(found.frame.columns[-1])


def _first(view: View) -> View:
    return view._replace(rows=view.rows[:LISTED], left_out=max(len(view.rows) - LISTED, 0))


def _stands(before: DataFrame, after: DataFrame, name: str) -> str:
    filled = after[name][before[name].isna()]
    return shown(lookup.plain(filled.iloc[0])) if len(filled) else ""


def _two(found: Shaped) -> list[str]:
    numbers = lookup.of_kind(found.frame, "number")[:2]
    if not numbers:
        raise UsageError(
            f"{found.source.name} has no column of numbers", hint="name a column: mlj data plot FILE COLUMN"
        )
    return numbers


def _points(found: Shaped, names: list[str], dated: bool, colour: str, paper: Paper) -> str:
    """Points of two columns, told apart by a third; over dates a curve."""
    frame = found.frame.dropna(subset=names)
    y = frame[names[1]].to_numpy(np.float64)
    x = _years(frame, names[0]) if dated else frame[names[0]].to_numpy(np.float64)
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        both = f"{sanitize(names[0], 40)} and {sanitize(names[1], 40)}"
        raise UsageError(f"plot: no row has both {both}", hint="mlj data missing says what is missing")
    title = f"{sanitize(names[1], 40)} over {sanitize(names[0], 40)}"
    if dated:
        order = np.argsort(x[keep], kind="stable")
        title += f", in years since {frame[names[0]].min().date()}"
        return curves({sanitize(names[1], 40): (x[keep][order], y[keep][order])}, paper, title)
    label: NDArray[Any] = np.zeros(int(keep.sum()), int)
    classes: tuple[str, ...] = (f"{int(keep.sum()):,} rows",)
    if colour:
        label, classes = labels(frame[keep], lookup.named(frame, colour))
    return f"{title}\n{points(x[keep], y[keep], label, classes, paper._replace(height=max(6, paper.height - 1)))}"


def _years(frame: DataFrame, name: str) -> NDArray[np.float64]:
    """Years since the first date of a column."""
    days = (frame[name] - frame[name].min()).dt.total_seconds().to_numpy(np.float64) / 86_400
    return np.asarray(days / 365.25, np.float64)

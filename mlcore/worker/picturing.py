"""The views of a table that is looked at: which columns each is of, and how it crosses the wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mlcore.errors import DataError, UsageError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup, monthly
from mlcore.tables.views import columns, components, relations, season
from mlcore.tables.views.classes import labels
from mlcore.tables.views.view import View, rows_in_words
from mlcore.worker.commands import DrawView
from mlcore.worker.tabled import TablePoints, TableView

if TYPE_CHECKING:
    from pandas import DataFrame

CELLS = 40  # characters of a cell
ROWS = 1000  # of a view
WIDEST = 200  # columns correlated with each other
POINTS = 2000  # rows of a plane, evenly taken
METHODS = ("pearson", "spearman")
EVERY: tuple[season.Every, ...] = ("month", "weekday")


def drawn(frame: DataFrame, asked: DrawView) -> TableView:
    """A view by its name. Raises UsageError for a name there is none of, DataError where the table has none."""
    if asked.view not in VIEWS:
        raise UsageError(f"there is no view {sanitize(asked.view)!r}", hint="one of " + ", ".join(VIEWS))
    if asked.view == "corr" and asked.turn % 3 < 2:
        return _matrix(_some(frame), METHODS[asked.turn % 3])
    if asked.view == "pca" and asked.turn % 3 == 0:
        return _plane(frame, asked)
    return _sent(asked.view, VIEWS[asked.view](frame, asked))


def _sent(name: str, view: View) -> TableView:
    """A view as it crosses the wire."""
    said = [view.answer, *view.notes]
    said += [f"{view.left_out:,} more rows"] if view.left_out else []
    lengths = view.lengths()[:ROWS]
    return TableView(
        name=name,
        title=sanitize(view.title, 80),
        sentence="; ".join(sanitize(each, 300) for each in said if each),
        header=tuple(sanitize(each, CELLS) for each in view.header),
        rows=tuple(tuple(sanitize(cell, CELLS) for cell in row) for row in view.cells()[:ROWS]),
        bars=np.array(lengths, np.float64) if lengths else None,
        line=view.code,
    )


def _matrix(frame: DataFrame, method: str) -> TableView:
    """Correlations as a square of numbers."""
    view = relations.corr(frame, method)
    values = [[np.nan if cell is None else float(cell) for cell in row[1:]] for row in view.rows]
    sent = _sent("corr", view._replace(rows=()))
    labels = tuple(sanitize(each, CELLS) for each in view.header[1:])
    matrix = np.array(values, np.float64).reshape(len(labels), len(labels))
    return TableView(
        name="corr", title=sent.title, sentence=sent.sentence, matrix=matrix, labels=labels, line=sent.line
    )


def _plane(frame: DataFrame, asked: DrawView) -> TableView:
    """Rows on the first two components, told apart by what is to be learned, if that is known."""
    found = components.pca(_some(frame), left_out=asked.target)
    kinds, names = np.zeros(len(found.rows)), tuple[str, ...]()
    if asked.target:
        kinds, names = labels(frame.iloc[found.rows], lookup.named(frame, asked.target))
    x, y, places, kinds = (each[:: -(-len(found.rows) // POINTS)] for each in (*found.plane, found.rows, kinds))
    part = f"{len(x):,} of " if len(x) < found.complete else ""
    lacking = f", {found.lacking:,} with a missing number left out" if found.lacking else ""
    title = f"PCA of {rows_in_words(found.columns, 'column')}"
    notes = (f"{part}{rows_in_words(found.complete)}{lacking}",)
    sent = _sent("pca", View(title, (), (), found.variances.code, answer=_held(found.shares.tolist()), notes=notes))
    points = TablePoints(
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        places=places.astype(np.int64),
        kinds=kinds.astype(np.uint8),
        shares=found.shares,
        names=tuple(sanitize(each, CELLS) for each in names),
    )
    return msgspec.structs.replace(sent, points=points)


def _held(shares: list[float]) -> str:
    """How much of the variance a plane shows."""
    match len(shares):
        case 1:
            return "one column of numbers: its rows lie on a line"
        case 2:
            return "two components hold all of the variance"
    return f"the first two hold {100 * sum(shares[:2]):.1f} % of the variance"


def _some(frame: DataFrame) -> DataFrame:
    """The first columns of a great many."""
    return frame.iloc[:, :WIDEST]


def _describe(frame: DataFrame, asked: DrawView) -> View:
    found = columns.describe(frame.iloc[:, :ROWS])
    return found[asked.turn % len(found)]


def _balance(frame: DataFrame, asked: DrawView) -> View:
    return columns.balance(frame, asked.target or asked.column)


def _bars(frame: DataFrame, asked: DrawView) -> View:
    """The numbers of a column as they stand, with what names the rows before them."""
    numbers = lookup.of_kind(frame, "number")
    if not numbers:
        raise DataError("there is no column of numbers to draw", code="DATA_DTYPE", hint="g groups and counts")
    value = asked.column if asked.column in numbers else numbers[0]
    names = [str(name) for name in frame.columns if name not in numbers] or [name for name in numbers if name != value]
    some = frame.iloc[:ROWS]
    shown = [[lookup.plain(cell) for cell in some[name].tolist()] for name in (*names[:2], value)]
    rows = tuple(zip(*shown, strict=True))
    code = f"df.plot.barh(x={names[0]!r}, y={value!r})" if names else f"df[{value!r}].plot.barh()"
    title = f"{sanitize(value, 40)}, row by row"
    left_out = max(0, len(frame) - len(some))
    return View(title, (*names[:2], value), rows, code, tuple(names[:2]), value, left_out=left_out, missing="-")


def _season(frame: DataFrame, asked: DrawView) -> View:
    dates = monthly.timed(frame)
    numbers = [name for name in lookup.of_kind(frame, "number") if not dates or name not in monthly.parts(dates[0])]
    if not dates or not numbers:
        what = "dates" if not dates else "numbers"
        raise DataError(f"a season is of numbers by date, and no column holds {what}", code="DATA_DTYPE")
    date = _first(dates, asked.column)
    return season.season(frame, date, _first(numbers, asked.column, asked.target, numbers[-1]), EVERY[asked.turn % 2])


def _first(names: Sequence[str], *likely: str) -> str:
    """The likeliest of some columns."""
    return next((name for name in likely if name in names), names[0])


def _pca(frame: DataFrame, asked: DrawView) -> View:
    found = components.pca(_some(frame), left_out=asked.target)
    return (found.variances, found.loadings)[asked.turn % 3 - 1]


def _told(frame: DataFrame, asked: DrawView) -> View:
    return relations.told(_some(frame), asked.target or asked.column)


VIEWS: dict[str, Callable[[DataFrame, DrawView], View]] = {
    "describe": _describe,
    "missing": lambda frame, asked: columns.missing(frame),
    "balance": _balance,
    "bars": _bars,
    "corr": lambda frame, asked: relations.pairs(_some(frame), METHODS[0], ROWS),
    "season": _season,
    "pca": _pca,
    "told": _told,
}

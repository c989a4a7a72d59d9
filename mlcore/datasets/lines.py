"""Lines: a column of a table in the order of its dates, and what comes after the last of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mlcore.datasets import timeline
from mlcore.datasets.dataset import Array
from mlcore.datasets.growth import ROW, Growing, Growth, Step, Windows
from mlcore.datasets.preparing.kinds import spellings
from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import monthly, spelling
from mlcore.tables.cells import strays
from mlcore.tables.table import Table


class Line(NamedTuple):
    """The values of a series in order [n], float64, and what lies between two of them.

    target, date: the columns they are from, years and months as YEAR+MONTH; empty where they are from no table.
    """

    values: Array
    step: Step
    target: str = ""
    date: str = ""


class Foretold(NamedTuple):
    """What comes after the last row of a table: values [horizon] float64 in its unit, and their dates as ISO 8601.

    Without dates, where rows are at no known distance.
    """

    values: Array
    dates: tuple[str, ...]


class Coming(NamedTuple):
    """What is seen at the end of a series, raw inputs [1, seen], and what its answer grows from.

    dates: of the values asked for, as ISO 8601; empty where rows are at no known distance.
    """

    seen: Array
    growth: Growth
    dates: tuple[str, ...]

    def foretold(self, y: Array, where: str) -> Foretold:
        """The values answers y [1, horizon] mean. Raises DataError where they are beyond what a number can be."""
        with np.errstate(over="ignore"):
            values = self.growth.values(y)[0]
        if not np.isfinite(values).all():
            message = f"{where}: its last values are so large or so far apart that what comes is no number"
            raise DataError(message, code="DATA_VALUE", where=where, hint="is each value right, and in the same unit?")
        return Foretold(values, self.dates)


def read(table: Table, target: str, date: str, regular: bool = True) -> Line:
    """The series in a table. Raises DataError where it has no dates, no numbers, or a gap.

    Empty names are looked for. regular: whether rows have to be at one distance.
    """
    return _read(table, target, date, regular)[0]


def coming(table: Table, growing: Growing, seen: int) -> Coming:
    """What comes after the last row of a table, for a network that sees so many growths of a series.

    Raises DataError as `read` does, and where rows are too few or further apart than those it learnt from.
    """
    lags, where, words = growing.period + seen, table.where, growing.step.words
    names = [repr(sanitize(name, 40)) for name in (*monthly.parts(growing.date), growing.target) if name]
    named = f", in the columns {', '.join(names)}" if names else ""
    hint = f"name a table like the one it learnt from: {words} without gaps{named}"
    irregular = growing.step == ROW
    try:
        line, when = _read(table, growing.target, growing.date, not irregular, lags)
    except DataError as error:
        error.where, error.hint = where, hint
        raise
    n = len(line.values)
    if line.step != growing.step and not irregular:
        message = f"{where}: its rows are {line.step.words}, and the network learnt from {words}"
        raise DataError(message, code="DATA_SCHEMA", where=where, hint=hint)
    if n < lags:
        message = f"{where} has {n:,} {line.step.name}s, and {lags:,} are seen before what is foretold"
        raise DataError(message, code="DATA_EMPTY", where=where, hint="name a table that has them all")
    values = line.values[n - lags :]
    if growing.log and values.min() <= 0:
        message = f"{where}: {values.min():g} is not above zero, as everything the network learnt from is"
        raise DataError(message, code="DATA_VALUE", where=where, hint="it learnt how logarithms grow: train it again")
    horizon = len(growing.shift)
    windows, end = Windows(values, growing.period, lags, horizon, growing.log), np.array([lags])
    with np.errstate(over="ignore"):
        return Coming(windows.seen(end), windows.growth(end, growing), timeline.following(when, horizon))


def _read(table: Table, target: str, date: str, regular: bool, last: int = 0) -> tuple[Line, timeline.Timeline]:
    """The series in a table, of which the last so many values have to be there, all where last is 0."""
    when = timeline.find(table, date, regular)
    name = aim(table, target, when)
    values = table.column(name)[when.order]
    seen = np.arange(len(values))[-last:]
    bad = seen[~np.isfinite(values[seen])]
    if len(bad):
        count = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        first = f"the first is row {table.rows[when.order[bad[0]]]} (rows count from 0)"
        message = f"{table.where}: {sanitize(name, 80)} is missing or not finite in {count}, {first}"
        hint = "fill the gaps of a series before it is learnt: no value can be left out of its middle"
        raise DataError(message, code="DATA_NONFINITE", where=table.where, hint=hint)
    return Line(values.astype(np.float64), when.step, name, monthly.AND.join(when.columns)), when


def aim(table: Table, target: str, when: timeline.Timeline) -> str:
    """The column that is foretold. Raises DataError where it is not there or holds no numbers."""
    numbers = [name for name in table.names if name not in when.columns and table.column(name).dtype.kind == "f"]
    if not target and numbers:
        return numbers[-1]
    if target in numbers:
        return target
    what = f"no column {sanitize(target, 80)!r}" if target not in table.names else ""
    what = what or f"{sanitize(target, 80)!r} holds {'dates' if target in when.columns else 'no numbers'}"
    there = ", ".join(sanitize(each, 40) for each in numbers[:20]) or "none"
    message = f"{table.where}: {what if target else 'no column of numbers'}; a series is of numbers"
    hint = f"columns of numbers: {there}"
    for name in [target] * (target in table.names) or [name for name in table.names if name not in when.columns]:
        values = table.column(name)
        if values.dtype != object:
            continue
        if ways := spellings(table, values, strays(values)[1]):
            hint = f"say how the numbers of {sanitize(name, 40)} are written: {'; or '.join(ways)}"
        elif sign := spelling.beside(text for text in values.tolist() if text is not None):
            hint = f"take the {sign!r} beside the numbers of {sanitize(name, 40)} away in the file"
    raise DataError(message, code="DATA_TARGET", where="dataset.target", hint=hint)

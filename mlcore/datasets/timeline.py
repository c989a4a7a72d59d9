"""Timelines: when the rows of a table are, in which order that puts them, and how often there is one.

The time of a row is in a column of dates, in a column of years, or in one of years and one of months.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.datasets.growth import DAY, HOUR, MONTH, QUARTER, ROW, WEEK, YEAR, Step
from mlcore.datasets.preparing.kinds import spellings
from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import monthly, spelling
from mlcore.tables.table import Table

DATES = ("date", "datetime", "time", "timestamp", "when", "ds", "day", "month", "period", "week")
HINT = "name its columns: --set dataset.date=COLUMN, or dataset.date=YEAR+MONTH for two of them"
BY_MONTHS = {1: MONTH, 3: QUARTER, 12: YEAR}
BY_DAYS = {1.0: DAY, 7.0: WEEK, 1 / 24: HOUR}


class Timeline(NamedTuple):
    """The columns that say when, the order [n] in which rows follow each other, their dates in it, and their step."""

    columns: tuple[str, ...]
    order: Array
    dates: Array
    step: Step


def find(table: Table, date: str, regular: bool = True) -> Timeline:
    """When the rows of a table are. date: a column, two of them as YEAR+MONTH, or nothing: they are looked for.

    regular: refuse rows that do not follow each other at one distance; else such a step is a row.
    Raises DataError where there are no dates, two rows of one, or a gap.
    """
    columns, dates = _named(table, date) if date else _found(table)
    missing = np.flatnonzero(np.isnat(dates))
    if len(missing):
        row = table.rows[missing[0]]
        raise _error(table, f"{_words(columns)} holds no date in row {row} (rows count from 0)", "leave such rows out")
    order = np.argsort(dates, kind="stable")
    dates = dates[order]
    same = np.flatnonzero(dates[1:] == dates[:-1])
    if len(same):
        rows = f"rows {table.rows[order[same[0]]]} and {table.rows[order[same[0] + 1]]} (rows count from 0)"
        hint = "a series has one value for each date: keep one series of the table, or group by the date"
        raise _error(table, f"{_words(columns)} is {_day(dates[same[0]])} in {rows}", hint)
    return Timeline(columns, order, dates, _step(table, columns, dates, regular))


def following(when: Timeline, count: int) -> tuple[str, ...]:
    """The dates of the next rows, as people write them; none where rows are at no one distance."""
    months = next((apart for apart, step in BY_MONTHS.items() if step == when.step), 0)
    ahead = np.arange(1, count + 1)
    if months:  # on the same day of each month, or on its last where it is shorter
        first = when.dates.astype("datetime64[M]")
        starts = first[-1] + months * ahead
        day = np.timedelta64(1, "D")
        latest = (starts + 1).astype("datetime64[s]") - day + (when.dates[-1] - when.dates[-1].astype("datetime64[D]"))
        found = np.minimum(starts.astype("datetime64[s]") + (when.dates - first.astype("datetime64[s]")).max(), latest)
    else:
        apart = np.diff(when.dates)
        if (apart != apart[0]).any():
            return ()
        found = when.dates[-1] + ahead * apart[0]
    return tuple(_day(date) for date in found)


def _step(table: Table, columns: tuple[str, ...], dates: Array, regular: bool) -> Step:
    """What lies between rows. Raises DataError naming the first gap, where there has to be none."""
    if len(dates) < 3:
        dated = "1 date" if len(dates) == 1 else f"{len(dates)} dates"
        raise _error(table, f"has {dated}, too few for a series", "it takes some periods of rows", "EMPTY")
    months = np.diff(dates.astype("datetime64[M]").astype(np.int64))
    days = np.diff(dates).astype("timedelta64[s]").astype(np.float64) / 86_400
    for apart, known in ((months, BY_MONTHS), (days.round(9), {round(k, 9): v for k, v in BY_DAYS.items()})):
        if (apart == apart[0]).all() and apart[0] in known:
            return known[apart[0]]
    if (days == days[0]).all():
        return ROW._replace(days=float(days[0]))
    if not regular:
        return ROW
    apart = months if np.median(days) > 27 else days.round(6)
    different, counts = np.unique(apart, return_counts=True)
    usual = different[counts.argmax()]
    place = int(np.flatnonzero(apart != usual)[0])
    unit = "month" if np.median(days) > 27 else "day"
    message = f"after {_day(dates[place])} comes {_day(dates[place + 1])}, and elsewhere rows are {usual:g} {unit}"
    hint = "fill the gap, or take rows as they come: --set dataset.period=1"
    raise _error(table, message + ("s" if usual != 1 else "") + " apart", hint)


# ---- which columns say when ----


def _named(table: Table, date: str) -> tuple[tuple[str, ...], Array]:
    """The dates in the columns somebody named."""
    columns = (date,) if date in table.names else tuple(date.split(monthly.AND))
    for name in columns:
        if name not in table.names:
            there = ", ".join(sanitize(each, 40) for each in table.names[:20])
            raise _error(table, f"has no column {sanitize(name, 80)!r} of dates; it has {there}", HINT)
    found = _read(table, date) if len(columns) == 1 else None
    if len(columns) == 2:
        found = monthly.dates(*(table.column(name) for name in columns))
    if found is None:
        raise _error(table, f"{_words(columns)} cannot be read as dates", HINT)
    return columns, found


def _found(table: Table) -> tuple[tuple[str, ...], Array]:
    """The first columns that can be dates: years and months, a column called so, any column of dates, years."""
    lower = {name.lower().strip(): name for name in reversed(table.names)}
    if "year" in lower and "month" in lower:
        columns = lower["year"], lower["month"]
        found = monthly.dates(*(table.column(name) for name in columns))
        if found is not None:
            return columns, found
    for name in (*(lower[each] for each in DATES if each in lower), *table.names):
        found = None if table.column(name).dtype.kind == "f" else _read(table, name)
        if found is not None:
            return (name,), found
    found = _dates(table.column(lower["year"])) if "year" in lower else None
    if found is not None:
        return (lower["year"],), found
    raise _error(table, "has no column of dates, and a series needs to know when", HINT)


def _read(table: Table, name: str) -> Array | None:
    """The dates of a column, None where it holds none. Raises DataError for texts that may be one day or another."""
    values = table.column(name)
    found = _dates(values)
    if found is not None and values.dtype == object:
        row = next((row for row, text in enumerate(values) if text is not None and spelling.unclear(text)), None)
        if row is not None:
            ways = "; or ".join(spellings(table, values, row, "date"))
            told = f"{sanitize(name, 40)} is {values[row]!r:.40} in row {table.rows[row]}"
            hint = f"say how it is written: {ways}" if ways else "write it as 2024-03-31"
            raise _error(table, f"{told}, whose day and month cannot be told", hint)
    return found


def _dates(values: Array) -> Array | None:
    """Values as dates, datetime64[s] with NaT where missing; None where they are none."""
    if values.dtype.kind == "M":
        return values.astype("datetime64[s]")
    if values.dtype.kind == "f":
        return monthly.dates(values, np.ones(len(values)))
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that no format was found for all: then each is read by itself
            found = pd.to_datetime(pd.Series(list(values), dtype=object), utc=True).dt.tz_localize(None)
    except (ValueError, TypeError, OverflowError):
        return None
    return None if found.isna().all() else np.asarray(found.to_numpy("datetime64[s]"))


def _day(date: np.datetime64) -> str:
    """A date as people write it, with its time where it has one."""
    text = str(date)
    return text.removesuffix("T00:00:00")


def _words(columns: tuple[str, ...]) -> str:
    return " and ".join(sanitize(name, 40) for name in columns)


def _error(table: Table, what: str, hint: str, code: str = "SCHEMA") -> DataError:
    return DataError(f"{table.where}: {what}", code=f"DATA_{code}", where=table.where, hint=hint)

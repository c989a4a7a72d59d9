"""Dates in two columns: one of years, and one of months by their English names or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup
from mlcore.tables.table import Table

if TYPE_CHECKING:
    from pandas import DataFrame

Array: TypeAlias = NDArray[Any]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
YEARS = (1000, 3000)
AND = "+"  # between the names of two columns


def dates(years: Array, months: Array) -> Array | None:
    """Whole years [n] and months [n] as the first of the month, datetime64[s], NaT where one is missing.

    None where they are no years and months.
    """
    if years.dtype.kind != "f":
        return None
    number = np.array([_month(value) for value in months.tolist()], np.float64)
    known = ~np.isnan(years)
    if not known.any() or not _are_years(years[known]) or (number == 0).any():
        return None
    there = known & ~np.isnan(number)
    found = np.full(len(years), np.datetime64("NaT"), "datetime64[M]")
    since = (years[there].astype(np.int64) - 1970) * 12 + number[there].astype(np.int64) - 1
    found[there] = since.astype("datetime64[M]")
    return found.astype("datetime64[s]")


def found(frame: DataFrame) -> str:
    """The two columns of a frame that are called year and month and hold them, as YEAR+MONTH; or nothing."""
    lower = {str(name).lower().strip(): str(name) for name in reversed(list(frame.columns))}
    pair = [lower[word] for word in ("year", "month") if word in lower]
    return AND.join(pair) if len(pair) == 2 and _read(frame, *pair) is not None else ""


def timed(frame: DataFrame) -> list[str]:
    """What says when the rows of a frame are: its columns of dates, or without any its YEAR+MONTH."""
    return lookup.of_kind(frame, "date") or list(filter(None, [found(frame)]))


def yearly(frame: DataFrame) -> list[str]:
    """Columns of whole numbers that are years: called so, or each one more than the one before, or less."""
    found = []
    for name in lookup.of_kind(frame, "number"):
        values = frame[name].dropna().to_numpy(np.float64)
        if len(values) and _are_years(values) and (name.strip().lower() == "year" or (abs(np.diff(values)) == 1).all()):
            found.append(name)
    return found


def _are_years(values: Array) -> bool:
    whole = bool((values == np.rint(values)).all())
    return whole and bool(values.min() >= YEARS[0] and values.max() <= YEARS[1])


def parts(date: str) -> tuple[str, ...]:
    """The columns that are meant by a name as YEAR+MONTH, or the one."""
    return tuple(date.split(AND, 1))


def joined(frame: DataFrame, date: str) -> tuple[DataFrame, str]:
    """The frame with a column of dates called YEAR+MONTH, and the line of pandas that makes it.

    The frame alone where `date` is a column of its own. Raises DataError where the two hold no years and months.
    """
    if date in frame.columns or AND not in date:
        return frame, ""
    year, month = (lookup.named(frame, name) for name in parts(date))
    when = _read(frame, year, month)
    if when is None:
        message = f"{sanitize(year, 40)} and {sanitize(month, 40)} are no years and months"
        raise DataError(message, code="DATA_DTYPE", where=sanitize(date), hint="e.g. 1949 and January, Jan or 1")
    if lookup.kind(frame[month]) == "number":
        made = f"{{'year': df[{year!r}], 'month': df[{month!r}], 'day': 1}}, errors='coerce'"
    else:
        years = f"df[{year!r}].astype('Int64').astype('string')"
        made = f"{years} + df[{month!r}].str.strip().str[:3], format='%Y%b'"
    return frame.assign(**{date: when}), f"df[{date!r}] = pd.to_datetime({made})"


def _read(frame: DataFrame, year: str, month: str) -> Array | None:
    table = Table("", frame, np.arange(len(frame)))
    return dates(table.column(year), table.column(month))


def _month(value: object) -> float:
    """The number of a month; NaN where it is missing, 0 where it is none."""
    if value is None or value != value:
        return float("nan")
    if isinstance(value, str):
        word = value.strip().lower().rstrip(".")
        return float(MONTHS.index(word[:3]) + 1) if word in MONTHS or word in LONG else 0.0
    return float(value) if isinstance(value, float) and value in range(1, 13) else 0.0

"""What a column holds: numbers, categories or dates; guessed from its training rows, or said in the configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.errors import DataError
from mlcore.tables.cells import strays
from mlcore.tables.table import Table

Kind: TypeAlias = Literal["number", "category", "date"]

LOOKED_AT = 20  # texts that must look like dates before all are read as such
ISO = re.compile(r"\d{4}-\d\d(-\d\d)?([T ]\d\d:\d\d.*)?$")
DAY = 86_400_000_000_000  # nanoseconds


def guess(values: Array) -> Kind:
    """The kind of some values: numbers float64 [n], texts objects [n] with None, or datetime64 [n]."""
    if values.dtype.kind == "M":
        return "date"
    if values.dtype != object:
        return "number"
    there = [value for value in values if value is not None]
    if not there or not all(ISO.match(str(value)) for value in there[:LOOKED_AT]):
        return "category"
    return "date" if all(ISO.match(str(value)) for value in there) else "category"


def guessed(table: Table, names: tuple[str, ...], train: Array, said: Mapping[str, Kind]) -> dict[str, Kind]:
    """The kind of each column: what is said of it, else what its training rows look like."""
    return {name: said[name] if name in said else guess(table.column(name)[train]) for name in names}


def values_of(table: Table, name: str, kind: Kind) -> Array:
    """The values of a column as its kind has them, whatever the reader took them for.

    number: float64 [n], NaN where missing. category: objects [n], texts, None where missing. date: float64 [n], days
    since 1970-01-01, NaN where missing. Raises DataError naming the first row that is of another kind.
    """
    values = table.column(name)
    if kind == "category":
        return words(values)
    if kind == "date":
        return _days(table, name, values)
    if values.dtype == object:
        return _read(table, name, values)
    if values.dtype.kind == "M":
        raise _wrong(table, name, 0, str(values[0]), "a number", "date")
    return values


def words(values: Array) -> Array:
    """Values as texts: 7, not 7.0; None where missing."""
    if values.dtype == object:
        return values
    found = np.empty(len(values), object)
    if values.dtype.kind == "M":
        found[:] = [None if np.isnat(value) else str(value) for value in values.astype("datetime64[s]")]
    else:
        found[:] = [None if value != value else word(value) for value in values.tolist()]
    return found


def word(value: float) -> str:
    """A number as a text: 7, not 7.0."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _read(table: Table, name: str, values: Array) -> Array:
    """Texts that are numbers, as numbers."""
    numbers, first = strays(values)
    if numbers < sum(value is not None for value in values):
        raise _wrong(table, name, first, values[first], "a number", "category")
    return np.array([np.nan if value is None else float(value) for value in values], np.float64)


def _days(table: Table, name: str, values: Array) -> Array:
    """Dates as days since 1970-01-01; texts are read as ISO 8601, else as pandas reads them one by one."""
    if values.dtype.kind == "M":
        moments = values.astype("datetime64[ns]")
    else:
        import pandas as pd

        texts = words(values)
        found = pd.to_datetime(pd.Series(texts, dtype=object), format="ISO8601", errors="coerce", utc=True)
        if found.isna().sum() > sum(text is None for text in texts):
            found = pd.to_datetime(pd.Series(texts, dtype=object), format="mixed", errors="coerce", utc=True)
        for row in np.flatnonzero(found.isna().to_numpy()):
            if texts[row] is not None:
                raise _wrong(table, name, int(row), texts[row], "a date", "category")
        moments = found.dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
    days = moments.astype(np.int64) / DAY
    days[np.isnat(moments)] = np.nan
    return days


def _wrong(table: Table, name: str, row: int, value: object, expected: str, other: str) -> DataError:
    message = f"{table.where}: {name} is {value!r:.40} in row {table.rows[row]}, expected {expected}"
    hint = f'correct it, or say what it is: dataset.kinds = {{{name:.40} = "{other}"}}'
    return DataError(message, code="DATA_VALUE", where=table.where, hint=hint)

"""What a column holds: numbers, categories or dates; guessed from its training rows, or said in the configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.errors import DataError
from mlcore.tables import dates, spelling
from mlcore.tables.cells import number, strays
from mlcore.tables.spelling import option
from mlcore.tables.table import Table

Kind: TypeAlias = Literal["number", "category", "date"]

LOOKED_AT = 20  # texts that must look like dates before all are read as such
ISO = re.compile(r"\d{4}-\d\d(-\d\d)?([T ]\d\d:\d\d.*)?$")
DAY = 86_400_000_000  # microseconds


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


def values_of(table: Table, name: str, kind: Kind, learnt: bool = False) -> Array:
    """The values of a column as its kind has them, whatever the reader took them for.

    number: float64 [n], NaN where missing. category: objects [n], texts, None where missing. date: float64 [n], days
    since 1970-01-01, NaN where missing. learnt: a network has learnt that kind, and it can be no other.

    Raises DataError naming the first row that is of another kind.
    """
    values = table.column(name)
    if kind == "category":
        return words(values)
    found, stray = _days(values) if kind == "date" else _numbers(values)
    if stray is not None:
        raise _wrong(table, name, stray, kind, learnt)
    return found


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


def _numbers(values: Array) -> tuple[Array, int | None]:
    """Values as numbers, and the first row that is none."""
    if values.dtype == object:
        numbers, first = strays(values)
        if numbers < sum(value is not None for value in values):
            return values, first
        return np.array([np.nan if value is None else float(value) for value in values], np.float64), None
    return values, 0 if values.dtype.kind == "M" else None


def _days(values: Array) -> tuple[Array, int | None]:
    """Dates as days since 1970-01-01, and the first row that is none; texts are ISO 8601, or as pandas reads each.

    Where dots part a date, or a number above 12 tells, the day may come first.
    """
    if values.dtype.kind == "M":
        moments = values.astype("datetime64[us]")
    else:
        import pandas as pd

        texts = pd.Series(words(values), dtype=object)
        found = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
        rest = found.isna() & texts.notna()
        if rest.any():
            clear = texts[rest].map(lambda text: None if spelling.unclear(text) else text)
            found[rest] = pd.to_datetime(clear, format="mixed", dayfirst=True, errors="coerce", utc=True)
            stray = np.flatnonzero(found.isna() & texts.notna())
            if len(stray):
                return values, int(stray[0])
        moments = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    days = moments.astype(np.int64) / DAY
    days[np.isnat(moments)] = np.nan
    return days, None


def _wrong(table: Table, name: str, row: int, kind: Kind, learnt: bool) -> DataError:
    """The error for a row that is of another kind, with what makes it one, or says of which it is."""
    values = table.column(name)
    value = str(words(values)[row])
    expected = "a date whose day and month can be told" if kind == "date" and spelling.unclear(value) else f"a {kind}"
    message = f"{table.where}: {name} is {value!r:.40} in row {table.rows[row]}, expected {expected}"
    others = [str(text) for text in words(values) if text is not None and text != value]
    found = dates.orders if kind == "date" else number
    alone = not re.search(r"\d", value) and bool(others) and all(found(text) not in ([], None) for text in others)
    alone = alone and _of_text(table)
    ways = spellings(table, words(values), row, kind)
    if ways:
        hint = f"correct it, or say how it is written: {'; or '.join(ways)}"
    elif alone:
        hint = f"correct it, or where it means that nothing is known: {spelling.nothing(value)}"
    elif learnt:
        hint = f"correct it: the network has learnt {kind}s there"
    else:
        hint = f"correct it, or say what it is: {said_to_be(name, 'date' if values.dtype.kind == 'M' else 'category')}"
    return DataError(message, code="DATA_VALUE", where=table.where, hint=hint)


def spellings(table: Table, texts: Array, row: int, kind: Kind = "number") -> list[str]:
    """The options under which the text in a row is a number, with all others, or a date; none where no file is read."""
    if not _of_text(table):
        return []
    value = str(texts[row])
    return spelling.date(value) if kind == "date" else spelling.number(value, (text for text in texts if text))


def said_to_be(name: str, kind: Kind) -> str:
    """The option that says what a column holds."""
    return option("dataset.kinds", f"{{{json.dumps(name)} = {json.dumps(kind)}}}")


def _of_text(table: Table) -> bool:
    """Whether a table was read from a text, so that something can be said of how it is written."""
    return "read_csv" in table.code

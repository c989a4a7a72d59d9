"""Columns of a frame found by name, and what they hold: numbers, texts, dates or truths."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mlcore.errors import DataError
from mlcore.sanitize import sanitize

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Kind: TypeAlias = Literal["number", "text", "date", "truth"]

HOLDS = {"number": "numbers", "text": "texts", "date": "dates", "truth": "true and false"}
LISTED = 12  # columns named in a hint


def named(frame: DataFrame, name: str) -> str:
    """The column called `name`. Raises DataError naming the nearest one where there is none."""
    if name not in frame.columns:
        raise no_column(name, map(str, frame.columns))
    return name


def no_column(name: str, known: Iterable[str]) -> DataError:
    """The error for a column that is not there, naming the nearest one that is."""
    known = tuple(known)
    folded = {column.casefold(): column for column in reversed(known)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    hint = f"did you mean {sanitize(folded[near[0]])!r}?" if near else there_are(known)
    return DataError(f"there is no column {sanitize(name)!r}", code="DATA_SCHEMA", where=sanitize(name), hint=hint)


def there_are(known: Sequence[str]) -> str:
    """The first columns of a table, and how many; of one without a header also how to say that it has one."""
    listed = ", ".join(sanitize(column, 40) for column in known[:LISTED])
    more = f", … ({len(known):,})" if len(known) > LISTED else ""
    header = "; if its first line names them: --set dataset.format.header=yes" if known[:1] == ("column_0",) else ""
    return f"there are: {listed}{more}{header}"


def kind(values: Series) -> Kind:
    """What a column holds, by its type."""
    from pandas.api import types

    if types.is_bool_dtype(values.dtype):
        return "truth"
    if types.is_numeric_dtype(values.dtype):
        return "number"
    if types.is_datetime64_any_dtype(values.dtype):
        return "date"
    return "text"


def numbers(frame: DataFrame, name: str, what: str) -> Series:
    """The column called `name`, which has to hold numbers for `what`. Raises DataError where it does not."""
    return expected(frame, name, what, "number")


def expected(frame: DataFrame, name: str, what: str, *kinds: Kind) -> Series:
    """The column called `name`, which has to be of one of some kinds for `what`. Raises DataError where it is not."""
    values = frame[named(frame, name)]
    found = kind(values)
    if found not in kinds:
        wanted = " or ".join(HOLDS[each] for each in kinds)
        there = [str(column) for column in frame.columns if kind(frame[column]) in kinds]
        hint = f"columns of {wanted}: " + (", ".join(sanitize(each, 40) for each in there[:LISTED]) or "none")
        message = f"{what}: column {sanitize(name)!r} holds {HOLDS[found]}, expected {wanted}"
        raise DataError(message, code="DATA_DTYPE", where=sanitize(name), hint=hint)
    return values


def of_kind(frame: DataFrame, *kinds: Kind) -> list[str]:
    """The names of the columns of some kinds, in order."""
    return [str(name) for name in frame.columns if kind(frame[name]) in kinds]


def plain(value: Any) -> Any:
    """A cell as a value of Python's own: numbers, truths, texts (dates as ISO 8601), None where it is missing."""
    import pandas as pd

    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() and value.tz is None else value.isoformat()
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", 1) == 0:
        value = item()
        return None if isinstance(value, float) and value != value else value
    return value if isinstance(value, bool | int | float | str) else str(value)

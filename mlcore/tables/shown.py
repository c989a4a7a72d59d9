"""Cells of a table as texts: harmless to print, and numbers of one column written alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlcore.sanitize import sanitize
from mlcore.tables import lookup

if TYPE_CHECKING:
    from pandas import Series

LONGEST = 120  # characters of a text
DECIMALS = 4  # at most behind a point
DIGITS = 6  # that are looked at to find how many decimals a column needs
LEAST, MOST = 1e-4, 1e15  # sizes written without an exponent


def texts(column: Series[Any]) -> list[str | None]:
    """The values of (some rows of) a column as they are shown; None where one is missing."""
    gone = column.isna().tolist()
    match lookup.kind(column):
        case "number":
            values = column.to_numpy(dtype=float, na_value=math.nan).tolist()
            written = numbers([value for value, missing in zip(values, gone, strict=True) if not missing])
        case "date":
            there = column[~column.isna()]
            days = bool((there == there.dt.normalize()).all())
            written = [str(day) for day in there.dt.strftime("%Y-%m-%d" if days else "%Y-%m-%d %H:%M:%S")]
        case _:
            there = column[~column.isna()]
            written = [sanitize(value, LONGEST) for value in there.tolist()]
    rest = iter(written)
    return [None if missing else next(rest) for missing in gone]


def numbers(values: Sequence[float]) -> list[str]:
    """Numbers of one column with as many decimals as they need, four at most; the very large and small as powers."""
    decimals = max((_decimals(value) for value in values), default=0)
    return [number(value, decimals) for value in values]


def number(value: float, decimals: int | None = None) -> str:
    """One number: 12, 12.5, 1234567.89, 1.2e-07, inf."""
    if not math.isfinite(value):
        return str(value)
    if value and not LEAST <= abs(value) < MOST:
        return f"{value:.{DIGITS - 1}g}"
    return f"{value:z.{_decimals(value) if decimals is None else decimals}f}"


def _decimals(value: float) -> int:
    """Decimals a number needs."""
    if not math.isfinite(value) or value == math.floor(value) or not LEAST <= abs(value) < MOST:
        return 0
    places = max(DIGITS - 1 - math.floor(math.log10(abs(value))), 2)
    return min(len(f"{value:.{places}f}".rstrip("0").partition(".")[2]), DECIMALS)

"""What the fields of a table say: which words stand for a missing value, and what is a number."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

# The words pandas takes for missing by itself, and the question mark of many public data sets.
MISSING = frozenset(
    (
        *("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "?"),
        *("#N/A", "#N/A N/A", "#NA", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    )
)


def number(cell: str) -> float | None:
    """What a field says, if that is a number. Python's own 1_000 is none."""
    try:
        return None if "_" in cell or cell in MISSING else float(cell)
    except ValueError:
        return None


def strays(values: NDArray[Any]) -> tuple[int, int]:
    """How many of a column's texts are numbers, and the first row that is none: it may be a slip in numbers."""
    numbers = [value is not None and number(value) is not None for value in values.tolist()]
    first = next((row for row, value in enumerate(values.tolist()) if value is not None and not numbers[row]), 0)
    return sum(numbers), first

"""Missing values: which there are, and what stands for them, learnt from the training rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.errors import DataError
from mlcore.tables.table import Table

Impute: TypeAlias = Literal["auto", "none", "drop", "mean", "median", "most_frequent", "constant", "zero", "indicator"]

HUGE = 1e38  # float32 ends soon after it
SHOWN = 5  # names in a sentence
WAYS = (
    "--set dataset.impute=auto fills them in, as median, mean, most_frequent, constant, zero and indicator do; "
    "drop leaves the rows out"
)


def missing(values: Array) -> Array:
    """Which values of a column are missing [n] bool."""
    if values.dtype == object:
        return np.array([value is None for value in values], bool)
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)


def complete(table: Table, names: Sequence[str]) -> Array:
    """The rows in which none of some columns is missing."""
    absent = np.zeros(len(table.rows), bool)
    for name in names:
        absent |= missing(table.column(name))
    return np.flatnonzero(~absent)


def check_finite(table: Table, found: Mapping[str, Array]) -> None:
    """Raise DataError for the first column of numbers that holds an infinite one; `found` are values by name."""
    for name, values in found.items():
        if values.dtype == object:
            continue
        for what, bad in (("infinite", np.isinf(values)), (f"beyond {HUGE:g}", np.abs(values) > HUGE)):
            rows_ = np.flatnonzero(bad)
            if len(rows_):
                message = f"{table.where}: {name} is {what} in {rows(len(rows_))}, {first(table, rows_)}"
                raise DataError(message, code="DATA_NONFINITE", where=table.where, hint="leave such rows out")


def check_whole(table: Table, holes: Mapping[str, Array], hint: str = WAYS) -> None:
    """Raise DataError naming the columns with missing values, how many, and the first row; `holes` are by name."""
    torn = {name: np.flatnonzero(absent) for name, absent in holes.items() if absent.any()}
    if torn:
        (name, places), *others = torn.items()
        also = "; also in " + ", ".join(f"{other} ({len(r):,})" for other, r in others[:SHOWN]) if others else ""
        message = f"{table.where}: {name} is missing in {rows(len(places))}, {first(table, places)}{also}"
        raise DataError(message, code="DATA_NONFINITE", where=table.where, hint=hint)


def rows(count: int) -> str:
    """1 row, 2 rows."""
    return "1 row" if count == 1 else f"{count:,} rows"


def first(table: Table, places: Array) -> str:
    """Where the first of some rows is."""
    return f"the first is row {table.rows[places[0]]} (rows count from 0)"


def named(names: Iterable[str], most: int = SHOWN) -> str:
    """Some names, and how many more."""
    there = list(names)
    return ", ".join(there[:most]) + (f" and {len(there) - most:,} more" if len(there) > most else "")


def number_for(values: Array, impute: Impute, constant: float | str) -> float | None:
    """What stands for a missing number, by those that are there [n]; None: nothing may be missing.

    auto: the median. indicator: the mean, beside a feature of its own.
    """
    match impute:
        case "none" | "drop":
            return None
        case "auto" | "median":
            return float(np.median(values))
        case "most_frequent":
            different, counts = np.unique(values, return_counts=True)
            return float(different[counts.argmax()])
        case "zero":
            return 0.0
        case "constant":
            return _number(constant)
    return float(values.mean())


def _number(constant: float | str) -> float:
    try:
        return float(constant)
    except ValueError:
        message = f"dataset.constant is {constant!r:.40}, which cannot stand for a missing number"
        hint = "give a number, or say what stands for missing values of each column: dataset.impute_columns"
        raise DataError(message, code="DATA_VALUE", where="dataset.constant", hint=hint) from None


def text_for(counts: Mapping[str, int], impute: Impute, constant: float | str) -> str | None:
    """What stands for a missing text, by how often each is there; '' is none of them, None: nothing may be missing."""
    if impute in ("none", "drop"):
        return None
    if impute in ("auto", "zero", "indicator"):
        return ""
    return str(constant) if impute == "constant" else max(sorted(counts), key=lambda text: counts[text])


def said_of(text: bool, impute: Impute, constant: float | str) -> str:
    """What stands for a missing text or number, in words; texts have no mean and no median."""
    if impute == "constant":
        return f"{constant:g}" if isinstance(constant, float) and not text else str(constant)
    if impute == "most_frequent" or (text and impute in ("mean", "median")):
        return "the most frequent"
    if text:
        return "a category of its own"
    return {"zero": "0", "mean": "the mean", "indicator": "the mean, and a mark"}.get(impute, "the median")

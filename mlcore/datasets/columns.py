"""Columns of a table as features: missing values filled in, texts as one feature for each (one-hot).

What stands for a missing value and which texts there are is learnt from the training rows alone; a text nobody trained
on is zero everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array, Column, Notice
from mlcore.errors import DataError
from mlcore.tables.cells import strays
from mlcore.tables.table import Table

Impute: TypeAlias = Literal["none", "drop", "mean", "median", "most_frequent", "zero", "indicator"]

MOST = 50  # texts of one column
HUGE = 1e38  # float32 ends soon after it
LARGEST = 1 << 28  # features of all rows together
SHOWN = 5  # names in a sentence
WAYS = (
    "--set dataset.impute=median fills them in, as mean, most_frequent, zero and indicator do; drop leaves the rows out"
)


def missing(values: Array) -> Array:
    """Which values of a column are missing [n] bool."""
    if values.dtype == object:
        return np.array([value is None for value in values], bool)
    return np.isnan(values)


def complete(table: Table, names: Sequence[str]) -> Array:
    """The rows in which none of some columns is missing."""
    absent = np.zeros(len(table.rows), bool)
    for name in names:
        absent |= missing(table.column(name))
    return np.flatnonzero(~absent)


def fit(table: Table, names: Sequence[str], train: Array, impute: Impute) -> tuple[Column, ...]:
    """How each column becomes features, by what the training rows hold.

    Raises DataError where values are missing and nothing is to stand for them, or a column cannot be features.
    """
    check_finite(table, names)
    holes = {name: missing(table.column(name)) for name in names}
    if impute in ("none", "drop"):
        check_whole(table, holes)
    found = []
    for name in names:
        values, known = table.column(name)[train], ~holes[name][train]
        if not known.any():
            message = f"{table.where}: {name} has no value in the training rows"
            raise DataError(message, code="DATA_NONFINITE", where=table.where, hint=_without(name))
        marked = impute == "indicator" and not bool(known.all())
        fitted = _texts if values.dtype == object else _numbers
        found.append(fitted(table, name, values[known], impute)._replace(marked=marked))
    return tuple(found)


def check_finite(table: Table, names: Iterable[str]) -> None:
    """Raise DataError for the first column of numbers that holds an infinite one."""
    for name in names:
        values = table.column(name)
        infinite = np.flatnonzero(np.isinf(values) if values.dtype != object else [])
        if len(infinite):
            message = f"{table.where}: {name} is infinite in {_rows(len(infinite))}, {_first(table, infinite)}"
            raise DataError(message, code="DATA_NONFINITE", where=table.where, hint="leave such rows out")
        huge = np.flatnonzero(np.abs(values) > HUGE if values.dtype != object else [])
        if len(huge):
            message = f"{table.where}: {name} is beyond {HUGE:g} in {_rows(len(huge))}, {_first(table, huge)}"
            raise DataError(message, code="DATA_NONFINITE", where=table.where, hint="leave such rows out")


def check_whole(table: Table, holes: dict[str, Array], hint: str = WAYS) -> None:
    """Raise DataError naming the columns with missing values, how many, and the first row; `holes` are by name."""
    torn = {name: np.flatnonzero(absent) for name, absent in holes.items() if absent.any()}
    if torn:
        (name, rows), *others = torn.items()
        also = "; also in " + ", ".join(f"{other} ({len(r):,})" for other, r in others[:SHOWN]) if others else ""
        message = f"{table.where}: {name} is missing in {_rows(len(rows))}, {_first(table, rows)}{also}"
        raise DataError(message, code="DATA_NONFINITE", where=table.where, hint=hint)


def _without(name: str) -> str:
    return f"--set 'dataset.columns=[\"-{name:.40}\"]'"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _first(table: Table, rows: Array) -> str:
    return f"the first is row {table.rows[rows[0]]} (rows count from 0)"


def _numbers(table: Table, name: str, values: Array, impute: Impute) -> Column:
    if impute in ("none", "drop"):
        return Column(name)
    if impute == "median":
        return Column(name, float(np.median(values)))
    if impute == "most_frequent":
        different, counts = np.unique(values, return_counts=True)
        return Column(name, float(different[counts.argmax()]))
    return Column(name, 0.0 if impute == "zero" else float(values.mean()))


def _texts(table: Table, name: str, values: Array, impute: Impute) -> Column:
    counts = Counter(values.tolist())
    numbers, first = strays(table.column(name))
    leave = f"leave it out: {_without(name)}"
    if 2 * numbers > len(table.rows):
        message = (
            f"{table.where}: {name} is {table.column(name)[first]!r:.40} in row {table.rows[first]} and a number in"
        )
        hint = f"correct it, or {leave}"
        raise DataError(f"{message} {_rows(numbers)}", code="DATA_VALUE", where=table.where, hint=hint)
    if len(counts) > MOST:
        message = f"{table.where}: {name} holds {len(counts):,} different texts, more than the {MOST} that are features"
        raise DataError(message, code="DATA_LIMIT", where=table.where, hint=leave)
    categories = tuple(sorted(counts))
    if impute in ("none", "drop"):
        return Column(name, None, categories)
    zero = impute in ("zero", "indicator")
    return Column(name, "" if zero else max(categories, key=lambda text: counts[text]), categories)


def names(columns: Sequence[Column]) -> tuple[str, ...]:
    """What the features of some columns are called, in their order: age, sex=female, sex=male, age missing."""
    found: list[str] = []
    for column in columns:
        found += [f"{column.name}={text}" for text in column.categories] or [column.name]
        found += [f"{column.name} missing"] if column.marked else []
    return tuple(found)


def encode(columns: Sequence[Column], table: Table) -> tuple[Array, tuple[Notice, ...]]:
    """The features [n, features] float64 of a table that has these columns, and what should be known of it.

    Raises DataError where something is missing that nothing stands for, or is of another kind.
    """
    check_finite(table, (column.name for column in columns))
    holes = {column.name: missing(table.column(column.name)) for column in columns}
    must = {column.name: holes[column.name] for column in columns if column.fill is None}
    check_whole(table, must, hint="fill them in, or train with dataset.impute")
    width = len(names(columns))
    if width * len(table.rows) > LARGEST:
        message = f"{table.where}: {len(table.rows):,} rows of {width:,} features are more than {LARGEST:,} values"
        raise DataError(message, code="DATA_LIMIT", where=table.where)
    raw, place, notices = np.zeros((len(table.rows), width)), 0, list[Notice]()
    for column in columns:
        values, absent = table.column(column.name), holes[column.name]
        if column.categories:
            notices += _one_hot(column, values, absent, raw[:, place : place + len(column.categories)])
            place += len(column.categories)
        elif values.dtype == object:
            row = strays(values)[1]
            message = f"{table.where}: {column.name} is {values[row]!r:.40} in row {table.rows[row]}, expected a number"
            raise DataError(message, code="DATA_VALUE", where=table.where)
        else:
            raw[:, place] = np.where(absent, 0.0 if column.fill is None else column.fill, values)
            place += 1
        if column.marked:
            raw[:, place] = absent
            place += 1
    return raw, tuple(notices)


def _one_hot(column: Column, values: Array, absent: Array, out: Array) -> list[Notice]:
    """Put a 1 at the category of each row; a notice where there are texts nobody trained on."""
    number = {text: k for k, text in enumerate(column.categories)}
    words = values if values.dtype == object else [f"{value:g}" for value in values]
    texts = [str(column.fill) if hole else str(word) for word, hole in zip(words, absent, strict=True)]
    codes = np.array([number.get(text, -1) for text in texts], np.int64)
    known = np.flatnonzero(codes >= 0)
    out[known, codes[known]] = 1
    strange = [texts[row] for row in np.flatnonzero((codes < 0) & ~absent)]
    if not strange:
        return []
    message = f"{column.name} is {strange[0]!r:.40} in {_rows(strange.count(strange[0]))}, which no training row has"
    rest = len(set(strange)) - 1
    return [
        Notice("DATA_CATEGORY", f"{message}{f', and {rest:,} more such texts' if rest else ''}: all its features are 0")
    ]

"""Columns of a table as features: numbers, categories and dates, each by its page in `preparing`.

What stands for a missing value, which categories there are and where bins lie is learnt from the training rows alone.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array, Column, Notice
from mlcore.datasets.preparing import categories, dates, numbers
from mlcore.datasets.preparing.categories import Categories
from mlcore.datasets.preparing.kinds import Kind, guessed, values_of
from mlcore.datasets.preparing.missing import Impute, check_finite, check_whole, missing, number_for
from mlcore.errors import DataError
from mlcore.tables.spelling import option
from mlcore.tables.table import Table

Numbers: TypeAlias = Literal["plain", "quantile", "piecewise"]

__all__ = ["Column", "Numbers", "Plan", "encode", "fit", "kind_of", "names", "plain", "read", "tokens"]

LARGEST = 1 << 28  # features of all rows together


class Plan(NamedTuple):
    """How columns are to become features: of missing values, by column where it differs; numbers; categories; kinds."""

    impute: Impute = "auto"
    each: Mapping[str, Impute] = {}
    constant: float | str = 0.0
    numbers: Numbers = "plain"
    categories: Categories = "auto"
    kinds: Mapping[str, Kind] = {}

    def of(self, name: str) -> Impute:
        """What is done with missing values of a column."""
        return self.each.get(name, self.impute)


def fit(table: Table, names: Sequence[str], train: Array, plan: Plan) -> tuple[Column, ...]:
    """How each column becomes features, by what the training rows hold; tokens are the last ones.

    Raises DataError where values are missing and nothing is to stand for them, or a column cannot be features.
    """
    kinds = guessed(table, tuple(names), train, plan.kinds)
    values = {name: values_of(table, name, kind) for name, kind in kinds.items()}
    check_finite(table, values)
    holes = {name: missing(each) for name, each in values.items()}
    check_whole(table, {name: holes[name] for name in names if plan.of(name) in ("none", "drop")})
    found = []
    for name, kind in kinds.items():
        own, known = values[name][train], ~holes[name][train]
        if not known.any():
            message = f"{table.where}: {name} has no value in the training rows"
            hint = option("dataset.columns", json.dumps([f"-{name}"]))
            raise DataError(message, code="DATA_NONFINITE", where=table.where, hint=hint)
        marked = plan.of(name) in ("auto", "indicator") and not bool(known.all())
        found.append(_fitted(Column(name, marked=marked), kind, own[known], plan, not bool(known.all())))
    return tuple(sorted(found, key=lambda column: column.way == "token"))


def _fitted(column: Column, kind: Kind, values: Array, plan: Plan, torn: bool) -> Column:
    """A column by its training values that are there. torn: others are missing."""
    impute = plan.of(column.name)
    if kind == "category":
        return categories.fit(column, values, impute, plan.constant, plan.categories, torn)
    column = column._replace(fill=number_for(values, impute, plan.constant))
    if kind == "date":
        return dates.fit(column, values)
    if plan.numbers == "plain":
        return column
    return (numbers.fit_quantile if plan.numbers == "quantile" else numbers.fit_piecewise)(column, values)


def kind_of(column: Column) -> Kind:
    """What a column holds."""
    if column.way == "date":
        return "date"
    return "category" if column.categories or column.way in ("ordinal", "token") else "number"


def names(columns: Sequence[Column]) -> tuple[str, ...]:
    """What the features of some columns are called, in their order: age, age missing, sex=female, sex=male."""
    pages = {"number": numbers, "category": categories, "date": dates}
    found: list[str] = []
    for column in columns:
        found += pages[kind_of(column)].names(column)
        found += [f"{column.name} missing"] if column.marked else []
    return tuple(found)


def tokens(columns: Sequence[Column]) -> int:
    """How many of the last features are tokens, which no scaling may touch."""
    return sum(column.way == "token" for column in columns)


def encode(columns: Sequence[Column], table: Table) -> tuple[Array, tuple[Notice, ...]]:
    """The features [n, features] float64 of a table that has these columns, and what should be known of it.

    Raises DataError where something is missing that nothing stands for, or is of another kind.
    """
    values = {column.name: values_of(table, column.name, kind_of(column), learnt=True) for column in columns}
    check_finite(table, values)
    holes = {name: missing(each) for name, each in values.items()}
    must = {column.name: holes[column.name] for column in columns if column.fill is None}
    check_whole(table, must, hint="fill them in, or train again with --set dataset.impute=auto")
    width = len(names(columns))
    if width * len(table.rows) > LARGEST:
        message = f"{table.where}: {len(table.rows):,} rows of {width:,} features are more than {LARGEST:,} values"
        raise DataError(message, code="DATA_LIMIT", where=table.where)
    raw, place, notices = np.zeros((len(table.rows), width)), 0, list[Notice]()
    for column in columns:
        made, said = _encoded(column, values[column.name], holes[column.name])
        notices += said
        raw[:, place : place + made.shape[1]] = made
        place += made.shape[1]
        if column.marked:
            raw[:, place] = holes[column.name]
            place += 1
    return raw, tuple(notices)


def _encoded(column: Column, values: Array, absent: Array) -> tuple[Array, list[Notice]]:
    """The features of one column, and what should be known of them."""
    kind = kind_of(column)
    if kind == "category":
        return categories.encode(column, values, absent)
    filled = np.where(absent, 0.0 if column.fill is None else column.fill, values)
    return (dates.encode(column, filled) if kind == "date" else numbers.encode(column, filled)), []


def plain(column: Column) -> dict[str, Any]:
    """A column as plain values for a file; floating numbers in hexadecimal, so that nothing is rounded."""
    fill = {"number": column.fill.hex()} if isinstance(column.fill, float) else {"text": column.fill}
    found: dict[str, Any] = {"name": column.name, "fill": fill, "categories": list(column.categories)}
    found |= {"marked": column.marked}
    if column.way or column.rest:
        found |= {"way": column.way, "rest": column.rest}
        found |= {name: [value.hex() for value in getattr(column, name)] for name in ("knots", "levels")}
    return found


def read(plain: Mapping[str, Any]) -> Column:
    """The column that plain values mean, also those of an older file. Raises ValueError where they mean none."""
    fill = plain["fill"]
    value = float.fromhex(fill["number"]) if "number" in fill else fill["text"]
    if not (value is None or isinstance(value, (float, str))):
        raise ValueError(f"fill {value!r:.80}")
    way, rest = plain.get("way", ""), bool(plain.get("rest", False))
    knots, levels = (tuple(map(float.fromhex, plain.get(name, ()))) for name in ("knots", "levels"))
    column = Column(str(plain["name"]), value, tuple(map(str, plain["categories"])), bool(plain["marked"]))
    column = column._replace(way=way, rest=rest, knots=knots, levels=levels)
    _check(column)
    return column


def _check(column: Column) -> None:
    """Raise ValueError for a column that no page can make features of."""
    numbers = (*column.knots, *column.levels, column.fill if isinstance(column.fill, float) else 0.0)
    if column.way not in ("", "quantile", "piecewise", "ordinal", "token", "date") or not np.isfinite(numbers).all():
        raise ValueError(f"column {column.name!r:.40} is {column.way!r:.40}, or its numbers are none")
    many, rising = len(column.knots), all(a < b for a, b in itertools.pairwise(column.knots))
    right = {"quantile": many > 0 and many == len(column.levels), "piecewise": many > 1, "date": many == 1}
    parts = column.way != "date" or set(column.categories) <= {*dates.DAYS, *dates.ROUND}
    texts = kind_of(column) == "category"
    if not (rising and parts and right.get(column.way, True)) or isinstance(column.fill, str if not texts else float):
        raise ValueError(f"column {column.name!r:.40}: its values do not make a column")

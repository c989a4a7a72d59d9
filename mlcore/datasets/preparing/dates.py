"""Dates as features: how long it has been, and where in the year, the month, the week and the day they lie.

days is the time since the first training row. What comes round again is a point on a circle, its sine and cosine, so
that December lies beside January. A part that is the same in all training rows is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlcore.datasets.dataset import Array, Column

DAYS = ("days", "year")  # parts that are numbers; the others come round


def _month(days: Array) -> Array:
    return _moments(days).astype("datetime64[M]").astype(np.int64) % 12 / 12


def _day(days: Array) -> Array:
    moments = _moments(days)
    month = moments.astype("datetime64[M]")
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    shares: Array = (moments.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64) / length
    return shares


# Of days since 1970-01-01, which was a Thursday, the share of a round that is over.
ROUND: dict[str, Callable[[Array], Array]] = {
    "month": _month,
    "day": _day,
    "weekday": lambda days: (np.floor(days) + 3) % 7 / 7,
    "hour": lambda days: days % 1,
}


def _moments(days: Array) -> Array:
    return (days * 86_400).round().astype("datetime64[s]")


def fit(column: Column, days: Array) -> Column:
    """The column with its first day and the parts that differ in its training values [n], days since 1970-01-01."""
    column = column._replace(way="date", knots=(float(days.min()),))
    differ = [part for part in (*DAYS, *ROUND) if len(np.unique(_part(column, part, days))) > 1]
    return column._replace(categories=tuple(differ or ["days"]))


def _part(column: Column, part: str, days: Array) -> Array:
    if part == "days":
        return days - column.knots[0]
    if part == "year":
        years: Array = _moments(days).astype("datetime64[Y]").astype(np.int64) + 1970.0
        return years
    return ROUND[part](days)


def names(column: Column) -> list[str]:
    """What the features of a column of dates are called: when days, when year, when month sin, when month cos."""
    found = []
    for part in column.categories:
        found += [f"{column.name} {part}"] if part in DAYS else [f"{column.name} {part} {of}" for of in ("sin", "cos")]
    return found


def encode(column: Column, days: Array) -> Array:
    """The features [n, F] of days since 1970-01-01 [n], of which none is missing."""
    found: list[Array] = []
    for part in column.categories:
        values = _part(column, part, days)
        angle = 2 * np.pi * values
        found += [values] if part in DAYS else [np.sin(angle), np.cos(angle)]
    return np.column_stack(found)

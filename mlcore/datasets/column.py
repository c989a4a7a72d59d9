"""Columns of a table as they are kept with a model: how each became features, what it was for, what to know of it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Column(NamedTuple):
    """How a column of a table became features.

    A number is one feature; `fill` stands where it was missing, None: nothing may be missing. A text is one feature for
    each of its `categories`, 1 where the row has it (one-hot). `marked` adds a feature that is 1 where it was missing.

    way: another way, as the pages of `preparing` tell: numbers as "quantile" or "piecewise", texts as "ordinal" or
    "token", a "date" as the parts its `categories` name. rest: texts that are no category are one feature together.
    knots: quantiles, edges of bins, or the first day; levels: the normal scores of quantiles.
    """

    name: str
    fill: float | str | None = None
    categories: tuple[str, ...] = ()
    marked: bool = False
    way: Literal["", "quantile", "piecewise", "ordinal", "token", "date"] = ""
    rest: bool = False
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()


class Role(NamedTuple):
    """What a column of a table is to a run: what it holds, what it is for, and why, where that was not asked for."""

    name: str
    kind: Literal["number", "category", "date"]
    role: Literal["feature", "target", "weight", "identifier", "left out"]
    why: str = ""


class Notice(NamedTuple):
    """Something about a data set that does not stop a run, but that a person should know."""

    code: str
    message: str

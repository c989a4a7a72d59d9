"""What a filter is made of: values, comparisons and truths, each of which says itself in pandas on a frame `df`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, TypeAlias

DATE = re.compile(r"\d{4}(-\d\d(-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?)?)?")


class Literal(NamedTuple):
    """A number, a text, true or false, as it is written. at: the character it begins at, from 0."""

    value: float | int | str | bool
    at: int

    def code(self) -> str:
        return repr(self.value)


class Column(NamedTuple):
    """The column of a name."""

    name: str
    at: int

    def code(self) -> str:
        return f"df[{self.name!r}]"


class Operation(NamedTuple):
    """Two numbers made into one: + - * / %."""

    sign: str
    left: Node
    right: Node
    at: int

    def code(self) -> str:
        return f"({self.left.code()} {self.sign} {self.right.code()})"


class Negative(NamedTuple):
    """A number with the other sign."""

    part: Node
    at: int

    def code(self) -> str:
        return f"(-{self.part.code()})"


class Comparison(NamedTuple):
    """Whether one value is as the sign says to another."""

    sign: str
    left: Node
    right: Node
    at: int

    def code(self) -> str:
        return f"({self.left.code()} {self.sign} {self.right.code()})"


class Within(NamedTuple):
    """Whether a value is one of some."""

    part: Node
    values: tuple[Literal, ...]
    at: int

    def code(self) -> str:
        if any(is_date(each.value) for each in self.values):  # isin compares no texts with dates, == does
            return "(" + " | ".join(f"({self.part.code()} == {each.code()})" for each in self.values) + ")"
        return f"{self.part.code()}.isin([{', '.join(each.code() for each in self.values)}])"


class Contains(NamedTuple):
    """Whether a text is a part of the text in a column."""

    part: Literal
    column: Column
    at: int

    def code(self) -> str:
        return f"{self.column.code()}.str.contains({self.part.code()}, regex=False, na=False)"


class Missing(NamedTuple):
    """Whether a column's cell is empty."""

    column: Column
    at: int

    def code(self) -> str:
        return f"{self.column.code()}.isna()"


class Joined(NamedTuple):
    """Truths joined by `&` (and) or `|` (or)."""

    sign: str
    parts: tuple[Node, ...]
    at: int

    def code(self) -> str:
        return "(" + f" {self.sign} ".join(part.code() for part in self.parts) + ")"


class Not(NamedTuple):
    """The opposite."""

    part: Node
    at: int

    def code(self) -> str:
        return f"(~{self.part.code()})"


Node: TypeAlias = Literal | Column | Operation | Negative | Comparison | Within | Contains | Missing | Joined | Not
TRUTHS = (Comparison, Within, Contains, Missing, Joined, Not)


def is_date(value: object) -> bool:
    """Whether a value is a text that says a year, a month, a day or a time as ISO 8601 does."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value + "-01-01"[len(value) - 4 :] if len(value) < 10 else value)
    except ValueError:
        return False
    return True


def columns_of(node: Node) -> Iterator[str]:
    """The columns a value is made of."""
    match node:
        case Column(name=name):
            yield name
        case Operation(left=left, right=right):
            yield from (*columns_of(left), *columns_of(right))
        case Negative(part=part):
            yield from columns_of(part)

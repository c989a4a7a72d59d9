"""A filter asked of a frame: which rows it is true of."""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any

from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup
from mlcore.tables.nodes import (
    Column,
    Comparison,
    Contains,
    Joined,
    Literal,
    Missing,
    Negative,
    Node,
    Not,
    Operation,
    Within,
    is_date,
)

if TYPE_CHECKING:
    from pandas import DataFrame, Series

COMPARES = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
IS = {"number": "a number", "text": "a text", "date": "a date", "truth": "true or false"}
MAKES = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod}


def true_rows(frame: DataFrame, node: Node) -> Series:
    """Whether a filter is true of each row, bool [n]. Raises DataError for a column that is missing or unfit."""
    try:
        found = _truth(frame, node)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        if isinstance(error, DataError):
            raise
        message = f"filter: pandas cannot compare this: {sanitize(error)}"
        raise DataError(message, code="DATA_DTYPE", where="filter") from None
    return found.fillna(False).astype(bool) if found.dtype != bool else found


def _truth(frame: DataFrame, node: Node) -> Any:
    match node:
        case Joined(sign=sign, parts=parts):
            return reduce(operator.and_ if sign == "&" else operator.or_, (_truth(frame, part) for part in parts))
        case Not(part=part):
            return ~_truth(frame, part)
        case Missing(column=column):
            return _series(frame, column).isna()
        case Contains(part=part, column=column):
            name = lookup.named(frame, column.name)
            values = lookup.expected(frame, name, f"filter, character {node.at + 1}", "text")
            return values.str.contains(part.value, regex=False, na=False)
        case Within(part=part, values=values):
            kinds = {_check(frame, part, each, node.at) for each in values}
            found = _value(frame, part)
            if "date" in kinds or any(is_date(each.value) for each in values):
                return reduce(operator.or_, (found == each.value for each in values))
            return found.isin([each.value for each in values])
        case Comparison(sign=sign, left=left, right=right):
            _check(frame, left, right, node.at)
            return COMPARES[sign](_value(frame, left), _value(frame, right))
        case Column(name=name):
            return lookup.expected(frame, name, f"filter, character {node.at + 1}", "truth")
    raise AssertionError(node)


def _value(frame: DataFrame, node: Node) -> Any:
    match node:
        case Literal(value=value):
            return value
        case Column():
            return _series(frame, node)
        case Negative(part=part):
            return -_number(frame, part)
        case Operation(sign=sign, left=left, right=right):
            return MAKES[sign](_number(frame, left), _number(frame, right))
    raise AssertionError(node)


def _series(frame: DataFrame, column: Column) -> Series:
    return frame[lookup.named(frame, column.name)]


def _number(frame: DataFrame, node: Node) -> Any:
    found = _kind(frame, node)
    if found != "number":
        message = f"filter, character {node.at + 1}: {_said(node)} is {IS[found]}, expected a number"
        raise DataError(message, code="DATA_DTYPE", where=f"character {node.at + 1}", hint="+ - * / % take numbers")
    return _value(frame, node)


def _kind(frame: DataFrame, node: Node) -> lookup.Kind:
    match node:
        case Literal(value=bool()):
            return "truth"
        case Literal(value=str()):
            return "text"
        case Column():
            return lookup.kind(_series(frame, node))
    return "number"


def _check(frame: DataFrame, left: Node, right: Node, at: int) -> lookup.Kind:
    """The kind of two values that can be compared. Raises DataError where they cannot."""
    first, second = _kind(frame, left), _kind(frame, right)
    if first == second:
        return first
    for kind, other in ((first, right), (second, left)):
        if kind == "date" and isinstance(other, Literal) and is_date(other.value):
            return "date"
    message = f"filter, character {at + 1}: {_said(left)} is {IS[first]}, and {_said(right)} is {IS[second]}"
    hint = "compare numbers with numbers, texts with texts in quotes"
    if "date" in (first, second):
        hint = "dates are texts like '2024-12-24', '2024-12', '2024' or '2024-12-24 18:00'"
    raise DataError(message, code="DATA_DTYPE", where=f"character {at + 1}", hint=hint)


def _said(node: Node) -> str:
    if isinstance(node, Column):
        return sanitize(node.name, 40)
    return sanitize(repr(node.value), 40) if isinstance(node, Literal) else "what is calculated"

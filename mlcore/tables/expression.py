"""The filter language: `Sales > 100 and Region == 'N'`, read into nodes that can say the same in pandas.

    comparisons     == != < <= > >=, chained as in 0 < x <= 1; in [1, 2]; not in; 'part' in Name
    numbers         + - * / % and a minus sign, of columns and of numbers
    texts           'N' or "N"; dates are texts like '2024-12-24', '2024-12', '2024' or '2024-12-24 18:00'
    columns         by name; in backticks where a name has blanks, or is a word of Python's: `Unit price`, `class`
    missing(Sales)  whether a cell is empty
    and, or, not    and brackets

Python's own parser reads it (ast.parse, which runs nothing) and only what stands above is taken; nothing is ever
evaluated as Python. What a comparison says of a missing cell is what pandas says: false, and true for `!=`.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import warnings
from collections.abc import Iterator

from mlcore.errors import ConfigError
from mlcore.sanitize import sanitize
from mlcore.tables.nodes import (
    TRUTHS,
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
    columns_of,
)

LONGEST = 2_000  # characters of a filter
DEEPEST = 40  # brackets and operations within each other
EXAMPLE = "e.g. \"Sales > 100 and Region == 'N'\""

COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
OPERATIONS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
INSTEAD = {ast.BitAnd: "and", ast.BitOr: "or"}


def parse(text: str) -> Node:
    """A filter as nodes. Raises ConfigError naming the character where it stops being one."""
    if not text.strip():
        raise _wrong(text, 0, "nothing is asked for")
    if len(text) > LONGEST:
        message = f"filter: {len(text):,} characters, more than the {LONGEST:,} allowed"
        raise ConfigError(message, where="filter", hint="write two filters, one after the other")
    reader = _Reader(text)
    node = reader.read(reader.tree(), 0)
    if not isinstance(node, (*TRUTHS, Column)):
        raise _wrong(text, node.at, "expected a comparison, found a value")
    return node


class _Reader:
    """Python's syntax tree of a filter, taken node by node."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns: dict[str, str] = {}  # what stands for a name in backticks, and that name
        self.places: list[int] = []  # of each character that is parsed, its place in the text
        self.parsed = "".join(self._without_backticks())
        self.bytes = self.parsed.encode("utf-8", "surrogatepass")

    def tree(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.parsed, mode="eval").body
        except SyntaxError as error:
            at = self.places[min(max((error.offset or 1) - 1, 0), len(self.places) - 1)]
            raise _wrong(self.text, at, "this cannot be read", _advice(self.text, at)) from None
        except (ValueError, RecursionError, MemoryError, UnicodeError):
            raise _wrong(self.text, 0, "this cannot be read") from None

    def read(self, node: ast.expr, depth: int) -> Node:
        at, deeper = self._at(node), depth + 1
        if depth > DEEPEST:
            raise _wrong(self.text, at, f"more than {DEEPEST} operations within each other", "write two filters")
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = tuple(self._truth(value, deeper) for value in values)
                return Joined("&" if isinstance(op, ast.And) else "|", parts, at)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self._truth(operand, deeper), at)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                part = self._value(operand, deeper)
                if isinstance(part, Literal):
                    if isinstance(part.value, str | bool):
                        raise _wrong(self.text, at, "only a number has a sign")
                    return Literal(-part.value if isinstance(node.op, ast.USub) else part.value, at)
                return Negative(part, at) if isinstance(node.op, ast.USub) else part
            case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATIONS:
                return Operation(OPERATIONS[type(op)], self._value(left, deeper), self._value(right, deeper), at)
            case ast.BinOp(op=op) if type(op) in INSTEAD:
                raise _wrong(self.text, at, "& and | are not read here", f"write {INSTEAD[type(op)]!r}")
            case ast.Compare():
                return self._compared(node, deeper)
            case ast.Call(func=ast.Name(id="missing"), args=[ast.Name() as column], keywords=[]):
                return Missing(self._column(column), at)
            case ast.Call():
                raise _wrong(self.text, at, "only missing(COLUMN) can be asked", "e.g. missing(Sales)")
            case ast.Name():
                return self._column(node)
            case ast.Constant(value=bool() | int() | float() | str()):
                return self._literal(node)
        raise _wrong(self.text, at, "this is not part of the filter language")

    def _compared(self, node: ast.Compare, depth: int) -> Node:
        """One comparison, or several in a row."""
        found: list[Node] = []
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                inside = self._inside(left, right, depth)
                found.append(Not(inside, inside.at) if isinstance(op, ast.NotIn) else inside)
            elif type(op) in COMPARISONS:
                first, second, at = self._value(left, depth), self._value(right, depth), self._at(left)
                if not any(columns_of(first)) and not any(columns_of(second)):
                    raise _wrong(self.text, at, "no column is compared here")
                found.append(Comparison(COMPARISONS[type(op)], first, second, at))
            else:
                raise _wrong(self.text, self._at(node), "'is' is not read here", "write == or missing(COLUMN)")
        return found[0] if len(found) == 1 else Joined("&", tuple(found), self._at(node))

    def _inside(self, left: ast.expr, right: ast.expr, depth: int) -> Node:
        at = self._at(left)
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            part = self._value(left, depth)
            values = tuple(self.read(each, depth + 1) for each in right.elts)
            if not any(columns_of(part)):
                raise _wrong(self.text, at, "no column is compared here")
            if not values or not all(isinstance(each, Literal) for each in values):
                raise _wrong(self.text, self._at(right), "expected numbers or texts, as in [1, 2] or ['N', 'S']")
            return Within(part, tuple(each for each in values if isinstance(each, Literal)), at)
        text, column = self.read(left, depth), self.read(right, depth)
        if isinstance(text, Literal) and isinstance(text.value, str) and isinstance(column, Column):
            return Contains(text, column, at)
        raise _wrong(self.text, at, "'in' takes a list, as in Region in ['N', 'S'], or a text: 'part' in Name")

    def _truth(self, node: ast.expr, depth: int) -> Node:
        """A node that may be true or false; whether a column is, only the table can tell."""
        found = self.read(node, depth)
        if not isinstance(found, (*TRUTHS, Column)):
            raise _wrong(self.text, found.at, "expected a comparison, found a value")
        return found

    def _value(self, node: ast.expr, depth: int) -> Node:
        found = self.read(node, depth)
        if isinstance(found, TRUTHS):
            raise _wrong(self.text, found.at, "expected a value, found a comparison")
        return found

    def _column(self, node: ast.Name) -> Column:
        written = self.bytes[node.col_offset : node.end_col_offset].decode("utf-8", "surrogatepass")
        return Column(self.columns.get(written, written), self._at(node))

    def _literal(self, node: ast.Constant) -> Literal:
        value = node.value
        assert isinstance(value, bool | int | float | str)
        try:
            if isinstance(value, int) and abs(value) >= 1 << 63:
                value = float(value)
        except OverflowError:
            value = math.inf
        if isinstance(value, float) and not math.isfinite(value):
            raise _wrong(self.text, self._at(node), "this number is too large")
        return Literal(value, self._at(node))

    def _at(self, node: ast.expr) -> int:
        before = self.bytes[: node.col_offset].decode("utf-8", "surrogatepass")
        return self.places[min(len(before), len(self.places) - 1)]

    def _without_backticks(self) -> Iterator[str]:
        """The text on one line, names in backticks replaced by ones that Python can read."""
        place, quote = 0, ""
        while place < len(self.text):
            sign = self.text[place]
            if sign == "`" and not quote:
                end = self.text.find("`", place + 1)
                if end <= place + 1:
                    raise _wrong(self.text, place, "a name in backticks is " + ("empty" if end > 0 else "never closed"))
                stand_in = f"_column_{place}_"
                self.columns[stand_in] = self.text[place + 1 : end]
                self.places += [place] * len(stand_in)
                yield stand_in
                place = end + 1
                continue
            if quote and sign == "\\":
                self.places += [place, place + 1]
                yield self.text[place : place + 2]
                place += 2
                continue
            if sign in "'\"":
                quote = sign if not quote else "" if quote == sign else quote
            if sign in "\r\n":
                sign = " "
            if not (sign in " \t" and not self.places):  # blanks before the first word would be an indent
                self.places.append(place)
                yield sign
            place += 1


def _advice(text: str, at: int) -> str:
    """The way out of what cannot be read."""
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return "write == to compare"
    if re.search(r"&&|\|\||\bAND\b|\bOR\b|\bNOT\b", text):
        return "write and, or, not"
    words = re.findall(r"(?<![`'\"\w])[A-Za-z]+(?![`'\"\w])", text)
    if own := [word for word in words if keyword.iskeyword(word) and word not in ("and", "or", "not", "in", "is")]:
        return f"a column called by a word of Python's stands in backticks: `{own[0]}`"
    if re.search(r"[A-Za-z] +[A-Za-z]", text[max(at - 20, 0) : at + 20]):
        return f"a name with blanks stands in backticks, a text in quotes; {EXAMPLE}"
    return EXAMPLE


def _wrong(text: str, at: int, what: str, hint: str = EXAMPLE) -> ConfigError:
    """The error at a character of a filter."""
    found = f": {sanitize(text[at : at + 40], 40)!r}" if text[at:] else ""
    return ConfigError(f"filter, character {at + 1}: {what}{found}", where=f"character {at + 1}", hint=hint)

"""Categories as features: one for each (one-hot), their number in order, or a token for an embedding.

Of more than some tens, the commonest are a feature each and the others one together, so that 5,000 cities are 51
features; a text nobody trained on is one of the others, or zero everywhere where there are none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array, Column, Notice
from mlcore.datasets.preparing.kinds import said_to_be, spellings
from mlcore.datasets.preparing.missing import Impute, rows, text_for
from mlcore.errors import DataError
from mlcore.tables import spelling
from mlcore.tables.cells import strays
from mlcore.tables.spelling import option
from mlcore.tables.table import Table

Categories: TypeAlias = Literal["auto", "one_hot", "ordinal", "token"]

MOST = 50  # categories of a column that are a feature each
FEW = 20  # numbers with signs beside them that may be classes
TOKENS = 10_000  # categories of a column that are a token each


def fit(column: Column, values: Array, impute: Impute, constant: float | str, way: Categories, torn: bool) -> Column:
    """The column with the categories of its training values [n], none of them missing. torn: others were."""
    counts = Counter(map(str, values.tolist()))
    most = TOKENS if way == "token" else MOST if way in ("auto", "one_hot") else len(counts)
    kept = sorted(sorted(counts, key=lambda text: (-counts[text], text))[:most])
    fill = text_for(counts, impute, constant)
    if impute == "constant" and torn and fill not in kept:
        kept = sorted([*kept, str(fill)])
    rest = len(counts) > most
    if way == "token" and column.marked:  # what is missing is a token of its own, and no feature behind it
        kept, column = sorted([*kept, ""]), column._replace(marked=False)
    column = column._replace(fill=fill, categories=tuple(kept), rest=rest)
    return column if way == "auto" or way == "one_hot" else column._replace(way=way)


def check_numbers(table: Table, name: str) -> None:
    """Raise DataError where most texts of a column are numbers: what is none may be a slip.

    Or where all are numbers in a spelling that was not said.
    """
    values = table.column(name)
    if values.dtype != object:
        return
    numbers, first = strays(values)
    if 2 * numbers > len(table.rows):
        message = f"{table.where}: {name} is {values[first]!r:.40} in row {table.rows[first]} and a number in"
        ways = "".join(f"say how it is written: {way}; " for way in spellings(table, values, first))
        hint = f"correct it, {ways}or leave it out: {option('dataset.columns', json.dumps([f'-{name}']))}"
        raise DataError(f"{message} {rows(numbers)}", code="DATA_VALUE", where=table.where, hint=hint)
    _check_spelling(table, name, first, f"texts: {said_to_be(name, 'category')}")


def check_target(table: Table, name: str) -> None:
    """Raise DataError where all texts of a target are numbers in a spelling that was not said."""
    if (values := table.column(name)).dtype == object:
        _check_spelling(table, name, strays(values)[1], f"classes: {option('dataset.task', 'classes')}")


def _check_spelling(table: Table, name: str, first: int, other: str) -> None:
    """first: the row of the first text that is no number as it stands."""
    values = table.column(name)
    if ways := spellings(table, values, first):
        message = f"{table.where}: {name} is {values[first]!r:.40} in row {table.rows[first]}: a number, or a text?"
        hint = f"say how numbers are written: {'; or '.join(ways)}; or that these are {other}"
        raise DataError(message, code="DATA_VALUE", where=table.where, hint=hint)
    texts = dict.fromkeys(text for text in values.tolist() if text is not None)
    if len(texts) > FEW and (sign := spelling.beside(texts)):
        row = next(row for row, text in enumerate(values) if text is not None and sign in text)
        place = f"{table.where}: {name} is {values[row]!r:.40} in row {table.rows[row]}"
        hint = f"take the signs away in the file, or say that these are {other}"
        raise DataError(f"{place}: a number with {sign!r} beside it", code="DATA_VALUE", where=table.where, hint=hint)


def alike(table: Table, names: Sequence[str]) -> tuple[Notice, ...]:
    """A notice for each column of texts in which two differ in nothing but capitals: True and true are two to us."""
    found = []
    for name in names:
        texts = dict.fromkeys(text for text in table.column(name).tolist() if isinstance(text, str))
        known: dict[str, str] = {}
        for text in texts if len(texts) <= TOKENS else ():
            first = known.setdefault(text.casefold(), text)
            if first != text:
                what = f"{name} is {first!r:.40} and {text!r:.40}, which differ in capitals alone"
                found.append(Notice("DATA_CAPITALS", f"{what}: two categories, unless one is corrected in the file"))
                break
    return tuple(found)


def names(column: Column) -> list[str]:
    """What the features of a column of texts are called."""
    if column.way in ("ordinal", "token"):
        return [column.name]
    return [f"{column.name}={text}" for text in column.categories] + [f"{column.name} other"] * column.rest


def encode(column: Column, values: Array, absent: Array) -> tuple[Array, list[Notice]]:
    """The features [n, F] of texts [n], and a notice where there are some nobody trained on.

    As ordinal and token: a category's number from 1, in the order of their names; 0 is any other.
    """
    number = {text: k for k, text in enumerate(column.categories)}
    fill = number.get(str(column.fill), -1)
    codes = np.array([number.get(str(value), -1) for value in values.tolist()], np.int64)
    strange = np.flatnonzero((codes < 0) & ~absent)
    codes[absent] = fill
    if column.way in ("ordinal", "token"):
        return (codes + 1.0)[:, None], _unseen(column, values, strange, f"it is taken for {column.name} 0")
    found = np.zeros((len(values), len(column.categories) + column.rest))
    known = np.flatnonzero(codes >= 0)
    found[known, codes[known]] = 1
    if column.rest:
        found[strange, -1] = 1
        return found, []
    return found, _unseen(column, values, strange, "all its features are 0")


def _unseen(column: Column, values: Array, strange: Array, so: str) -> list[Notice]:
    if not len(strange):
        return []
    texts = [str(values[row]) for row in strange]
    more = len(set(texts)) - 1
    message = f"{column.name} is {texts[0]!r:.40} in {rows(texts.count(texts[0]))}, which no training row has"
    return [Notice("DATA_CATEGORY", f"{message}{f', and {more:,} more such texts' if more else ''}: {so}")]

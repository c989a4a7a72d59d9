"""What each column of a table is: numbers, categories, truths, dates, texts, identifiers, or the same in every row.

An identifier names its row: whole numbers one after the other, or texts of which nearly every row has its own. A
category is a text that comes back; one is a truth where its values are a yes and a no.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore.tables.table import Table

Name: TypeAlias = Literal["number", "category", "truth", "date", "text", "identifier", "constant"]

OWN = 0.95  # share of rows with a value of their own that makes identifiers of texts
MOST = 50  # values up to which texts are a category whatever their share
FEW = 0.05  # share of rows up to which more values still are a category
FEWEST = 10  # rows below which nobody can tell a name from a number
LONG = 40  # characters on average beyond which texts are prose, not names
YEARS = (1500, 2200)  # whole numbers between are years, which count what happened, not rows
WORDS = 5  # words on average from which they are, too
SHOWN = 3  # values in a sample
TRUTHS = ({"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"0", "1"}, {"on", "off"}, {"ja", "nein"})


class Kind(NamedTuple):
    """What a column is. missing: rows without a value; distinct: different values; sample: its first ones, as texts."""

    name: str
    kind: Name
    missing: int
    distinct: int
    sample: tuple[str, ...]


def of(table: Table) -> tuple[Kind, ...]:
    """The kind of each column, in their order."""
    return tuple(_kinds(table))


def _kinds(table: Table) -> Iterator[Kind]:
    import pandas as pd

    for place, name in enumerate(table.names):
        column = table.frame.iloc[:, place]
        known = column.dropna()
        codes, values = pd.factorize(known)
        sample = tuple(_text(value) for value in values[:SHOWN])
        kind = _kind(known, codes, values) if len(values) > 1 else "constant"
        yield Kind(name, kind, len(column) - len(known), len(values), sample)


def _kind(known: Any, codes: Any, values: Any) -> Name:
    """What a column of at least two values is."""
    letter = getattr(known.dtype, "kind", "O")
    if letter == "M":
        return "date"
    if letter == "b":
        return "truth"
    if letter in "iuf":
        numbers = np.asarray(values, np.float64)
        if set(numbers.tolist()) == {0.0, 1.0}:
            return "truth"
        return "identifier" if len(known) >= FEWEST and _counts(known.to_numpy(np.float64)) else "number"
    texts = [str(value) for value in values]
    if {text.lower() for text in texts} in TRUTHS:
        return "truth"
    if len(texts) >= OWN * len(known) and len(known) >= FEWEST:
        return "text" if _prose(texts) else "identifier"
    return "category" if len(texts) <= max(MOST, FEW * len(known)) else "text"


def _counts(numbers: Any) -> bool:
    """Whether numbers are counted through: each one more than the last, or all of a row of whole ones, shuffled."""
    if not np.array_equal(numbers, np.floor(numbers)) or np.ptp(numbers) != len(numbers) - 1:
        return False
    if YEARS[0] <= numbers.min() and numbers.max() <= YEARS[1]:
        return False
    steps = np.diff(numbers)
    return bool((steps == 1).all()) or len(np.unique(numbers)) == len(numbers)


def _prose(texts: list[str]) -> bool:
    """Whether texts are sentences rather than names."""
    some = texts[:1000]
    return sum(map(len, some)) > LONG * len(some) or sum(len(text.split()) for text in some) >= WORDS * len(some)


def _text(value: Any) -> str:
    """A value as it would be written."""
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:g}" if float(f"{number:g}") == number else repr(number)
    text = str(value)
    return text.removesuffix(" 00:00:00") if hasattr(value, "year") else text

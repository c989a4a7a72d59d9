"""What C and ONNX take for a row of a table: the number of each cell, and of texts the features themselves.

A number that is missing is NaN; a date is days since 1970-01-01 in UTC, of which float32 holds whole ones exactly and
times of the day, in this century, to a minute and a half. Of a column of categories a row holds what `datasets.columns`
makes of it: a 1 for the one it is, 0 for the others, or its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlcore.datasets.columns import kind_of, names
from mlcore.datasets.dataset import Column
from mlcore.datasets.preparing.dates import DAYS, ROUND
from mlcore.model import Model

PARTS = (*DAYS, *(part for part in ROUND for _ in range(2)))  # all features a date can become, a sine and a cosine each


class Place(NamedTuple):
    """Where the first number of a column lies in a row, and its first feature among all."""

    column: Column
    input: int
    feature: int

    @property
    def number(self) -> bool:
        """Whether the row holds the number of the cell, from which the features are made."""
        return kind_of(self.column) != "category"

    @property
    def width(self) -> int:
        """How many features the column becomes, the mark of what is missing left out."""
        return len(names((self.column,))) - self.column.marked

    @property
    def mark(self) -> int:
        """Which feature says that the cell is missing, where the column is marked."""
        return self.feature + self.width

    @property
    def copied(self) -> list[int]:
        """For each number that a row holds of the column the feature that it is, -1 where it is none as it stands."""
        if self.number:
            return [-1 if self.column.way else self.feature]
        return [self.feature + k for k in range(self.width + self.column.marked)]


def places(columns: Sequence[Column]) -> list[Place]:
    """Each column in its place."""
    found, inputs, features = list[Place](), 0, 0
    for column in columns:
        place, many = Place(column, inputs, features), len(names((column,)))
        found.append(place)
        inputs, features = inputs + len(place.copied), features + many
    return found


def takes_cells(model: Model) -> bool:
    """Whether rows hold numbers of cells, of which the features are yet to be made."""
    return any(place.number for place in places(model.preparation.columns))


def input_names(model: Model) -> tuple[str, ...]:
    """What the numbers of a row are called, in their order."""
    columns = model.preparation.columns
    if not columns:
        return model.preparation.feature_names
    found: list[str] = []
    for place in places(columns):
        found += [place.column.name] if place.number else names((place.column,))
    return tuple(found)


def date_parts(column: Column) -> list[int]:
    """Which of `PARTS` the features of a date are, in their order."""
    return [number for part in column.categories for number, each in enumerate(PARTS) if each == part]

"""Drawn: points somebody placed by hand. They stand in the experiment itself, so that it needs no file beside it."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.datasets.dataset import Array, Dataset, Scale, Share, SplitSpec, Task
from mlcore.datasets.toy import Points, Random, Toy
from mlcore.errors import ConfigError, DataError

MOST, CLASSES, FAR = 5000, 10, 1000.0
RING = "0.8 0 0; 0.57 0.57 0; 0 0.8 0; -0.57 0.57 0; -0.8 0 0; -0.57 -0.57 0; 0 -0.8 0; 0.57 -0.57 0; "
MIDDLE = "0.2 0.1 1; -0.2 0.1 1; 0 -0.2 1; 0 0.25 1; 0.25 -0.15 1; -0.25 -0.15 1"


class WholeSplit(SplitSpec, frozen=True):
    """Few points: all of them are learned, unless somebody asks for more."""

    test: Annotated[Share, Meta(description="kept for the final test: a fraction of all points, or how many")] = 0.0
    validation: Annotated[Share, Meta(description="kept to watch training: a fraction, or how many")] = 0.0


class Drawn(Toy, frozen=True, tag="drawn"):
    """Points placed by hand on the plane from -1 to 1, each with its class.

    placed: "x1 x2 class; x1 x2 class; …"      class 0 … 9; a class without a point is left out
    """

    scale: Annotated[Scale, Meta(description="how inputs are scaled; learnt from the training rows alone")] = "none"
    split: WholeSplit = WholeSplit()
    placed: Annotated[str, Meta(max_length=40 * MOST, description="x1, x2 and class of each point, ; between them")] = (
        RING + MIDDLE
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        read(self.placed)

    def drawn(self) -> Points:
        x, y = read(self.placed)
        if len(np.unique(y)) < 2:
            found = f"{len(y)} point{'s' * (len(y) != 1)} of {len(np.unique(y))} class{'es' * (len(np.unique(y)) != 1)}"
            message, hint = f"drawn points: expected two classes or more, got {found}", "place points of another class"
            raise DataError(message, code="DATA_CLASSES", where="dataset.placed", hint=hint)
        return x, np.unique(y, return_inverse=True)[1]

    PLANE: ClassVar = (-1.05, 1.05, -1.05, 1.05)  # what a picture shows: it stands still while points are placed
    fresh = Dataset.fresh  # nobody knows where the next point would be placed

    def ceiling(self) -> float | None:
        return None

    def points(self, n: int, random: Random) -> Points:
        return self.drawn()

    def _task(self) -> Task:
        names = tuple(map(str, np.unique(read(self.placed)[1]).tolist()))
        return Task("binary" if len(names) == 2 else "multiclass", len(names), names)


def read(text: str) -> tuple[Array, Array]:
    """Points [n, 2] float64 and classes [n] of "x1 x2 class; …". Raises ConfigError naming the first wrong one."""
    found = [point.split() for point in text.split(";") if point.strip()]
    if len(found) > MOST:
        raise ConfigError(f"placed: at most {MOST:,} points, got {len(found):,}", where="dataset.placed")
    x, y = np.empty((len(found), 2)), np.empty(len(found), np.int64)
    for place, words in enumerate(found):
        try:
            a, b, label = float(words[0]), float(words[1]), int(words[2])
        except (ValueError, IndexError):
            label = -1
            a = b = math.nan
        if len(words) != 3 or not (abs(a) <= FAR and abs(b) <= FAR and 0 <= label < CLASSES):
            wanted = f"x1 x2 class, numbers up to {FAR:g} and a class from 0 to {CLASSES - 1}"
            message = f"placed: expected {wanted}, got {' '.join(words)[:40]!r} as point {place + 1}"
            raise ConfigError(message, where="dataset.placed")
        x[place], y[place] = (a, b), label
    return x, y

"""Squares and clouds that one line cannot part: the toys of the TensorFlow Playground, on its plane from -6 to 6.

The Playground moves a point before it asks for its class; here noise moves the point that the network sees, as it does
in every other toy, so that the best possible accuracy is known.
"""

from __future__ import annotations

import itertools
import math
from typing import Annotated

import numpy as np
from msgspec import Meta

from mlcore.datasets import bayes
from mlcore.datasets.dataset import Array
from mlcore.datasets.toy import Noise, Points, Random, Sampled

GAP, SIDE = 0.3, 5.0  # of `xor`: half of what lies between two squares, and a side
EDGE = 6.0  # where the board of `checker` ends
CENTRE = 2.0  # of a cloud of `gauss`, on both axes


class Xor(Sampled, frozen=True, tag="xor"):
    """Four squares around the middle: class 1 where both coordinates have the same sign, class 0 where they differ.

    x = (s1 (0.3 + 5 u1), s2 (0.3 + 5 u2)) + noise      s = -1 or 1, u uniform in 0 … 1      y = 1 where s1 = s2
    """

    noise: Noise = 0.5

    def points(self, n: int, random: Random) -> Points:
        sign = random.randint(0, 2, (n, 2)) * 2 - 1
        x = sign * (GAP + SIDE * random.uniform(size=(n, 2)))
        return x + random.normal(scale=self.noise, size=x.shape), (sign[:, 0] == sign[:, 1]).astype(np.int64)

    def _best(self) -> float:
        return bayes.board(((-GAP - SIDE, -GAP), (GAP, GAP + SIDE)), self.noise)


class Gauss(Sampled, frozen=True, tag="gauss"):
    """Two round clouds, class 0 around (-2, -2) and class 1 around (2, 2): the one toy a straight line solves.

    x = centre + noise
    """

    noise: Noise = 1.5

    def points(self, n: int, random: Random) -> Points:
        y = random.permutation(np.arange(n) % 2)
        return np.where(y, CENTRE, -CENTRE)[:, None] + random.normal(scale=self.noise, size=(n, 2)), y

    def _best(self) -> float:
        return bayes.pair(2 * CENTRE * math.sqrt(2), self.noise)


class Checker(Sampled, frozen=True, tag="checker"):
    """A checkerboard: neighbouring fields belong to different classes.

    x = 12 u - 6 + noise, u uniform in 0 … 1      y = (column + row) mod 2 of the field 12 u - 6 lies in
    """

    noise: Noise = 0.1
    squares: Annotated[int, Meta(ge=2, le=10, description="fields along a side")] = 4

    def points(self, n: int, random: Random) -> Points:
        x = random.uniform(-EDGE, EDGE, (n, 2))
        field = np.searchsorted(self._edges()[1:-1], x, side="right")
        return x + random.normal(scale=self.noise, size=x.shape), field.sum(axis=1) % 2

    def _edges(self) -> Array:
        return np.linspace(-EDGE, EDGE, self.squares + 1)

    def _best(self) -> float:
        edges = self._edges().tolist()
        return bayes.board(tuple(itertools.pairwise(edges)), self.noise)

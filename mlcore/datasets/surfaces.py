"""Surfaces: one number for every point of a plane, the regressions of the TensorFlow Playground.

Points are uniform in -6 … 6 on both axes. Noise is added to the number, so that the best possible R² is known:
what the surface varies by, divided by that and the noise.
"""

from __future__ import annotations

import math

import numpy as np

from mlcore.datasets import bayes
from mlcore.datasets.dataset import Array, Task
from mlcore.datasets.split import Parts, shuffled
from mlcore.datasets.toy import Noise, Points, Random, Sampled
from mlcore.spec import changed

EDGE = 6.0
TOPS = np.array([(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)])
WIDE = 2.0  # from the top of a hill to its foot


class Surface(Sampled, frozen=True):
    """A height over every point, measured with noise."""

    noise: Noise = 0.1

    def height(self, x: Array) -> Array:
        """The true number of points [n, 2], float64 [n]."""
        raise NotImplementedError(type(self).__name__)

    def points(self, n: int, random: Random) -> Points:
        x = random.uniform(-EDGE, EDGE, (n, 2))
        return x, self.height(x) + random.normal(scale=self.noise, size=n)

    def _variance(self) -> float:
        """How much the height varies over the plane."""
        raise NotImplementedError(type(self).__name__)

    def _best(self) -> float:
        return bayes.explained(self._variance(), self.noise)

    def _task(self) -> Task:
        return Task("regression", 1)

    def _targets(self, y: Array) -> Array:
        return y.astype(np.float32)[:, None]

    def _parts(self, y: Array) -> Parts:
        return shuffled(y, changed(self.split, stratify=False), self.seed)


class Plane(Surface, frozen=True, tag="plane"):
    """A tilted plane: what a single neuron can learn.

    y = (x1 + x2) / 10 + noise
    """

    def height(self, x: Array) -> Array:
        y: Array = x.sum(axis=1) / 10
        return y

    def _variance(self) -> float:
        return 2 * (2 * EDGE) ** 2 / 12 / 100


class Hills(Surface, frozen=True, tag="hills"):
    """Three hills and three hollows, each a cone of height 1 and radius 2, on flat ground.

    y = ± max(0, 1 - distance to the nearest top / 2) + noise

    The square of a cone is 1/6 in the mean over its disc; six discs cover 24 pi of the 144 units of ground.
    """

    noise: Noise = 0.05

    def height(self, x: Array) -> Array:
        away = np.hypot(x[:, :1] - TOPS[:, 0], x[:, 1:] - TOPS[:, 1])
        y: Array = (np.maximum(0, 1 - away / WIDE) * TOPS[:, 2]).sum(axis=1)  # discs do not meet
        return y

    def _variance(self) -> float:
        return len(TOPS) * math.pi * WIDE**2 / 6 / (2 * EDGE) ** 2

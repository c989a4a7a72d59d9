"""Four classics: rings, moons, clouds and spiral arms.

circles, moons and blobs are the same numbers as `sklearn.datasets.make_circles`, `make_moons` and `make_blobs` give for
the same seed; they are written out here because importing scikit-learn costs more than a second. spirals are CS231n's.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta

from mlcore.datasets import bayes
from mlcore.datasets.dataset import Array
from mlcore.datasets.toy import Noise, Points, Random, Sampled, Toy


class Circles(Sampled, frozen=True, tag="circles"):
    """Two rings around one centre: class 0 has radius 1, class 1 lies inside.

    x = R (cos t, sin t) + noise      R = 1 or factor      t in equal steps around the circle
    """

    noise: Noise = 0.05
    factor: Annotated[float, Meta(ge=0, lt=1, description="radius of the inner ring; the outer one has 1")] = 0.8

    def points(self, n: int, random: Random) -> Points:
        outer, inner = (np.linspace(0, 2 * np.pi, count, endpoint=False) for count in (n // 2, n - n // 2))
        x = np.concatenate([_on_circle(outer), _on_circle(inner) * self.factor])
        x, y = _mixed(x, [len(outer), len(inner)], random)
        return x + random.normal(scale=self.noise, size=x.shape), y

    def _best(self) -> float:
        return bayes.circles(self.factor, self.noise)


class Moons(Sampled, frozen=True, tag="moons"):
    """Two half circles, each reaching into the other: class 0 above, class 1 below and to the right.

    x = (cos t, sin t) + noise   or   (1 - cos t, 1/2 - sin t) + noise      t from 0 to pi in equal steps
    """

    noise: Noise = 0.2

    def points(self, n: int, random: Random) -> Points:
        upper, lower = (np.linspace(0, np.pi, count) for count in (n // 2, n - n // 2))
        x, y = 1 - np.cos(lower), 1 - np.sin(lower) - 0.5
        x, y = _mixed(np.concatenate([_on_circle(upper), np.stack([x, y], axis=1)]), [len(upper), len(lower)], random)
        return x + random.normal(scale=self.noise, size=x.shape), y

    def _best(self) -> float:
        return bayes.moons(self.noise)


class Blobs(Sampled, frozen=True, tag="blobs"):
    """One round cloud for each class, its centre drawn from the square -10 … 10 by the data set's seed.

    x = centre + std * normal
    """

    centers: Annotated[int, Meta(ge=2, le=20, description="clouds, one for each class")] = 4
    std: Annotated[float, Meta(gt=0, le=100, description="standard deviation of a cloud")] = 1.7

    def points(self, n: int, random: Random) -> Points:
        centres = self._centres()
        random.uniform(size=centres.shape)  # the centres were drawn first from this stream
        sizes = [n // self.centers + (k < n % self.centers) for k in range(self.centers)]
        clouds = [random.normal(centre, self.std, (size, 2)) for centre, size in zip(centres, sizes, strict=True)]
        return _mixed(np.concatenate(clouds), sizes, random)

    def _centres(self) -> Array:
        return np.random.RandomState(self.seed).uniform(-10, 10, (self.centers, 2))

    def _classes(self) -> int:
        return self.centers

    def _best(self) -> float:
        return bayes.blobs(tuple(map(tuple, self._centres().tolist())), self.std)


class Spirals(Toy, frozen=True, tag="spirals"):
    """Arms wound around one centre, one for each class (the toy data of Stanford's CS231n).

    x = (r sin t, r cos t)      r from 0 to 1, t from 4 j to 4 (j + 1) in equal steps, plus noise      class j = 0, 1, …

    The noise bends the angle. Rows come class by class.
    """

    classes: Annotated[int, Meta(ge=2, le=20, description="arms, one for each class")] = 6
    per_class: Annotated[int, Meta(ge=5, le=100_000, description="rows of each arm")] = 1000
    noise: Noise = 0.2

    def points(self, n: int, random: Random) -> Points:
        each = -(-n // self.classes)
        r = np.linspace(0.0, 1, each)
        arms = []
        for j in range(self.classes):
            t = np.linspace(j * 4, (j + 1) * 4, each) + random.randn(each) * self.noise
            arms.append(np.stack([r * np.sin(t), r * np.cos(t)], axis=1))
        x, y = np.concatenate(arms), np.repeat(np.arange(self.classes), each)
        if len(x) > n:
            some = random.permutation(len(x))[:n]
            return x[some], y[some]
        return x, y

    def _rows(self) -> int:
        return self.classes * self.per_class

    def _classes(self) -> int:
        return self.classes

    def _best(self) -> float:
        return bayes.spirals(self.classes, self.noise)


def _on_circle(t: Array) -> Array:
    """Points of the unit circle [n, 2] at angles t [n]."""
    return np.stack([np.cos(t), np.sin(t)], axis=1)


def _mixed(x: Array, sizes: list[int], random: Random) -> Points:
    """Rows that come class by class, and their classes, in one random order."""
    order = np.arange(len(x))
    random.shuffle(order)
    return x[order], np.repeat(np.arange(len(sizes)), sizes)[order]

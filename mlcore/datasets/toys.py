"""Toys: points on a plane, made from a seed, on which everything about a classifier can be seen.

circles, moons and blobs are the same numbers as `sklearn.datasets.make_circles`, `make_moons` and `make_blobs` give for
the same seed; they are written out here because importing scikit-learn costs more than a second. spirals are CS231n's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta

from mlcore.datasets import bayes
from mlcore.datasets.dataset import Array, Data, Dataset, Rows, Task
from mlcore.datasets.scaling import arrange, fit
from mlcore.datasets.split import Parts, shuffled
from mlcore.errors import DataError

Random: TypeAlias = np.random.RandomState
Points: TypeAlias = tuple[Array, Array]  # x [n, 2] float64, class numbers [n]
Feature: TypeAlias = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
Noise: TypeAlias = Annotated[float, Meta(ge=0, le=10, description="standard deviation of the noise")]
Samples: TypeAlias = Annotated[int, Meta(ge=10, le=1_000_000, description="rows to make, all parts together")]

FEATURES: dict[str, Callable[[Array, Array], Array]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin(x1)": lambda x1, x2: np.sin(x1),
    "sin(x2)": lambda x1, x2: np.sin(x2),
}


class Toy(Dataset, frozen=True):
    """Points on a plane. `features` are what the network sees of a point."""

    features: Annotated[
        tuple[Feature, ...], Meta(min_length=1, max_length=7, description="what the network sees of a point")
    ] = ("x1", "x2")

    def load(self) -> Data:
        x, y = self.drawn()
        raw, parts = self._seen(x), self._parts(y)
        scaling, classes = fit(raw[parts.train], self.scale), self._classes()
        task = Task("binary" if classes == 2 else "multiclass", classes, tuple(map(str, range(classes))))
        return arrange(raw, y.astype(np.int32), parts, task, self.features, scaling, ceiling=self.ceiling())

    def fresh(self, n: int, seed: int) -> Rows:
        if n < 1:
            raise DataError(f"fresh rows: expected at least 1, got {n}", code="DATA_EMPTY")
        known, classes = self.drawn()
        scaling = fit(self._seen(known)[self._parts(classes).train], self.scale)
        x, y = self.points(n, np.random.RandomState([seed, self.seed]))  # a list seeds another stream than a number
        return Rows(scaling.apply(self._seen(x)), y.astype(np.int32))

    def ceiling(self) -> float | None:
        return self._best() if {"x1", "x2"} <= set(self.features) else None

    def drawn(self) -> Points:
        """Every point and its class, in the order they are made."""
        return self.points(self._rows(), np.random.RandomState(self.seed))

    def points(self, n: int, random: Random) -> Points:
        """n points and their classes, drawn from `random`."""
        raise NotImplementedError(type(self).__name__)

    def _rows(self) -> int:
        raise NotImplementedError(type(self).__name__)

    def _best(self) -> float:
        raise NotImplementedError(type(self).__name__)

    def _classes(self) -> int:
        return 2

    def _seen(self, x: Array) -> Array:
        """The features of points [n, 2], float64 [n, features]."""
        return np.stack([FEATURES[name](x[:, 0], x[:, 1]) for name in self.features], axis=1)

    def _parts(self, y: Array) -> Parts:
        return shuffled(y, self.split, self.seed)


class Circles(Toy, frozen=True, tag="circles"):
    """Two rings around one centre: class 0 has radius 1, class 1 lies inside.

    x = R (cos t, sin t) + noise      R = 1 or factor      t in equal steps around the circle
    """

    n_samples: Samples = 1000
    noise: Noise = 0.05
    factor: Annotated[float, Meta(ge=0, lt=1, description="radius of the inner ring; the outer one has 1")] = 0.8

    def points(self, n: int, random: Random) -> Points:
        outer, inner = (np.linspace(0, 2 * np.pi, count, endpoint=False) for count in (n // 2, n - n // 2))
        x = np.concatenate([_on_circle(outer), _on_circle(inner) * self.factor])
        x, y = _mixed(x, [len(outer), len(inner)], random)
        return x + random.normal(scale=self.noise, size=x.shape), y

    def _rows(self) -> int:
        return self.n_samples

    def _best(self) -> float:
        return bayes.circles(self.factor, self.noise)


class Moons(Toy, frozen=True, tag="moons"):
    """Two half circles, each reaching into the other: class 0 above, class 1 below and to the right.

    x = (cos t, sin t) + noise   or   (1 - cos t, 1/2 - sin t) + noise      t from 0 to pi in equal steps
    """

    n_samples: Samples = 1000
    noise: Noise = 0.2

    def points(self, n: int, random: Random) -> Points:
        upper, lower = (np.linspace(0, np.pi, count) for count in (n // 2, n - n // 2))
        x, y = 1 - np.cos(lower), 1 - np.sin(lower) - 0.5
        x, y = _mixed(np.concatenate([_on_circle(upper), np.stack([x, y], axis=1)]), [len(upper), len(lower)], random)
        return x + random.normal(scale=self.noise, size=x.shape), y

    def _rows(self) -> int:
        return self.n_samples

    def _best(self) -> float:
        return bayes.moons(self.noise)


class Blobs(Toy, frozen=True, tag="blobs"):
    """One round cloud for each class, its centre drawn from the square -10 … 10 by the data set's seed.

    x = centre + std * normal
    """

    n_samples: Samples = 1000
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

    def _rows(self) -> int:
        return self.n_samples

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

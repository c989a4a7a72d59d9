"""Toys: points on a plane, made from a seed, on which everything about a network can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta

from mlcore.datasets.dataset import Array, Data, Dataset, Rows, Task
from mlcore.datasets.scaling import arrange, fit
from mlcore.datasets.split import Parts, shuffled
from mlcore.errors import DataError

Random: TypeAlias = np.random.RandomState
Points: TypeAlias = tuple[Array, Array]  # x [n, 2] float64; class numbers [n], or float64 [n] of a regression
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
        scaling = fit(raw[parts.train], self.scale)
        return arrange(raw, self._targets(y), parts, self._task(), self.features, scaling, ceiling=self.ceiling())

    def fresh(self, n: int, seed: int) -> Rows:
        if n < 1:
            raise DataError(f"fresh rows: expected at least 1, got {n}", code="DATA_EMPTY")
        known, targets = self.drawn()
        scaling = fit(self._seen(known)[self._parts(targets).train], self.scale)
        x, y = self.points(n, np.random.RandomState([seed, self.seed]))  # a list seeds another stream than a number
        return Rows(scaling.apply(self._seen(x)), self._targets(y))

    def ceiling(self) -> float | None:
        return self._best() if {"x1", "x2"} <= set(self.features) else None

    def drawn(self) -> Points:
        """Every point and its target, in the order they are made."""
        return self.points(self._rows(), np.random.RandomState(self.seed))

    def points(self, n: int, random: Random) -> Points:
        """n points and their targets, drawn from `random`."""
        raise NotImplementedError(type(self).__name__)

    def _rows(self) -> int:
        raise NotImplementedError(type(self).__name__)

    def _best(self) -> float:
        raise NotImplementedError(type(self).__name__)

    def _classes(self) -> int:
        return 2

    def _task(self) -> Task:
        classes = self._classes()
        return Task("binary" if classes == 2 else "multiclass", classes, tuple(map(str, range(classes))))

    def _targets(self, y: Array) -> Array:
        """Targets as rows hold them."""
        return y.astype(np.int32)

    def _seen(self, x: Array) -> Array:
        """The features of points [n, 2], float64 [n, features]."""
        return np.stack([FEATURES[name](x[:, 0], x[:, 1]) for name in self.features], axis=1)

    def _parts(self, y: Array) -> Parts:
        return shuffled(y, self.split, self.seed)


class Sampled(Toy, frozen=True):
    """A toy of which any number of points can be made."""

    n_samples: Samples = 1000

    def _rows(self) -> int:
        return self.n_samples

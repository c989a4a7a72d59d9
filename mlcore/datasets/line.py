"""Line: the smallest regression there is."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.datasets.dataset import Array, Data, Dataset, Rows, Scale, Share, SplitSpec, Task
from mlcore.datasets.scaling import arrange, fit
from mlcore.datasets.split import ordered
from mlcore.errors import DataError

Coefficient = Annotated[float, Meta(ge=-1000, le=1000)]


class OrderedSplit(SplitSpec, frozen=True):
    """The first rows train, the last ones are the test: it asks whether a network goes on beyond what it saw."""

    FIXED: ClassVar = "these rows stay in their order, and a fold would be drawn from between them"
    test: Annotated[Share, Meta(description="the last rows, for the final test: a fraction, or how many")] = 0.2
    validation: Annotated[Share, Meta(description="rows between training and test: a fraction, or how many")] = 0.0
    stratify: Annotated[bool, Meta(description="means nothing here: there are no classes")] = False


class Line(Dataset, frozen=True, tag="line"):
    """Numbers on a straight line, without noise.

    y = weight x + bias      x = 0, 1/n, 2/n, … below 1      x, y [n, 1] float32
    """

    scale: Annotated[Scale, Meta(description="how inputs are scaled; learnt from the training rows alone")] = "none"
    split: OrderedSplit = OrderedSplit()
    n_samples: Annotated[int, Meta(ge=5, le=1_000_000, description="rows, all parts together")] = 100
    weight: Annotated[Coefficient, Meta(description="slope of the line")] = 0.7
    bias: Annotated[Coefficient, Meta(description="where the line begins, at x = 0")] = 0.3

    def load(self) -> Data:
        x = self._x()
        parts = ordered(len(x), self.split)
        return arrange(x, self._y(x), parts, Task("regression", 1), ("x",), fit(x[parts.train], self.scale))

    def fresh(self, n: int, seed: int) -> Rows:
        if n < 1:
            raise DataError(f"fresh rows: expected at least 1, got {n}", code="DATA_EMPTY")
        known = self._x()
        x = np.random.RandomState([seed, self.seed]).uniform(size=(n, 1)).astype(np.float32)
        return Rows(fit(known[ordered(len(known), self.split).train], self.scale).apply(x), self._y(x))

    def _x(self) -> Array:
        return (np.arange(self.n_samples) / self.n_samples).astype(np.float32)[:, None]

    def _y(self, x: Array) -> Array:
        y: Array = np.float32(self.weight) * x + np.float32(self.bias)
        return y

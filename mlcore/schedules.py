"""Schedules: the learning rate as a function of the step."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.catalogue import Catalogue, Entry
from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]

CATALOGUE = Catalogue(
    "schedule",
    Entry("constant", "the same learning rate from first to last", "mlcore.schedules:Constant"),
)


class Schedule(Spec, frozen=True, tag_field="kind"):
    """A factor of the optimizer's learning rate for every step."""

    def rates(self, steps: Array, total: int) -> Array:
        """The factors of `steps` [n] (counted from 0) in a run of `total` steps, float64 [n]."""
        raise NotImplementedError(type(self).__name__)


class Constant(Schedule, frozen=True, tag="constant"):
    """The same learning rate from first to last."""

    def rates(self, steps: Array, total: int) -> Array:
        return np.ones(len(steps))

"""Growth: what the targets of a series are, and how they are values of the series again."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Growth(NamedTuple):
    """How targets y [n, outputs] that are growths are values again: each grows from `base` [n, outputs].

    value = base exp(shift + spread y), or base + shift + spread y where `log` is not so; shift, spread [outputs].
    trend [n, outputs]: the values if growth goes on as it was before. ago: what `base` is called, `as a year ago`.
    """

    base: Array
    trend: Array
    ago: str
    log: bool
    shift: Array
    spread: Array

    def take(self, index: Array | slice) -> Growth:
        """Of the rows at `index`."""
        return self._replace(base=self.base[index], trend=self.trend[index])

    def values(self, y: Array) -> Array:
        """Targets or answers [n, outputs] in the unit of what they are of, float64."""
        grown = self.shift + self.spread * np.asarray(y, np.float64)
        found: Array = self.base * np.exp(grown) if self.log else self.base + grown
        return found

    def targets(self, values: Array) -> Array:
        """Values [n, outputs] as targets, float64."""
        grown = np.log(values / self.base) if self.log else values - self.base
        found: Array = (grown - self.shift) / self.spread
        return found

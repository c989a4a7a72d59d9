"""The rows fit was given, as sessions take them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mlcore.layers.layer import Array


class Meant(NamedTuple):
    """What fit was given: inputs x [n, I], targets as the loss takes them [n] or [n, O], weights of rows [n]."""

    x: Array
    y: Array
    w: Array | None

    def take(self, rows: Any) -> Meant:
        """Some of the rows."""
        return Meant(self.x[rows], self.y[rows], None if self.w is None else self.w[rows])


def dense(x: Any) -> Array:
    """Rows as an array: a sparse matrix is written out, as every weight meets every feature anyway."""
    found: Array = x if isinstance(x, np.ndarray) else x.toarray()
    return found

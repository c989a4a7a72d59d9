"""The rows fit was given, as sessions take them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mlcore.layers.layer import Array

FEW = 1 / 16  # of the numbers: up to twice as many SciPy's products of those that are not zero are the quicker ones


class Meant(NamedTuple):
    """What fit was given: inputs x [n, I], targets as the loss takes them [n] or [n, O], weights of rows [n].

    Inputs are an array, or sparse: then the reference takes them as they are.
    """

    x: Array
    y: Array
    w: Array | None

    def take(self, rows: Any) -> Meant:
        """Some of the rows."""
        return Meant(self.x[rows], self.y[rows], None if self.w is None else self.w[rows])


def is_sparse(x: Any) -> bool:
    """Whether what scikit-learn let pass, an array or a sparse one, is sparse."""
    return not isinstance(x, np.ndarray)


def dense(x: Any) -> Array:
    """An array as it is, a sparse one written out."""
    found: Array = x.toarray() if is_sparse(x) else x
    return found


def taken(x: Any, e: Any) -> Any:
    """Inputs as an array, or sparse as they came where that is less work and the estimator `e` lets NumPy do it."""
    few = is_sparse(x) and x.nnz < FEW * x.shape[0] * x.shape[1]
    return x if few and e.backend in ("auto", "reference") and e.device in ("auto", "cpu") else dense(x)

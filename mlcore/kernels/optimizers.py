"""One step of an optimizer, in place: the rules of `mlcore.optimizers`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError, ShapeError
from mlcore.kernels.arrays import Array, as_floats, same_shape, state
from mlcore.kernels.library import at, library


def sgd(
    w: Array, g: ArrayLike, v: Array | None, rate: float, momentum: float = 0, nesterov: bool = False, decay: float = 0
) -> None:
    """Move w [n] by its gradient g [n] with momentum v [n] (`optimizers.SGD`); v may be None without momentum."""
    if v is None and momentum:
        raise ShapeError(f"v: momentum {momentum} needs an array like w, got None")
    kernels, moved = library(), _moved(w, g, v=v)
    weights, slope, speed = map(at, moved)
    kernels.mlj_parallel_sgd(w.size, weights, slope, speed, rate, momentum, nesterov, decay)


def rmsprop(
    w: Array, g: ArrayLike, s: Array, rate: float, rho: float = 0.99, epsilon: float = 1e-8, decay: float = 0
) -> None:
    """Move w [n] by its gradient g [n] with mean squares s [n] (`optimizers.RMSProp`)."""
    kernels, moved = library(), _moved(w, g, s=s)
    weights, slope, squares = map(at, moved)
    kernels.mlj_parallel_rmsprop(w.size, weights, slope, squares, rate, rho, epsilon, decay)


def adam(
    w: Array,
    g: ArrayLike,
    m: Array,
    v: Array,
    rate: float,
    step: int,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    decay: float = 0,
) -> None:
    """Move w [n] by its gradient g [n] with moments m, v [n]; step counts from 0 (`optimizers.Adam`)."""
    if step < 0:
        raise DataError(f"step: expected a number from 0, got {step}")
    kernels, moved = library(), _moved(w, g, m=m, v=v)
    weights, slope, mean, squares = map(at, moved)
    corrected1, corrected2 = 1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)
    kernels.mlj_parallel_adam(
        w.size, weights, slope, mean, squares, rate, beta1, beta2, epsilon, corrected1, corrected2, decay
    )


def _moved(w: Array, g: ArrayLike, **moments: Array | None) -> list[Array | None]:
    """w, g and moments [n] as C takes them: all but g are changed in place."""
    weights, slope = state("w", w, np.size(w)), as_floats(g, "g")
    same_shape("g", slope, weights.shape)
    return [weights, slope, *(m if m is None else state(name, m, w.size) for name, m in moments.items())]

"""One step of an optimizer, in place: the rules of `mlcore.optimizers`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError, ShapeError
from mlcore.kernels.arrays import Array, as_floats, same_shape, state
from mlcore.kernels.library import at, ffi, library


def sgd(
    w: Array, g: ArrayLike, v: Array | None, rate: float, momentum: float = 0, nesterov: bool = False, decay: float = 0
) -> None:
    """Move w [n] by its gradient g [n] with momentum v [n] (`optimizers.SGD`); v may be None without momentum."""
    if v is None and momentum:
        raise ShapeError(f"v: momentum {momentum} needs an array like w, got None")
    moved = _moved(w, g, v=v)
    _move(library().mlj_rule_sgd(rate, momentum, nesterov, decay), *moved, None)


def rmsprop(
    w: Array, g: ArrayLike, s: Array, rate: float, rho: float = 0.99, epsilon: float = 1e-8, decay: float = 0
) -> None:
    """Move w [n] by its gradient g [n] with mean squares s [n] (`optimizers.RMSProp`)."""
    moved = _moved(w, g, s=s)
    _move(library().mlj_rule_rmsprop(rate, rho, epsilon, decay), *moved, None)


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
    moved = _moved(w, g, m=m, v=v)
    corrected1, corrected2 = 1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)
    _move(library().mlj_rule_adam(rate, beta1, beta2, epsilon, corrected1, corrected2, decay), *moved)


def _move(rule: Any, w: Array, g: Array, moment1: Array | None, moment2: Array | None) -> None:
    library().mlj_parallel_update(ffi.addressof(rule), w.size, at(w), at(g), at(moment1), at(moment2))


def _moved(w: Array, g: ArrayLike, **moments: Array | None) -> list[Any]:
    """w, g and moments [n] as C takes them: all but g are changed in place."""
    weights, slope = state("w", w, np.size(w)), as_floats(g, "g")
    same_shape("g", slope, weights.shape)
    return [weights, slope, *(m if m is None else state(name, m, w.size) for name, m in moments.items())]

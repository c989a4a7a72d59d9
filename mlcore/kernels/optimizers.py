"""One step of an optimizer, in place: the rules of `mlcore.optimizers`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError, ShapeError
from mlcore.kernels.arrays import Array, as_floats, same_shape, state
from mlcore.kernels.library import at, ffi, library


def sgd(
    w: Array,
    g: ArrayLike,
    v: Array | None,
    rate: float,
    momentum: float = 0,
    nesterov: bool = False,
    decay: float = 0,
    l1: float = 0,
) -> None:
    """Move w [n] by its gradient g [n] with momentum v [n] (`optimizers.SGD`); v may be None without momentum."""
    if v is None and momentum:
        raise ShapeError(f"v: momentum {momentum} needs an array like w, got None")
    _move(library().mlj_rule_sgd(rate, momentum, nesterov), decay, l1, w, g, v=v)


def rmsprop(
    w: Array,
    g: ArrayLike,
    s: Array,
    rate: float,
    rho: float = 0.99,
    epsilon: float = 1e-8,
    decay: float = 0,
    l1: float = 0,
) -> None:
    """Move w [n] by its gradient g [n] with mean squares s [n] (`optimizers.RMSProp`)."""
    _move(library().mlj_rule_rmsprop(rate, rho, epsilon), decay, l1, w, g, s=s)


def adagrad(
    w: Array, g: ArrayLike, s: Array, rate: float, epsilon: float = 1e-10, decay: float = 0, l1: float = 0
) -> None:
    """Move w [n] by its gradient g [n] with sums of squares s [n] (`optimizers.Adagrad`)."""
    _move(library().mlj_rule_adagrad(rate, epsilon), decay, l1, w, g, s=s)


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
    l1: float = 0,
) -> None:
    """Move w [n] by its gradient g [n] with moments m, v [n]; step counts from 0 (`optimizers.Adam`)."""
    _move(_adam(rate, step, beta1, beta2, epsilon), decay, l1, w, g, m=m, v=v)


def adamw(
    w: Array,
    g: ArrayLike,
    m: Array,
    v: Array,
    rate: float,
    step: int,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    decay: float = 0.01,
    l1: float = 0,
) -> None:
    """The same with a decay that is no part of the gradient (`optimizers.AdamW`)."""
    rule = _adam(rate, step, beta1, beta2, epsilon)
    rule.kind = library().MLJ_ADAMW
    _move(rule, decay, l1, w, g, m=m, v=v)


def clip(g: ArrayLike, longest: float) -> float:
    """What a gradient g, of any shape, is multiplied by so that its norm is `longest` at most; squares in double."""
    slope = as_floats(g, "g")
    spans = np.empty(-(-slope.size // library().MLJ_SPAN), np.float64)
    total = library().mlj_parallel_sum_of_squares(slope.size, at(slope), at(spans, "double[]"))
    return float(library().mlj_clip(longest, total))


def _adam(rate: float, step: int, beta1: float, beta2: float, epsilon: float) -> Any:
    if step < 0:
        raise DataError(f"step: expected a number from 0, got {step}")
    return library().mlj_rule_adam(rate, beta1, beta2, epsilon, 1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1))


def _move(rule: Any, decay: float, l1: float, w: Array, g: ArrayLike, **moments: Array | None) -> None:
    """Move w [n] by its gradient g [n] and its moments [n], which are changed in place too."""
    size = np.size(w)
    weights, slope = state("w", w, size), as_floats(g, "g")
    same_shape("g", slope, weights.shape)
    held = [at(moment if moment is None else state(name, moment, size)) for name, moment in moments.items()]
    second, address = held[1] if len(held) > 1 else ffi.NULL, ffi.addressof(rule)
    library().mlj_penalise(address, decay, l1)
    library().mlj_parallel_update(address, size, at(weights), at(slope), held[0], second)

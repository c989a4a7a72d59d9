"""Softmax, and losses with their gradients: the mean over the batch, from the raw outputs of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError
from mlcore.kernels.arrays import (
    INT32,
    Array,
    apart,
    as_floats,
    as_numbers,
    is_plain,
    result,
    same_shape,
    value_and_slope,
)
from mlcore.kernels.library import at, ffi, library


def softmax(z: ArrayLike, out: Array | None = None) -> Array:
    """exp(z) / sum exp(z) of each row of z [m, n], without overflow."""
    array = as_floats(z, "z", 2)
    rows, n = array.shape
    y = result(out, (rows, n))
    array = array if out is None else apart(array, y)
    library().mlj_parallel_softmax(rows, n, at(array), at(y))
    return y


def softmax_backward(y: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dz of softmax from its output y and dy [m, n]: y (dy - sum of y dy along the row)."""
    value, slope, dz = value_and_slope(y, dy, out, 2)
    rows, n = value.shape
    library().mlj_parallel_softmax_backward(rows, n, at(value), at(slope), at(dz))
    return dz


def softmax_cross_entropy(
    z: ArrayLike,
    labels: ArrayLike,
    w: ArrayLike | None = None,
    label_smoothing: float = 0.0,
    confidence_penalty: float = 0.0,
    class_weight: ArrayLike | None = None,
) -> tuple[float, Array]:
    """The mean cross-entropy of logits z [m, n] for labels [m] in 0 … n-1, and its gradient dz [m, n].

    w [m]: how much each row counts. The rest is that of `losses.SoftmaxCrossEntropy`; class_weight [n].
    """
    logits = as_floats(z, "z", 2)
    rows, n = logits.shape
    if isinstance(labels, np.ndarray) and is_plain(labels, INT32):
        target = labels  # a label outside makes C's loss NaN: they are examined then
    else:
        target = as_numbers(labels, "labels", 0, n - 1, code="DATA_TARGET")
    same_shape("labels", target, (rows,))
    call, soft, own = library().mlj_parallel_softmax_cross_entropy, ffi.NULL, _weights(w, rows)
    if label_smoothing or confidence_penalty or class_weight is not None:
        target = as_numbers(labels, "labels", 0, n - 1, code="DATA_TARGET")
        each = np.ones(n, np.float32) if class_weight is None else as_floats(class_weight, "class_weight", 1)
        same_shape("class_weight", each, (n,))
        own = each[target] if own is None else each[target] * own
        share, inverse = (label_smoothing / n * each).astype(np.float32), 1 / each
        soft = ffi.new("mlj_soft *", (1 - label_smoothing, confidence_penalty, at(share), at(inverse)))
    dz, row_loss = np.empty((rows, n), np.float32), np.empty(rows, np.float32)
    loss = call(rows, n, at(logits), at(target, "int32_t[]"), soft, at(own), at(dz), at(row_loss))
    if loss != loss:
        as_numbers(labels, "labels", 0, n - 1, code="DATA_TARGET")
    return loss, dz


def binary_cross_entropy(
    z: ArrayLike, y: ArrayLike, w: ArrayLike | None = None, confidence_penalty: float = 0.0
) -> tuple[float, Array]:
    """The mean cross-entropy of logits z for targets y in 0 … 1, of any one shape, and its gradient dz.

    w, one for each number of z: how much each counts. See `losses.BinaryCrossEntropy` for the penalty.
    """
    logits, target = as_floats(z, "z"), as_floats(y, "y")
    same_shape("y", target, logits.shape)
    _probabilities(target)
    dz, row_loss = np.empty_like(logits), np.empty(logits.size, np.float32)
    call, own = library().mlj_parallel_binary_cross_entropy, _weights(w, logits.size)
    return call(logits.size, at(logits), at(target), confidence_penalty, at(own), at(dz), at(row_loss)), dz


def kl_divergence(z: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    """The mean KL(y || softmax(z)) of logits z [m, n] for distributions y [m, n], and its gradient dz.

    w [m]: how much each row counts.
    """
    return _rows("kl_divergence", z, y, w)


def squared_error(z: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    """The mean of (z - y)² over z, y [m, n], and its gradient dz; w [m]: how much each row counts."""
    return _rows("squared_error", z, y, w)


def absolute_error(z: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    """The mean of |z - y| over z, y [m, n], and its gradient dz; w [m]: how much each row counts."""
    return _rows("absolute_error", z, y, w)


def huber(z: ArrayLike, y: ArrayLike, delta: float = 1.0, w: ArrayLike | None = None) -> tuple[float, Array]:
    """Huber's mean error over z, y [m, n] (`losses.Huber`), and its gradient dz; w [m]: how much each row counts."""
    return _rows("huber", z, y, w, delta)


def poisson_deviance(z: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> tuple[float, Array]:
    """Half the mean deviance of counts y [m, n] whose means are exp(z), and its gradient dz; w [m] as above."""
    return _rows("poisson_deviance", z, y, w)


def _rows(kernel: str, z: ArrayLike, y: ArrayLike, w: ArrayLike | None, *constants: float) -> tuple[float, Array]:
    outputs, target = as_floats(z, "z", 2), as_floats(y, "y", 2)
    same_shape("y", target, outputs.shape)
    if kernel == "kl_divergence":
        _probabilities(target)
    if kernel == "poisson_deviance" and target.size and not target.min() >= 0:
        raise DataError("y: expected counts, from 0", code="DATA_TARGET")
    rows, n = outputs.shape
    dz, row_loss, own = np.empty_like(outputs), np.empty(rows, np.float32), _weights(w, rows)
    call = getattr(library(), f"mlj_parallel_{kernel}")
    return call(rows, n, at(outputs), at(target), *constants, at(own), at(dz), at(row_loss)), dz


def _probabilities(y: Array) -> None:
    if y.size and not (y.min() >= 0 and y.max() <= 1):
        raise DataError("y: expected probabilities, 0 to 1", code="DATA_TARGET")


def _weights(w: ArrayLike | None, rows: int) -> Array | None:
    """Weights of rows as C takes them, or None."""
    if w is None:
        return None
    weights = as_floats(w, "w").reshape(-1)
    same_shape("w", weights, (rows,))
    if rows and not (weights.min() >= 0 and weights.max() < np.inf):
        raise DataError("w: expected finite weights from 0", code="DATA_WEIGHT")
    return weights

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
from mlcore.kernels.library import at, library


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


def softmax_cross_entropy(z: ArrayLike, labels: ArrayLike) -> tuple[float, Array]:
    """The mean cross-entropy of logits z [m, n] for labels [m] in 0 … n-1, and its gradient dz [m, n]."""
    logits = as_floats(z, "z", 2)
    rows, n = logits.shape
    if isinstance(labels, np.ndarray) and is_plain(labels, INT32):
        target = labels  # a label outside makes C's loss NaN: they are examined then
    else:
        target = as_numbers(labels, "labels", 0, n - 1, code="DATA_TARGET")
    same_shape("labels", target, (rows,))
    dz, row_loss = np.empty((rows, n), np.float32), np.empty(rows, np.float32)
    loss = library().mlj_parallel_softmax_cross_entropy(
        rows, n, at(logits), at(target, "int32_t[]"), at(dz), at(row_loss)
    )
    if loss != loss:
        as_numbers(labels, "labels", 0, n - 1, code="DATA_TARGET")
    return loss, dz


def binary_cross_entropy(z: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
    """The mean cross-entropy of logits z for targets y in 0 … 1, of any one shape, and its gradient dz."""
    logits, target = as_floats(z, "z"), as_floats(y, "y")
    same_shape("y", target, logits.shape)
    if logits.size and not (target.min() >= 0 and target.max() <= 1):
        raise DataError("y: expected probabilities, 0 to 1", code="DATA_TARGET")
    dz, row_loss = np.empty_like(logits), np.empty(logits.size, np.float32)
    call = library().mlj_parallel_binary_cross_entropy
    return call(logits.size, at(logits), at(target), at(dz), at(row_loss)), dz


def squared_error(z: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
    """The mean of (z - y)² over z, y [m, n], and its gradient dz."""
    return _error("squared_error", z, y)


def absolute_error(z: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
    """The mean of |z - y| over z, y [m, n], and its gradient dz."""
    return _error("absolute_error", z, y)


def _error(kernel: str, z: ArrayLike, y: ArrayLike) -> tuple[float, Array]:
    outputs, target = as_floats(z, "z", 2), as_floats(y, "y", 2)
    same_shape("y", target, outputs.shape)
    rows, n = outputs.shape
    dz, row_loss = np.empty_like(outputs), np.empty(rows, np.float32)
    call = getattr(library(), f"mlj_parallel_{kernel}")
    return call(rows, n, at(outputs), at(target), at(dz), at(row_loss)), dz

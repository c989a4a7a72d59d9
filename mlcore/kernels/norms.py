"""Normalisation over the columns or the rows of a batch, and dropout, each with its gradient."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError
from mlcore.kernels.arrays import Array, as_floats, same_shape
from mlcore.kernels.library import at, ffi, library

EPS = 1e-5


def batch_norm(x: ArrayLike, gain: ArrayLike, bias: ArrayLike, eps: float = EPS) -> tuple[Array, Array, Array]:
    """gain (x - mean) / sqrt(variance + eps) + bias over the columns of x [B, F]: y, mean [F] and variance [F]."""
    rows, g, b = _given(x, gain, bias)
    mean, variance, y = np.empty_like(g), np.empty_like(g), np.empty_like(rows)
    ops, (count, columns) = library().mlj_ops_now(), rows.shape
    ops.column_moments(count, columns, at(rows), columns, at(mean), at(variance))
    inverse = _inverse(variance, eps)
    ops.normalize(count, columns, at(rows), at(mean), at(inverse), 0, at(g), at(b), at(y))
    return y, mean, variance


def layer_norm(x: ArrayLike, gain: ArrayLike, bias: ArrayLike, eps: float = EPS) -> tuple[Array, Array, Array]:
    """gain (x - mean) / sqrt(variance + eps) + bias along the rows of x [B, F]: y, mean [B] and variance [B]."""
    rows, g, b = _given(x, gain, bias)
    mean, variance, y = np.empty(len(rows), np.float32), np.empty(len(rows), np.float32), np.empty_like(rows)
    ops, (count, columns) = library().mlj_ops_now(), rows.shape
    ops.row_moments(count, columns, at(rows), at(mean), at(variance))
    inverse = _inverse(variance, eps)
    ops.normalize(count, columns, at(rows), at(mean), at(inverse), 1, at(g), at(b), at(y))
    return y, mean, variance


def batch_norm_backward(
    x: ArrayLike, dy: ArrayLike, gain: ArrayLike, mean: Array, variance: Array, eps: float = EPS
) -> tuple[Array, Array, Array]:
    """dx [B, F], dgain [F] and dbias [F] of `batch_norm`, whose mean and variance are given."""
    rows, g, slope = _given(x, gain, gain)[0], as_floats(gain, "gain", 1), as_floats(dy, "dy", 2)
    same_shape("dy", slope, rows.shape)
    inverse, dgain, dbias, dx = _inverse(variance, eps), np.empty_like(g), np.empty_like(g), np.empty_like(rows)
    ops, (count, columns) = library().mlj_ops_now(), rows.shape
    shape, statistics = (count, columns, at(rows), at(slope)), (at(mean), at(inverse))
    ops.normalize_sums(*shape, columns, *statistics, 0, 0, at(dgain), at(dbias))
    ops.batch_norm_backward(*shape, *statistics, at(g), at(dgain), at(dbias), 1 / max(count, 1), at(dx))
    return dx, dgain, dbias


def layer_norm_backward(
    x: ArrayLike, dy: ArrayLike, gain: ArrayLike, mean: Array, variance: Array, eps: float = EPS
) -> tuple[Array, Array, Array]:
    """dx [B, F], dgain [F] and dbias [F] of `layer_norm`, whose mean and variance are given."""
    rows, g, slope = _given(x, gain, gain)[0], as_floats(gain, "gain", 1), as_floats(dy, "dy", 2)
    same_shape("dy", slope, rows.shape)
    inverse, dgain, dbias, dx = _inverse(variance, eps), np.empty_like(g), np.empty_like(g), np.empty_like(rows)
    ops, (count, columns) = library().mlj_ops_now(), rows.shape
    shape, statistics = (count, columns, at(rows), at(slope)), (at(mean), at(inverse))
    ops.normalize_sums(*shape, columns, *statistics, 1, 0, at(dgain), at(dbias))
    ops.layer_norm_backward(*shape, *statistics, at(g), at(dx))
    return dx, dgain, dbias


def dropout(
    x: ArrayLike, rate: float, *, seed: int = 0, epoch: int = 0, step: int = 0, layer: int = 0, first: int = 0
) -> tuple[Array, Array]:
    """y = x m and m, which is 1 / (1 - rate) for the numbers that stay, else 0 (`layers.Dropout` in training).

    first: the place of x's first number in the batch.
    """
    if not 0 <= rate < 1:
        raise DataError(f"rate: expected a number from 0 below 1, got {rate}")
    if first < 0:
        raise DataError(f"first: expected a number from 0, got {first}")
    call, array, low = library().mlj_ops_now().dropout, as_floats(x, "x"), 0xFFFFFFFF
    y, m = np.empty_like(array), np.empty_like(array)
    where = {"seed": seed & 0xFFFFFFFFFFFFFFFF, "layer": layer, "epoch": epoch & low, "step": step & low}
    chance = ffi.new("mlj_chance *", where | {"keep": math.ceil((1 - rate) * 2**24), "scale": 1 / (1 - rate)})
    call(chance, first, array.size, at(array), at(m), at(y))
    return y, m


def _given(x: ArrayLike, gain: ArrayLike, bias: ArrayLike) -> tuple[Array, Array, Array]:
    rows, g, b = as_floats(x, "x", 2), as_floats(gain, "gain", 1), as_floats(bias, "bias", 1)
    for name, array in (("gain", g), ("bias", b)):
        same_shape(name, array, rows.shape[1:])
    return rows, g, b


def _inverse(variance: Array, eps: float) -> Array:
    inverse: Array = 1 / np.sqrt(variance + np.float32(eps))
    return inverse

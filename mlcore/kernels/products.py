"""Matrix products, transposes, sums of columns."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mlcore.errors import DataError, ShapeError
from mlcore.kernels.activations import ACTIVATIONS
from mlcore.kernels.arrays import Array, apart, as_floats, by_rows_or_columns, result, same_shape
from mlcore.kernels.library import at, ffi, library


def matmul(
    a: ArrayLike, b: ArrayLike, bias: ArrayLike | None = None, activation: str | None = None, out: Array | None = None
) -> Array:
    """activation(a b + bias): a [m, k], b [k, n], bias [n] -> [m, n].

    a.T is read where it lies, b.T is copied by C; relu, relu6, sigmoid and tanh are the activations.
    """
    kernels, left, right = library(), by_rows_or_columns(a, "a"), _by_rows(b, "b")
    (m, k), n = left.shape, right.shape[1]
    if right.shape[0] != k:
        raise ShapeError(f"matmul: a has {k} columns and b {right.shape[0]} rows", hint="a [m, k] times b [k, n]")
    if activation is not None and activation not in ACTIVATIONS:
        raise DataError(f"activation {activation!r} is unknown", hint="there are " + ", ".join(ACTIVATIONS))
    shift = None if bias is None else as_floats(bias, "bias", 1)
    if shift is not None:
        same_shape("bias", shift, (n,))
    y = result(out, (m, n))
    if out is not None:
        left, right = apart(left, y), apart(right, y)
        shift = None if shift is None else apart(shift, y)
    where = (at(left), k, 1) if left.flags.c_contiguous else (at(left.T), 1, m)
    call = (m, n, k, *where, at(right), n, 0, at(y), n, 0, at(shift), ffi.NULL, 0, ACTIVATIONS[activation or "linear"])
    kernels.mlj_parallel_matmul(kernels.mlj_ops_now(), ffi.new("mlj_matmul *", call))
    return y


def transpose(x: ArrayLike, out: Array | None = None) -> Array:
    """x [m, n] -> [n, m], copied."""
    array = as_floats(x, "x", 2)
    rows, cols = array.shape
    y = result(out, (cols, rows))
    array = array if out is None else apart(array, y)
    library().mlj_parallel_transpose(rows, cols, at(array), cols, at(y), rows)
    return y


def column_sum(x: ArrayLike, out: Array | None = None) -> Array:
    """The sum of each column: x [m, n] -> [n], added from the first row down."""
    array = as_floats(x, "x", 2)
    rows, cols = array.shape
    y = result(out, (cols,))
    array = array if out is None else apart(array, y)
    library().mlj_parallel_column_sum(rows, cols, at(array), cols, at(y), 0)
    return y


def _by_rows(x: ArrayLike, name: str) -> Array:
    """A float32 matrix with contiguous rows; one with contiguous columns is transposed by C."""
    array = by_rows_or_columns(x, name)
    return array if array.flags.c_contiguous else transpose(array.T)

"""Matrix products, transposes, sums of columns."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from mlcore.errors import DataError, ShapeError
from mlcore.kernels.activations import ACTIVATIONS, WITH_A_NUMBER
from mlcore.kernels.arrays import Array, apart, as_floats, by_rows_or_columns, result, same_shape
from mlcore.kernels.library import at, library


def matmul(
    a: ArrayLike, b: ArrayLike, bias: ArrayLike | None = None, activation: str | None = None, out: Array | None = None
) -> Array:
    """activation(a b + bias): a [m, k], b [k, n], bias [n] -> [m, n].

    a.T and b.T are read where they lie; the activations are those without a number of their own.
    """
    kernels, left, right = library(), by_rows_or_columns(a, "a"), by_rows_or_columns(b, "b")
    (m, k), (inner, n) = left.shape, right.shape
    if inner != k:
        raise ShapeError(f"matmul: a has {k} columns and b {inner} rows", hint="a [m, k] times b [k, n]")
    shift = None if bias is None else as_floats(bias, "bias", 1)
    if shift is not None:
        same_shape("bias", shift, (n,))
    y = result(out, (m, n))
    if out is not None:
        left, right = apart(left, y), apart(right, y)
        shift = None if shift is None else apart(shift, y)
    first, second = _strides(left, k, m), _strides(right, n, k)
    kernels.mlj_parallel_matmul(m, n, k, *first, *second, at(y), at(shift), _number(activation))
    return y


def _number(activation: str | None) -> int:
    """What C calls an activation. Raises DataError when it is unknown."""
    known = [kind for kind in ACTIVATIONS if kind not in WITH_A_NUMBER]
    if (activation or "linear") not in known:
        raise DataError(f"activation {activation!r} is unknown", hint="there are " + ", ".join(known))
    return ACTIVATIONS[activation or "linear"]


def _strides(x: Array, cols: int, rows: int) -> tuple[Any, int, int]:
    """Where a matrix lies, and the distances of its rows and of its columns."""
    return (at(x), cols, 1) if x.flags.c_contiguous else (at(x.T), 1, rows)


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

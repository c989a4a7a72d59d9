"""What the C kernels take and give: float32, contiguous, of the right shape. C never sees anything else."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcore.errors import DataError, ShapeError

Array: TypeAlias = NDArray[Any]
REAL = "biuf"
FLOAT32, INT32 = np.dtype(np.float32), np.dtype(np.int32)


def is_plain(x: object, dtype: np.dtype[Any] = FLOAT32) -> bool:
    """Whether `x` is an array of that dtype as C wants it: contiguous, aligned, writable.

    The first question of every kernel, so that most arrays are asked no other.
    """
    return type(x) is np.ndarray and x.dtype == dtype and bool(x.flags.carray)


def as_real(x: ArrayLike, name: str, dimensions: int | None = None) -> Array:
    """`x` as an array of real numbers, of so many axes if said. Raises DataError or ShapeError."""
    array = x if type(x) is np.ndarray else np.asarray(x)
    if array.dtype.kind not in REAL:
        raise DataError(f"{name}: expected real numbers, got {array.dtype}")
    if dimensions is not None and array.ndim != dimensions:
        raise ShapeError(f"{name}: expected {dimensions} axes, got shape {list(array.shape)}")
    return array


def as_floats(x: ArrayLike, name: str, dimensions: int | None = None) -> Array:
    """`x` as float32, C-contiguous and aligned: the same array where it already is, else a copy."""
    if isinstance(x, np.ndarray) and is_plain(x) and dimensions in (None, x.ndim):
        return x
    return np.require(as_real(x, name, dimensions), np.float32, ["C", "A"])


def as_numbers(x: ArrayLike, name: str, low: int, high: int, code: str = "") -> Array:
    """`x` [n], whole numbers from `low` to `high`, as contiguous int32. Raises DataError naming the first outside."""
    array = np.asarray(x)
    if array.ndim != 1:
        raise ShapeError(f"{name}: expected one axis, got shape {list(array.shape)}")
    if array.dtype.kind not in "biu" and array.size:
        raise DataError(f"{name}: expected whole numbers, got {array.dtype}", code=code)
    if array.size and (array.min() < low or array.max() > high):
        wrong = np.flatnonzero((array < low) | (array > high))
        raise DataError(f"{name}: expected {low} to {high}, got {array[wrong[0]]} at place {wrong[0]}", code=code)
    return np.require(array, np.int32, ["C", "A"])


def result(out: Any, shape: tuple[int, ...]) -> Array:
    """Room for a result: `out` if it fits, a new array if it is None. Raises ShapeError."""
    if out is None:
        return np.empty(shape, FLOAT32)
    if not is_plain(out) or out.shape != shape:
        raise ShapeError(
            f"out: expected a writable, contiguous float32 array of shape {list(shape)}, got {describe(out)}",
            hint="leave out= away to get a new array",
        )
    room: Array = out
    return room


def state(name: str, array: Any, size: int) -> Array:
    """An array of `size` numbers that a kernel changes in place, as it is. Raises ShapeError when it cannot be."""
    if not is_plain(array) or array.size != size:
        raise ShapeError(
            f"{name}: changed in place, so expected a writable, contiguous float32 array of {size} numbers, "
            f"got {describe(array)}"
        )
    kept: Array = array
    return kept


def same_shape(name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Raises ShapeError when `array` has another shape."""
    if array.shape != shape:
        raise ShapeError(f"{name}: expected shape {list(shape)}, got {list(array.shape)}")


def apart(x: Array, out: Array) -> Array:
    """`x`, or a copy of it where it shares memory with `out`: writing one cannot change the other."""
    if x.base is None and out.base is None and x is not out:
        return x  # both own what they hold
    return x.copy() if np.may_share_memory(x, out) else x


def value_and_slope(
    y: ArrayLike, dy: ArrayLike, out: Array | None, dimensions: int | None = None
) -> tuple[Array, Array, Array]:
    """y, dy and room for a gradient, all of one shape."""
    value, slope = as_floats(y, "y", dimensions), as_floats(dy, "dy", dimensions)
    same_shape("dy", slope, value.shape)
    room = result(out, value.shape)
    return (value, slope, room) if out is None else (apart(value, room), apart(slope, room), room)


def by_rows_or_columns(x: ArrayLike, name: str) -> Array:
    """A float32 matrix whose rows or whose columns are contiguous; itself where it is one."""
    if isinstance(x, np.ndarray) and is_plain(x) and x.ndim == 2:
        return x
    array = as_real(x, name, 2)
    flags = array.flags
    if array.dtype == np.float32 and flags.aligned and flags.forc:
        return array
    return np.require(array, np.float32, ["F" if flags.f_contiguous and not flags.c_contiguous else "C", "A"])


def describe(x: Any) -> str:
    """What an argument is, for a message."""
    if not isinstance(x, np.ndarray):
        return type(x).__name__
    kinds = [] if x.flags.c_contiguous else ["not contiguous"]
    kinds += [] if x.flags.writeable else ["read-only"]
    return ", ".join([f"{x.dtype} {list(x.shape)}", *kinds])

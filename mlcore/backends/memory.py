"""Arrays as C reads them: contiguous, of the types it knows, beginning at a cache line where that pays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.errors import DataError
from mlcore.layers.layer import Array, Shape

CACHE_LINE = 64


def stored(x: Array, shape: Shape) -> Array:
    """Inputs as C reads them: contiguous float32 or uint8 [B, …]; the same array where it already is.

    Images may come as rows of pixels.
    """
    x = np.asarray(x)
    flat = x.ndim == 2 and len(shape) > 1 and x.shape[1] == math.prod(shape)
    if not flat and (x.shape[1:] != shape or not x.ndim):
        raise DataError(f"inputs: expected rows of shape {list(shape)}, got an array of shape {list(x.shape)}")
    if x.flags.carray and x.dtype in (np.float32, np.uint8) and x.dtype.isnative:
        return x
    return np.require(x, np.uint8 if x.dtype == np.uint8 else np.float32, ("C", "A"))


def at_cache_line(x: Array) -> Array:
    """The same numbers beginning at a cache line: `x` itself where it does."""
    if x.__array_interface__["data"][0] % CACHE_LINE == 0:
        return x
    copy = aligned(x.shape, x.dtype)
    copy[...] = x
    return copy


def aligned(shape: Shape, dtype: Any) -> Array:
    """An empty array that begins at a cache line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + CACHE_LINE, dtype=np.uint8)
    start = -memory.__array_interface__["data"][0] % CACHE_LINE
    array: Array = memory[start : start + size].view(dtype).reshape(shape)
    return array

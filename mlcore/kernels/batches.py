"""Rows of a batch, and the random words that choose them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError
from mlcore.kernels.arrays import Array, apart, as_numbers, as_real, result
from mlcore.kernels.library import at, library


def gather(x: ArrayLike, rows: ArrayLike, factor: float = 1.0, out: Array | None = None) -> Array:
    """The rows of x [n, features] at `rows` [count] -> [count, features]; bytes are multiplied by `factor`."""
    data = as_real(x, "x", 2)
    small = data.dtype == np.uint8
    data = np.require(data, np.uint8 if small else np.float32, ["C", "A"])
    index, features = as_numbers(rows, "rows", 0, len(data) - 1), data.shape[1]
    y = result(out, (index.size, features))
    data = data if out is None else apart(data, y)
    kind = "uint8_t[]" if small else "float[]"
    library().mlj_parallel_gather(
        index.size, features, at(index, "int32_t[]"), at(data, kind), small, factor, at(y), features
    )
    return y


def order(seed: int, epoch: int, n: int) -> Array:
    """The order in which epoch `epoch` visits n rows: int32 [n] (`philox.order`)."""
    if not 0 <= n < 1 << 31:
        raise DataError(f"n: expected 0 to 2³¹ - 1 rows, got {n}")
    rows = np.empty(n, np.int32)
    library().mlj_ops_now().order(seed & 0xFFFFFFFFFFFFFFFF, epoch & 0xFFFFFFFF, n, at(rows, "int32_t[]"))
    return rows


def words(seed: int, purpose: int, count: int, *, epoch: int = 0, step: int = 0, layer: int = 0) -> Array:
    """`count` random words of a stream: uint32 [count] (`philox.words`)."""
    if count < 0:
        raise DataError(f"count: expected a number from 0, got {count}")
    stream = np.empty(count, np.uint32)
    low = 0xFFFFFFFF
    library().mlj_ops_now().words(
        seed & 0xFFFFFFFFFFFFFFFF, purpose, layer, epoch & low, step & low, 0, count, at(stream, "uint32_t[]")
    )
    return stream

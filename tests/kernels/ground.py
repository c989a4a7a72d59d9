"""What the kernel tests share: sizes at which vectors begin and end, distances in units of the last place, layouts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from mlcore import kernels

TIERS = kernels.tiers() if kernels.unavailable() is None else ()
both_wide = pytest.mark.skipif(not {"avx2", "avx512"} <= set(TIERS), reason="this machine lacks AVX2 or AVX-512")
built = pytest.mark.skipif(not TIERS, reason=str(kernels.unavailable()))
SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100)
ROUNDOFF = 2.0**-24  # half the distance from 1 to the next float32


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """The error of float32 numbers, in units of the last place of the exact result (float64)."""
    with np.errstate(over="ignore"):
        unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    return np.abs(got.astype(np.float64) - exact) / unit


def every_kind_of_float(count: int, rng: np.random.Generator) -> np.ndarray:
    """Random bit patterns that are numbers: every exponent, denormals too."""
    x = rng.integers(0, 1 << 32, count, dtype=np.uint32).view(np.float32)
    return x[np.isfinite(x)]


def layouts(x: np.ndarray) -> dict[str, np.ndarray]:
    """The same matrix as memory may hold it: by rows, by columns, every other one, backwards, wide, misaligned."""
    rows, cols = x.shape
    spread = np.zeros((2 * rows, 3 * cols), x.dtype)
    spread[::2, ::3] = x
    bytes_ = np.zeros(x.nbytes + 1, np.uint8)
    misaligned = bytes_[1:].view(x.dtype).reshape(x.shape)
    misaligned[...] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    return {
        "by rows": x,
        "by columns": np.asfortranarray(x),
        "every other": spread[::2, ::3],
        "backwards": x[::-1, ::-1].copy()[::-1, ::-1],
        "float64": x.astype(np.float64),
        "misaligned": misaligned,
        "read-only": frozen,
        "big-endian": x.astype(">f4"),
    }


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Run what is inside on `count` threads."""
    before = kernels.threads()
    kernels.set_threads(count)
    try:
        yield
    finally:
        kernels.set_threads(before)

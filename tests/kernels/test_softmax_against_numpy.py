"""Softmax and its gradient against NumPy in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels
from tests.kernels.ground import ROUNDOFF, SIZES, both_wide, layouts


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z.astype(np.float64) - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("spread", [0.1, 3, 40])
def test_rows_of_every_length_are_within_a_few_roundings(spread: float, tier: str, rng: np.random.Generator) -> None:
    for rows in (0, 1, 5, 33):
        for n in [*SIZES[1:], 1000]:
            z = (rng.standard_normal((rows, n)) * spread).astype(np.float32)
            y = kernels.softmax(z)
            exact = softmax(z)
            # exp of the difference: as many roundings as the difference is large, plus those of the sum
            tolerance = exact * ROUNDOFF * (8 + np.log2(n + 1) + np.abs(z - z.max(axis=1, keepdims=True))) + 1e-44
            assert (np.abs(y - exact) <= tolerance).all(), (rows, n)


def test_a_row_sums_to_one_and_shifting_it_changes_nothing(tier: str, rng: np.random.Generator) -> None:
    z = rng.integers(-20, 20, (50, 37)).astype(np.float32)
    y = kernels.softmax(z)
    assert np.abs(y.sum(axis=1, dtype=np.float64) - 1).max() < 40 * ROUNDOFF
    assert np.array_equal(kernels.softmax(z + 1024), y)


def test_rows_do_not_depend_on_each_other(tier: str, rng: np.random.Generator) -> None:
    z = rng.standard_normal((23, 19)).astype(np.float32)
    y, dy = kernels.softmax(z), rng.standard_normal((23, 19)).astype(np.float32)
    dz = kernels.softmax_backward(y, dy)
    for r in range(23):
        assert np.array_equal(kernels.softmax(z[r : r + 1])[0], y[r])
        assert np.array_equal(kernels.softmax_backward(y[r : r + 1], dy[r : r + 1])[0], dz[r])


def test_the_gradient_is_that_of_the_output(tier: str, rng: np.random.Generator) -> None:
    for n in [*SIZES[1:], 300]:
        y = softmax(rng.standard_normal((7, n)) * 3).astype(np.float32)
        dy = rng.standard_normal((7, n)).astype(np.float32)
        wide, slope = y.astype(np.float64), dy.astype(np.float64)
        exact = wide * (slope - (wide * slope).sum(axis=1, keepdims=True))
        scale = wide * (np.abs(slope) + (wide * np.abs(slope)).sum(axis=1, keepdims=True))
        assert (np.abs(kernels.softmax_backward(y, dy) - exact) <= (n + 6) * ROUNDOFF * scale).all()


def test_every_layout_gives_the_same_bits(tier: str, rng: np.random.Generator) -> None:
    z = rng.standard_normal((9, 21)).astype(np.float32)
    expected = kernels.softmax(z)
    for name, same in layouts(z).items():
        assert kernels.softmax(same).tobytes() == expected.tobytes(), name


def test_the_result_may_be_written_over_an_input(tier: str, rng: np.random.Generator) -> None:
    for n in (3, 16, 50):
        z, dy = rng.standard_normal((2, 11, n)).astype(np.float32)
        y = kernels.softmax(z)
        dz = kernels.softmax_backward(y, dy)
        assert np.array_equal(kernels.softmax_backward(y, dy, out=dy), dz)
        assert np.array_equal(kernels.softmax(z, out=z), y)


@both_wide
def test_avx2_and_avx512_give_the_same_bits(rng: np.random.Generator) -> None:
    for n in SIZES[1:]:
        z = (rng.standard_normal((29, n)) * 5).astype(np.float32)
        found = []
        for tier in ("avx2", "avx512"):
            with kernels.use(tier):
                y = kernels.softmax(z)
                found.append((y.tobytes(), kernels.softmax_backward(y, z).tobytes()))
        assert found[0] == found[1], n


def test_what_has_no_rows_is_refused(tier: str) -> None:
    with pytest.raises(ValueError, match="z: expected 2 axes"):
        kernels.softmax(np.ones(3))
    with pytest.raises(ValueError, match="dy: expected shape"):
        kernels.softmax_backward(np.ones((2, 3)), np.ones((2, 2)))

"""Batches, random words and the order of an epoch: equal to NumPy and to `mlcore.philox`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels, philox
from tests.kernels.ground import SIZES, layouts


@pytest.mark.parametrize("features", [0, 1, 2, 3, 15, 16, 17, 64, 785])
def test_rows_are_copied_exactly(features: int, tier: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal((40, features)).astype(np.float32)
    pixels = rng.integers(0, 256, (40, features), dtype=np.uint8)
    for count in SIZES:
        rows = rng.integers(0, 40, count)
        assert np.array_equal(kernels.gather(x, rows), x[rows])
        factor = np.float32(1 / 255)
        assert np.array_equal(kernels.gather(pixels, rows, factor), pixels[rows].astype(np.float32) * factor)


def test_any_layout_of_the_data_and_any_whole_numbers_for_rows(tier: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal((20, 6)).astype(np.float32)
    for name, same in layouts(x).items():
        assert np.array_equal(kernels.gather(same, np.arange(19, -1, -1, dtype=np.int16)), x[::-1]), name
    out = np.empty((3, 6), np.float32)
    assert kernels.gather(x, [4, 4, 0], out=out) is out
    assert np.array_equal(out, x[[4, 4, 0]])
    assert np.array_equal(kernels.gather(x[:3], [2, 1, 0], out=x[:3]), out[[0]] * 0 + x[:3])
    assert kernels.gather(np.ones((0, 3)), []).shape == (0, 3)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**64 - 1, -3])
def test_words_are_those_of_the_page(seed: int, tier: str) -> None:
    for count in (*SIZES, 1000):
        where = {"epoch": count, "step": 2**32 - count, "layer": count}
        expected = philox.words(seed, philox.Purpose.DROPOUT, count, **where)
        assert np.array_equal(kernels.words(seed, philox.Purpose.DROPOUT, count, **where), expected)


@pytest.mark.parametrize("seed", [0, 7, 2**40 + 3])
def test_the_order_of_an_epoch_is_that_of_the_page(seed: int, tier: str) -> None:
    for n in (*SIZES, 1000, 4097):
        for epoch in (0, 1, 2**32 - 1):
            assert np.array_equal(kernels.order(seed, epoch, n), philox.order(seed, epoch, n))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kernels.gather(np.ones((3, 2)), [3]), "rows: expected 0 to 2, got 3"),
        (lambda: kernels.gather(np.ones((3, 2)), [-1]), "rows: expected 0 to 2, got -1"),
        (lambda: kernels.gather(np.ones((3, 2)), [[0]]), "rows: expected one axis"),
        (lambda: kernels.gather(np.ones((3, 2)), [0.5]), "rows: expected whole numbers"),
        (lambda: kernels.gather(np.ones(3), [0]), "x: expected 2 axes"),
        (lambda: kernels.order(0, 0, -1), "n: expected 0 to"),
        (lambda: kernels.order(0, 0, 2**31), "n: expected 0 to"),
        (lambda: kernels.words(0, 1, -1), "count: expected a number from 0"),
    ],
)
def test_places_outside_the_data_are_refused_in_words(call, words: str, tier: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()

"""Convolution and pooling against their NumPy pages in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels
from mlcore.errors import DataError, ShapeError
from mlcore.layers.conv import Conv2d
from mlcore.layers.layer import INFERENCE
from mlcore.layers.pool import MaxPool2d
from tests.kernels.ground import both_wide

# images, height, width, channels, filters, kernel, stride, padding
CASES = (
    (1, 1, 1, 1, 1, 1, 1, 0),
    (2, 5, 7, 1, 3, 3, 1, 0),
    (17, 9, 8, 1, 16, 3, 1, 1),
    (3, 12, 12, 16, 32, 5, 1, 0),
    (6, 7, 6, 3, 17, 3, 2, 1),
    (5, 8, 11, 9, 40, 4, 3, 2),
    (33, 4, 4, 20, 8, 2, 1, 1),
    (2, 3, 3, 2, 33, 3, 1, 3),
    (2, 6, 31, 5, 31, 1, 2, 0),
    (4, 2, 2, 18, 5, 7, 1, 4),
    (2, 16, 16, 1, 9, 5, 5, 2),
)


def page_order(x: np.ndarray) -> np.ndarray:
    """Images [B, H, W, C] as [B, C, H, W], in double."""
    return x.transpose(0, 3, 1, 2).astype(np.float64)


def drawn(case: tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    images, height, width, channels, filters, k, *_ = case
    shapes = (images, height, width, channels), (filters, channels, k, k), (filters,)
    return tuple(rng.standard_normal(shape).astype(np.float32) for shape in shapes)


@pytest.mark.parametrize("case", CASES)
def test_a_convolution_and_its_gradients_are_those_of_the_page(
    case: tuple[int, ...], tier: str, rng: np.random.Generator
) -> None:
    (x, w, b), (*_, filters, k, stride, padding) = drawn(case, rng), case
    page = Conv2d(filters, kernel=k, stride=stride, padding=padding)
    p = {"w": w.astype(np.float64), "b": b.astype(np.float64)}
    exact, saved = page.forward(p, page_order(x), INFERENCE)
    y = kernels.conv2d(x, w, b, stride, padding)
    np.testing.assert_allclose(page_order(y), exact, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(kernels.conv2d(x, w, b, stride, padding, "relu"), np.maximum(y, 0))
    np.testing.assert_array_equal(kernels.conv2d(x, w, b, stride, padding, "tanh"), kernels.tanh(y))
    dy = rng.standard_normal(y.shape).astype(np.float32)
    dx, own = page.backward(p, saved, page_order(dy))
    found = kernels.conv2d_backward(x, w, dy, stride, padding)
    np.testing.assert_allclose(page_order(found[0]), dx, rtol=1e-4, atol=2e-4)
    np.testing.assert_allclose(found[1], own["w"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found[2], own["b"], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("size", "stride"), [(1, 0), (2, 0), (2, 1), (3, 2), (2, 3), (4, 0), (3, 1)])
@pytest.mark.parametrize("shape", [(1, 4, 4, 1), (3, 9, 8, 16), (2, 12, 5, 19), (5, 6, 6, 3)])
def test_the_largest_of_each_window_and_its_place_are_those_of_the_page(
    shape: tuple[int, ...], size: int, stride: int, tier: str, rng: np.random.Generator
) -> None:
    x = rng.integers(-3, 4, shape).astype(np.float32)  # equal ones are many
    x[rng.random(shape) < 0.03] = np.nan
    page = MaxPool2d(size, stride=stride)
    exact, saved = page.forward({}, page_order(x), INFERENCE)
    y, where = kernels.max_pool2d(x, size, stride)
    np.testing.assert_array_equal(page_order(y), exact)
    np.testing.assert_array_equal(page_order(where), saved[1])
    dy = rng.standard_normal(y.shape).astype(np.float32)
    exact = page.backward({}, saved, page_order(dy))[0]
    found = kernels.max_pool2d_backward(x, where, dy, size, stride)
    np.testing.assert_allclose(page_order(found), exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("size", "stride"), [(2, 0), (3, 1), (2, 3)])
def test_the_mean_of_each_window_is_numpys(size: int, stride: int, tier: str, rng: np.random.Generator) -> None:
    x, step = rng.standard_normal((3, 9, 8, 21)).astype(np.float32), stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (size, size), axis=(1, 2))
    y = kernels.avg_pool2d(x, size, stride)
    np.testing.assert_allclose(y, windows[:, ::step, ::step].mean(axis=(-1, -2)), rtol=1e-5, atol=1e-6)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    exact = np.zeros(x.shape)
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            exact[:, i * step : i * step + size, j * step : j * step + size] += dy[:, i : i + 1, j : j + 1] / size**2
    np.testing.assert_allclose(kernels.avg_pool2d_backward(x, dy, size, stride), exact, rtol=1e-5, atol=1e-6)


def test_a_bad_pixel_is_seen_by_every_window_over_it_and_by_no_other(tier: str) -> None:
    for bad in (np.nan, np.inf):
        x, w = np.ones((1, 6, 6, 2), np.float32), np.ones((20, 2, 3, 3), np.float32)
        x[0, 2, 3, 1] = bad
        y = kernels.conv2d(x, w, np.zeros(20, np.float32), 1, 1)
        seen = np.zeros((6, 6), bool)
        seen[1:4, 2:5] = True
        assert (np.isfinite(y[0]) == ~seen[..., None]).all()


@both_wide
@pytest.mark.parametrize("case", CASES)
def test_avx2_and_avx512_give_the_same_bits(case: tuple[int, ...], rng: np.random.Generator) -> None:
    (x, w, b), (*_, stride, padding) = drawn(case, rng), case
    found = []
    for tier in ("avx2", "avx512"):
        with kernels.use(tier):
            y = kernels.conv2d(x, w, b, stride, padding)
            back = kernels.conv2d_backward(x, w, y, stride, padding)
            found.append(b"".join(array.tobytes() for array in (y, *back)))
    assert found[0] == found[1]


def test_what_does_not_fit_is_refused_in_words() -> None:
    x, w, b = np.ones((1, 4, 4, 2)), np.ones((3, 2, 3, 3)), np.ones(3)
    with pytest.raises(ShapeError, match=r"w: expected \[filters, 2, k, k\], got \[3, 1, 3, 3\]"):
        kernels.conv2d(x, w[:, :1], b)
    with pytest.raises(ShapeError, match="expected images of 3 x 3 or more"):
        kernels.conv2d(x[:, :2], w, b)
    with pytest.raises(ShapeError, match="dy: expected shape"):
        kernels.conv2d_backward(x, w, np.ones((1, 4, 4, 3)))
    with pytest.raises(DataError, match="activation 'sine' is unknown"):
        kernels.conv2d(x, w, b, activation="sine")
    with pytest.raises(DataError, match="steps of 1 or more, got 2 and -1"):
        kernels.max_pool2d(x, 2, -1)

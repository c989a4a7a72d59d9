"""Normalisation and dropout against their NumPy pages in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels
from mlcore.layers.dropout import Dropout
from mlcore.layers.layer import Mode
from mlcore.layers.norms import BatchNorm, LayerNorm
from tests.kernels.ground import both_wide

SHAPES = ((2, 1), (3, 7), (9, 16), (33, 17), (5, 100), (64, 31), (200, 3), (150, 129))
PAGES = {"batch_norm": BatchNorm(), "layer_norm": LayerNorm()}
TRAINING = Mode(training=True, seed=2**40 + 5, epoch=3, step=2**33 + 1, layer=6)


def drawn(rows: int, columns: int, rng: np.random.Generator) -> list[np.ndarray]:
    """x away from zero, dy, gain and bias."""
    arrays = [rng.standard_normal(shape) for shape in ((rows, columns), (rows, columns), columns, columns)]
    arrays[0] = arrays[0] * 3 + 5
    return [array.astype(np.float32) for array in arrays]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_values_and_gradients_are_those_of_the_page(
    name: str, rows: int, columns: int, tier: str, rng: np.random.Generator
) -> None:
    x, dy, gain, bias = drawn(rows, columns, rng)
    p = {"gain": gain, "bias": bias, "mean": np.zeros(columns), "variance": np.ones(columns)}
    wide = {key: value.astype(np.float64) for key, value in p.items()}
    exact, saved = PAGES[name].forward(wide, x.astype(np.float64), TRAINING)
    y, mean, variance = getattr(kernels, name)(x, gain, bias)
    axis = 0 if name == "batch_norm" else 1
    np.testing.assert_allclose(mean, x.mean(axis=axis, dtype=np.float64), rtol=1e-5)
    np.testing.assert_allclose(variance, x.var(axis=axis, dtype=np.float64), rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(y, exact, rtol=2e-4, atol=2e-5)
    dx, own = PAGES[name].backward(wide, saved, dy.astype(np.float64))
    found = getattr(kernels, f"{name}_backward")(x, dy, gain, mean, variance)
    scale = np.abs(saved[1]).max() * 10 + 1  # a column or row of equal numbers divides by sqrt(eps)
    for got, known in zip(found, (dx, own["gain"], own["bias"]), strict=True):
        np.testing.assert_allclose(got, known, rtol=2e-4, atol=2e-5 * scale)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.999, 1e-9])
@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 31, 32, 33, 1000])
def test_dropout_keeps_the_numbers_its_page_keeps(size: int, rate: float, tier: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal(size).astype(np.float32)
    where = {"seed": TRAINING.seed, "epoch": TRAINING.epoch, "step": TRAINING.step, "layer": TRAINING.layer}
    expected, saved = Dropout(rate).forward({}, x, TRAINING)
    y, m = kernels.dropout(x, rate, **where)
    assert np.array_equal(y, expected) and np.array_equal(m, saved[0])
    for first in (1, 2, 3, 4, 7, 30):  # any part of a batch has the numbers of the whole
        part, own = kernels.dropout(x[first:], rate, **where, first=first)
        assert np.array_equal(part, y[first:]) and np.array_equal(own, m[first:])


def test_dropout_drops_about_its_rate_and_keeps_the_mean(tier: str) -> None:
    y, _ = kernels.dropout(np.ones(100_000), 0.3, seed=1)
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.006) and y.mean() == pytest.approx(1, abs=0.01)


def test_dropout_passes_on_what_is_not_a_number(tier: str) -> None:
    y, _ = kernels.dropout(np.full(64, np.nan), 0.5)
    assert np.isnan(y).all()


@both_wide
@pytest.mark.parametrize("name", PAGES)
def test_avx2_and_avx512_give_the_same_bits(name: str, rng: np.random.Generator) -> None:
    x, dy, gain, bias = drawn(77, 45, rng)
    found = []
    for tier in ("avx2", "avx512"):
        with kernels.use(tier):
            y, mean, variance = getattr(kernels, name)(x, gain, bias)
            back = getattr(kernels, f"{name}_backward")(x, dy, gain, mean, variance)
            found.append(b"".join(array.tobytes() for array in (y, mean, variance, *back)))
    assert found[0] == found[1]


def test_what_does_not_fit_is_refused_in_words(tier: str) -> None:
    with pytest.raises(ValueError, match=r"gain: expected shape \[3\], got \[2\]"):
        kernels.layer_norm(np.ones((2, 3)), np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match=r"rate: expected a number from 0 below 1, got 1"):
        kernels.dropout(np.ones(3), 1)

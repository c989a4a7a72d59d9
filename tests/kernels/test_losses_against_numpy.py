"""Losses and their gradients against the pages of `mlcore.losses`, computed in double precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlcore import kernels
from mlcore.losses import MAE, MSE, BinaryCrossEntropy, Huber, KLDivergence, Loss, SoftmaxCrossEntropy
from mlcore.losses.several import PoissonDeviance
from tests.kernels.ground import ROUNDOFF, both_wide, layouts

LENGTHS = (1, 2, 3, 7, 10, 15, 16, 17, 31, 32, 33, 64, 65, 1000)
PAGES: dict[str, Loss] = {
    "softmax_cross_entropy": SoftmaxCrossEntropy(),
    "binary_cross_entropy": BinaryCrossEntropy(),
    "squared_error": MSE(),
    "absolute_error": MAE(),
    "huber": Huber(),
    "kl_divergence": KLDivergence(),
    "poisson_deviance": PoissonDeviance(),
}
SOFT = {"label_smoothing": 0.1, "confidence_penalty": 0.3}
MORE: dict[str, dict[str, float]] = {
    "softmax_cross_entropy, smoothed": {"label_smoothing": 0.2},
    "softmax_cross_entropy, held back": {"confidence_penalty": 0.3},
    "softmax_cross_entropy, both": SOFT,
    "binary_cross_entropy, held back": {"confidence_penalty": 0.3},
    "huber, narrow": {"delta": 0.25},
}
EVERY = (*PAGES, *MORE)


def page_of(name: str) -> Loss:
    page = PAGES[name.partition(",")[0]]
    return type(page)(**MORE.get(name, {}))


def run(name: str, z: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """A kernel with its settings."""
    return getattr(kernels, name.partition(",")[0])(z, y, w=w, **MORE.get(name, {}))


def example(name: str, rows: int, n: int, rng: np.random.Generator, spread: float = 3) -> tuple[np.ndarray, np.ndarray]:
    """Outputs z and targets y a loss takes."""
    n = 1 if name.startswith("binary") else n
    z = (rng.standard_normal((rows, n)) * spread).astype(np.float32)
    if name.startswith("softmax"):
        return z, rng.integers(0, n, rows)
    if name.startswith("binary"):
        return z, rng.random((rows, 1)).round(1).astype(np.float32)
    if name.startswith("kl"):
        return z, (rng.dirichlet(np.ones(n), rows) * (rng.random((rows, n)) < 0.8)).astype(np.float32)
    if name.startswith("poisson"):
        return z.clip(-60, 30), rng.poisson(2, (rows, n)).astype(np.float32) ** 4
    return z, rng.standard_normal((rows, n)).astype(np.float32)


@pytest.mark.parametrize("spread", [0.3, 5, 60])
@pytest.mark.parametrize("name", EVERY)
def test_value_and_gradient_are_those_of_the_page(
    name: str, spread: float, tier: str, rng: np.random.Generator
) -> None:
    for rows in (1, 2, 16, 37):
        for n in LENGTHS:
            z, y = example(name, rows, n, rng, spread)
            w = rng.random(rows).astype(np.float32) + 1 if rows == 16 else None
            loss, dz = run(name, z, y, w)
            exact_loss, exact_dz = page_of(name)(z.astype(np.float64), y, w)
            few = ROUNDOFF * (8 + np.log2(n + 1) + 2 * spread)  # exp and sums of outputs of this size
            assert abs(loss - exact_loss) <= few * (1 + abs(exact_loss) + spread)
            size = (1 if "entropy" in name or "kl" in name else np.abs(z).max() / z.shape[1]) / rows
            size = (y + 1) / rows if name.startswith("poisson") else size  # which is taken from the exponential
            scale = np.abs(exact_dz) + size * (1 + (spread if "back" in name or "both" in name else 0))
            assert (np.abs(dz - exact_dz) <= 4 * few * scale).all(), (rows, n)


@pytest.mark.parametrize("name", EVERY)
def test_a_row_costs_the_same_whatever_stands_beside_it(name: str, tier: str, rng: np.random.Generator) -> None:
    for n in (2, 10, 40):
        z, y = example(name, 37, n, rng)
        whole = run(name, z, y)[1]
        for r in (0, 15, 16, 36):
            alone = run(name, np.repeat(z[r : r + 1], 37, 0), np.repeat(y[r : r + 1], 37, 0))[1]
            assert np.array_equal(alone[5], whole[r])


@pytest.mark.parametrize("name", EVERY)
def test_outputs_as_large_as_floats_go_give_finite_losses(name: str, tier: str) -> None:
    z = np.array([[1e4, -1e4], [3e38, -3e38], [-1e4, 1e4], [0, 0]], np.float32)
    y = np.zeros(4, int) if name.startswith("softmax") else np.zeros((4, 2), np.float32)
    if "error" in name or "huber" in name:
        z = z.clip(-1e18, 1e18)  # squares of more do not fit
    if name.startswith("poisson"):
        z = z.clip(-3e38, 88)  # nor does the exponential
    loss, dz = run(name, z, y)
    assert np.isfinite(loss) == (loss < 3e38)
    assert np.isfinite(dz).all()


def test_a_confident_right_answer_has_a_small_loss_and_not_zero(tier: str) -> None:
    loss, dz = kernels.binary_cross_entropy(np.array([20.0, 40]), np.array([1.0, 1]))
    assert loss == pytest.approx((np.log1p(np.exp(-20.0)) + np.log1p(np.exp(-40.0))) / 2, rel=1e-6)
    loss, dz = kernels.softmax_cross_entropy(np.array([[0.0, 50]]), [1])
    assert loss == 0
    assert (np.abs(dz) < 1e-20).all()


@both_wide
@pytest.mark.parametrize("name", EVERY)
def test_avx2_and_avx512_give_the_same_bits(name: str, rng: np.random.Generator) -> None:
    for n in LENGTHS:
        z, y = example(name, 43, n, rng)
        found = []
        for tier in ("avx2", "avx512"):
            with kernels.use(tier):
                loss, dz = run(name, z, y)
                found.append((loss, dz.tobytes()))
        assert found[0] == found[1], n


@pytest.mark.parametrize("name", EVERY)
def test_every_layout_gives_the_same_bits_and_inputs_are_left_alone(
    name: str, tier: str, rng: np.random.Generator
) -> None:
    z, y = example(name, 12, 14, rng)
    expected = run(name, z, y)
    for layout, same in layouts(z).items():
        before = same.copy()
        loss, dz = run(name, same, y)
        assert loss == expected[0]
        assert np.array_equal(dz, expected[1]), layout
        assert np.array_equal(same, before)


def test_no_rows_have_no_loss(tier: str) -> None:
    loss, dz = kernels.squared_error(np.ones((0, 3)), np.ones((0, 3)))
    assert np.isnan(loss)
    assert dz.shape == (0, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kernels.softmax_cross_entropy(np.ones((2, 3)), [0, 3]), "labels: expected 0 to 2, got 3 at place 1"),
        (lambda: kernels.softmax_cross_entropy(np.ones((2, 3)), [-1, 0]), "labels: expected 0 to 2, got -1 at place 0"),
        (
            lambda: kernels.softmax_cross_entropy(np.ones((2, 3)), [2**40, 0]),
            "labels: expected 0 to 2, got 1099511627776",
        ),
        (
            lambda: kernels.softmax_cross_entropy(np.ones((2, 3)), [0.0, 1.0]),
            "labels: expected whole numbers, got float64",
        ),
        (lambda: kernels.softmax_cross_entropy(np.ones((2, 3)), [0]), r"labels: expected shape \[2\], got \[1\]"),
        (lambda: kernels.binary_cross_entropy(np.ones(2), [0, 1.5]), "y: expected probabilities"),
        (lambda: kernels.binary_cross_entropy(np.ones(2), [0, np.nan]), "y: expected probabilities"),
        (lambda: kernels.binary_cross_entropy(np.ones(2), [0]), r"y: expected shape \[2\], got \[1\]"),
        (lambda: kernels.squared_error(np.ones((2, 2)), np.ones((2, 1))), "y: expected shape"),
        (lambda: kernels.squared_error(np.ones((2, 2)), np.ones((2, 2)), [1, -1]), "w: expected finite weights from 0"),
        (lambda: kernels.huber(np.ones((2, 2)), np.ones((2, 2)), w=[1]), r"w: expected shape \[2\], got \[1\]"),
        (lambda: kernels.kl_divergence(np.ones((2, 2)), -np.ones((2, 2))), "y: expected probabilities"),
        (lambda: kernels.poisson_deviance(np.ones((2, 2)), -np.ones((2, 2))), "y: expected counts, from 0"),
        (lambda: kernels.poisson_deviance(np.ones((1, 1)), [[np.nan]]), "y: expected counts, from 0"),
        (lambda: kernels.softmax_cross_entropy(np.ones((1, 2)), [0], class_weight=[1]), "class_weight: expected shape"),
        (lambda: kernels.absolute_error(np.ones(2), np.ones(2)), "z: expected 2 axes"),
    ],
)
def test_targets_that_cannot_be_are_refused_in_words(call: Callable[[], object], words: str, tier: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_weights_of_classes_are_those_of_the_page(tier: str, rng: np.random.Generator) -> None:
    for rows, n in ((1, 2), (37, 10), (16, 33)):
        z, y = example("softmax_cross_entropy", rows, n, rng)
        each = rng.random(n) + 0.3
        for more in ({}, SOFT):
            page = SoftmaxCrossEntropy(class_weight=tuple(each.tolist()), **more)
            loss, dz = kernels.softmax_cross_entropy(z, y, class_weight=each, **more)
            exact, slope = page(z.astype(np.float64), y)
            assert loss == pytest.approx(exact, rel=1e-5)
            np.testing.assert_allclose(dz, slope, atol=1e-6)


def test_what_is_impossible_and_not_wanted_costs_nothing(tier: str) -> None:
    z = np.array([[0, 0, -np.inf], [5, 5, -3e38], [0, 0, 0]], np.float32)
    y = np.array([[0.5, 0.5, 0]] * 3, np.float32)
    loss, dz = kernels.kl_divergence(z, y)
    assert loss == pytest.approx(np.log(1.5) / 3) and np.isfinite(dz).all() and not dz[:2].any()
    loss, dz = kernels.softmax_cross_entropy(z, [0, 0, 0], confidence_penalty=1.0)
    page, slope = SoftmaxCrossEntropy(confidence_penalty=1.0)(z.astype(np.float64), np.zeros(3, int))
    assert loss == pytest.approx(page) and np.allclose(dz, slope, atol=1e-6)

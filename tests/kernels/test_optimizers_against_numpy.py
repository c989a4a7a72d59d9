"""Optimizers against the pages of `mlcore.optimizers`: the same bits, or a few roundings where constants are folded."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mlcore import kernels
from mlcore.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSProp
from mlcore.spec import kind_of
from tests.kernels.ground import ROUNDOFF, SIZES, TIERS, layouts

SMALLEST = np.float32(2**-126)


def start(n: int, rng: np.random.Generator, moments: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, gradient and moments; the last moment is what squares add up to."""
    w, g = rng.standard_normal((2, n)).astype(np.float32)
    state = rng.standard_normal((max(moments, 1), n)).astype(np.float32)
    state[-1] = state[-1] ** 2
    return w, g, state


PENALTIES = {"nothing else": {}, "decay": {"decay": 0.01}, "l1": {"l1": 0.02}, "both": {"decay": 0.01, "l1": 0.02}}
penalised = pytest.mark.parametrize("more", PENALTIES.values(), ids=PENALTIES)


def page_of(kind: type[Optimizer], more: dict[str, float], **fields) -> Optimizer:
    return kind(weight_decay=more.get("decay", 0.0), l1=more.get("l1", 0.0), **fields)


@penalised
@pytest.mark.parametrize(("momentum", "nesterov"), list(product((0.0, 0.9), (False, True))), ids=str)
def test_sgd_has_the_bits_of_its_page(
    momentum: float, nesterov: bool, more: dict[str, float], tier: str, rng: np.random.Generator
) -> None:
    page = page_of(SGD, more, momentum=momentum, nesterov=nesterov)
    for n in SIZES:
        w, g, state = start(n, rng, 1)
        expected, moments = w.copy(), state.copy()
        for step in range(3):
            page.update(expected, g, moments, step=step, rate=0.1, weights=n)
            kernels.sgd(w, g, state[0] if momentum else None, 0.1, momentum, nesterov, **more)
        assert np.array_equal(w, expected)
        assert np.array_equal(state, moments)


@penalised
@pytest.mark.parametrize("kind", [RMSProp, Adagrad])
def test_what_is_scaled_has_the_bits_of_its_page(
    kind: type[Optimizer], more: dict[str, float], tier: str, rng: np.random.Generator
) -> None:
    page = page_of(kind, more)
    for n in SIZES:
        w, g, state = start(n, rng, 1)
        expected, moments = w.copy(), state.copy()
        for step in range(3):
            page.update(expected, g, moments, step=step, rate=0.1, weights=n)
            getattr(kernels, kind_of(kind))(w, g, state[0], 0.1, **more)
        assert np.array_equal(w, expected)
        assert np.array_equal(state, moments)


@penalised
@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_adam_follows_its_page_to_a_few_roundings_of_a_step(
    kind: type[Optimizer], more: dict[str, float], tier: str, rng: np.random.Generator
) -> None:
    page, rate = page_of(kind, more), 0.01
    for n in SIZES:
        w, g, state = start(n, rng, 2)
        for step in (0, 1, 2, 100, 100_000):
            expected, moments = w.copy(), state.copy()
            page.update(expected, g, moments, step=step, rate=rate, weights=n)
            before = w.copy()
            getattr(kernels, kind_of(kind))(w, g, state[0], state[1], rate, step, **({"decay": 0.0} | more))
            assert np.array_equal(state, moments)
            tolerance = 6 * ROUNDOFF * np.abs(expected - before) + 2 * ROUNDOFF * np.abs(expected)
            assert (np.abs(w.astype(np.float64) - expected) <= tolerance).all()


def test_clipping_shortens_as_the_page_does_with_the_same_bits_on_every_tier(rng: np.random.Generator) -> None:
    for n in (*SIZES, 16_384, 50_001):
        g, found = rng.standard_normal(n).astype(np.float32), set()
        for tier in TIERS:
            with kernels.use(tier):
                found |= {kernels.clip(g, 0.3), kernels.clip(g * np.float32(1e30), 0.3 * 1e30)}
        assert len(found) <= 2
        page = SGD(clip_norm=0.3).clipped(g)
        np.testing.assert_allclose(g * np.float32(kernels.clip(g, 0.3)), page, rtol=2 * ROUNDOFF)
    assert np.isnan(kernels.clip([1, np.nan], 1.0)) and kernels.clip([1, np.inf], 1.0) == 0 == 1 - kernels.clip([], 1)


def test_every_tier_gives_the_same_bits(rng: np.random.Generator) -> None:
    found = set()
    for tier in TIERS:
        w, g, state = start(1001, np.random.default_rng(3), 2)
        with kernels.use(tier):
            for step in range(5):
                kernels.adam(w, g, state[0], state[1], 0.01, step, decay=0.1)
                kernels.adamw(w, g, state[0], state[1], 0.01, step, l1=0.01)
                kernels.rmsprop(w, g, state[1], 0.01)
                kernels.adagrad(w, g, state[1], 0.01, l1=0.1)
                kernels.sgd(w, g, state[0], 0.01, 0.9, True)
        found.add(w.tobytes() + state.tobytes())
    assert len(found) == 1


def test_the_moments_of_a_dead_unit_become_zero_and_not_denormal(tier: str) -> None:
    w, g = np.ones(20, np.float32), np.zeros(20, np.float32)
    m, v = np.full((2, 20), SMALLEST)
    kernels.adam(w, g, m, v, 0.1, 5)
    assert not m.any()
    assert not v.any()
    s = np.full(20, SMALLEST)
    kernels.rmsprop(w, g, s, 0.1)
    assert not s.any()


def test_gradients_of_any_size_give_finite_weights(tier: str) -> None:
    g = np.array([0, 1e-45, 1e-38, 1e-20, 1e18, -1e18], np.float32)
    w, m, v = np.ones((3, 6), np.float32) * np.array([[1], [0], [0]], np.float32)
    for step in range(3):
        kernels.adam(w, g, m, v, 0.001, step)
    assert np.isfinite(w).all()
    assert w[0] == 1


def test_a_gradient_of_any_layout_is_taken_and_left_alone(tier: str, rng: np.random.Generator) -> None:
    gradient = rng.standard_normal((6, 7)).astype(np.float32)
    expected = np.ones((6, 7), np.float32)
    kernels.sgd(expected, gradient, None, 0.5)
    for layout, g in layouts(gradient).items():
        w, before = np.ones((6, 7), np.float32), g.copy()
        kernels.sgd(w, g, None, 0.5)
        assert np.array_equal(w, expected), layout
        assert np.array_equal(g, before)


def test_what_cannot_be_changed_in_place_is_refused_in_words(tier: str) -> None:
    w, g = np.ones((2, 4), np.float32)
    with pytest.raises(ValueError, match=r"w: changed in place, so expected .* got float64"):
        kernels.sgd(w.astype(np.float64), g, None, 0.1)
    with pytest.raises(ValueError, match=r"m: changed in place, .* 4 numbers, got float32 .3."):
        kernels.adam(w, g, w[:3].copy(), g.copy(), 0.1, 0)
    with pytest.raises(ValueError, match=r"s: changed in place, .* not contiguous"):
        kernels.rmsprop(w, g, np.ones((4, 2), np.float32)[:, 0], 0.1)
    with pytest.raises(ValueError, match=r"v: momentum 0.9 needs an array"):
        kernels.sgd(w, g, None, 0.1, 0.9)
    with pytest.raises(ValueError, match=r"g: expected shape"):
        kernels.sgd(w, g[:2], None, 0.1)
    with pytest.raises(ValueError, match=r"step: expected a number from 0"):
        kernels.adam(w, g, w.copy(), g.copy(), 0.1, -1)

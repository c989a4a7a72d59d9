"""Optimizers are PyTorch's, step by step, and what may not decay does not."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import optimizers
from mlcore.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSProp

NAMES = optimizers.CATALOGUE.names()
SIZE, WEIGHTS, STEPS = 12, 8, 50
TORCH = {
    "sgd": (SGD(), "SGD", {}),
    "momentum": (SGD(momentum=0.9), "SGD", {"momentum": 0.9}),
    "nesterov": (SGD(momentum=0.9, nesterov=True), "SGD", {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (RMSProp(), "RMSprop", {}),
    "adagrad": (Adagrad(), "Adagrad", {}),
    "adam": (Adam(), "Adam", {}),
    "adamw": (AdamW(weight_decay=0), "AdamW", {}),
}


def moved(rule: Optimizer, start: np.ndarray, gradients, rate: float) -> np.ndarray:
    """Where the rule goes from `start` [P] in STEPS steps; gradients: f(w) -> g."""
    w, moments = start.copy(), np.zeros((rule.moments, len(start)))
    for step in range(STEPS):
        rule.update(w, gradients(w), moments, step=step, rate=rate, weights=WEIGHTS)
    return w


@pytest.mark.parametrize("more", [{}, {"weight_decay": 0.1}, {"l1": 0.05}, {"clip_norm": 0.7, "weight_decay": 0.02}])
@pytest.mark.parametrize("name", TORCH)
def test_fifty_steps_equal_torch(name: str, more: dict[str, float]) -> None:
    torch = pytest.importorskip("torch")
    rule, kind, settings = TORCH[name]
    rule = type(rule)(**{field: getattr(rule, field) for field in rule.__struct_fields__} | more)
    random = np.random.default_rng(5)
    a, b, start = random.normal(size=(30, SIZE)), random.normal(size=30), random.normal(size=SIZE)
    start[3] = 0
    found = moved(rule, start, lambda w: a.T @ (a @ w - b) / len(b), 0.03)

    w = torch.tensor(start[:WEIGHTS], requires_grad=True)
    bias = torch.tensor(start[WEIGHTS:], requires_grad=True)
    groups = [{"params": [w], "weight_decay": more.get("weight_decay", 0.0)}, {"params": [bias], "weight_decay": 0.0}]
    torch_rule = getattr(torch.optim, kind)(groups, lr=0.03, **settings)
    for _ in range(STEPS):
        torch_rule.zero_grad()
        error = torch.tensor(a) @ torch.cat([w, bias]) - torch.tensor(b)
        (error.square().mean() / 2).backward()
        if "clip_norm" in more:
            torch.nn.utils.clip_grad_norm_([w, bias], more["clip_norm"])
        if "l1" in more:
            w.grad += more["l1"] * w.detach().sign()
        torch_rule.step()
    expected = torch.cat([w, bias]).detach().numpy()
    assert np.abs(found - start).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("more", [{}, {"weight_decay": 0.1, "l1": 0.1, "clip_norm": 0.1}])
@pytest.mark.parametrize("name", NAMES)
def test_numbers_without_a_gradient_move_only_where_they_decay(name: str, more: dict[str, float]) -> None:
    rule = optimizers.CATALOGUE.find(name).load()(**more)
    start = np.linspace(1, 2, SIZE)
    found = moved(rule, start, lambda w: np.where(np.arange(SIZE) < 2, 1.0, 0.0), 0.01)
    assert np.array_equal(found[WEIGHTS:], start[WEIGHTS:])  # biases, gains, statistics
    assert (found[:2] < start[:2]).all() and (found[2:WEIGHTS] < start[2:WEIGHTS]).all() == bool(
        rule.weight_decay or rule.l1
    )


@pytest.mark.parametrize("name", NAMES)
def test_l1_keeps_a_weight_at_zero_that_nothing_else_moves(name: str) -> None:
    rule = optimizers.CATALOGUE.find(name).load()(l1=0.5)
    assert not moved(rule, np.zeros(SIZE), np.zeros_like, 0.1).any()


def test_a_short_gradient_is_left_alone_and_a_long_one_has_the_length_asked_for() -> None:
    rule, g = SGD(clip_norm=5), np.array([3, 4], np.float32)
    assert np.array_equal(rule.clipped(g / 2), g / 2) and rule.clipped(g).dtype == np.float32
    assert np.linalg.norm(rule.clipped(g * 1e20)) == pytest.approx(5)  # squares do not overflow: they are double
    assert np.isnan(rule.clipped(np.array([1, np.nan]))).all()


def test_the_gradient_given_is_never_changed() -> None:
    for name in NAMES:
        rule = optimizers.CATALOGUE.find(name).load()(weight_decay=0.1, l1=0.1, clip_norm=0.1)
        g = np.ones(SIZE)
        rule.update(np.ones(SIZE), g, np.zeros((rule.moments, SIZE)), step=0, rate=0.1, weights=WEIGHTS)
        assert (g == 1).all()

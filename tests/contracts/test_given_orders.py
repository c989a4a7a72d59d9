"""Orders that are given, a penalty in the loss, bounds of its rows: every backend trains with them as the reference."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlcore.backends.backend import Problem
from mlcore.datasets.dataset import Rows
from mlcore.losses.several import HalfSquaredError, MultilabelCrossEntropy, PoissonDeviance, bounds
from mlcore.optimizers import SGD, Adam, AdamHat
from mlcore.spec import changed
from tests.contracts.problems import first_weights, opened, problem, rates

STEPS = 23
WIDE = {"body": "70 relu | 65 relu", "features": 33}
PROBLEMS = {
    "small": {},
    "wide": WIDE,
    "weighted": {"weighted": True},
    "wide, weighted": WIDE | {"weighted": True},
    "blocks": {"rows": 900, "batch": 700, "body": "300 relu", "features": 200},
    "all rows": {"batch": 70},
    "two classes": {"loss": "binary_cross_entropy"},
    "numbers": {"loss": ("huber", {"delta": 3e38}), "outputs": 1},
}
RULES = {"adam_hat": AdamHat(weight_decay=0.7), "sgd": SGD(weight_decay=0.7, momentum=0.9, nesterov=True)}


SEVERAL = {
    "labels": MultilabelCrossEntropy(),
    "numbers at once": HalfSquaredError(),
    "counts": PoissonDeviance(),
}


def shuffled(p: Problem) -> Problem:
    """The problem with orders of NumPy's, and its decay as a penalty."""
    n = len(p.rows)
    return p._replace(order=lambda epoch: np.random.RandomState(epoch).permutation(n).astype(np.int32), penalised=True)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_first_steps_are_those_of_the_reference(other, name: str, rule: str) -> None:
    p = shuffled(problem(**PROBLEMS[name])._replace(optimizer=RULES[rule]))
    found = other(p)
    exact, _ = opened("reference", p, "float64")
    expected = exact.train(0, STEPS, rates(STEPS))
    losses = np.concatenate([found.train(0, 9, rates(STEPS)[:9]), found.train(9, STEPS - 9, rates(STEPS)[9:])])
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    np.testing.assert_allclose(found.weights().vector, exact.weights().vector, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("shape", [{}, {"weighted": True}, {"outputs": 300, "rows": 40}, {"outputs": 1}], ids=str)
@pytest.mark.parametrize("name", SEVERAL)
def test_losses_of_several_outputs_are_those_of_the_reference(other, name: str, shape) -> None:
    assert_alike(other, several(name, shape))


def several(name: str, shape: dict) -> Problem:
    """An experiment with yes or no for every output, or with counts."""
    p = problem(loss="mse", optimizer="sgd", **shape)._replace(loss=SEVERAL[name])
    outputs = p.network.output_shape[0]
    end = 9 if name == "counts" else 2
    y = np.random.default_rng(5).integers(0, end, size=(len(p.rows), outputs)).astype(np.float32)
    return shuffled(p._replace(rows=Rows(p.rows.x, y, p.rows.w)))


def assert_alike(opened_by, p: Problem) -> None:
    """The first steps are those of the reference in float64."""
    found, (exact, _) = opened_by(p), opened("reference", p, "float64")
    losses, expected = found.train(0, STEPS, rates(STEPS)), exact.train(0, STEPS, rates(STEPS))
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    np.testing.assert_allclose(found.weights().vector, exact.weights().vector, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", SEVERAL)
def test_the_slope_of_several_outputs_is_that_of_their_sum(name: str) -> None:
    loss, random = SEVERAL[name], np.random.default_rng(0)
    z, y, outputs = random.normal(size=(1, 4)), random.integers(0, 2, size=(1, 4)), 4
    told = outputs if name == "numbers at once" else 1  # of numbers the mean is told, as in scikit-learn
    for place in range(outputs):
        step = np.eye(outputs)[[place]] * 1e-6
        slope = (loss.rows(z + step, y)[0] - loss.rows(z - step, y)[0])[0] / 2e-6
        assert loss.rows(z, y)[1][0, place] == pytest.approx(told * slope, rel=1e-6)


@pytest.mark.parametrize("outputs", [3, 700])
def test_a_sure_answer_to_one_of_several_questions_is_told_within_bounds(outputs: int) -> None:
    p = problem(loss="mse", outputs=outputs, rows=20, batch=20, body="4 relu")
    y = np.zeros((20, outputs), np.float32)
    y[:, -1] = 1
    p = p._replace(loss=MultilabelCrossEntropy(), rows=Rows(p.rows.x, y))
    session = opened("native", p)[0]
    now = session.weights()
    vector = np.zeros_like(now.vector)
    vector[p.network.weights :] = -50  # every question is answered by a sure no, and the last one wrongly
    session.restore(now._replace(vector=vector))
    least, most = bounds(np.float32)
    assert session.train(0, 1, rates(1))[0] == pytest.approx((outputs - 1) * least + most, rel=1e-5)


@pytest.mark.parametrize("batch", [16, 70])
def test_a_penalty_is_the_decay_over_the_rows_of_the_batch_and_in_the_loss(batch: int, open_session) -> None:
    p = problem(batch=batch, optimizer="sgd", rows=batch)  # one batch an epoch: both divide by the same
    decayed = p._replace(optimizer=changed(p.optimizer, weight_decay=0.5 / batch))
    told = p._replace(optimizer=changed(p.optimizer, weight_decay=0.5), penalised=True)
    a, b = (open_session("reference", each, "float64") for each in (decayed, told))
    for step in range(5):
        squares = float(np.square(a.vector[: p.network.weights]).sum())
        plain, whole = (each.train(step, 1, np.array([0.1])) for each in (a, b))
        assert whole[0] == pytest.approx(plain[0] + 0.25 / batch * squares, rel=1e-12)
    np.testing.assert_allclose(a.vector, b.vector, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_bounds_are_of_each_row_and_leave_the_slope_alone(weighted: bool, open_session) -> None:
    p = problem(weighted=weighted, batch=70)
    z = opened("reference", p)[0].predict(p.rows.x)
    rows, w = p.loss.rows(z, p.rows.y)[0], p.loss.weights(p.rows.y, p.rows.w)
    low, high = np.quantile(rows, [0.3, 0.6]).tolist()
    expected = float(np.average(np.clip(rows, low, high), weights=w))
    for name in ("reference", "native"):
        free, bound = open_session(name, p), open_session(name, p._replace(bounds=(low, high)))
        assert bound.train(0, 1, rates(1))[0] == pytest.approx(expected, rel=1e-5)
        free.train(0, 1, rates(1))
        assert np.array_equal(bound.weights().vector, free.weights().vector)


def test_adam_hat_is_adam_with_another_epsilon_at_every_step() -> None:
    random = np.random.default_rng(0)
    w, moments = random.normal(size=9), np.zeros((2, 9))
    other, others = w.copy(), moments.copy()
    for step in range(30):
        g = random.normal(size=9) * 1e-7  # as small as epsilon
        AdamHat(epsilon=1e-8).update(w, g, moments, step=step, rate=0.1, weights=5)
        rule = Adam(epsilon=1e-8 / math.sqrt(1 - 0.999 ** (step + 1)))
        rule.update(other, g, others, step=step, rate=0.1, weights=5)
    np.testing.assert_allclose(w, other, rtol=1e-12)
    assert not np.allclose(first_weights(problem()).vector[:9], w)

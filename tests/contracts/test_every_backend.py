"""Every backend, on every tier, trains as the reference does: same seed, same curve, same outputs, same gradient."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.backends import CATALOGUE
from mlcore.backends.backend import Session
from mlcore.datasets.dataset import Rows
from mlcore.errors import DataError
from tests.contracts.experiments import SHAPED
from tests.contracts.problems import BACKENDS, LOSSES, OPTIMIZERS, first_weights, opened, problem, rates

STEPS = 50
ALL = {"label_smoothing": 0.1, "confidence_penalty": 0.2, "class_weight": (0.2, 1.0, 3.0)}
MANY = ALL | {"class_weight": tuple(np.linspace(0.3, 2, 37).tolist())}
HEAVY = {"weighted": True, "loss": ("softmax_cross_entropy", {"class_weight": (0.2, 1.0, 3.0)})}
WIDE = {"body": "70 relu | 65 relu", "features": 33}
EXPERIMENTS = {
    **SHAPED,
    **{f"loss {name}": {"loss": name} for name in LOSSES},
    **{f"weighted loss {name}": {"loss": name, "weighted": True} for name in LOSSES},
    "smoothed": {"loss": ("softmax_cross_entropy", {"label_smoothing": 0.1})},
    "smoothed, two classes": {"loss": ("binary_cross_entropy", {"label_smoothing": 0.1})},
    "smoothed distributions": {"loss": ("kl_div", {"label_smoothing": 0.1})},
    "weights of classes": {"loss": ("softmax_cross_entropy", {"class_weight": (0.2, 1.0, 3.0)})},
    "weights of two classes": {"loss": ("binary_cross_entropy", {"class_weight": (0.2, 3.0)}), "weighted": True},
    "held back": {"loss": ("softmax_cross_entropy", {"confidence_penalty": 0.3})},
    "held back, two classes": {"loss": ("binary_cross_entropy", {"confidence_penalty": 0.3})},
    "all a loss can do": {"loss": ("softmax_cross_entropy", ALL), "weighted": True},
    "all a loss can do, many classes": {"loss": ("softmax_cross_entropy", MANY), "weighted": True, "outputs": 37},
    "every row in a batch, weighted": {"batch": 70, "weighted": True},
    "batches of several blocks, weighted": {"rows": 900, "batch": 700, "body": "300 relu", "features": 200, **HEAVY},
    "wide errors": {"loss": ("huber", {"delta": 0.3}), "outputs": 37, "weighted": True},
    "in units of logarithms": {"loss": ("mse", {"units": (0.5, 2.0, 9.0)}), "weighted": True},
    "many distributions": {"loss": ("kl_div", {"label_smoothing": 0.1}), "outputs": 37},
    **{f"optimizer {name}": {"optimizer": name} for name in OPTIMIZERS},
    **{f"optimizer {name} with decay": {"optimizer": (name, {"weight_decay": 0.05})} for name in OPTIMIZERS},
    **{f"optimizer {name} with l1": {"optimizer": (name, {"l1": 0.02})} for name in OPTIMIZERS},
    **{f"optimizer {name}, clipped": {"optimizer": (name, {"clip_norm": 0.05})} for name in OPTIMIZERS},
    "momentum": {"optimizer": ("sgd", {"momentum": 0.9})},
    "nesterov": {"optimizer": ("sgd", {"momentum": 0.9, "nesterov": True})},
    "no hidden layer": {"body": ""},
    "an activation first": {"body": "tanh | 8 relu6"},
    "two activations in a row": {"body": "8 relu sigmoid | 8 tanh tanh"},
    "no activation at all": {"body": "8 | 8"},
    "wide layers, all penalties": {**WIDE, "optimizer": ("adamw", {"weight_decay": 0.05, "l1": 0.02})},
    "wide layers, clipped": {**WIDE, "optimizer": ("adagrad", {"weight_decay": 0.05, "l1": 0.02, "clip_norm": 0.1})},
    "wide layers": WIDE,
    "norms and dropout": {"body": "drop .1 | 12 batch_norm relu | drop .4 | 9 gelu layer_norm | flatten", "batch": 70},
    "norms in wide layers": {"body": "batch_norm | 70 layer_norm leaky_relu .1 | 65 batch_norm", "features": 33},
    "layer norm and dropout in several blocks": {
        "rows": 900,
        "batch": 700,
        "features": 200,
        "body": "300 layer_norm silu | drop .5",
    },
    "batch norm with a last batch of one": {"optimizer": "sgd", "body": "12 batch_norm tanh", "rows": 33, "batch": 32},
    "rows that are not flat": {"body": "flatten | 9 relu", "features": (3, 4)},
    "rows that are not flat, every one": {"body": "layer_norm tanh | flatten | 9", "features": (3, 4), "batch": 70},
    "pixels that are not flat": {"body": "flatten | 9 relu", "features": (3, 4), "uint8": True, "batch": 70},
    "a short last batch": {"rows": 33, "batch": 32},
    "batches of one": {"rows": 9, "batch": 1},
    "every row in a batch": {"batch": 70},
    "a batch larger than the rows": {"batch": 1000},
    "a batch of several blocks": {"rows": 1100, "batch": 1100, "body": "300 relu", "features": 200},
    "shuffled batches of several blocks": {"rows": 900, "batch": 700, "body": "300 relu", "features": 200},
    "pixels": {"uint8": True},
    "every pixel in a batch": {"uint8": True, "batch": 70},
    "one output": {"loss": "mse", "outputs": 1},
    "many outputs": {"loss": "mae", "outputs": 19},
    "many classes": {"outputs": 37},
}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_first_steps_give_the_same_losses_as_the_reference(other, experiment: str) -> None:
    p = problem(**EXPERIMENTS[experiment])
    steps = STEPS if p.batch_size < 500 else 8
    expected = opened("reference", p)[0].train(0, steps, rates(steps))
    losses = other(p).train(0, steps, rates(steps))
    assert losses.dtype == np.float32 and len(losses) == steps
    np.testing.assert_allclose(losses[: STEPS // 2], expected[: STEPS // 2], rtol=1e-4)
    np.testing.assert_allclose(losses, expected, rtol=1e-3)  # later steps start from what rounding made of earlier ones


NORMED = "9 batch_norm relu | drop .3 | 9 batch_norm momentum=.5"
# adam would enlarge the rounding errors by which a bias before a norm is moved
STEADY = ("sgd", {"weight_decay": 0.1})


@pytest.mark.parametrize(("rows", "batch", "features"), [(70, 16, 5), (33, 32, 5), (400, 150, 800)])
def test_statistics_move_as_in_the_reference_and_outputs_follow_them(
    other, rows: int, batch: int, features: int
) -> None:
    p = problem(body=NORMED, rows=rows, batch=batch, features=features, optimizer=STEADY)
    session, expected = other(p), opened("reference", p)[0]
    for each in (session, expected):
        each.train(0, 9, rates(9, 0.001))
    learned = p.network.learned
    found, known = session.weights(), expected.weights()
    np.testing.assert_allclose(found.vector[learned:], known.vector[learned:], rtol=1e-4, atol=1e-5)
    assert not np.allclose(found.vector[learned:], first_weights(p).vector[learned:])
    assert not found.moments[:, learned:].any()
    np.testing.assert_allclose(session.predict(p.rows.x), expected.predict(p.rows.x), rtol=1e-3, atol=1e-4)


def test_statistics_are_those_before_a_loss_that_is_not_finite(other) -> None:
    p = problem(body=NORMED, loss="mse")
    session = other(p)
    weights = session.weights()
    weights.vector[0] = np.nan
    session.restore(weights)
    assert len(session.train(0, 3, rates(3))) == 1
    assert session.weights().vector[1:].tobytes() == weights.vector[1:].tobytes()


@pytest.mark.parametrize("name", BACKENDS)
def test_resuming_with_norms_and_dropout_is_exact(name: str, open_session) -> None:
    p = problem(body=NORMED)
    whole, part, later = (open_session(name, p) for _ in range(3))
    losses = whole.train(0, 13, rates(13))
    first = part.train(0, 8, rates(13)[:8])  # in the middle of the second epoch
    later.restore(part.weights())
    later.predict(p.rows.x)
    later.inspect(p.rows.x[:5], p.rows.y[:5])
    second = later.train(8, 5, rates(13)[8:])
    assert np.array_equal(np.concatenate([first, second]), losses)
    assert np.array_equal(later.weights().vector, whole.weights().vector)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_outputs_and_gradient_equal_the_reference(other, experiment: str) -> None:
    p = problem(**EXPERIMENTS[experiment])
    exact, session = opened("reference", p, "float64")[0], other(p)
    x, y = p.rows.x[:50], p.rows.y[:50]
    np.testing.assert_allclose(session.predict(x), exact.predict(x), rtol=1e-4, atol=1e-5)
    found, expected = session.inspect(x, y), exact.inspect(x, y)
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-4, atol=1e-5)
    assert len(found.activations) == len(p.network.layers)
    for value, known in zip(found.activations, expected.activations, strict=True):
        np.testing.assert_allclose(value, known, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "experiment", [name for name in SHAPED if name.startswith("layer ") and "embedding" not in name]
)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_goes_as_far_as_in_the_reference(other, experiment: str, wrong: float) -> None:
    p = problem(**SHAPED[experiment])
    x = p.rows.x[:6].copy()
    x.reshape(6, -1)[[1, 4], [0, 2]] = wrong
    found, expected = other(p).predict(x), opened("reference", p)[0].predict(x)
    same = np.isfinite if "gelu" in experiment else np.isnan  # with AVX-512 PyTorch has no gelu of infinity
    np.testing.assert_array_equal(same(found), same(expected))


@pytest.mark.parametrize("token", [-1, 11, 0.5, 1e30, np.nan])
def test_what_is_no_token_ends_a_native_run_by_its_loss(token: float) -> None:
    p = problem(**SHAPED["tokens"], batch=70)
    x = p.rows.x.copy()
    x[3, 2] = token
    session = _native(p._replace(rows=Rows(x, p.rows.y)))
    z, losses = session.predict(x), session.train(0, 5, rates(5))
    assert len(losses) == 1 and np.isnan(losses[0])
    assert np.flatnonzero(np.isnan(z).any(axis=1)).tolist() == [3]
    assert np.array_equal(session.weights().vector, first_weights(p).vector)


def test_looking_changes_nothing(other) -> None:
    p = problem()
    session = other(p)
    before = session.weights()
    session.inspect(p.rows.x[:5], p.rows.y[:5])
    session.predict(p.rows.x)
    after = session.weights()
    assert np.array_equal(before.vector, after.vector) and before.step == after.step == 0


@pytest.mark.parametrize("rows", [1, 7, 300, 1000])
def test_any_number_of_rows_is_predicted(other, rows: int) -> None:
    p = problem()
    x = np.random.default_rng(4).normal(size=(rows, 5)).astype(np.float32)
    expected = opened("reference", p)[0].predict(x)
    np.testing.assert_allclose(other(p).predict(x), expected, rtol=1e-4, atol=1e-5)


def test_a_loss_that_is_not_finite_ends_the_call_and_its_update_is_not_made(other) -> None:
    p = problem(optimizer="sgd", loss="mse", body="8 relu | 8 relu")
    session = other(p)
    losses = session.train(0, 40, np.full(40, 1e6))
    assert len(losses) < 40 and not np.isfinite(losses[-1]) and np.isfinite(losses[:-1]).all()
    weights = session.weights()
    assert weights.step == len(losses) - 1
    again = other(p)
    again.train(0, weights.step, np.full(weights.step, 1e6))
    np.testing.assert_allclose(weights.vector, again.weights().vector, rtol=1e-6)


def test_a_step_that_is_named_takes_the_batch_of_that_step(other) -> None:
    p = problem()
    session, expected = other(p), opened("reference", p)[0]
    for first in (7, 3, 12, 0):
        losses, known = (s.train(first, 2, rates(2)) for s in (session, expected))
        np.testing.assert_allclose(losses, known, rtol=1e-4)


@pytest.mark.parametrize("name", BACKENDS)
def test_going_on_equals_never_having_stopped_bit_for_bit(name: str, open_session) -> None:
    p = problem(optimizer=("adam", {"weight_decay": 0.01}))
    whole, part, later = (open_session(name, p) for _ in range(3))
    losses = whole.train(0, 23, rates(23))
    first = part.train(0, 13, rates(23)[:13])  # 5 steps an epoch: in the middle of the third
    later.restore(part.weights())
    second = later.train(13, 10, rates(23)[13:])
    assert np.array_equal(np.concatenate([first, second]), losses)
    ended, expected = later.weights(), whole.weights()
    assert np.array_equal(ended.vector, expected.vector) and np.array_equal(ended.moments, expected.moments)
    assert ended.step == expected.step == 23


@pytest.mark.parametrize("name", BACKENDS)
def test_weights_come_and_go_as_exact_copies(name: str, open_session) -> None:
    p = problem()
    session, given = open_session(name, p), first_weights(p)
    random = np.random.default_rng(3)
    given = given._replace(moments=random.normal(size=given.moments.shape).astype(np.float32), step=17)
    session.restore(given)
    taken = session.weights()
    session.train(0, 3, rates(3))
    assert np.array_equal(taken.vector, given.vector) and np.array_equal(taken.moments, given.moments)
    assert taken.step == 17 and taken.vector.dtype == np.float32


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_says_what_it_is(name: str) -> None:
    backend = CATALOGUE.find(name).load()("cpu", "float32")
    assert backend.name == name and backend.device == "cpu"
    reason = backend.unavailable()
    assert reason is None or "\n" not in reason


def test_labels_outside_the_classes_are_refused_when_a_native_session_opens() -> None:
    p = problem()
    wrong = p._replace(rows=Rows(p.rows.x, np.where(np.arange(70) == 41, 3, p.rows.y)))
    with pytest.raises(DataError, match="class numbers 0 to 2, got 3 in row 41"):
        _native(wrong)


def test_distributions_as_targets_train_everywhere(other) -> None:
    p = problem(loss="kl_div")
    y = np.random.default_rng(3).dirichlet(np.ones(3), 70).astype(np.float32)
    y[5] = [1, 0, 0]
    p = p._replace(rows=Rows(p.rows.x, y))
    session, reference = other(p), opened("reference", p)[0]
    np.testing.assert_allclose(session.train(0, 30, rates(30)), reference.train(0, 30, rates(30)), rtol=1e-4)
    found, expected = session.inspect(p.rows.x, y), reference.inspect(p.rows.x, y)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-4, atol=1e-5)


def test_a_batch_that_counts_nothing_has_no_loss_and_moves_nothing(other) -> None:
    p = problem(optimizer="sgd")
    session = other(p._replace(rows=Rows(p.rows.x, p.rows.y, np.zeros(70, np.float32))))
    assert np.array_equal(session.train(0, 5, rates(5)), np.zeros(5))
    assert np.array_equal(session.weights().vector, first_weights(p).vector)


def test_the_size_of_weights_does_not_matter(other) -> None:
    p = problem(weighted=True)
    large = p._replace(rows=Rows(p.rows.x, p.rows.y, p.rows.w * 1000))
    np.testing.assert_allclose(other(large).train(0, 9, rates(9)), other(p).train(0, 9, rates(9)), rtol=1e-5)


@pytest.mark.parametrize("wrong", [np.array([0.5, 0.6, 0.7]), np.full(2, 0.5), np.array([0.2, np.nan, 0.8])])
def test_targets_that_are_no_distributions_are_refused_when_a_native_session_opens(wrong) -> None:
    p = problem(loss="kl_div")
    y = np.tile(wrong if wrong.size < 3 or np.isnan(wrong).any() else wrong + 0.5, (70, 1))
    with pytest.raises(DataError, match="targets: expected"):
        _native(p._replace(rows=Rows(p.rows.x, y)))


def _native(p) -> Session:
    session, reason = opened("native", p)
    if session is None:
        pytest.skip(reason)
    return session

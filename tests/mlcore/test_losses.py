"""Losses are PyTorch's; smoothing, weights and penalties mean what they say, down to a trained network."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import form, losses, train
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows, Scaling, Task
from mlcore.errors import ConfigError, DataError
from mlcore.losses import BinaryCrossEntropy, Huber, KLDivergence, SoftmaxCrossEntropy
from mlcore.losses.classes import balanced

K = 4
random = np.random.default_rng(2)
Z, Y = random.normal(size=(9, K)) * 2, random.integers(0, K, 9)
P = random.dirichlet(np.ones(K), 9)
WEIGHT = (0.2, 1.0, 3.0, 0.7)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weight", ["none", WEIGHT])
def test_softmax_cross_entropy_is_torchs_with_any_weights_and_smoothing(smoothing: float, weight) -> None:
    torch = pytest.importorskip("torch")
    each = None if weight == "none" else torch.tensor(weight, dtype=torch.float64)
    z = torch.tensor(Z, requires_grad=True)
    expected = torch.nn.CrossEntropyLoss(weight=each, label_smoothing=smoothing)(z, torch.tensor(Y))
    expected.backward()
    loss, dz = SoftmaxCrossEntropy(label_smoothing=smoothing, class_weight=weight)(Z, Y)
    assert loss == pytest.approx(expected.item(), abs=1e-12)
    np.testing.assert_allclose(dz, z.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("name", ["huber", "kl_div"])
def test_other_losses_are_torchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    z, p = torch.tensor(Z, requires_grad=True), torch.tensor(P)
    if name == "huber":
        expected, (loss, dz) = torch.nn.HuberLoss(delta=0.7)(z, p), Huber(delta=0.7)(Z, P)
    else:
        expected = torch.nn.KLDivLoss(reduction="batchmean")(z.log_softmax(1), p)
        loss, dz = KLDivergence()(Z, P)
    expected.backward()
    assert loss == pytest.approx(expected.item(), abs=1e-12)
    np.testing.assert_allclose(dz, z.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_is_entropy_and_divergence(smoothing: float) -> None:
    t = KLDivergence(label_smoothing=smoothing).targets(Y, K)
    entropy = -np.where(t > 0, t * np.log(np.where(t > 0, t, 1)), 0).sum(axis=1).mean()
    cross, dz = SoftmaxCrossEntropy(label_smoothing=smoothing)(Z, Y)
    divergence, same = KLDivergence(label_smoothing=smoothing)(Z, Y)
    assert abs(cross - (entropy + divergence)) < 1e-12
    np.testing.assert_allclose(same, dz, atol=1e-15)
    exact = KLDivergence()(np.log(P), P)
    assert abs(exact[0]) < 1e-15 and np.abs(exact[1]).max() < 1e-15


def test_the_confidence_penalty_is_the_divergence_from_uniform_with_one_output_or_two() -> None:
    p = SoftmaxCrossEntropy().probabilities(Z)
    expected = (p * np.log(p * K)).sum(axis=1).mean()
    held = SoftmaxCrossEntropy(confidence_penalty=0.3)(Z, Y)[0] - SoftmaxCrossEntropy()(Z, Y)[0]
    assert held == pytest.approx(0.3 * expected, abs=1e-12)
    one, two = Z[:, :1], np.concatenate([np.zeros((9, 1)), Z[:, :1]], axis=1)
    more = {"confidence_penalty": 0.3, "label_smoothing": 0.1}
    single, dz = BinaryCrossEntropy(**more)(one, Y % 2)
    double, both = SoftmaxCrossEntropy(**more)(two, Y % 2)
    assert single == pytest.approx(double, abs=1e-12)
    np.testing.assert_allclose(dz[:, 0], both[:, 1], atol=1e-12)


def test_a_row_of_weight_two_is_that_row_twice_and_of_weight_zero_none() -> None:
    w = np.array([2, 1, 0, 1, 1, 0, 3, 1, 1])
    index = np.repeat(np.arange(9), w)
    for loss in (SoftmaxCrossEntropy(class_weight=WEIGHT, label_smoothing=0.1), KLDivergence()):
        assert loss(Z, Y, w)[0] == pytest.approx(loss(Z[index], Y[index])[0], abs=1e-12)
    value, dz = SoftmaxCrossEntropy()(Z, Y, np.zeros(9))
    assert value == 0 and not dz.any()


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    y = np.array([0, 0, 0, 2, 2, 3])
    expected = compute_class_weight("balanced", classes=np.array([0, 2, 3]), y=y) * 3 / 4  # it counts 3 classes, not 4
    assert balanced(y, 4) == pytest.approx((expected[0], 1.0, expected[1], expected[2]))


def test_what_is_chosen_fits_the_task_or_says_why_not() -> None:
    smoothed = losses.Auto(label_smoothing=0.1, class_weight="balanced")
    assert losses.choose(smoothed, "binary", 2, np.array([0, 1, 1, 1])) == BinaryCrossEntropy(
        label_smoothing=0.1, class_weight=(2.0, 2 / 3)
    )
    assert losses.choose(smoothed, "multiclass").class_weight == "balanced"  # no labels: enough to predict
    with pytest.raises(ConfigError, match="loss.label_smoothing is for classes, and this is a regression"):
        losses.choose(smoothed, "regression")
    with pytest.raises(ConfigError, match="expected a number for each of 3 classes, got 2"):
        losses.choose(losses.Auto(class_weight=(1, 2)), "multiclass", 3)
    with pytest.raises(ConfigError, match="expected a loss that fits a binary task, got huber"):
        losses.choose(Huber(), "binary")
    with pytest.raises(ConfigError, match="balanced class weights are not numbers yet"):
        SoftmaxCrossEntropy(class_weight="balanced")(Z, Y)


def lopsided(w: np.ndarray | None = None) -> Data:
    """Two classes that overlap, one of them nine times as frequent."""
    rows = np.random.default_rng(4)
    y = (np.arange(400) % 10 == 0).astype(np.int32)
    x = (rows.normal(size=(400, 2)) + y[:, None]).astype(np.float32)
    one = Rows(x[:300], y[:300], None if w is None else w[:300])
    two = Rows(x[300:], y[300:], None if w is None else w[300:])
    scaling = Scaling(np.zeros(2), np.ones(2))
    return Data(one, two, None, Task("binary", 2, ("many", "few")), ("a", "b"), scaling)


def found(backend: str, data: Data, **settings):
    """The share of the rare class that is told, and the last losses."""
    config = Config(epochs=15, backend=backend, layers=(), batch_size=30).with_settings(
        {f"loss.{name}": value for name, value in settings.items()}
    )
    ended = list(train(config, data=data))[-1]
    rows = data.train
    return ended.model.predict(rows.x)[rows.y == 1].mean(), ended.metrics


@pytest.mark.parametrize("backend", ["native", "reference", "torch"])
def test_balanced_classes_and_weights_of_rows_find_what_is_rare(backend: str) -> None:
    if backend == "torch":
        pytest.importorskip("torch")
    data = lopsided()
    plain, balanced_ = found(backend, data)[0], found(backend, data, class_weight="balanced")[0]
    assert balanced_ > plain + 0.3
    w = np.where(np.arange(400) % 10 == 0, 9.0, 1.0)
    by_rows, metrics = found(backend, lopsided(w))
    assert by_rows == balanced_
    expected = found(backend, data, class_weight=[1, 9])[1]
    assert metrics["validation_loss"] == pytest.approx(expected["validation_loss"], rel=1e-5)  # weighted as training is


@pytest.mark.parametrize(
    ("w", "words"),
    [
        (np.full(400, -1.0), "expected finite numbers from 0, got -1.0 in row 0"),
        (np.full(400, np.nan), "got nan in row 0"),
        (np.ones((400, 1)), r"expected a number for each of 300 rows, got float64 of shape \[300, 1\]"),
    ],
)
def test_weights_that_are_none_are_refused_before_training(w: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        next(iter(train(Config(), data=lopsided(w))))


def test_weights_of_classes_can_be_typed_into_a_form() -> None:
    row = next(row for row in form.rows(Config()) if row.name == "loss.class_weight")
    assert row.choices == ("balanced", "none") and form.read(row, "balanced") == "balanced"
    assert form.read(row, "1, 2.5") == form.read(row, "[1, 2.5]") == [1, 2.5]
    with pytest.raises(ConfigError, match="expected one of balanced, none, got 'x, 1'"):
        form.read(row, "x, 1")


def test_rows_taken_keep_their_weights() -> None:
    rows = Rows(Z, Y, np.arange(9.0)).take(np.array([3, 1]))
    assert rows.w is not None and rows.w.tolist() == [3, 1] and len(rows) == 2
    assert Rows(Z, Y).take(slice(2)).w is None

"""What an examination finds is what scikit-learn finds, or what follows from the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import decomposition, metrics, neighbors

import mlcore
from mlcore import PCA, examining
from mlcore.config import Config
from mlcore.errors import DataError, Diverged
from mlcore.model import Model, Preparation, blueprint

TRAINED = {"backend": "reference", "epochs": 3, "layers": "12 tanh | 8 relu", "dataset": "digits"}


def trained(**settings):
    """A network after a few epochs, and its data."""
    config = Config().with_settings(TRAINED | settings)
    data = config.dataset.load()
    *_, ended = mlcore.train(config, data=data)
    return ended.model, data


@pytest.fixture(scope="module")
def digits():
    return trained()


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("shape", [(40, 6), (5, 9)])
def test_principal_components_are_scikit_learn_s(whiten: bool, shape: tuple[int, int]) -> None:
    x = np.random.default_rng(3).normal(size=shape) * np.arange(1, shape[1] + 1)
    ours, theirs = PCA(4, whiten).fit(x), decomposition.PCA(4, whiten=whiten).fit(x)
    for name in ("components_", "explained_variance_", "explained_variance_ratio_", "singular_values_", "mean_"):
        np.testing.assert_allclose(np.abs(getattr(ours, name)), np.abs(getattr(theirs, name)), atol=1e-12)
    moved = ours.transform(x)
    np.testing.assert_allclose(np.abs(moved), np.abs(theirs.transform(x)), atol=1e-10)
    np.testing.assert_allclose(ours.inverse_transform(moved), theirs.inverse_transform(theirs.transform(x)), atol=1e-9)
    covariance = np.cov(x.T)
    for value, vector in zip(ours.explained_variance_, ours.components_, strict=True):
        assert np.abs(covariance @ vector - value * vector).max() < 1e-10
        assert vector[np.abs(vector).argmax()] > 0


@pytest.mark.parametrize("seed", range(8))
def test_of_numbers_that_are_as_large_but_for_rounding_the_first_is_positive(seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(30, 2)) @ [[1, -0.5], [0, 1]]
    found = PCA().fit((x - x.mean(axis=0)) / x.std(axis=0)).components_
    np.testing.assert_allclose(np.abs(found), np.sqrt(0.5))
    assert (found[:, 0] > 0).all()


@pytest.mark.parametrize(
    ("x", "components", "words"),
    [
        (np.zeros((1, 3)), None, "expected 1 to 1 components of 1 rows of 3, got 1"),
        (np.zeros((4, 3)), 5, "expected 1 to 3 components of 4 rows of 3, got 5"),
        (np.zeros(4), None, "expected rows [n], got shape [4]"),
        (np.array([[1.0, np.nan], [0, 1]]), None, "expected finite numbers"),
    ],
)
def test_what_has_no_components_is_refused(x, components, words: str) -> None:
    with pytest.raises(DataError, match="PCA: ") as refused:
        PCA(components).fit(x)
    assert words in str(refused.value)


def test_a_constant_has_components_that_hold_nothing() -> None:
    found = PCA(2, whiten=True)
    assert not found.fit_transform(np.ones((5, 3))).any()
    assert found.explained_variance_ratio_.tolist() == [0, 0]


def test_confusion_report_and_losses_are_those_of_scikit_learn(digits) -> None:
    model, data = digits
    judged = examining.judge(model, data, "test")
    y, z = data.test.y, examining.outputs(model, data.inputs(data.test)).astype(np.float64)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(judged.answers, p, atol=1e-5)
    mistakes = examining.confusion(judged)
    np.testing.assert_array_equal(mistakes, metrics.confusion_matrix(y, judged.said))
    theirs = metrics.precision_recall_fscore_support(y, judged.said, zero_division=0)
    np.testing.assert_allclose(examining.report(mistakes), np.transpose(theirs))
    found = examining.figures(judged, data, model.loss)
    assert found["loss"] == pytest.approx(metrics.log_loss(y, p), rel=1e-5)
    assert found["loss"] == pytest.approx(judged.losses.mean(), rel=1e-6)
    assert found["accuracy"] == metrics.accuracy_score(y, judged.said)
    assert judged.losses[judged.worst[0]] == judged.losses.max()
    assert (np.diff(judged.losses[judged.worst]) <= 0).all()


def test_calibration_is_the_mean_distance_of_confidence_and_accuracy(digits) -> None:
    model, data = digits
    judged = examining.judge(model, data, "test")
    sure, right = judged.answers.max(axis=1), judged.said == data.test.y
    total = 0.0
    for number, (rows, confidence, accuracy) in enumerate(examining.calibration(judged)):
        inside = (sure > number / 15) & (sure <= (number + 1) / 15)
        assert rows == inside.sum()
        if rows:
            assert (confidence, accuracy) == pytest.approx((sure[inside].mean(), right[inside].mean()))
            total += rows * abs(confidence - accuracy)
    error = examining.figures(judged, data, model.loss)["calibration_error"]
    assert error == pytest.approx(total / len(right), abs=1e-6)


def test_a_projection_is_of_what_the_layers_make_of_the_rows(digits) -> None:
    model, data = digits
    inputs, first, second = places = examining.places(model.network)
    assert [each.name for each in places] == ["inputs", "hidden layer 1: 12 tanh", "hidden layer 2: 8 relu"]
    x = data.inputs(data.test)
    p = model.network.views(model.vector)
    hidden = np.tanh(x @ p[0]["w"] + p[0]["b"])
    deeper = np.maximum(hidden @ p[2]["w"] + p[2]["b"], 0)
    for place, numbers in ((inputs, x), (first, hidden), (second, deeper)):
        found = examining.projection(model, data, data.test, place)
        theirs = decomposition.PCA(2).fit(numbers.astype(np.float64))
        np.testing.assert_allclose(np.abs(found.points), np.abs(theirs.transform(numbers)), atol=1e-4)
        np.testing.assert_allclose(found.shares[:2], theirs.explained_variance_ratio_, atol=1e-5)
    near, far = examining.neighbours(model, data, data.test.take(slice(7, 8)), 5)
    train = examining.numbers_at(model, data.inputs(data.train), second)
    theirs = neighbors.NearestNeighbors(n_neighbors=5).fit(train).kneighbors(deeper[7:8])
    np.testing.assert_allclose(far, theirs[0][0], atol=1e-4)
    assert set(near.tolist()) == set(theirs[1][0].tolist())


def test_of_many_rows_the_components_are_those_of_some_and_all_are_seen_on_them(monkeypatch, digits) -> None:
    model, data = digits
    place = examining.places(model.network)[0]
    whole = examining.projection(model, data, data.test, place)
    monkeypatch.setattr(examining, "FITTED", 90)
    some = examining.projection(model, data, data.test, place)
    assert len(some.which) == len(data.test) == len(whole.which)
    pca = decomposition.PCA(2).fit(data.inputs(data.test)[::4].astype(np.float64))
    np.testing.assert_allclose(np.abs(some.points), np.abs(pca.transform(data.inputs(data.test))), atol=1e-4)
    monkeypatch.setattr(examining, "PROJECTED", 100)
    assert examining.projection(model, data, data.test, place).which.tolist() == [*range(0, len(data.test), 4)]


def test_what_pushed_the_loss_adds_up_where_the_network_is_linear() -> None:
    model, data = trained(layers="", dataset="wine")
    row = data.test.take(slice(3, 4))
    x = data.inputs(row)
    z = examining.outputs(model, x).astype(np.float64)
    w = model.network.views(model.vector)[0]["w"]
    np.testing.assert_allclose(examining.pull(model, row, x), (x * (model.loss(z, row.y)[1] @ w.T))[0], rtol=1e-5)
    weights, biases, _ = examining.filters(model)
    np.testing.assert_array_equal(weights, w)
    assert biases.shape == (3,)


def test_numbers_are_judged_by_the_errors_of_their_answers() -> None:
    model, data = trained(dataset="diabetes", layers="4 tanh")
    judged = examining.judge(model, data, "validation")
    y, said = data.validation.y, judged.answers
    found = examining.figures(judged, data, model.loss)
    assert found["r2"] == pytest.approx(metrics.r2_score(y, said))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(y, said))
    assert judged.worst[0] == np.abs(y - said).ravel().argmax()


def test_a_network_that_diverged_and_a_split_that_is_not_there_are_refused(digits) -> None:
    model, data = digits
    broken = Model(model.config, model.network, model.loss, model.preparation, model.vector * np.nan)
    with pytest.raises(Diverged, match="360 of 360 outputs are not finite"):
        examining.judge(broken, data, "test")
    with pytest.raises(DataError, match="no test split"):
        examining.judge(model, data._replace(test=None), "test")
    with pytest.raises(DataError, match="expected 0 to 359 in the test split, got 360"):
        examining.row_of(data, "test", 360)
    config = Config().with_settings({"dataset": "moons", "dataset.n_samples": 60, "layers": "4 relu"})
    small = config.dataset.load()
    network, loss = blueprint(config, small)
    model = Model(config, network, loss, Preparation.of(small), network.init(0, "he_normal"))
    with pytest.raises(DataError, match="one row has no direction"):
        examining.projection(model, small, small.test.take(slice(0, 1)), examining.places(network)[0])

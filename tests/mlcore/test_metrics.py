"""Metrics equal scikit-learn's, for every type of label."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

from mlcore import metrics
from mlcore.datasets.dataset import Task
from mlcore.errors import DataError

RANDOM = np.random.RandomState(11)
BINARY = Task("binary", 2, ("0", "1"))
FIVE = Task("multiclass", 5)
NUMBERS = Task("regression", 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, bool])
def test_the_accuracy_of_two_classes_counts_logits_above_zero(dtype):
    z, y = RANDOM.normal(size=(500, 1)).astype(np.float32), RANDOM.randint(0, 2, 500).astype(dtype)
    assert metrics.evaluate(z, y, BINARY) == {"accuracy": theirs.accuracy_score(y, z[:, 0] > 0)}


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_the_accuracy_of_many_classes_counts_the_largest_output(dtype):
    z, y = RANDOM.normal(size=(500, 5)).astype(np.float32), RANDOM.randint(0, 5, 500).astype(dtype)
    assert metrics.evaluate(z, y, FIVE) == {"accuracy": theirs.accuracy_score(y, z.argmax(axis=1))}


def test_two_classes_may_have_two_outputs():
    z = np.array([[1, 2], [2, 1], [0, 5]], np.float32)
    assert metrics.evaluate(z, np.array([1, 0, 0]), BINARY) == {"accuracy": pytest.approx(2 / 3)}


def test_an_output_of_exactly_zero_means_class_0():
    assert metrics.predicted(np.array([[0.0], [-0.0], [1e-30]])).tolist() == [0, 0, 1]


@pytest.mark.parametrize("outputs", [1, 3])
def test_an_output_that_is_not_a_number_is_never_right(outputs):
    z = np.full((4, outputs), np.nan, np.float32)
    assert metrics.accuracy(z, np.array([0, 1, 0, 1])) == 0
    assert metrics.predicted(z).tolist() == [-1] * 4


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_metrics_of_numbers_are_scikit_learn_s(outputs):
    y = RANDOM.normal(3, 2, (200, outputs)).astype(np.float32)
    z = (y + RANDOM.normal(0, 0.5, y.shape)).astype(np.float32)
    found = metrics.evaluate(z, y, NUMBERS)
    assert found["mse"] == pytest.approx(theirs.mean_squared_error(y, z), rel=1e-6)
    assert found["mae"] == pytest.approx(theirs.mean_absolute_error(y, z), rel=1e-6)
    assert found["r2"] == pytest.approx(theirs.r2_score(y, z), rel=1e-6)


def test_targets_of_one_dimension_meet_outputs_of_two():
    z, y = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 3.0])
    assert metrics.evaluate(z, y, NUMBERS) == {
        "mse": pytest.approx(1 / 3),
        "mae": pytest.approx(1 / 3),
        "r2": pytest.approx(0.5),
    }


def test_a_target_that_never_changes_is_met_or_not():
    y = np.full((5, 1), 2.0)
    assert metrics.r2(y, y) == theirs.r2_score(y, y) == 1
    assert metrics.r2(y + 1, y) == theirs.r2_score(y, y + 1) == 0


def test_large_float32_numbers_keep_their_digits():
    y = (1e6 + RANDOM.normal(size=(100_000, 1))).astype(np.float32)
    assert metrics.r2(y, y) == 1 and metrics.mse(y + np.float32(1), y) == pytest.approx(1, rel=1e-6)


def test_the_confusion_matrix_has_labels_down_and_predictions_across():
    y, guessed = RANDOM.randint(0, 4, 300), RANDOM.randint(0, 4, 300)
    found = metrics.confusion_matrix(y.astype(np.uint8), guessed, 5)
    assert np.array_equal(found, theirs.confusion_matrix(y, guessed, labels=range(5)))
    assert found.dtype == np.int64 and found.sum() == 300
    one = metrics.confusion_matrix(np.array([1]), np.array([0]), 2)
    assert one.tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize(("y", "guessed"), [([0, 5], [0, 0]), ([0, 1], [0, -1]), ([-1, 0], [0, 0])])
def test_a_number_that_is_no_class_is_refused_with_its_row(y, guessed):
    with pytest.raises(DataError, match="of row") as caught:
        metrics.confusion_matrix(np.array(y), np.array(guessed), 5)
    assert caught.value.code == "DATA_TARGET"


@pytest.mark.parametrize("task", [BINARY, FIVE, NUMBERS])
def test_no_rows_have_no_metrics(task):
    with pytest.raises(DataError, match="no rows"):
        metrics.evaluate(np.zeros((0, 1)), np.zeros(0), task)


def test_every_line_of_the_catalogue_is_a_metric_evaluate_knows():
    z, y = np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]])
    known = metrics.evaluate(z, y, NUMBERS)
    known |= metrics.evaluate(z, np.array([1, 0]), BINARY, metrics.possible(BINARY))
    assert set(metrics.CATALOGUE.names()) == set(known)
    for entry in metrics.CATALOGUE:
        targets = y if entry.name in metrics.possible(NUMBERS) else np.array([1, 0])
        assert isinstance(entry.load()(z, targets), float)


@pytest.mark.parametrize(("task", "outputs"), [(BINARY, 1), (BINARY, 2), (FIVE, 5)])
def test_precision_recall_and_f1_are_scikit_learn_s(task, outputs):
    z, y = RANDOM.normal(size=(300, outputs)).astype(np.float32), RANDOM.randint(0, task.outputs - 1, 300)
    y[:3] = task.outputs - 1
    found = metrics.evaluate(z, y, task, ("precision", "recall", "f1"))
    how = {"average": "binary" if task is BINARY else "macro", "zero_division": 0}
    said = metrics.predicted(z)
    assert found["precision"] == pytest.approx(theirs.precision_score(y, said, **how))
    assert found["recall"] == pytest.approx(theirs.recall_score(y, said, **how))
    assert found["f1"] == pytest.approx(theirs.f1_score(y, said, **how))


def test_a_class_nobody_names_or_has_counts_zero():
    z = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
    assert metrics.by_class(metrics.predicted(z), np.array([0, 0, 0, 1]), 3).tolist() == [
        [1.0, 2 / 3, 0.8],
        [0.5, 1.0, 2 / 3],
        [0.0, 0.0, 0.0],
    ]


def test_every_metric_of_a_task_is_a_number_and_possible_at_the_monitor():
    from mlcore.config import MONITORS

    for task, outputs in ((BINARY, 1), (FIVE, 5)):
        z, y = RANDOM.normal(size=(50, outputs)), RANDOM.randint(0, task.outputs, 50)
        found = metrics.evaluate(z, y, task, metrics.possible(task))
        assert all(np.isfinite(value) for value in found.values())
        assert {f"validation_{name}" for name in found} <= set(MONITORS)

"""The report's numbers are scikit-learn's, whatever the rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from mlcore import evaluation, ranking
from mlcore.errors import DataError


@st.composite
def judged(draw: Any) -> tuple[Any, Any]:
    """Probabilities [n, K], with many draws among them, and classes [n], some of which may have no rows."""
    n, classes = draw(st.integers(2, 60)), draw(st.integers(2, 5))
    random = np.random.RandomState(draw(st.integers(0, 2**31)))
    p = random.dirichlet(np.full(classes, draw(st.sampled_from([0.05, 1.0, 10.0]))), n)
    if draw(st.booleans()):
        p = np.round(p, 1) + 1e-3
    return p / p.sum(axis=1, keepdims=True), random.randint(0, draw(st.integers(1, classes)), n)


@settings(max_examples=150, deadline=None)
@given(judged())
def test_a_report_of_classes_is_scikit_learn_s(rows: tuple[Any, Any]) -> None:
    p, y = rows
    classes, said = p.shape[1], p.argmax(axis=1)
    found, numbers = evaluation.of_classes(p, y), list(range(p.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = theirs.classification_report(y, said, labels=numbers, output_dict=True, zero_division=0)
        balanced = theirs.balanced_accuracy_score(y, said)
    keys = ("precision", "recall", "f1-score", "support")
    np.testing.assert_allclose(found.classes, [[report[str(k)][key] for key in keys] for k in numbers])
    np.testing.assert_allclose(found.macro, [report["macro avg"][key] for key in keys[:3]])
    np.testing.assert_allclose(found.weighted, [report["weighted avg"][key] for key in keys[:3]])
    assert found.scores["accuracy"] == pytest.approx(theirs.accuracy_score(y, said))
    assert found.scores["balanced_accuracy"] == pytest.approx(balanced)
    assert found.scores["log_loss"] == pytest.approx(theirs.log_loss(y, p, labels=numbers))
    assert found.scores["brier"] == pytest.approx(theirs.brier_score_loss(y, p, labels=numbers))
    if len(set(y)) == classes:
        ours = {"y_score": p[:, 1]} if classes == 2 else {"y_score": p, "multi_class": "ovr"}
        assert found.scores["roc_auc"] == pytest.approx(theirs.roc_auc_score(y, **ours))
        truth, score = (y, p[:, 1]) if classes == 2 else (np.eye(classes)[y], p)
        assert found.scores["average_precision"] == pytest.approx(theirs.average_precision_score(truth, score))


@settings(max_examples=150, deadline=None)
@given(judged())
def test_curves_are_scikit_learn_s(rows: tuple[Any, Any]) -> None:
    p, y = rows
    score, positive = p[:, 0], y == 0
    if positive.all() or not positive.any():
        with pytest.raises(DataError, match="takes rows of both kinds"):
            ranking.roc(score, positive)
        return
    curve = ranking.roc(score, positive)
    for mine, other in zip(curve, theirs.roc_curve(positive, score, drop_intermediate=False), strict=True):
        np.testing.assert_allclose(mine, other)
    pr = ranking.precision_recall(score, positive)
    precision, recall, thresholds = theirs.precision_recall_curve(positive, score)
    last = len(thresholds) - len(pr.thresholds[1:])  # theirs may go on after the last row of the class was found
    np.testing.assert_allclose(pr.precision[::-1], precision[last:])
    np.testing.assert_allclose(pr.recall[::-1], recall[last:])
    said = score >= 0.5
    share = np.array([(said & ~positive).sum() / (~positive).sum(), (said & positive).sum() / positive.sum()])
    np.testing.assert_allclose(curve.at(0.5), share)
    precise = theirs.precision_score(positive, said, zero_division=1)
    np.testing.assert_allclose(pr.at(0.5), [precise, share[1]])
    some = ranking.outline(curve.false, curve.true, 1000)
    assert np.trapezoid(curve.true[some], curve.false[some]) == pytest.approx(curve.area)
    few = ranking.outline(curve.false, curve.true, 5)
    assert len(few) <= max(5, 2) and few[0] == 0 and few[-1] == len(curve.false) - 1


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 40), st.integers(1, 3), st.integers(0, 2**31))
def test_a_report_of_numbers_is_scikit_learn_s(n: int, outputs: int, seed: int) -> None:
    random = np.random.RandomState(seed)
    truth, said = random.normal(3, 2, (n, outputs)), random.normal(3, 2, (n, outputs))
    found = evaluation.of_numbers(said, truth)
    assert found.scores == pytest.approx(
        {
            "r2": theirs.r2_score(truth, said),
            "mae": theirs.mean_absolute_error(truth, said),
            "rmse": theirs.root_mean_squared_error(truth, said),
            "median_absolute_error": theirs.median_absolute_error(truth, said),
            "mape": theirs.mean_absolute_percentage_error(truth, said),
            "max_error": np.abs(truth - said).max(),
        }
    )
    off = np.abs(truth - said).max(axis=1)
    assert off[found.largest[0]] == off.max() and (np.diff(off[found.largest]) <= 0).all()


def test_what_is_not_defined_is_nan_and_left_out_of_means() -> None:
    assert np.isnan(evaluation.of_numbers(np.ones((2, 1)), np.array([0.0, 1.0])).scores["mape"])
    one = evaluation.of_classes(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]))
    assert np.isnan(one.scores["roc_auc"]) and one.scores["accuracy"] == 0.5
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1]])
    three = evaluation.of_classes(p, np.array([0, 1, 1]))
    assert np.isnan(three.areas[2]) and three.scores["roc_auc"] == three.areas[:2].mean()


def test_probabilities_that_are_always_true_have_no_calibration_error_and_a_perfect_ranking() -> None:
    y = np.array([0, 1, 1, 0])
    found = evaluation.of_classes(np.eye(2)[y], y).scores
    assert found["calibration_error"] == 0 and found["brier"] == 0 and found["roc_auc"] == 1
    assert found["log_loss"] == pytest.approx(0, abs=1e-12) and np.isfinite(
        evaluation.of_classes(np.eye(2)[1 - y], y).scores["log_loss"]
    )

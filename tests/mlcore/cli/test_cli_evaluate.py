"""`mlj evaluate --report`: the numbers of the run's own predictions, as scikit-learn has them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

import mlcore

QUICK = "--backend reference -q --epochs"


def test_a_report_of_classes_is_that_of_the_predictions(mlj) -> None:
    mlj(f"train iris {QUICK} 3 --name otter")
    model, data = mlcore.open_run("otter").model(), mlcore.open_run("otter").config.dataset.load()
    p, y = model.loss.probabilities(model.network.forward(model.vector, data.test.x)[0]), data.test.y
    (said,) = mlj("evaluate otter --report --json").lines
    report = said["report"]
    want = theirs.classification_report(y, p.argmax(1), target_names=data.task.class_names, output_dict=True)
    for name in data.task.class_names:
        mine = report["classes"][name]
        assert [mine["precision"], mine["rows"]] == pytest.approx([want[name]["precision"], want[name]["support"]])
    assert report["macro"]["f1"] == pytest.approx(want["macro avg"]["f1-score"])
    assert report["roc_auc"] == pytest.approx(theirs.roc_auc_score(y, p, multi_class="ovr"))
    assert report["log_loss"] == pytest.approx(said["test_loss"], rel=1e-5)
    text = mlj("evaluate otter --report").out
    assert "macro average" in text and "weighted average" in text and "balanced accuracy" in text
    assert text.count("versicolor") == 3  # in the matrix, across and down, and in the report: not in a second table


def test_a_report_of_numbers_has_the_largest_errors(mlj) -> None:
    mlj(f"train diabetes {QUICK} 3 --name otter")
    (said,) = mlj("evaluate otter --report --split validation --json").lines
    report = said["report"]
    assert report["r2"] == pytest.approx(said["validation_r2"]) and report["mae"] == pytest.approx(
        said["validation_mae"]
    )
    worst = report["largest"][0]
    assert abs(worst["residual"]) == pytest.approx(report["max_error"])
    assert worst["truth"] - worst["prediction"] == pytest.approx(worst["residual"])
    assert np.abs([row["residual"] for row in report["largest"]]).tolist() == sorted(
        np.abs([row["residual"] for row in report["largest"]]), reverse=True
    )
    text = mlj("evaluate otter --report").out
    assert "median absolute error" in text and "the largest errors" in text


def test_what_is_not_defined_is_said(mlj, home) -> None:
    rows = "\n".join(f"{number},{number % 5 - 2}" for number in range(60))
    (home / "zero.csv").write_text(f"x,target\n{rows}\n")
    words = f"{QUICK} 1 --name otter --set dataset.task=numbers".split()
    assert mlj("train", home / "zero.csv", *words).code == 0
    assert "not defined: a truth is 0" in mlj("evaluate otter --report").out
    assert mlj("evaluate otter --report --json").lines[0]["report"]["mape"] == "NaN"

"""`mlj plot` of how right a network is and what it rests on: scikit-learn's numbers, within the paper, in words."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as theirs
from sklearn.calibration import calibration_curve

import mlcore
from mlcore.commands import charts, judging
from mlcore.commands.drawing import Paper

QUICK = "--backend reference -q --epochs"
RICH = Paper(70, 18, True, "braille")
CLASSES = ("roc", "pr", "calibration", "confusion")


@pytest.fixture
def cancer(mlj):
    assert mlj(f"train breast_cancer {QUICK} 2 --name otter").code == 0
    return mlj


@pytest.fixture
def sugar(mlj):
    assert mlj(f"train diabetes {QUICK} 4 --name otter").code == 0
    return mlj


def answers(split: str = "test"):
    run = mlcore.open_run("otter")
    model, data = run.model(), run.config.dataset.load()
    rows = getattr(data, split)
    return model.loss.probabilities(model.network.forward(model.vector, rows.x)[0]), rows.y


def test_pictures_of_two_classes_have_scikit_learn_s_numbers(cancer) -> None:
    p, y = answers()
    (roc,) = cancer("plot otter --what roc --json").lines
    assert roc["what"] == "roc" and roc["split"] == "test" and roc["rows"] == len(y)
    assert roc["area"] == pytest.approx(theirs.roc_auc_score(y, p[:, 1]))
    (name,) = roc["classes"]
    curve = roc["classes"][name]
    assert np.trapezoid(curve["true"], curve["false"]) == pytest.approx(roc["area"])
    assert curve["thresholds"][0] == "Infinity" and len(curve["true"]) == len(curve["thresholds"])
    (pr,) = cancer("plot otter --what pr --json").lines
    assert pr["average_precision"] == pytest.approx(theirs.average_precision_score(y, p[:, 1]))
    (sure,) = cancer("plot otter --what calibration --json").lines
    shares, said = calibration_curve(y, p[:, 1], n_bins=10)
    assert [each["happened"] for each in sure["bins"]] == pytest.approx(shares.tolist())
    assert [each["said"] for each in sure["bins"]] == pytest.approx(said.tolist(), abs=1e-6)
    assert sum(each["rows"] for each in sure["bins"]) == len(y)
    text = cancer("plot otter --what roc").out
    found = re.search(r"at 0.5 it finds ([\d.]+)% of \S+ and takes ([\d.]+)% of", text.replace("\n", " "))
    assert found and float(found[1]) == pytest.approx(100 * theirs.recall_score(y, p[:, 1] >= 0.5), abs=0.06)


def test_many_classes_are_each_against_the_rest_and_their_mean(mlj) -> None:
    mlj(f"train iris {QUICK} 2 --name otter")
    p, y = answers("validation")
    (roc,) = mlj("plot otter --what roc --split validation --json").lines
    assert roc["area"] == pytest.approx(theirs.roc_auc_score(y, p, multi_class="ovr"))
    assert len(roc["classes"]) == 3
    (pr,) = mlj("plot otter --what pr --split validation --json").lines
    assert pr["average_precision"] == pytest.approx(theirs.average_precision_score(np.eye(3)[y], p))
    for what in ("roc", "pr"):
        text = mlj(f"plot otter --what {what} --width 79").out
        assert "mean of classes" in text and "virginica" in text
    text = mlj("plot otter --what calibration").out
    assert "share that is right (up) and confidence (across)" in text


def test_residuals_are_truth_minus_prediction(sugar) -> None:
    said, y = answers()
    off = y[:, 0].astype(np.float64) - said[:, 0]
    (found,) = sugar("plot otter --what residuals --json").lines
    assert found["residual"] == pytest.approx(off.tolist()) and found["mean"] == pytest.approx(off.mean())
    assert found["quartiles"] == pytest.approx(np.quantile(off, (0.25, 0.5, 0.75)).tolist())
    assert found["largest"]["row"] == int(np.abs(off).argmax())
    (report,) = sugar("evaluate otter --report --json").lines
    assert report["report"]["largest"][0]["residual"] == pytest.approx(found["largest"]["residual"])
    text = sugar("plot otter --what residuals").out
    assert "half of the residuals lie from" in text and "distribution" in text


def test_importance_and_dependence_say_the_same_of_the_first_column(sugar) -> None:
    (found,) = sugar("plot otter --what importance --repeats 3 --json").lines
    falls = [each["fall"] for each in found["columns"]]
    assert falls == sorted(falls, reverse=True) and found["metric"] == "r2" and found["repeats"] == 3
    best = found["columns"][0]["column"]
    assert sugar("plot otter --what importance --repeats 3 --seed 0 --json").lines == [found]
    assert sugar("plot otter --what importance --repeats 3 --seed 1 --json").lines != [found]
    text = sugar("plot otter --what importance --repeats 3").out
    assert f"R2 falls most without {best}" in text and "10 times" not in text
    (told,) = sugar("plot otter --what dependence --repeats 3 --json").lines
    assert told["column"] == best and len(told["values"]) == len(told["outputs"]["output 1"]["mean"])
    text = sugar(f"plot otter --what dependence --column {best}").out
    assert f"{best} (across)" in text and "rows" in text and "the prediction is least" in text.replace("\n", " ")


@pytest.mark.parametrize("size", [(79, 22), (60, 14), (40, 10)])
def test_pictures_stay_on_the_paper(size, cancer) -> None:
    width, height = size
    for what in (*CLASSES, "importance", "dependence"):
        lines = cancer(f"plot otter --what {what} --width {width} --height {height}").out.splitlines()
        assert max(map(len, lines)) <= width, what
        assert len(lines) <= height or what == "confusion", what


def test_a_table_is_drawn_by_its_columns(mlj, home: Path) -> None:
    random = np.random.RandomState(3)
    rows = ["place,<b>age</b>,target"]
    for _ in range(120):
        place, age = random.choice(["Cork", "Lyon"]), random.randint(1, 80)
        rows.append(f"{place},{age},{'old' if age + 20 * (place == 'Cork') > 50 else 'young'}")
    (home / "people.csv").write_text("\n".join(rows))
    assert mlj("train", home / "people.csv", *f"{QUICK} 20 --name otter".split()).code == 0
    (found,) = mlj("plot otter --what importance --json").lines
    assert {each["column"] for each in found["columns"]} == {"place", "<b>age</b>"}
    text = mlj("plot otter --what dependence --column place").out
    assert "Cork" in text and "Lyon" in text and "#" in text
    assert mlj("plot otter --what dependence --column place=Cork").code == 0
    said = mlj("plot otter --what dependence --column port")
    assert said.code == 2 and "no column 'port'" in said.err and "place" in said.err
    out = home / "age.svg"
    assert mlj("plot otter --what dependence --column <b>age</b> -o", out).code == 0
    assert "<b>" not in out.read_text() and "&lt;b&gt;age&lt;/b&gt;" in out.read_text()


@pytest.mark.parametrize(
    ("train", "words", "why"),
    [
        ("diabetes", "--what roc", "predicts numbers: a ROC curve is of classes"),
        ("diabetes", "--what calibration", "hint: try --what residuals"),
        ("moons", "--what residuals", "predicts classes: residuals are of numbers"),
        ("digits", "--what importance", "looks at pictures"),
        ("sine", "--what dependence", "looks at sequences"),
        ("moons", "--what roc --column x", "--column: roc takes none"),
        ("moons", "--what loss --split test", "--split: loss takes none"),
        ("moons", "--what boundary --json", "not told in numbers"),
    ],
)
def test_a_picture_that_does_not_fit_is_one_sentence(train: str, words: str, why: str, mlj) -> None:
    assert mlj(f"train {train} {QUICK} 1 --name otter --set", "layers=4 relu").code == 0
    said = mlj(f"plot otter {words}")
    assert said.code == 2 and why in (said.out if "--json" in words else said.err) and "Traceback" not in said.err


def test_a_network_that_diverged_has_no_picture_but_a_reason(mlj) -> None:
    wild = ["--set", "optimizer=sgd", "--set", "optimizer.learning_rate=1e12"]
    assert mlj("train moons -q --name otter --epochs 2", *wild).code == 8
    for what in ("roc", "pr", "calibration", "importance", "dependence --column x1"):
        said = mlj(f"plot otter --what {what}")
        assert said.code == 8 and "not finite" in said.err and "mlj doctor otter" in said.err


def test_rows_of_one_class_have_no_curve(mlj, home: Path) -> None:
    rows = [f"{n},{n % 7},{'a' if n else 'b'}" for n in range(100)]
    (home / "lonely.csv").write_text("x,z,target\n" + "\n".join(rows))
    words = f"{QUICK} 1 --name otter --set dataset.split.stratify=false"
    assert mlj("train", home / "lonely.csv", *words.split()).code in (0, 3)
    said = mlj("plot otter --what roc")
    assert said.code in (2, 5) and "Traceback" not in said.err


def test_the_distribution_lies_under_its_axis_and_every_row_shows() -> None:
    x = np.linspace(0, 1, 10)
    drawn = charts.chart([charts.Series("a", x, x * 1000)], RICH, "title")
    text = charts.beneath(drawn, np.array([1, 0, 1000]), RICH)
    floor, line = (re.sub(r"\x1b\[[0-9;]*m", "", each) for each in text.split("\n")[-2:])
    assert len(line) == len(floor) == RICH.width and line[floor.index("└") + 1] == "▁" and line[-1] == "█"
    assert charts.spark(np.array([1, 10**6]), 4, RICH) == "▁▁██"
    assert judging._rank_correlation(np.arange(9.0), np.arange(9.0) ** 3) == pytest.approx(1)
    assert judging._rank_correlation(np.ones(9), np.arange(9.0)) == 0


def test_the_sentence_under_a_curve_says_where_it_was_best() -> None:
    at = np.arange(1.0, 6)
    said = charts.of_curves({"validation": (at, np.array([3.0, 1, 2, 4, 5]))}, "loss", "epoch")
    assert said == "validation loss 5 at epoch 5, lowest 1 at epoch 2"
    assert charts.of_curves({"validation": (at, at)}, "accuracy", "epoch").endswith("the highest of 5")
    assert "never a number" in charts.of_curves({"train": (at, at * np.nan)}, "loss", "epoch")

"""`mlj train --folds`: a network a fold, prepared on its own rows, with means and deviations over the folds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from mlcore import open_run
from mlcore.config import load_recipe


@pytest.mark.parametrize("repeats", [1, 2])
def test_the_means_and_deviations_are_those_of_the_folds(mlj, repeats):
    said = mlj(f"train iris --folds 3 --epochs 8 --set repeats={repeats} --json --name fox")
    assert said.code == 0, said.err
    *events, ended = said.lines
    each = [event for event in events if event["event"] == "fold_ended"]
    assert [event["fold"] for event in each] == sorted(list(range(3)) * repeats)
    assert len({event["run"] for event in each}) == 3 * repeats
    scores = [np.median([e["test_accuracy"] for e in each if e["fold"] == fold]) for fold in range(3)]
    assert [fold["test_accuracy"] for fold in ended["each"]] == pytest.approx(scores)
    assert ended["mean"]["test_accuracy"] == pytest.approx(np.mean(scores))
    assert ended["deviation"]["test_accuracy"] == pytest.approx(np.std(scores))
    assert (ended["folds"], ended["ended"], ended["repeats"]) == (3, 3 * repeats, repeats)
    assert sum(fold["rows"] for fold in ended["each"]) == 150


def test_every_fold_is_the_run_of_it_alone_and_its_data_are_prepared_for_it(mlj):
    assert mlj("train iris --folds 3 --epochs 5 --backend reference --name fox").code == 0
    third = "--set dataset.split.folds=3 --set dataset.split.fold=2"
    alone = mlj(f"train iris --epochs 5 --backend reference --name own {third}")
    assert alone.code == 0
    child, own = open_run("fox-3"), open_run("own")
    assert np.array_equal(child.model().vector, own.model().vector)
    one, two = open_run("fox-1").model().preparation.scaling, child.model().preparation.scaling
    assert not np.array_equal(one.shift, two.shift)
    raw = load_recipe("iris").with_settings({"dataset.split.folds": 3, "dataset.split.fold": 2}).dataset.load()
    assert np.allclose(two.shift, raw.scaling.shift)


def test_simpler_models_are_cross_validated_on_the_same_rows(mlj, tmp_path):
    random = np.random.RandomState(3)
    x = random.normal(size=(90, 3))
    y = (x[:, 0] + random.normal(size=90) > 0.4).astype(int)
    path = tmp_path / "a.csv"
    path.write_text("a,b,c,y\n" + "".join(f"{r[0]},{r[1]},{r[2]},{k}\n" for r, k in zip(x, y, strict=True)))
    settings = "--set dataset.split.validation=0 --set stopping.monitor=train_loss --set dataset.scale=standard"
    said = mlj(f"train {path} --target y --folds 4 --epochs 3 {settings} --json")
    ended = said.lines[-1]
    for fold, (rest, held) in enumerate(StratifiedKFold(4, shuffle=True, random_state=42).split(x, y)):
        mean, spread = x[rest].mean(axis=0), x[rest].std(axis=0)
        model = LogisticRegression(max_iter=300).fit((x[rest] - mean) / spread, y[rest])
        right = model.score((x[held] - mean) / spread, y[held])
        found = ended["each"][fold]
        assert found["baselines"]["logistic_regression"] == pytest.approx(right, abs=1e-9)
        assert found["baselines"]["commonest_class"] == pytest.approx(np.mean(y[held] == np.bincount(y[rest]).argmax()))
        assert found["rows"] == len(held) and "gradient_boosting" in found["baselines"]
    assert ended["sentence"]


def test_people_read_a_table_means_and_what_they_mean(mlj):
    said = mlj("train diabetes --folds 3 --epochs 4 --no-progress --name fox")
    assert said.code == 0, said.err
    for words in ("fold  rows", "test r2", "±", "linear regression", "in short", "mlj runs show fox"):
        assert words in said.out, words
    shown = mlj("runs show fox").out
    assert "over 3 folds" in shown and "fold" in shown
    assert "(3 folds)" in mlj("runs").out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("iris --folds 1", 2, "one fold leaves no row to train on"),
        ("iris --folds 51", 3, "51 folds are more than the 50 rows of the rarest class"),
        ("diabetes --folds 500", 3, "500 folds are more than the 442 rows"),
        ("line --folds 3", 2, "these rows stay in their order"),
        ("sales --folds 3", 2, "the past would be foretold from the future"),
        ("moons --folds 3 --sweep optimizer.l1=0,1", 2, "do not go together"),
        ("moons --folds x", 2, "expected a whole number"),
    ],
)
def test_folds_that_cannot_be_are_one_sentence_and_leave_nothing_behind(mlj, words, code, sentence):
    said = mlj(f"train {words}")
    assert said.code == code and sentence in said.err, said.err
    assert "Traceback" not in said.err and not mlj("runs --json").out


def test_a_goal_that_some_folds_miss_is_said(mlj):
    said = mlj("train moons --folds 2 --epochs 1 --no-record", "--goal", "validation_accuracy > 0.9999")
    assert said.code == 1 and "by 2 of 2 networks, the first fold 1" in said.err


def test_what_folds_warn_of_alike_is_told_once_and_every_kind_is(mlj, tmp_path):
    random = np.random.RandomState(1)
    rows = [f"{random.randint(6)},{'' if place % 9 == 0 else random.randint(4)},{place % 2}" for place in range(90)]
    path = tmp_path / "a.csv"
    path.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    said = mlj(f"train {path} --target y --folds 4 --epochs 1 --no-record")
    told = [line for line in said.err.splitlines() if "warning[" in line]
    assert said.code == 0, said.err
    assert sum("validation rows are training rows" in line for line in told) == 1
    assert sum("test rows are training rows" in line for line in told) == 1
    assert {line.split("[")[1].split("]")[0] for line in told} == {"DATA_MISSING", "DATA_REPEATED", "DATA_DUPLICATES"}
    assert len(told) == 4
    lines = mlj(f"train {path} --target y --folds 4 --epochs 1 --no-record --json").lines
    warned = [line for line in lines if line["event"] == "warned"]
    assert {line["fold"] for line in warned if line["code"] == "DATA_DUPLICATES"} == {
        0,
        1,
        2,
        3,
    }  # a program is told all


def test_a_column_that_only_one_fold_finds_is_another_kind_of_warning():
    from mlcore.commands.folds import kind
    from mlcore.events import Warned

    of = [
        kind(Warned(epoch=0, step=0, code="DATA_LEAK", message=f"{name} alone tells y ({score}% right)"))
        for name, score in (("x1", 99.1), ("x1", 98.7), ("x2", 99.1))
    ]
    assert of[0] == of[1] != of[2]

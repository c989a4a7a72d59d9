"""Simpler models beside a network: they are scikit-learn's, on the same rows, and what is said of them is so."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from mlcore import baselines, rivals, standing, train
from mlcore.baselines import Baseline
from mlcore.config import Config, load_recipe
from mlcore.datasets.dataset import Column, Data, Rows, Task
from mlcore.datasets.scaling import constant
from mlcore.events import Ended

TAB = (Column("a"),)


def made(y, x=None, task=None, w=None, n=80) -> Data:
    """A table of which the last rows are the test."""
    y = np.asarray(y)
    x = np.random.RandomState(1).normal(size=(len(y), 4)).astype(np.float32) if x is None else x
    task = task or Task("regression", y.shape[1])
    parts = [Rows(x[part], y[part], None if w is None else w[part]) for part in (slice(n), slice(n, None))]
    return Data(parts[0], None, parts[1], task, tuple("abcd")[: x.shape[1]], constant(x.shape[1], 1.0), columns=TAB)


def classes(k=3, n=140, weighted=False) -> Data:
    random = np.random.RandomState(0)
    x = random.normal(size=(n, 4)).astype(np.float32)
    y = (x[:, :k] + random.normal(size=(n, k))).argmax(axis=1).astype(np.int32)
    w = random.uniform(0, 3, n).astype(np.float32) if weighted else None
    return made(y, x, Task("binary" if k == 2 else "multiclass", k), w)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [2, 3])
def test_of_classes_they_answer_what_scikit_learn_answers(k, weighted):
    data = classes(k, weighted=weighted)
    prior, linear, trees = rivals.fit(data)
    x, y, w, held = data.train.x, data.train.y, data.train.w, data.test.x
    assert (prior.answer(held) == np.bincount(y).argmax()).all()
    assert np.array_equal(linear.answer(held), LogisticRegression(max_iter=300).fit(x, y, w).predict(held))
    expected = HistGradientBoostingClassifier(random_state=0).fit(x, y, w).predict(held)
    assert np.array_equal(trees.answer(held), expected)


@pytest.mark.parametrize("outputs", [1, 2])
def test_of_numbers_they_answer_what_scikit_learn_answers(outputs):
    random = np.random.RandomState(0)
    data = made(random.normal(size=(140, outputs)).astype(np.float32))
    mean, linear, trees = rivals.fit(data)
    x, y, held = data.train.x, data.train.y, data.test.x
    assert mean.answer(held) == pytest.approx(np.broadcast_to(y.mean(axis=0), (60, outputs)))
    assert linear.answer(held) == pytest.approx(Ridge().fit(x, y).predict(held).reshape(60, outputs), abs=1e-5)
    for place in range(outputs):
        expected = HistGradientBoostingRegressor(random_state=0).fit(x, y[:, place]).predict(held)
        assert trees.answer(held)[:, place] == pytest.approx(expected, abs=1e-6)
    assert [each.name for each in baselines.scores(rivals.fit(data), data, data.test)] == [
        *("mean", "ridge regression", "gradient boosting")
    ]


def test_of_a_large_table_some_rows_are_learnt_and_a_sentence_says_how_many(monkeypatch):
    monkeypatch.setattr(rivals, "WORK", 4 * 50)
    monkeypatch.setattr(rivals, "FEWEST", 10)
    data = classes(2)
    _, linear, trees = rivals.fit(data)
    assert linear.note == "logistic regression learnt from 50 of 80 training rows, to take no more than seconds"
    assert trees.note.startswith("gradient boosting learnt from 50 of 80")


def test_of_one_class_in_training_and_of_many_outputs_there_are_fewer():
    y = np.r_[np.zeros(80, np.int32), np.ones(20, np.int32)]
    assert [each.name for each in rivals.fit(made(y, task=Task("binary", 2)))] == ["commonest class"]
    y = np.random.RandomState(0).normal(size=(100, 31)).astype(np.float32)
    assert [each.name for each in rivals.fit(made(y))] == ["mean", "ridge regression"]


# ---- what is said ----

SCORES = (Baseline("commonest class", 0.6), Baseline("logistic regression", 0.8), Baseline("gradient boosting", 0.9))
NAMES = [each.name for each in SCORES]


@pytest.mark.parametrize(
    ("network", "leads", "words"),
    [
        (0.61, [(-0.05, 0.07), (-0.3, -0.1), (-0.4, -0.2)], "no better than the commonest class: 61.0% against 60.0%"),
        (0.8, [(0.1, 0.3), (-0.05, 0.05), (-0.2, -0.05)], "a linear model does as well: logistic regression 80.0%"),
        (0.7, [(0.05, 0.15), (-0.2, -0.02), (-0.3, -0.1)], "a linear model is better: logistic regression 80.0%"),
        (0.95, [(0.2, 0.5), (0.05, 0.25), (-0.02, 0.1)], "better than a linear model by +5.0 to +25.0 points"),
    ],
)
def test_the_sentence_follows_from_the_intervals(network, leads, words):
    lead = dict(zip(NAMES, leads, strict=True))
    text = standing.sentence(network, SCORES, lead, shares=True, where="on 100 test rows")
    assert words in text and "on 100 test rows" in text
    assert ("gradient boosting" in text) == (leads[2][1] < 0)


def test_over_folds_a_lead_is_two_standard_errors_of_its_mean():
    theirs = {"commonest class": [0.5] * 4, "logistic regression": [0.8, 0.82, 0.78, 0.8]}
    assert "does as well" in standing.over_folds([0.82, 0.8, 0.8, 0.79], theirs, True)
    assert "better than a linear model by" in standing.over_folds([0.9, 0.93, 0.88, 0.9], theirs, True)
    assert "no better than the commonest class" in standing.over_folds([0.5, 0.52, 0.48, 0.5], theirs, True)


@pytest.mark.parametrize("shares", [True, False])
def test_a_network_on_noise_is_said_to_be_no_better_than_one_answer(shares):
    random = np.random.RandomState(5)
    y = random.randint(0, 2, 400).astype(np.int32) if shares else random.normal(size=(400, 1)).astype(np.float32)
    x = random.normal(size=(400, 4)).astype(np.float32)
    data = made(y, x, Task("binary", 2) if shares else None, n=250)
    config = Config().with_settings({"epochs": 5, "layers": "4 tanh", "stopping.monitor": "train_loss"})
    *_, ended = train(config, data=data)
    assert isinstance(ended, Ended)
    found = standing.judge(ended.model, data, rivals.fit(data))
    assert found.split == "test" and "no better than" in found.sentence, found.sentence
    assert found.network == pytest.approx(ended.metrics["test_accuracy" if shares else "test_r2"], abs=1e-5)


def test_measure_judges_a_table_by_trees_too_and_leaves_the_test_alone():
    config = load_recipe("penguins")
    data = config.dataset.load()
    split, found = baselines.measure(config, data)
    assert split == "validation" and [each.name for each in found] == NAMES
    other = data._replace(test=None)
    assert baselines.measure(config, other) == (split, found)
    assert baselines.measure(config, data, "test")[0] == "test"

"""`mlj plot`: curves, decision maps, mistakes and fits, on a terminal and in a pipe."""

from __future__ import annotations

import re
from argparse import Namespace

import numpy as np
import pytest

from mlcore.commands import maps, plotting
from mlcore.commands.drawing import Paper
from mlcore.commands.sitters import Sitter
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows, Scaling, Task
from mlcore.model import Model, Preparation, blueprint
from mlcore.runs import open_run

TRAIN = "train circles -q --epochs 92 --set dataset.n_samples=300 --name otter"
SIZE = "--width 60 --height 14"
RICH = Paper(60, 14, True, "braille")
HELD = Namespace(split=None, json=False)
PLAIN = Paper(60, 14, False, "ascii")


@pytest.fixture
def trained(mlj):
    assert mlj(TRAIN).code == 0
    return mlj


def test_a_boundary_is_a_map_with_signs_of_rows_over_it(trained) -> None:
    said = trained(f"plot otter --what boundary {SIZE}")
    lines = said.out.splitlines()
    assert said.out.isascii() and len(lines) == 14 and all(len(line) <= 60 for line in lines)
    assert lines[-2] == "o 0 on .   x 1 on :   (test rows)"
    assert {"o", "x", ".", ":"} <= set("".join(lines[:-3]))
    (line,) = trained("evaluate otter --json").lines
    assert lines[-1] == f"{round(60 * (1 - line['test_accuracy']))} of 60 test rows lie where another class is answered"
    assert trained(f"plot otter --what boundary --epoch 20 {SIZE}").out != said.out
    assert "there are epochs: 10, 20" in trained("plot otter --what boundary --epoch 11").err


def test_mistakes_are_counted_as_evaluate_counts_them(trained) -> None:
    (line,) = trained("evaluate otter --json").lines
    lines = trained("plot otter --what confusion").out.splitlines()
    assert lines[0] == f"60 test rows, {line['test_accuracy']:.2%} right"
    counts = [[0 if word == "." else int(word) for word in row.split()[1:3]] for row in lines[3:5]]
    assert counts == line["confusion"]
    mistakes = [counts[0][1], counts[1][0]]
    assert lines[5].startswith(f"{sum(mistakes)} mistake") and f"({max(mistakes)})" in lines[5]
    assert trained("plot otter --what confusion --json").lines[0]["confusion"] == counts


def test_a_fit_on_one_feature_has_train_test_and_prediction_points(mlj) -> None:
    assert mlj("train line-relu6 --backend reference -q --epochs 3 --set", "layers=8 relu").code == 0
    said = mlj(f"plot last --what fit {SIZE}")
    lines = said.out.splitlines()
    assert len(lines) == 14 and lines[0] == "target (up) and x (across)"
    assert lines[-2] == "o train   x test   + prediction" and lines[-1].startswith("R2 ")
    drawn = "".join(line[5:] for line in lines[1:-3])
    assert all(drawn.count(sign) > 5 for sign in "ox+")


@pytest.mark.parametrize(
    ("train", "what", "why"),
    [
        (TRAIN, "fit", "run otter predicts classes: a fit is of numbers\n  hint: try --what boundary"),
        ("train digits --backend reference -q --epochs 1 --name otter", "boundary", "run otter has 64 features"),
        ("train line-relu6 --backend reference -q --epochs 1 --name otter", "boundary", "hint: try --what fit"),
        ("train line-relu6 --backend reference -q --epochs 1 --name otter", "confusion", "run otter predicts numbers"),
        ("train line-relu6 --backend reference -q --epochs 1 --name otter", "accuracy", "has no accuracy to plot"),
    ],
)
def test_a_picture_that_a_run_does_not_fit_is_one_sentence(train: str, what: str, why: str, mlj) -> None:
    assert mlj(train, "--set", "layers=4 relu").code == 0
    said = mlj(f"plot otter --what {what}")
    assert said.code in (2, 5) and said.out == "" and why in said.err


def test_an_epoch_is_pointed_out_in_curves(trained) -> None:
    assert trained(f"plot otter --epoch 6 {SIZE}").out != trained(f"plot otter {SIZE}").out


def sitter(data: Data) -> Sitter:
    config = Config().with_settings({"layers": "6 tanh"})
    network, loss = blueprint(config, data)
    model = Model(config, network, loss, Preparation.of(data), network.init(1, "he_normal"))
    return Sitter("otter", config, model, data)


def numbers(features: int, outputs: int) -> Data:
    random = np.random.default_rng(2)
    x, y = random.normal(size=(50, features)).astype(np.float32), random.normal(size=(50, outputs)).astype(np.float32)
    names = tuple(f"\x1b{i}" for i in range(features))
    scaling = Scaling(np.zeros(features), np.ones(features))
    return Data(Rows(x[:30], y[:30]), None, Rows(x[30:], y[30:]), Task("regression", outputs), names, scaling)


def test_a_fit_on_more_features_is_prediction_against_truth() -> None:
    for outputs in (1, 2):
        lines = plotting._fit(sitter(numbers(3, outputs)), HELD, PLAIN).text.splitlines()
        assert len(lines) == 14 and lines[0] == "prediction (up) and truth (across)"
        assert lines[-2] == "o perfect   x train   + test"
    text = plotting._fit(sitter(numbers(1, 1)), HELD, PLAIN).text
    assert "\\x1b0 (across)" in text, "the name of a feature is shown, not obeyed"


def test_without_test_rows_those_it_trained_on_are_shown() -> None:
    data = numbers(1, 1)._replace(test=None)
    assert plotting._fit(sitter(data), HELD, PLAIN).text.splitlines()[-2] == "o train   x prediction"


def test_on_a_terminal_maps_and_mistakes_are_coloured_and_as_large_as_asked(trained) -> None:
    found = Sitter.of(open_run("otter"), None)
    for what in (plotting._boundary, plotting._confusion):
        text = what(found, HELD, RICH).text
        assert "\x1b[38;5;" in text
        assert all(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) <= 60 for line in text.splitlines())
    text = plotting._boundary(found, HELD, RICH).text
    assert "wrong ones without colour" in text and "▒" in text
    assert len(plotting._boundary(found, HELD, Paper(1, 1, False, "ascii")).text.splitlines()) <= 6


def test_a_matrix_too_wide_for_its_names_counts_classes() -> None:
    counts = np.diag(np.arange(1, 13)) + 1
    names = [f"a rather long name {i}" for i in range(12)]
    text = maps.confusion(counts, names, "of", PLAIN._replace(width=70))
    assert all(len(line) <= 70 for line in text.splitlines()) and "rather" not in text
    many = maps.confusion(np.eye(40, dtype=int) * 900, ["x" * 30] * 40, "of", PLAIN).splitlines()
    assert all(len(line) <= 60 for line in many) and many[4].split() == ["1", "@", "100.0%"]
    lines = maps.confusion(counts[:2, :2], ["ant", "bee"], "of", PLAIN).splitlines()
    assert lines[2].split() == ["ant", "bee", "right"]


def test_a_class_that_never_came_up_has_no_share() -> None:
    lines = maps.confusion(np.array([[3, 0], [0, 0]]), ["a", "b"], "3 rows", PLAIN).splitlines()
    assert lines[3].split() == ["a", "3", ".", "100.0%"] and lines[4].split() == ["b", ".", "."]

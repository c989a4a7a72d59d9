"""What Analyse shows, without a screen: worst rows, projections, filters, components of a data set."""

from __future__ import annotations

import pytest

TRAIN = "train wine -q --backend reference --epochs 5 --name stoat"


def test_the_worst_rows_are_listed_with_what_was_answered(mlj) -> None:
    assert mlj(TRAIN).code == 0
    (said,) = mlj("evaluate stoat --worst 3 --json").lines
    losses = [each["loss"] for each in said["worst"]]
    assert len(losses) == 3 and losses == sorted(losses, reverse=True)
    row = said["worst"][0]["row"]
    (traced,) = mlj(f"trace stoat --split test --row {row} --json").lines
    assert traced["loss"] == pytest.approx(losses[0], rel=1e-4)
    text = mlj("evaluate stoat --worst 3").out
    assert "mlj trace stoat --split test --row N shows why" in text and f"\n{row:>3}  " in text


def test_projections_and_filters_are_drawn_and_what_is_not_there_is_refused(mlj) -> None:
    assert mlj(TRAIN).code == 0
    said = mlj("plot stoat --what projection --layer 1 --width 60 --height 20")
    lines = said.out.splitlines()
    assert said.code == 0 and said.out.isascii() and all(len(line) <= 60 for line in lines[1:])
    assert lines[0] == "principal components of the hidden layer 1: 16 relu, 36 test rows"
    assert lines[-1].startswith("component 10 ") and {"o", "x", "+"} <= set("".join(lines[1:10]))
    assert "36 test" not in mlj("plot stoat --what projection --split train").out
    refused = mlj("plot stoat --what projection --layer 7")
    assert refused.code == 2 and "hidden layers 1 to 1, got 7" in refused.err
    weights = mlj("plot stoat --what filters").out.splitlines()
    assert weights[1].split()[:4] == ["from", "input", "unit", "1"] and weights[2].startswith("alcohol ")
    assert weights[-1].startswith("bias ") and len(weights) == 16
    assert mlj("train digits -q --backend reference --epochs 1 --name owl").code == 0
    pictures = mlj("plot owl --what filters --width 40 --height 20").out.splitlines()
    assert pictures[0].startswith("what the first units of 64 look for") and pictures[9].split() == ["1", "2", "3", "4"]


def test_the_components_of_a_data_set_are_those_of_its_training_rows(mlj) -> None:
    lines = mlj("data pca wine --height 16").out.splitlines()
    assert lines[0] == "principal components of 124 training rows, as they are scaled"
    assert lines[-2].startswith("component 1 is mostly ") and "flavanoids" in lines[-2]
    assert sum(line.startswith("component ") for line in lines) == 12
    assert mlj("data pca diabetes").code == 0 == mlj("data pca line").code

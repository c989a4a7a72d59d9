"""What is said of the health of a run."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.scenes import broken, circles, inside, layer
from tui.advice import advice, plainly
from tui.frame import Frame, Series
from tui.screens.explain import words
from tui.widgets.layers import LayersPane


def risen() -> Frame:
    """A run whose validation loss rises from epoch 20 on."""
    x = np.arange(1.0, 101)
    up = 0.3 + np.where(x < 20, (20 - x) / 40, (x - 20) / 200)
    return circles(100)._replace(losses=(Series("train", x, 0.5 * np.exp(-x / 30)), Series("validation", x, up)))


def layered(*rows: object) -> Frame:
    return circles()._replace(layers=rows)


@pytest.mark.parametrize(
    ("frame", "said", "remedy"),
    [
        (risen(), "Overfitting since epoch 2", "branch with b"),
        (layered(layer("dense.1", (2, 8), -1.2)), "10^-1.2", "["),
        (layered(layer("dense.1", (2, 8), -5.5)), "tiny", "]"),
        (layered(layer("dense.1", (2, 8), bend="relu", units=8, dead=0.75)), "6 of 8 relu units of dense.1", "r"),
        (layered(layer("dense.1", (2, 8), bend="tanh", units=8, dead=0, stuck=0.8)), "80 %", "relu"),
        (circles()._replace(metrics={"train_loss": 0.6931}), "Nothing is learned", "]"),
        (circles()._replace(state="diverged"), "no longer a number", "["),
        (circles()._replace(state="failed", message="the disk is full", hint="make room"), "the disk is full", "room"),
    ],
)
def test_each_trouble_is_named_with_a_way_out(frame: Frame, said: str, remedy: str) -> None:
    first, *_ = advice(frame)
    assert said in first.words and remedy in first.remedy


def test_a_healthy_run_is_left_alone() -> None:
    healthy = inside(circles())._replace(layers=(layer("dense.1", (2, 8), -3.0, bend="relu", units=8, dead=0.1),))
    assert advice(healthy) == () and "nothing looks wrong" in plainly(healthy)
    assert advice(Frame()) == () and "not learned anything" in plainly(Frame())
    assert [each.words for each in advice(broken())] == ["The loss is no longer a number."]


def test_a_sheet_holds_the_pane_in_one_sentence_and_every_trouble() -> None:
    text = words(LayersPane(), inside(circles())).plain
    assert text.startswith("Dense.1: update to weight 10^-1.4, steps too long, 1 of 8 relu units dead;")
    assert "! The rate is high" in text and "[" in text and "62 % of the answers of dense.2" in text

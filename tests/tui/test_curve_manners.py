"""How curves are drawn and read: smoothed, their newest part, their range, and a crosshair with exact values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.scenes import broken, circles, line, surface
from tui.frame import Series
from tui.terminal import Terminal
from tui.widgets.curve import at, extremes, since, smoothed
from tui.widgets.curves import AccuracyPane, LossPane


def text(pieces: list[tuple[str, object]]) -> str:
    return "".join(word for word, _ in pieces)


def drawn(pane: LossPane | AccuracyPane, frame: object, width: int = 60, height: int = 10) -> str:
    return "\n".join(strip.text for strip in pane.draw(frame, width, height))


def test_smoothing_is_the_running_mean_freed_of_its_start_and_keeps_gaps() -> None:
    y = np.array([1.0, 2.0, np.nan, 4.0, np.inf])
    found = smoothed(y, 0.5)
    assert found[:2].tolist() == pytest.approx([1.0, (0.5 * 0.5 + 0.5 * 2) / 0.75])
    assert math.isnan(found[2]) and found[4] == np.inf
    assert found[3] == pytest.approx((0.125 * 1 + 0.25 * 2 + 0.5 * 4) / 0.875)
    assert smoothed(y, 0.0)[:2].tolist() == [1.0, 2.0] and y[1] == 2.0
    assert smoothed(np.full(50, 3.0), 0.97).tolist() == pytest.approx([3.0] * 50)


def test_a_crosshair_reads_the_nearest_point_exactly_and_stays_on_the_curve() -> None:
    frame, pane = circles(), LossPane(Terminal())
    pane.move(frame, 0)
    assert pane.cursor == 43
    last = [f"{series.y[-1]:.3f}" for series in frame.losses]
    assert text(pane.legend(frame)) == f"epoch 43  ◆ train {last[0]} ◇ validation {last[1]}"
    for _ in range(99):
        pane.move(frame, -50)
    assert pane.cursor == 1.0 and "0.763" in text(pane.legend(frame))
    pane.move(frame, 10**6)
    assert pane.cursor == 43
    pane.cursor = 12.3
    assert "epoch 12 " in text(pane.legend(frame))
    assert "│" in drawn(pane, frame) and at(frame.losses[0], -5.0)[0] == 1.0
    pane.move(circles(epoch=1), -3)
    assert pane.cursor == 1.0
    pane.move(broken(), 5)
    assert isinstance(text(pane.legend(broken())), str)


def test_the_newest_part_is_the_last_fifth_on_an_axis_of_its_own() -> None:
    frame, pane = circles(epoch=100), LossPane(Terminal())
    whole = drawn(pane, frame)
    pane.recent = True
    part = drawn(pane, frame)
    assert whole != part and pane.span(frame) == (80.0, 100.0) and "recent" in pane.title(frame)
    assert "80" in part.splitlines()[-1] and " 0 " not in part.splitlines()[-1]
    assert since(frame.losses[0], 80.0).x[0] == 80 and len(since(frame.losses[0], 0.0).x) == 100
    assert pane.span(circles(epoch=5)) == (0.0, 10.0)  # too short to have a newest part


def test_the_range_folded_into_each_point_is_drawn_only_when_asked_for() -> None:
    x, y = np.arange(1.0, 44), np.full(43, 0.5)
    folded = circles()._replace(losses=(Series("train", x, y, y - 0.3, y + 0.3),))
    pane = LossPane(Terminal())
    plain = drawn(pane, folded)
    pane.envelope = True
    assert sum(map(str.isspace, plain)) > sum(map(str.isspace, drawn(pane, folded)))
    pane.envelope, pane.smoothing = False, 2
    assert "smooth 0.9" in pane.title(folded)
    for width, height in ((1, 1), (30, 5), (200, 60)):
        pane.envelope = pane.recent = pane.log_scale = True
        assert len(pane.draw(broken(), width, height)) == height


def test_every_metric_of_a_regression_is_a_curve_in_turn() -> None:
    frame, pane = surface(), AccuracyPane(Terminal())
    assert (pane.title(frame), text(pane.legend(frame))) == ("R²", "◆ train 0.990  ◇ validation 0.890")
    assert "best validation r2 0.892 at epoch 43" in pane.summary(frame)
    pane.next_metric(frame)
    assert pane.title(frame) == "mae" and "best validation mae 0.108 at epoch 43" in pane.summary(frame)
    pane.next_metric(frame)
    assert pane.title(frame) == "R²"
    assert AccuracyPane(Terminal()).title(line()) == "figures"
    moons = AccuracyPane(Terminal())
    rates = circles()._replace(curves={"learning rate": (Series("train", np.arange(1.0, 44), np.full(43, 0.01)),)})
    moons.next_metric(rates)
    assert moons.title(rates) == "learning rate" and text(moons.legend(rates)) == "0.01"
    assert extremes(Series("train", np.arange(2.0), np.array([np.nan, np.nan]))) is None


@given(
    values=st.lists(st.floats() | st.sampled_from([0.0, 1e-320, -1.0, 1e308]), max_size=60),
    size=st.tuples(st.integers(1, 300), st.integers(1, 100)),
    manner=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 3)),
    cursor=st.none() | st.floats(0, 60),
)
@settings(max_examples=150, deadline=None)
def test_no_numbers_manner_or_size_break_a_curve(values, size, manner, cursor) -> None:  # type: ignore[no-untyped-def]
    x, y, (width, height) = np.arange(1.0, len(values) + 1), np.array(values), size
    series = Series("train", x, y, y, y[::-1]), Series("validation", x[::-1], y)
    frame = circles(epoch=max(len(values), 1))._replace(losses=series, accuracies=series, ceiling=float("nan"))
    for kind in (LossPane, AccuracyPane):
        pane = kind(Terminal())
        pane.log_scale, pane.recent, pane.envelope, pane.smoothing = manner
        pane.cursor = cursor
        assert [strip.cell_length for strip in pane.draw(frame, width, height)] == [width] * height
        assert pane.summary(frame) and isinstance(text(pane.legend(frame)), str)

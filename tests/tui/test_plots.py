"""Curves and points as terminal text: whatever they are fed, exactly the lines and columns asked for."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import plots
from mlcore.ticks import log_ticks, ticks

ODD = {
    "nothing": [],
    "one": [0.5],
    "constant": [3.0] * 9,
    "zero": [0.0, 0.0],
    "not a number": [float("nan")] * 4,
    "infinite": [float("inf"), float("-inf")],
    "a gap": [1.0, 0.5, float("nan"), 0.4, float("inf"), 0.3],
    "huge and tiny": [1e30, 1e-12, 1.0],
    "largest": [1.7e308, -1.7e308],
    "negative": [-1.0, 0.0, 1.0],
    "denormal": [5e-324, 0.0],
    "long": np.sin(np.arange(5000)).tolist(),
}


def lines_of(text, width, height):
    """The lines of a plot without their colours, after looking at their number and width."""
    lines = plots.SGR.sub("", text).split("\n") if height else []
    assert len(lines) == height
    assert all(len(line) == width for line in lines)
    return lines


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("log", [False, True])
def test_a_curve_of_anything_has_the_size_asked_for(name, log):
    values = ODD[name]
    for width, height in itertools.product((0, 1, 5, 13, 14, 40, 300), (0, 1, 2, 3, 9, 100)):
        text = plots.curve([("loss", range(len(values)), values)], width, height, log=log, levels=[plots.Level(0.3)])
        if height:
            lines_of(text, width, height)


@given(
    values=st.lists(st.floats(width=64), max_size=40),
    width=st.integers(1, 120),
    height=st.integers(1, 40),
    log=st.booleans(),
    glyphs=st.sampled_from(["braille", "blocks", "ascii"]),
)
@settings(max_examples=200, deadline=None)
def test_no_list_of_numbers_breaks_a_curve(values, width, height, log, glyphs):
    x = [value / 3 for value in values]
    text = plots.curve([("a", range(len(values)), values), ("b", x, values)], width, height, log=log, glyphs=glyphs)
    lines_of(text, width, height)


@pytest.mark.parametrize("name", ODD)
def test_points_anywhere_have_the_size_asked_for(name):
    values = np.array(ODD[name])
    for width, height in ((1, 1), (13, 3), (40, 12)):
        lines_of(plots.scatter(values, values[::-1], np.arange(len(values)), width, height), width, height)


def test_a_gap_in_the_numbers_is_a_gap_in_the_curve():
    y = np.ones(40)
    y[10:30] = np.nan
    drawn = next(line[5:] for line in lines_of(plots.curve([("a", range(40), y)], 45, 6), 45, 6) if line[5:].strip())
    assert drawn[10:29].strip() == ""
    assert drawn[:9].strip()
    assert drawn[31:].strip()


def test_more_points_than_columns_become_their_means():
    x = np.arange(10_000)
    noisy = plots.curve([("a", x, np.tile([0.0, 1.0], 5_000))], 60, 11, limits=(0.0, 1.0))
    rows = [place for place, line in enumerate(lines_of(noisy, 60, 11)[:-1]) if line[5:].strip()]
    assert rows
    assert set(rows) <= {4, 5}


def test_a_plot_without_colours_has_no_escape_sequence():
    text = plots.curve([("a", [0, 1], [0, 1])], 40, 8, colors=False, levels=[plots.Level(0.5)], at=0.5, title="loss")
    assert "\x1b" not in text
    assert "loss" in text.split("\n")[0]
    assert "\x1b" not in plots.scatter([0, 1], [0, 1], [0, 1], 40, 8, colors=False)


def test_plain_characters_are_plain():
    for text in (
        plots.curve([("a", [0, 1], [0, 1])], 40, 8, colors=False, glyphs="ascii", levels=[plots.Level(0.5)], at=0.5),
        plots.scatter([0, 1], [0, 1], [0, 1], 40, 8, colors=False, glyphs="ascii"),
    ):
        assert text.isascii()


def test_each_curve_has_its_own_colour_and_without_colours_its_own_sign():
    two = [("train", [0, 1, 2], [0, 0, 0]), ("validation", [0, 1, 2], [1, 1, 1])]
    colored = plots.curve(two, 40, 8)
    assert all(f"38;5;{color}m" in colored for color in plots.LINE_COLORS[:2])
    plain = plots.curve(two, 40, 8, colors=False, glyphs="ascii")
    assert all(sign in plain for sign in plots.LINE_GLYPHS[:2])


def test_each_class_has_its_own_sign():
    text = plots.scatter(range(8), range(8), range(8), 60, 20, colors=False)
    assert all(sign in text for sign in plots.CLASS_GLYPHS)


def test_the_axes_carry_round_numbers_where_they_belong():
    lines = lines_of(plots.curve([("a", range(101), np.linspace(0, 1, 101))], 70, 13), 70, 13)
    assert {place: line[:4].strip() for place, line in enumerate(lines) if "┤" in line} == {
        0: "1.00", 3: "0.75", 6: "0.50", 8: "0.25", 11: "0"
    }  # fmt: skip
    assert [int(word) for word in lines[-1].replace("─", " ").replace("└", " ").split()] == [0, 20, 40, 60, 80, 100]
    assert abs(lines[-1].index("40") - (5 + 0.4 * 65)) <= 1


def test_a_curve_touches_the_heights_of_its_numbers():
    lines = lines_of(plots.curve([("a", [0, 1], [0.0, 1.0])], 45, 12, limits=(0.0, 2.0)), 45, 12)
    drawn = [place for place, line in enumerate(lines[:-1]) if line[5:].strip()]
    assert drawn == [5, 6, 7, 8, 9, 10]


@given(low=st.floats(-1e9, 1e9), wide=st.floats(1e-6, 1e9), count=st.integers(1, 12))
def test_ticks_are_inside_in_order_and_tell_themselves_apart(low, wide, count):
    found = ticks(low, low + wide, count)
    assert len(found.at) == len(found.labels) <= count + 3
    assert found.at or count < 3 or wide <= 2e-9 * abs(low)
    assert list(found.at) == sorted(set(found.at))
    slack = 1e-6 * max(abs(low), wide)
    assert all(low - slack <= value <= low + wide + slack for value in found.at)


def test_labels_of_ticks_are_short():
    assert ticks(0, 1, 5).labels == ("0", "0.2", "0.4", "0.6", "0.8", "1.0")
    assert ticks(0, 1000, 4).labels == ("0", "250", "500", "750", "1k")
    assert ticks(0, 3_000_000, 3).labels == ("0", "1M", "2M", "3M")
    assert ticks(0, 3e-5, 3).labels == ("0", "1e-5", "2e-5", "3e-5")
    assert ticks(0, 3, 9, whole=True).labels == ("0", "1", "2", "3")
    assert log_ticks(-3, 0, 4).labels == ("0.001", "0.01", "0.1", "1")


def test_importing_plots_does_not_load_plotext():
    code = "import sys, mlcore.plots; print('plotext' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.sampled_from([0.0, 0.001, 0.05]))
@settings(deadline=None)
def test_what_is_left_out_of_a_line_lies_on_it(values, slack):
    x, y = np.linspace(0, 1, len(values)), np.array(values)
    kept_x, kept_y = plots._bends(x, y, slack)
    assert len(kept_x) <= len(x)
    assert (kept_x[0], kept_x[-1]) == (x[0], x[-1])
    assert np.abs(np.interp(x, kept_x, kept_y) - y).max() <= slack + 1e-9


def test_a_straight_line_is_two_points():
    x = np.linspace(0, 1, 50)
    assert len(plots._bends(x, 0.2 + 0.5 * x, 0.001)[0]) == 2
    assert plots._bends(np.array([0.0, 0.5, 0.5, 1.0]), np.array([0.0, 0.0, 1.0, 1.0]), 0.1)[0].tolist() == [
        0,
        0.5,
        0.5,
        1,
    ]

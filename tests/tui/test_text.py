"""Numbers as short text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (7, "7"),
        (940, "940"),
        (999.6, "1.00k"),
        (1284, "1.28k"),
        (102_900, "103k"),
        (999_960, "1.00M"),
        (1_200_000, "1.20M"),
        (2.5e9, "2.50G"),
        (-1500, "-1.50k"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_counts_have_three_digits_and_a_unit(value, shown):
    assert text.si(value) == shown


@given(st.floats(0, 9.99e14))
def test_a_count_takes_at_most_five_characters(value):
    assert len(text.si(value)) <= 5 or 0 < value < 0.1


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (float("inf"), ""),
        (-1, ""),
        (0, "0:00"),
        (7.4, "0:07"),
        (750, "12:30"),
        (11100, "3:05:00"),
        (352800, "4d 02h"),
    ],
)
def test_time_left_is_written_as_a_clock(seconds, shown):
    assert text.eta(seconds) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(0.977, "97.7 %"), (0.98, "98.0 %"), (1.0, "100 %"), (None, "-"), (float("nan"), "-")]
)
def test_a_share_is_written_in_percent(share, shown):
    assert text.percent(share) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, ".0000"), (0.0341, ".0341"), (-0.0341, "-.0341"), (0.5123, "0.512"), (12.4, "12.40"), (123.456, "123.5"),
     (3.14e6, "3.1e6"), (2e-7, "2.0e-7"), (None, "-"), (float("-inf"), "-inf")],
)  # fmt: skip
def test_a_loss_is_written_in_five_characters(value, shown):
    assert text.figure(value) == shown


def test_things_are_counted_in_words():
    assert [text.plural(1, "class"), text.plural(2, "class"), text.plural(1797, "row")] == [
        "1 class",
        "2 classes",
        "1,797 rows",
    ]
    assert text.count(103_400) == "103k"


def test_what_is_too_long_for_a_line_loses_its_middle_and_keeps_its_reason() -> None:
    refused = "this run is not recorded: cannot write in /a/very/long/path/runs/20260101: No space left on device"
    for width in (40, 78):
        short = text.shortened(refused, width)
        assert len(short) == width
        assert short.startswith("this run is not")
        assert short.endswith("left on device")
    assert text.shortened("short", 78) == "short"

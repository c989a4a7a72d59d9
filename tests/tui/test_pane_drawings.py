"""Every pane at every size and tier: exactly the cells asked for, whatever the frame holds."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.scenes import FRAMES, LINES, PANES, TIERS, circles, digits, line, wide
from tui.terminal import Terminal
from tui.widgets.boundary import BoundaryPane
from tui.widgets.curves import AccuracyPane, LossPane, horizon
from tui.widgets.digits import DigitsPane
from tui.widgets.network import NetworkPane
from tui.widgets.strip import ProgressLine, window

SIZES = ((0, 0), (1, 1), (3, 2), (24, 8), (38, 10), (80, 30))


def checked(drawing, frame, width, height):
    """The rows of a drawing, after looking at their sizes and characters."""
    strips = drawing.draw(frame, width, height)
    assert len(strips) == height
    for strip in strips:
        assert sum(segment.cell_length for segment in strip) == width == strip.cell_length
        assert all(segment.style is not None and segment.text.isprintable() for segment in strip)
    return [strip.text for strip in strips]


@pytest.mark.parametrize("kind", [*PANES, *LINES])
@pytest.mark.parametrize("name", FRAMES)
def test_a_drawing_fills_its_cells_exactly_on_every_terminal(kind, name):
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        checked(kind(terminal), FRAMES[name], width, height)


@given(width=st.integers(0, 300), height=st.integers(0, 100), place=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_a_drawing_fills_its_cells_exactly_at_any_size(width, height, place):
    kinds, names = (*PANES, *LINES), tuple(FRAMES)
    kind, name = kinds[place % len(kinds)], names[place // 8 % len(names)]
    checked(kind(TIERS[place // 64 % len(TIERS)]), FRAMES[name], width, height)


@pytest.mark.parametrize("kind", PANES)
@pytest.mark.parametrize("name", FRAMES)
def test_a_pane_says_itself_in_one_sentence_and_carries_help(kind, name):
    pane = kind(Terminal())
    assert pane.summary(FRAMES[name])
    assert "\n" not in pane.summary(FRAMES["circles"])
    assert pane.HELP.startswith("**")
    assert pane.NUMBER
    assert pane.NAME


def test_without_braille_nothing_beyond_ascii_is_drawn():
    for kind, name in itertools.product((*PANES, *LINES), set(FRAMES) - {"hostile"}):
        text = "".join(checked(kind(Terminal("none", "ascii")), FRAMES[name], 60, 16))
        assert text.isascii()


def test_without_colours_no_style_has_one():
    for kind, name in itertools.product((*PANES, *LINES), FRAMES):
        for strip in kind(Terminal("none", "braille")).draw(FRAMES[name], 60, 16):
            assert all(segment.style.color is None and segment.style.bgcolor is None for segment in strip)


def test_with_sixteen_colours_only_those_are_used():
    for kind, name in itertools.product((*PANES, *LINES), FRAMES):
        for strip in kind(Terminal("16", "blocks")).draw(FRAMES[name], 60, 16):
            colors = {color for s in strip for color in (s.style.color, s.style.bgcolor) if color is not None}
            assert all(color.is_default or color.is_system_defined for color in colors)


def test_classes_differ_by_sign_and_by_colour():
    cells = [
        (cell, segment.style.color.name)
        for strip in BoundaryPane(Terminal()).draw(circles(), 60, 20)
        for segment in strip
        for cell in segment.text
        if cell in "ox"
    ]
    assert {cell for cell, _ in cells} == {"o", "x"}
    assert len(set(cells)) == 2


def test_the_map_stays_visible_between_many_points():
    text = "".join(checked(BoundaryPane(Terminal()), circles(), 38, 10))
    assert 20 <= sum(text.count(sign) for sign in "ox") <= 38 * 10 // 5


def test_the_map_without_colours_shades_the_probability():
    text = checked(BoundaryPane(Terminal("none")), circles(), 60, 20)
    assert "#" in text[10]
    assert set(text[0]) <= set(" .o")


def test_the_test_rows_are_shown_when_asked_for():
    pane = BoundaryPane(Terminal("none"))
    before = checked(pane, circles(), 60, 20)
    pane.test = True
    assert checked(pane, circles(), 60, 20) != before


def test_a_regression_is_drawn_as_points_and_a_line():
    text = "".join(checked(BoundaryPane(Terminal("none")), line(), 60, 14))
    assert text.count("o") >= 10
    assert any("⠀" < cell <= "⣿" for cell in text)


def test_a_wrong_answer_is_marked_by_more_than_its_colour():
    text = "\n".join(checked(DigitsPane(Terminal("none")), digits(), 60, 20))
    assert "8≠3" in text
    assert text.count("≠") == 1
    assert "8!3" in "\n".join(checked(DigitsPane(Terminal("none", "ascii")), digits(), 60, 20))


def test_every_pixel_of_a_small_picture_has_its_own_half_of_a_cell():
    frame = digits()
    rows = [
        [(cell, segment.style) for segment in strip for cell in segment.text]
        for strip in DigitsPane(Terminal()).draw(frame, 38, 10)
    ]
    first = next(x for x, (_, style) in enumerate(rows[0]) if style.bgcolor is not None)
    greys = DigitsPane(Terminal()).palette.greys
    top = [style.color.name if cell == "▀" else style.bgcolor.name for cell, style in rows[0][first : first + 8]]
    assert top == [greys[int(value) * len(greys) // 256] for value in frame.pictures.images[0, 0]]


def test_the_network_says_how_many_neurons_are_not_drawn():
    text = "\n".join(checked(NetworkPane(Terminal()), wide(), 60, 12))
    assert "+774" in text
    assert "▸300" in text


def test_the_network_names_inputs_outputs_and_bends():
    text = "\n".join(checked(NetworkPane(Terminal()), circles(), 60, 14))
    assert all(word in text for word in ("x1", "x2", "p(1)", "▸8 relu", " 8 relu"))
    assert text.count("●") == 2 + 8 + 8 + 1


def test_the_loss_is_drawn_by_powers_of_ten_when_asked_for():
    pane = LossPane(Terminal("none"))
    plain = checked(pane, circles(), 60, 12)
    pane.log_scale = True
    assert checked(pane, circles(), 60, 12) != plain
    assert pane.title(circles()) == "loss, powers of ten"


def test_the_accuracy_shows_the_best_possible_and_the_figures():
    text = "\n".join(checked(AccuracyPane(Terminal("none")), circles(), 40, 16))
    assert "┈┈┈┈" in text
    assert "best possible" in text
    assert "97.7 %" in text


def test_a_regression_has_figures_in_place_of_an_accuracy():
    text = "\n".join(checked(AccuracyPane(Terminal()), line(), 30, 6))
    assert "test R²" in text
    assert "0.988" in text


def test_the_epochs_axis_ends_at_a_round_number_and_not_beyond_the_run():
    assert [horizon(epoch, 100) for epoch in (0, 1, 10, 11, 43, 99, 100)] == [10, 10, 10, 20, 50, 100, 100]
    assert horizon(3, 5) == 5


def test_the_progress_line_says_where_the_film_stands():
    text = checked(ProgressLine(Terminal()), wide(), 100, 1)[0]
    assert "epoch 7 of 43/100" in text
    assert "◆" in text


def test_the_chosen_one_is_always_among_those_shown():
    sizes = [8, 6, 6, 9, 5, 7, 6]
    for here, room in itertools.product(range(7), range(0, 60, 5)):
        first, last = window(sizes, here, room)
        assert first <= here < last
        assert sum(sizes[first:last]) <= max(room, sizes[here])


def test_importing_the_panes_loads_nothing_heavy():
    heavy = ("numpy", "plotext", "torch", "pandas", "sklearn", "msgspec")
    names = ("boundary", "confusion", "curves", "digits", "events", "keyline", "layers", "network", "neurons", "strip")
    code = "import sys, tui.feed, " + ", ".join(f"tui.widgets.{name}" for name in names)
    code += f"; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

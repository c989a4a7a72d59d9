"""What a person draws: points that are learned as they are placed, and a digit that is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcore import load_recipe
from tests.tui.living import living
from tui.draft import Draft
from tui.frame import Boundary, Frame
from tui.screens.place import PlaceScreen
from tui.screens.scribble import ScribbleScreen
from tui.terminal import Terminal
from tui.widgets.paper import SIDE, PaperPane
from tui.widgets.placing import PLANE, Dot, PlacingPane

pytestmark = pytest.mark.usefixtures("own_home")


def test_points_stand_in_the_experiment_to_three_digits() -> None:
    draft = Draft(load_recipe("journey/moons")).with_points([(0.12345, -1, 0), (0.5, 0.25, 2)])
    assert draft.dataset == "drawn" and draft.placed == ((0.123, -1.0, 0), (0.5, 0.25, 2))
    assert draft.config.epochs == 500
    again = draft.with_points([(0, 0, 1), (1, 1, 0)])
    assert len(again.placed) == 2 and again.config.epochs == 500
    assert Draft(load_recipe("journey/moons"), epochs_chosen=True).with_points(draft.placed).config.epochs == 60
    assert Draft(load_recipe("journey/moons")).placed == ()


def text(pane: PlacingPane | PaperPane, frame: Frame, width: int = 40, height: int = 12) -> list[str]:
    lines = pane.draw(frame, width, height)
    assert [strip.cell_length for strip in lines] == [width] * height
    return [strip.text for strip in lines]


@pytest.mark.parametrize("terminal", [Terminal(), Terminal(glyphs="ascii", colors="none")], ids=["full", "ascii"])
def test_placed_points_are_drawn_where_they_are_before_and_after_they_are_learned(terminal: Terminal) -> None:
    import numpy as np

    pane = PlacingPane(terminal)
    pane.dots = [Dot(-1, 1, 0), Dot(1, -1, 1)]
    learned = Boundary(np.zeros((24, 40), np.uint8), np.full((24, 40), 200, np.uint8), PLANE)
    for frame in (Frame(), Frame(boundary=learned, class_names=("0", "1"))):
        lines = text(pane, frame)
        assert lines[0][0] == "o" and lines[-1][-1] == "x"
        assert terminal.glyphs != "ascii" or "".join(lines).isascii()
    for size in ((1, 1), (0, 0), (200, 60)):
        text(pane, Frame(), *size)


@pytest.mark.parametrize("terminal", [Terminal(), Terminal(glyphs="ascii", colors="none")], ids=["full", "ascii"])
def test_paper_of_any_size_shows_what_was_drawn(terminal: Terminal) -> None:
    pane = PaperPane(terminal)
    pane.pixels[14 * SIDE + 3] = 255
    for size in ((1, 1), (28, 14), (80, 24), (200, 60)):
        text(pane, Frame(), *size)
    assert pane.summary(Frame()) == "1 of 784 pixels are drawn"


async def test_points_placed_by_keys_and_mouse_are_learned_at_once(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("D", "space", "2", *["right"] * 9, "space")
        screen = lab.app.screen
        assert isinstance(screen, PlaceScreen)
        pane = screen.query_one(PlacingPane)
        await lab.until(lambda: lab.frame.dataset == "drawn" and lab.frame.state == "finished")
        assert [dot.label for dot in pane.dots] == [0, 1]
        assert lab.frame.metrics["train_accuracy"] == 1 and lab.frame.boundary.bounds == PLANE
        await lab.pilot.click(PlacingPane, offset=(10, 5))
        draft = lab.app.lab.draft
        assert len(draft.placed) == 3 and draft.placed[2][2] == 1
        assert draft.placed[2][:2] == pytest.approx(pane.place(9, 4), abs=1e-3)
        await lab.pilot.click(PlacingPane, offset=(10, 5), button=3)
        assert len(lab.app.lab.draft.placed) == 2
        await lab.press("u", "C")
        assert pane.dots == [] and len(lab.app.lab.draft.placed) == 2  # one class alone cannot be learned
        await lab.press("3", "space", "1", "left", "space", "escape")
        await lab.learned(dataset="drawn")
        assert lab.frame.class_names == ("0", "2") and "your 2 points" in lab.screen


async def test_a_digit_drawn_by_hand_is_read(tmp_path: Path) -> None:
    async with living(tmp_path, "digits") as lab:
        await lab.press("G", *["up"] * 9, "space", *["down"] * 18)
        screen = lab.app.screen
        assert isinstance(screen, ScribbleScreen)
        await lab.until(lambda: "%" in str(screen.query_one("#answer").content))
        await lab.until(lambda: not screen._asked)
        assert sum(pixel > 200 for pixel in screen.paper.pixels) == 19
        best = max(str(screen.query_one("#answer").content).splitlines()[:10], key=lambda line: line.count("█"))
        assert best.split()[0] == "1"
        await lab.pilot.mouse_down(PaperPane, offset=(20, 8))
        await lab.pilot.hover(PaperPane, offset=(30, 8))
        await lab.pilot.mouse_up(PaperPane, offset=(30, 8))
        assert sum(pixel > 200 for pixel in screen.paper.pixels) > 25
        await lab.press("C", "escape")
        assert not any(screen.paper.pixels) and lab.app.screen is lab.app.laboratory


async def test_without_pictures_there_is_nothing_to_draw_a_digit_for(tmp_path: Path) -> None:
    async with living(tmp_path, pace="show") as lab:
        await lab.press("G")
        await lab.says("choose digits or mnist first")
        assert lab.app.screen is lab.app.laboratory
        await lab.press("D")
        assert lab.app.lab.pace == "full"
        await lab.press("escape")
        assert lab.app.lab.pace == "show" and lab.frame.dataset == "circles"  # nothing was placed

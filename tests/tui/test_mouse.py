"""The mouse: what a click changes in the run or on the screen; a click does what a key does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.effects import above, focused
from tests.tui.living import SLOW, Living, living
from tui.widgets.curves import LossPane
from tui.widgets.keyline import KeyLine
from tui.widgets.network import NetworkPane
from tui.widgets.paper import PaperPane
from tui.widgets.placing import PlacingPane
from tui.widgets.strip import DataStrip

pytestmark = pytest.mark.usefixtures("own_home")


async def click(lab: Living, kind: type, words: str) -> None:
    """Click on words that stand in a line of the screen."""
    line = lab.app.screen.query_one(kind)
    await lab.until(lambda: words in lab.over.splitlines()[line.region.y])
    await lab.pilot.click(line, offset=(lab.over.splitlines()[line.region.y].index(words) + 1, 0))
    await lab.pilot.pause()


async def test_panes_data_sets_keys_and_weights_of_the_lab_are_clicked(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.pilot.click(LossPane, offset=(20, 3))
        assert focused(lab) == 3
        await click(lab, DataStrip, " moons ")
        assert (await lab.learned(dataset="moons")).epochs == 60
        await click(lab, DataStrip, " blobs ")
        await lab.learned(dataset="blobs")
        number = lab.app.feed.number
        await click(lab, DataStrip, "[blobs]")
        await lab.pilot.click(DataStrip, offset=(1, 0))
        assert lab.app.feed.number == number, "neither what is learned already nor the name of the app is a choice"
        await click(lab, KeyLine, "bend")
        await lab.until(lambda: lab.frame.net.activations[0] == "tanh")
        await click(lab, KeyLine, "help")
        assert above(lab) == "KeysScreen"
        await lab.press("escape")
        await lab.pilot.click(NetworkPane, offset=(12, 4))
        assert above(lab) == "ValueDialog"


async def test_points_are_placed_dragged_and_taken_away_and_learned(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.press("D")
        await lab.pilot.pause()
        plane = lab.app.screen.query_one(PlacingPane)
        await lab.pilot.click(plane, offset=(10, 5))
        await lab.press("2")
        await lab.pilot.mouse_down(plane, offset=(40, 15))
        await lab.pilot.hover(plane, offset=(60, 15))
        await lab.pilot.mouse_up(plane, offset=(60, 15))
        assert [dot.label for dot in plane.dots] == [0, 1, 1]
        assert plane.dots[0].x < plane.dots[1].x < plane.dots[2].x
        await lab.until(lambda: lab.app.feed.frame().rows.get("train") == 3)
        await lab.pilot.click(plane, offset=(61, 15), button=3)
        await lab.until(lambda: lab.app.feed.frame().rows.get("train") == 2)
        await click(lab, KeyLine, "clear")
        assert plane.dots == []


async def test_a_digit_is_drawn_and_rubbed_out_and_the_network_reads_it(tmp_path: Path) -> None:
    async with living(tmp_path, "digits", pace=SLOW, ready=lambda lab: lab.frame.pictures) as lab:
        await lab.press("G")
        await lab.pilot.pause()
        paper = lab.app.screen.query_one(PaperPane)
        middle, end = (paper.size.width // 2, 6), (paper.size.width // 2, 16)
        await lab.pilot.mouse_down(paper, offset=middle)
        await lab.pilot.hover(paper, offset=end)
        await lab.pilot.mouse_up(paper, offset=end)
        drawn = sum(map(bool, paper.pixels))
        assert drawn > 20
        await lab.until(lambda: "%" in lab.over)
        await lab.pilot.click(paper, offset=middle, button=3)
        assert 0 < sum(map(bool, paper.pixels)) < drawn

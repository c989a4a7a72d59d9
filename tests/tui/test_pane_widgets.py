"""Panes inside an app: the box, focus, themes, sizes, and that only what changed is drawn again."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.tui.scenes import FRAMES, HOSTILE, TIERS, circles, digits, inside, line, projected
from tests.tui.shelf import Shelf, Wall
from tui.screens.layout import Plan
from tui.terminal import Terminal
from tui.widgets.boundary import BoundaryPane
from tui.widgets.curves import LossPane
from tui.widgets.network import NetworkPane
from tui.widgets.strip import CaptionLine, ProgressLine


@pytest.fixture(autouse=True)
def _calm(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("terminal", TIERS, ids=lambda terminal: f"{terminal.colors}-{terminal.glyphs}")
async def test_every_terminal_gets_a_full_screen(terminal, monkeypatch):
    if terminal.colors == "none":
        monkeypatch.setenv("NO_COLOR", "1")
    async with Shelf(terminal, circles(), "Two rings").run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = "\n".join(pilot.app.rows)
        assert all(
            word in text for word in ("network", "what it believes", "loss", "accuracy", "Two rings", "epoch 43")
        )
        assert all(cell_len(row) == 80 for row in pilot.app.rows)
        assert terminal.glyphs != "ascii" or text.isascii()


async def test_a_frame_of_nothing_but_numbers_that_are_none_is_shown():
    async with Shelf(Terminal(), FRAMES["broken"]).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "diverged" in "\n".join(pilot.app.rows)


async def test_hostile_text_reaches_the_screen_tamed():
    async with Shelf(Terminal(), FRAMES["hostile"], HOSTILE).run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        text = "\n".join(pilot.app.rows)
        assert not set(text) & set("\x1b\x07\x00\u202e")
        assert "\\x1b" in text


async def test_a_pane_in_focus_lights_its_box():
    async with Shelf(Terminal(), circles()).run_test(size=(80, 24)) as pilot:
        pane = pilot.app.query_one(LossPane)
        await pilot.pause()
        before = pane.render_line(0)
        pane.focus()
        await pilot.pause()
        assert pane.render_line(0).text == before.text
        assert pane.render_line(0) != before


async def test_rows_that_look_as_before_are_not_sent_again(monkeypatch):
    async with Shelf(Terminal(), circles()).run_test(size=(80, 24)) as pilot:
        pane = pilot.app.query_one(BoundaryPane)
        await pilot.pause()
        regions = []
        monkeypatch.setattr(pane, "refresh", lambda *where, **_: regions.extend(where or ["all"]))
        pane.show(circles())
        assert regions == []
        frame = circles()
        certainty = frame.boundary.certainty.copy()
        certainty[:4] = 255
        pane.show(frame._replace(boundary=frame.boundary._replace(certainty=certainty)))
        assert {region.y for region in regions} == {1}
        assert all(region.height == 1 for region in regions)


async def test_a_pane_follows_the_size_of_the_terminal():
    async with Shelf(Terminal(), circles()).run_test(size=(120, 40)) as pilot:
        for size in ((60, 18), (200, 60), (20, 6), (10, 3), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert all(cell_len(row) == size[0] for row in pilot.app.rows)
        assert "what it believes" in "\n".join(pilot.app.rows)


async def test_the_canvas_is_what_is_inside_the_box():
    async with Shelf(Terminal(), circles()).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pane = pilot.app.query_one(NetworkPane)
        assert pane.canvas == (pane.size.width - 2, pane.size.height - 2)


async def test_every_theme_of_textual_can_be_chosen():
    async with Shelf(Terminal(), circles()).run_test(size=(80, 24)) as pilot:
        for name in list(pilot.app.available_themes):
            pilot.app.theme = name
            await pilot.pause()
        assert "network" in "\n".join(pilot.app.rows)


async def test_the_caption_is_said_and_taken_back():
    async with Shelf(Terminal(), circles()).run_test(size=(80, 24)) as pilot:
        caption = pilot.app.query_one(CaptionLine)
        caption.say("Press up")
        await pilot.pause()
        assert "Press up" in pilot.app.rows[-3]
        caption.say("")
        await pilot.pause()
        assert not pilot.app.rows[-3].strip()


async def test_states_differ_by_sign():
    signs = set()
    async with Shelf(Terminal("none"), circles()).run_test(size=(80, 24)) as pilot:
        for state in ("running", "paused", "finished", "stopped", "diverged"):
            pilot.app.query_one(ProgressLine).show(circles()._replace(state=state))
            await pilot.pause()
            assert state in pilot.app.rows[-2]
            signs.add(pilot.app.rows[-2][1])
    assert len(signs) == 5


@pytest.mark.parametrize(
    ("name", "terminal", "frame"),
    [
        ("circles-full", Terminal(), circles()),
        ("digits-256", Terminal("256"), digits()),
        ("line-none-ascii", Terminal("none", "ascii"), line()),
    ],
)
async def test_the_lab_looks_as_reviewed(name, terminal, frame, snapshot):
    async with Shelf(terminal, frame, "Two rings: no straight line parts them").run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await snapshot(pilot.app, name)


@pytest.mark.parametrize(
    ("name", "terminal", "frame", "plan", "size"),
    [
        ("six-panes-full", Terminal(), inside(circles()), Plan(), (140, 45)),
        ("confusion-256", Terminal("256"), projected(), Plan(slot=6), (80, 24)),
    ],
)
async def test_the_panes_inside_a_network_look_as_reviewed(name, terminal, frame, plan, size, snapshot):
    async with Wall(terminal, frame, plan).run_test(size=size) as pilot:
        await pilot.pause()
        await snapshot(pilot.app, name)

"""Keys that come faster than screens open and close."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.widgets import Input, OptionList

from tests.tui.living import living
from tui.screens import build, compare, goto, keys, live, parameters, picking, runs
from tui.screens.alone import Alone
from tui.screens.dialogs import ValueDialog

pytestmark = pytest.mark.usefixtures("own_home")


async def test_a_screen_closes_itself_alone_and_once(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        app, chosen = lab.app, list[object]()
        below, above = picking.PickDialog("Which?", [("a", "")], "a"), ValueDialog("How many?", "", "1", lambda _: "")
        await app.push_screen(below, chosen.append)
        await app.push_screen(above, chosen.append)
        below.dismiss("a")  # enter, pressed once more before `above` was there
        await lab.drawn()
        assert app.screen is above and chosen == []
        above.dismiss("2")
        above.dismiss("3")
        await lab.drawn()
        below.dismiss("a")
        below.dismiss("")
        await lab.drawn()
        assert app.screen is app.laboratory and chosen == ["2", "a"]


@pytest.mark.parametrize("again", ["enter", "click"])
async def test_what_the_palette_names_is_done_once_however_often_it_is_asked_for(tmp_path: Path, again: str) -> None:
    async with living(tmp_path) as lab:
        done: list[str] = []
        lab.app.do = done.append  # type: ignore[method-assign]
        await lab.press("ctrl+p", *"help")
        await lab.until(lambda: [each for each in lab.app.screen.query_one(CommandList).options if each.id != "busy"])
        await lab.drawn()
        field, listed = lab.app.screen.query_one(Input), lab.app.screen.query_one(CommandList)
        listed.highlighted = 0
        enter, click = Input.Submitted(field, ""), OptionList.OptionSelected(listed, listed.options[0], 0)
        for _ in range(4):
            field.post_message(copy(enter)) if again == "enter" else listed.post_message(copy(click))
        await lab.until(lambda: lab.app.screen is lab.app.laboratory and done)
        await lab.drawn()
        assert len(done) == 1


async def test_a_value_typed_after_the_settings_have_gone_is_answered_all_the_same(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        settings = live.LiveScreen(lab.app)
        rate = next(each for each in settings._found() if each.name == "optimizer.learning_rate")
        assert "expected a number above 0" in settings._change(rate, "fast")
        assert settings._change(rate, 0.02) == ""


def test_every_screen_over_the_lab_is_one_of_those() -> None:
    for screen in (build.BuildScreen, compare.CompareScreen, goto.GoScreen, keys.KeysScreen, live.LiveScreen,
                   parameters.ParametersScreen, runs.RunsScreen):  # fmt: skip
        assert issubclass(screen, Alone)

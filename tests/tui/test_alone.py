"""Keys that come faster than screens open and close."""

from __future__ import annotations

from pathlib import Path

import pytest

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

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


def test_every_screen_over_the_lab_is_one_of_those() -> None:
    for screen in (build.BuildScreen, compare.CompareScreen, goto.GoScreen, keys.KeysScreen, live.LiveScreen,
                   parameters.ParametersScreen, runs.RunsScreen):  # fmt: skip
        assert issubclass(screen, Alone)

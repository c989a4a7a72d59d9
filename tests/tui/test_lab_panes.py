"""The panes of the Lab with a real worker: what each key shows, asks the worker for, and leaves alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.tui.living import Living, living
from tui import opening
from tui.screens.explain import ExplainScreen
from tui.settings import load

pytestmark = pytest.mark.usefixtures("own_home")


def wanted(lab: Living) -> tuple[str, ...]:
    """The panes the worker is asked for."""
    return lab.app.runner._view["panes"]


async def test_a_number_shows_its_pane_asks_for_it_and_takes_both_back(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        assert wanted(lab) == () and not lab.frame.layers
        for key, asked, name in (
            ("5", "layers", "layers"),
            ("6", "confusion", "confusion"),
            ("7", "neurons", "responses"),
        ):
            await lab.press(key)
            assert wanted(lab) == (asked,)
            await lab.until(lambda name=name: getattr(lab.frame, name))
        await lab.says("8 neurons")
        await lab.press("8")
        await lab.says("began: ")
        assert wanted(lab) == () and load(tmp_path / "settings.toml")[0].slot == 8
        await lab.press("z")
        assert [pane.NUMBER for pane in lab.app.laboratory.panes if pane.display] == [8]
        await lab.press("z", "8")
        assert [pane.NUMBER for pane in lab.app.laboratory.panes if pane.display] == [1, 2, 3, 4]
        await lab.press("5", "0")
        assert load(tmp_path / "settings.toml")[0].slot == 0 and wanted(lab) == ()


async def test_a_crosshair_takes_the_arrows_until_esc_gives_them_back(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        screen = lab.app.laboratory
        await lab.press("3", "i")
        await lab.says("epoch 200")
        await lab.press("left", "down", "left")
        assert screen.aimed is not None and screen.aimed.cursor < 200  # type: ignore[operator]
        draft = lab.app.lab.draft
        await lab.press("x")  # looks inside though no pane does
        await lab.until(lambda: isinstance(lab.app.screen, ExplainScreen) and lab.frame.layers)
        assert wanted(lab) == ("layers",)
        await lab.press("escape", "escape")
        assert wanted(lab) == ()
        assert screen.aimed is None and lab.app.lab.draft is draft and lab.frame.dataset == "circles"
        await lab.press("m", "w", "V")
        curve = screen.curve
        assert curve is not None and (curve.smoothing, curve.recent, curve.envelope) == (1, True, True)
        await lab.press("4", "M")
        await lab.says("learning rate")
        await lab.press("right")
        await lab.learned(dataset="moons")


async def test_pictures_have_a_plane_for_a_second_view(tmp_path: Path) -> None:
    async with living(tmp_path, "digits") as lab:
        assert lab.frame.pictures is not None and lab.frame.boundary is None
        await lab.press("2", "d")
        await lab.says("PCA 2")
        await lab.until(lambda: lab.frame.boundary is not None)
        await lab.press("d")
        assert wanted(lab) == () and lab.app.laboratory.picture.NAME == "what it reads"


async def test_the_film_shows_the_inside_of_its_epoch_and_a_large_screen_six_panes(tmp_path: Path) -> None:
    async with living(tmp_path, size=(140, 45)) as lab:
        await lab.until(lambda: lab.frame.inside_epoch == 200 and lab.frame.responses)
        assert [pane.NUMBER for pane in lab.app.laboratory.panes if pane.display] == [1, 2, 3, 4, 5, 7]
        now = lab.frame.layers[0].weight
        await lab.press("less_than_sign")
        await lab.until(lambda: lab.frame.inside_epoch == 0)
        assert lab.frame.layers[0].weight != now
        await lab.says("layers at epoch 0")
        await lab.press("question_mark")  # nobody looks at what lies under the help
        assert wanted(lab) == ()
        await lab.press("escape")
        assert wanted(lab) == ("layers", "neurons")
        await lab.press("5")
        assert lab.app.laboratory.focused is lab.app.laboratory.panes[4]
        await lab.press("5")
        assert load(tmp_path / "settings.toml")[0].opened == (7,)
        await lab.press("1", "1")
        assert load(tmp_path / "settings.toml")[0].hidden == (1,)
        assert [pane.NUMBER for pane in lab.app.laboratory.panes if pane.display] == [2, 3, 4, 7]


async def test_the_first_four_panes_go_one_by_one_and_come_back(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        screen = lab.app.laboratory

        def there() -> list[int]:
            return [pane.NUMBER for pane in screen.panes if pane.display]

        await lab.press("1")
        assert there() == [1, 2, 3, 4] and screen.focused is screen.panes[0]
        await lab.press("1")
        assert there() == [2, 3, 4] and screen.focused is None
        await lab.says("1 brings back network")
        assert screen.picture.size.width == 80
        await lab.press("z")  # what is looked at is there
        assert there() == [2]
        await lab.press("1")
        assert there() == [1]
        await lab.press("1")
        assert there() == [2, 3, 4]
        await lab.press("2", "2", "x")  # explains something that is there
        assert isinstance(lab.app.screen, ExplainScreen)
        await lab.press("escape", "M", "d")
        await lab.says("2 shows the picture")
        await lab.press("3", "3", "M", "4", "4", "4")
        await lab.says("This is the last pane there is")
        assert there() == [4] and load(tmp_path / "settings.toml")[0].hidden == (1, 2, 3)
        await lab.press("2")
        assert there() == [2, 4] and screen.focused is screen.picture
        await lab.press("0")
        assert there() == [1, 2, 3, 4] and load(tmp_path / "settings.toml")[0].hidden == ()


async def test_a_theme_chosen_before_the_recipes_are_known_is_remembered(tmp_path: Path, monkeypatch) -> None:
    known = threading.Event()
    find = opening.recipes_by_data
    monkeypatch.setattr(opening, "recipes_by_data", lambda: known.wait(60) and find())
    async with living(tmp_path, pace="show") as lab:
        assert not lab.app.lab.recipes
        lab.app.theme = "nord"
        await lab.until(lambda: load(tmp_path / "settings.toml")[0].theme == "nord")
        known.set()
        await lab.until(lambda: lab.app.lab.recipes)
        assert lab.app.theme == "nord"


async def test_layout_and_pace_are_as_they_were_left_and_a_broken_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        "pace = 2.0\n[layout]\nslot = 6\nhidden = [1]\nopend = [5]\n", encoding="utf-8"
    )
    async with living(tmp_path, pace="show") as lab:
        await lab.until(lambda: lab.frame.pace == "2")
        assert [pane.NUMBER for pane in lab.app.laboratory.panes if pane.display] == [2, 3, 6]
        await lab.says("layout.opend is no setting, did you mean layout.opened?")
        lab.app.theme = "nord"
        await lab.until(lambda: load(tmp_path / "settings.toml")[0].theme == "nord")
        assert load(tmp_path / "settings.toml")[0].slot == 6

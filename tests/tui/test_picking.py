"""The list one of several words is chosen from."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import OptionList

from tui.screens.picking import PickDialog

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.mark.parametrize(("size", "choices", "high"), [((80, 24), 2, 10), ((80, 24), 90, 21), ((160, 45), 90, 27)])
async def test_a_list_is_as_tall_as_what_it_holds_as_far_as_there_is_room(
    tmp_path: Path, size: tuple[int, int], choices: int, high: int
) -> None:
    app: App[None] = App()
    app.theme_variables.update({"quiet": "#888888", "frame": "#888888", "frame-focus": "#888888"})
    async with app.run_test(size=size) as pilot:
        await app.push_screen(PickDialog("Which?", [(f"word {n}", "about it") for n in range(choices)], "word 1"))
        await pilot.pause()
        dialog = app.screen.query_one(".picker")
        assert dialog.size.height + 3 == high
        listed = app.screen.query_one(OptionList)
        assert listed.size.height == min(choices, high - 8) and listed.highlighted == 1
        assert "esc back" in str(dialog.border_subtitle)


async def test_a_click_takes_what_was_clicked_even_where_letters_have_changed_the_list_since() -> None:
    app: App[None] = App()
    app.theme_variables.update({"quiet": "#888888", "frame": "#888888", "frame-focus": "#888888"})
    async with app.run_test(size=(80, 24)) as pilot:
        taken: list[str | None] = []
        app.push_screen(
            PickDialog("Which?", [(word, "about it") for word in ("age", "sex", "fare")], "age"), taken.append
        )
        await pilot.pause()
        dialog, listed = app.screen, app.screen.query_one(OptionList)
        assert isinstance(dialog, PickDialog)
        click = OptionList.OptionSelected(listed, listed.get_option_at_index(2), 2)
        await pilot.press("x")
        assert listed.option_count == 1
        dialog.on_option_list_option_selected(click)
        await pilot.pause()
        assert taken == ["fare"]


async def test_letters_that_nothing_has_are_said_to_be_so_and_enter_takes_nothing() -> None:
    app: App[None] = App()
    app.theme_variables.update({"quiet": "#888888", "frame": "#888888", "frame-focus": "#888888"})
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(PickDialog("Which?", [("age", "about it"), ("sex", "about it")], "age"))
        await pilot.pause()
        dialog, listed = app.screen, app.screen.query_one(OptionList)
        await pilot.press("q", "down", "enter")
        assert app.screen is dialog
        assert [str(option.prompt) for option in listed.options] == ["none has these letters"]
        await pilot.press("backspace")
        assert listed.option_count == 2 and listed.highlighted == 0

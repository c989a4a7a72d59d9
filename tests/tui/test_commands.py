"""The list of commands: one truth for bindings, key line, palette, help and what is done."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from tui.commands import COMMANDS, commands, find
from tui.keys import key_line, keys_of
from tui.palette import entries
from tui.screens.compare import CompareScreen
from tui.screens.deeds import EDITS, STEERING, Deeds
from tui.screens.deeds.analysing import Analysing
from tui.screens.deeds.building import Building
from tui.screens.deeds.tabling import Tabling
from tui.screens.place import PlaceScreen
from tui.screens.runs import RunsScreen
from tui.screens.scribble import ScribbleScreen

BY_TEXTUAL = {"palette"}
BY_THE_APP = {"interrupt", "leave"}
SCREENS = {"runs": RunsScreen, "compare": CompareScreen, "place": PlaceScreen, "scribble": ScribbleScreen}
MODES = {"lab": Deeds, "build": Building, "analyse": Analysing, "data": Tabling}


def deeds(group: type) -> set[str]:
    return {name for name in dir(group) if not name.startswith("_")} - {"do", "clicked", "carry"}


@pytest.mark.parametrize("mode", [*MODES, *SCREENS])
def test_no_two_commands_share_a_key_in_a_mode(mode: str) -> None:
    keys = Counter(key for command in commands(mode) for key in command.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_command_has_an_id_of_its_own_a_title_and_help() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    assert all(command.keys and command.title and command.help and command.group for command in COMMANDS)


@pytest.mark.parametrize("mode", MODES)
def test_every_command_of_a_mode_does_something_and_every_deed_is_a_command(mode: str) -> None:
    done = deeds(MODES[mode]) | ({*EDITS, *STEERING} if mode == "lab" else set())
    assert done == {command.id for command in commands(mode)} - BY_TEXTUAL - BY_THE_APP


@pytest.mark.parametrize("mode", SCREENS)
def test_every_command_of_a_screen_is_an_action_of_it(mode: str) -> None:
    asked = {command.id for command in commands(mode)} - BY_TEXTUAL - BY_THE_APP
    assert {identity for identity in asked if not hasattr(SCREENS[mode], f"action_{identity}")} == set()


@pytest.mark.parametrize("mode", [*MODES, *SCREENS])
def test_every_command_of_a_mode_stands_in_the_palette_with_its_key(mode: str) -> None:
    app = SimpleNamespace(
        acting=SimpleNamespace(mode=mode),
        laboratory=None,
        lab=SimpleNamespace(recipes={}, choices=()),
        recipe_lines={},
        available_themes={},
        ascii_only=True,
        do=lambda identity: None,
    )
    listed = [(entry.title, entry.key) for entry in entries(app)]  # type: ignore[arg-type]
    asked = [command for command in commands(mode) if command.id not in BY_TEXTUAL]
    assert listed == [(command.title, keys_of(command, True)) for command in asked]


def test_every_command_belongs_to_a_mode_that_is_looked_at_here() -> None:
    assert {mode for command in COMMANDS for mode in command.mode.split()} == {*MODES, *SCREENS, "*"}


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [20, 40, 78, 118, 198])
@pytest.mark.parametrize("mode", [*MODES, *SCREENS])
def test_the_key_line_fits(mode: str, width: int, ascii_only: bool) -> None:
    line = "  ".join(f"{key} {word}" for key, word in key_line(mode, width, ascii_only))
    assert len(line) <= width
    assert not ascii_only or line.isascii()


def test_eighty_columns_show_how_to_explore_how_to_get_help_and_how_to_leave() -> None:
    words = [word for _, word in key_line("lab", 78)]
    assert {"data", "neurons", "bend", "full", "pause", "film", "help", "quit"} <= set(words)


def test_keys_that_belong_to_multiplexers_and_terminals_are_not_taken() -> None:
    taken = {key for command in commands("lab") for key in command.keys.split(",")}
    assert taken.isdisjoint({"ctrl+s", "ctrl+a", "ctrl+b", "ctrl+j", "ctrl+i", "ctrl+m", "ctrl+h", "f1", "f10", "f11"})
    assert taken.isdisjoint(set("hj"))


def test_keys_are_shown_as_people_write_them() -> None:
    assert keys_of(find("back")) == ","
    assert keys_of(find("add_layer")) == "+"

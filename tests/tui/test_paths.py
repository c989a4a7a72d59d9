"""Files of one's own: found, completed and chosen, whatever they are called, and the target from their own header."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from tests.tui.bench import Bench
from tests.tui.scenes import HOSTILE
from tui.screens import goto, paths
from tui.screens.paths import PathDialog, offered
from tui.screens.picking import PickDialog

TABLE = "length,kind of [red]flower,weight\n" + "".join(f"1.{n},{'ab'[n % 2]},{n}\n" for n in range(60))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, with a home of data beside it."""
    home, present = tmp_path / "home", tmp_path / "here"
    for folder in (home / "mnist", present / "pictures" / "cat"):
        folder.mkdir(parents=True)
    (home / "train.npz").touch()
    (home / "flowers.csv").write_text("a,b\n1,2\n")
    (present / "flowers.csv").write_text(TABLE)
    (present / "notes.md").touch()
    (present / ".hidden.csv").touch()
    monkeypatch.setenv("MLJ_DATA_HOME", str(home))
    monkeypatch.chdir(present)
    return present


def test_what_is_offered_are_files_of_data_and_folders_here_and_at_home(here: Path) -> None:
    found, odd = offered("")
    told = {each.path: each.about.rpartition("  ")[2] for each in found}
    own = str(here / "flowers.csv")  # a relative path would mean the one at home
    assert told == {
        "flowers.csv": "MLJ_DATA_HOME",
        own: "here",
        "train.npz": "MLJ_DATA_HOME",
        "mnist/": "MLJ_DATA_HOME",
        "pictures/": "here",
    }
    assert odd == 0 and [each.path for each in offered("LOW")[0]] == ["flowers.csv", own]
    assert [each.path for each in offered("pictures/")[0]] == ["pictures/cat/"]
    assert [each.path for each in offered(f"{here}/.h")[0]] == [f"{here}/.hidden.csv"]
    assert offered("nowhere/") == offered("flowers.csv/x") == offered("\0/") == offered("~nobody-there/") == ([], 0)


def test_names_nobody_can_type_are_counted_and_links_and_pipes_do_no_harm(here: Path) -> None:
    for name in ("esc\x1b[31m.csv", "rtl\u202e.csv", " lead.csv", "new\nline.csv", os.fsdecode(b"bytes\xff.csv")):
        (here / name).touch()
    for name in ("[red]x.csv", "日本語.csv", "~tilde.csv", "-dash.csv", "a" * 200 + ".csv"):
        (here / name).touch()
    (here / "dangling.csv").symlink_to("nowhere")
    (here / "loop").symlink_to(".")
    os.mkfifo(here / "pipe.csv")
    found, odd = offered("")
    paths = [each.path for each in found]
    assert odd == 5 and {"[red]x.csv", "日本語.csv", "./~tilde.csv", "-dash.csv", "loop/"} < set(paths)
    assert not {"dangling.csv", "pipe.csv"} & set(paths) and all(path.isprintable() for path in paths)


async def test_a_file_is_chosen_by_key_and_by_click_and_its_target_from_its_header(here: Path) -> None:
    (here / f"{HOSTILE[:6]}.csv".replace("/", "")).touch()
    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:

        async def press(*keys: str) -> None:
            await pilot.press(*keys)
            await pilot.pause()

        await press("enter", *"file", "enter")
        assert isinstance(app.screen, PathDialog)
        await press(*"flow", "down")
        assert app.screen.query_one(Input).value == "flowers.csv"
        await press("down")
        assert app.screen.query_one(Input).value == str(here / "flowers.csv")
        assert "60 rows, 3 features, a number to learn" in app.hint
        await press("enter", "down")
        assert app.build.data.line.label == "target"
        await press("enter")
        assert isinstance(app.screen, PickDialog) and "kind of [red]flower  column 2" in app.text
        await press(*"kind", "enter")
        assert app.lab.draft.config.setting("dataset.target") == "kind of [red]flower"
        assert app.runner.started[-1] == app.lab.draft.config.to_dict() and "2-8-8-1" in app.text
        await press("enter", *"last", "enter")
        assert app.lab.draft.config.setting("dataset.target") == ""
        await press("up", "enter", *"pictures", "down", "enter")  # opened
        assert isinstance(app.screen, PathDialog) and "cat/" in app.text
        await press("enter")  # taken
        assert app.lab.draft.config.setting("dataset.path") == "pictures/"
        assert "it cannot be trained like this" in app.text
        await press("down", "enter")  # it has no columns: what is meant is typed
        assert not isinstance(app.screen, PickDialog) and isinstance(app.focused, Input)
        await press("escape", "up", "enter")
        row = [each.path for each in app.screen._found].index("train.npz")
        await pilot.click(OptionList, offset=(2, row))
        await pilot.pause()
        assert app.lab.draft.config.setting("dataset.path") == "train.npz" and app.screen is app.build


async def test_a_click_on_what_was_listed_before_opens_nothing_else(here: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (here / "pictures" / name).touch()
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", *"file", "enter")
        await pilot.pause()
        dialog, listed = app.screen, app.screen.query_one(OptionList)
        assert isinstance(dialog, PathDialog)
        clicks = [OptionList.OptionSelected(listed, listed.get_option_at_index(n), n) for n in range(4)]
        await pilot.press(*"pictures/")
        before = dialog.query_one(Input).value
        assert before == "pictures/" and listed.option_count == 3
        for click in clicks:
            dialog.on_option_list_option_selected(click)
            await pilot.pause()
        assert app.screen is dialog and dialog.query_one(Input).value == before


async def test_a_folder_of_thousands_of_files_is_offered_in_part(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "OFFERED", 3)
    for number in range(20):
        (here / f"{number}.csv").touch()
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", *"file", "enter")
        await pilot.pause()
        assert "more: type letters of them" in app.text
        for _ in range(7):
            await pilot.press("down")
        assert app.screen.query_one(Input).value == "0.csv"  # round its end


async def test_a_home_nobody_has_stops_nobody(here: Path) -> None:
    assert goto.files("~nobody-there/") == goto.files("~nobody-there") == []
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", *"file", "enter")
        await pilot.pause()
        await pilot.press(*"~nobody-there/x")
        assert "No such file" in app.hint

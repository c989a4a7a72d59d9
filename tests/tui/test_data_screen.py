"""The Data screen with a real worker: a table opened, filtered, grouped, looked at, taken back, kept."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlcore import Config
from tests.tui.looking import looking, sales_of, shown, typed
from tui.screens.data import DataScreen
from tui.screens.deeds.opening import of_experiment

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return sales_of(tmp_path)


async def test_a_table_is_filtered_sorted_grouped_and_taken_back_step_by_step(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.until(lambda: "2021-01-03" in lab.over and "none missing" in lab.over)
        assert "108 rows, 4 columns" in lab.over and "commas" in lab.over
        await typed(lab, "slash", "Sold > 20 and Product != 'Fig'")
        await lab.until(lambda: "of 108 rows: enter takes it" in lab.over)
        assert len(shown(lab).steps) == 0
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 1 and "Sold > 20" in lab.over)
        left = shown(lab).head.rows
        assert f"{left} of 108 rows" in lab.over
        await lab.press("s")
        await lab.until(lambda: len(shown(lab).steps) == 2 and "▴" in lab.over)
        await lab.press("s")
        await lab.until(lambda: "▾" in lab.over and len(shown(lab).steps) == 2)
        await typed(lab, "g", "Product: sum Sold")
        await lab.press("enter")
        await lab.until(lambda: "Sold_sum, row by row" in lab.over and "█" in lab.over)
        assert "df.plot.barh" in lab.over and "per Product: sum Sold" in lab.over
        for steps in (2, 2, 1, 0):
            await lab.press("u")
            await lab.until(lambda steps=steps: len(shown(lab).steps) == steps)
            await lab.until(lambda: not lab.app.screen.inquiry.busy("head"))
        assert shown(lab).head.rows == 108 and shown(lab).view == "column"
        await lab.press("u")
        await lab.until(lambda: "No step has been taken yet" in lab.over)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_view_is_drawn_and_says_its_pandas(tmp_path: Path, sales: Path, size: tuple[int, int]) -> None:
    words = {
        "2": "108 rows of 4 columns", "3": "lack a value", "4": "Pear", "5": "row by row", "6": "strongest: ",
        "7": "the peak", "8": "across: 1st component", "9": "tell", "1": "missing",
    }  # fmt: skip
    async with looking(tmp_path, sales, size) as lab:
        await lab.until(lambda: "none missing" in lab.over)
        await lab.press("right", "t")
        for key, said in words.items():
            await lab.press(key)
            await lab.until(lambda said=said: said in lab.over and ">>> " in lab.over)
        await lab.press("7", "7")
        await lab.until(lambda: "by weekday" in lab.over)
        for said in ("across: 1st", "principal components", "what they are made of", "across: 1st"):
            await lab.press("8")
            await lab.until(lambda said=said: said in lab.over)
        await lab.press("z")
        await lab.until(lambda: "1-" not in lab.over.split("\n")[2])
        await lab.press("escape", "escape")
        await lab.until(lambda: shown(lab).view == "column")


async def test_a_point_is_chosen_by_arrows_or_a_click_and_its_row_is_shown(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.until(lambda: "none missing" in lab.over)
        await lab.press("8", "tab")
        await lab.until(lambda: "across: 1st component" in lab.over)
        await lab.press("right")
        await lab.until(lambda: shown(lab).row is not None and "Product   Apple" in lab.over)
        first = shown(lab).place
        assert lab.app.screen.grid.row == first == 1  # the first row lacks a price: it is no point
        await lab.press("right")
        await lab.until(lambda: shown(lab).place != first and shown(lab).row is not None)
        place = shown(lab).place
        lab.app.screen.set_focus(lab.app.screen.grid)
        await lab.until(lambda: lab.app.screen.grid.missing() is None)
        for n, name in enumerate(shown(lab).head.names):
            cell = lab.app.screen.grid.cells.cell(place, n)
            assert re.search(rf"{name} +{re.escape(cell)} ", lab.over), (name, cell)
        lab.app.screen.set_focus(lab.app.screen.panel)
        for _ in range(2):  # the same cell again: the next of the points that lie there
            await lab.pilot.click(lab.app.screen.panel, offset=(2, 6))
            await lab.until(lambda before=place: shown(lab).place not in (None, before))
            place = shown(lab).place
        await lab.press("escape")
        assert shown(lab).place is None and lab.app.screen.panel.has_focus and shown(lab).view == "pca"
        await lab.press("5")  # arrows lead here: through the rows of a view, to its end and no farther
        await lab.until(lambda: "row by row" in lab.over)
        await lab.press("end", "down")
        await lab.until(lambda: "2023-12-03  Fig" in lab.over and shown(lab).top[0] > 90)
        last = shown(lab).top
        await lab.press("up")
        await lab.until(lambda: shown(lab).top == (last[0] - 1, 0))


async def test_what_is_wrong_is_one_sentence_and_nothing_is_lost(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.until(lambda: "none missing" in lab.over)
        for text, said in (("Sol > 1", "no column 'Sol'"), ("Sold >", "filter"), ("Sold > 'x'", "numbers")):
            await typed(lab, "slash", text)
            await lab.press("enter")
            await lab.until(lambda said=said: said in lab.over)
            assert lab.app.screen.prompt.display and shown(lab).steps == () and shown(lab).head.rows == 108
            await lab.press("escape")
        await typed(lab, "slash", "Sold > 1e9")
        await lab.press("enter")
        await lab.until(lambda: "no row is left" in lab.over)
        for key in "123456789":
            await lab.press(key)
            await lab.pilot.pause()
        await lab.until(lambda: not lab.app.screen.inquiry.busy("view"))
        sales.unlink()
        await lab.press("r")
        await lab.until(lambda: "cannot be read" in lab.over)
        assert shown(lab).head.rows == 0
        await lab.press("u")
        await lab.until(lambda: shown(lab).head.rows == 108)
        lab.app.runner.send("Quit")  # and where the worker goes too, another cannot read what is gone, but says so
        await lab.until(lambda: not lab.app.runner.alive)
        await lab.press("s")
        await lab.until(lambda: "cannot be read" in lab.over)
        assert shown(lab).head.rows == 108 and isinstance(lab.app.screen, DataScreen)


async def test_a_worker_that_is_gone_is_replaced_and_the_steps_are_taken_again(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await typed(lab, "slash", "Sold > 20")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 1)
        rows = shown(lab).head.rows
        lab.app.runner.send("Quit")
        await lab.until(lambda: not lab.app.runner.alive)
        await lab.press("2")
        await lab.until(lambda: f"{rows} rows of 4 columns" in lab.over)
        assert lab.app.runner.alive and len(shown(lab).steps) == 1


@pytest.mark.parametrize("what", ["no.csv", "folder", "binary.csv"])
async def test_what_is_no_table_is_said_where_the_table_would_be(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    elif what == "binary.csv":
        path.write_bytes(b"a,b\n1,\x00\n")
    async with looking(tmp_path, path) as lab:
        await lab.until(lambda: what in lab.over and "reading" not in lab.over)
        for key in ("slash", "s", "2", "enter", "E", "down", "u"):
            await lab.press(key)
        assert isinstance(lab.app.screen, DataScreen)
        await lab.press("escape", "escape")
        await lab.until(lambda: not isinstance(lab.app.screen, DataScreen))


async def test_the_steps_are_kept_as_a_script_that_does_the_same(
    tmp_path: Path, sales: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with looking(tmp_path, sales) as lab:
        await typed(lab, "slash", "Sold > 20")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 1)
        await typed(lab, "n", "2 Product by Sold")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 2)
        first = lab.app.screen.grid.cells.cell
        await lab.until(lambda: first(0, 1))
        cells = [first(row, 1) for row in range(2)]
        await lab.press("w")
        await lab.until(lambda: Path("sales-steps.py").exists() and "written: sales-steps.toml" in lab.over)
    assert 'kind = "filter"' in Path("sales-steps.toml").read_text(encoding="utf-8")
    program = Path("sales-steps.py").read_text(encoding="utf-8") + "print(*df['Sold'].tolist())\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [float(word) for word in done.stdout.split()] == [float(cell) for cell in cells]


async def test_a_great_table_moves_at_once_and_only_what_is_seen_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "".join(f"{n},{n % 7}\n" for n in range(100_000)), encoding="utf-8")
    async with looking(tmp_path, path) as lab:
        await lab.until(lambda: shown(lab).head is not None)
        grid = lab.app.screen.grid
        await lab.press("end")
        assert grid.row == 99_999
        await lab.until(lambda: "99999" in lab.over)
        await lab.press(*["pageup"] * 40)
        await lab.until(lambda: grid.missing() is None)
        assert 0 < len(grid.cells.blocks) <= 48


def test_the_table_of_an_experiment_is_found_and_of_others_there_is_none() -> None:
    found = of_experiment({"kind": "file", "path": "x.csv", "target": "y", "format": {"decimal": ",", "dates": "auto"}})
    assert found is not None and (found.target, dict(found.format)) == ("y", {"decimal": ","})
    usual = Config().with_settings({"dataset": {"kind": "file", "path": "x.csv"}}).to_dict()["dataset"]
    assert usual["format"] and of_experiment(usual).format == {}
    usual["format"]["dates"] = "none"
    assert of_experiment(usual).format == {"dates": "none"}
    assert of_experiment({"kind": "file", "path": "x.npz"}) is None and of_experiment({"kind": "moons"}) is None

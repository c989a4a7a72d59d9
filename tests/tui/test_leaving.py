"""The ways out: what becomes of the run on each is what the dialog promised, on the disk as well."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from textual.binding import Binding

import mlcore
from tests.tui.bench import Bench
from tests.tui.living import SLOW, Living, living
from tests.tui.looking import sales_of
from tui.leaving import Leaving
from tui.screens.data import DataScreen
from tui.screens.dialogs import QuitDialog


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


async def asked(lab: Living) -> str:
    """The quit dialog is open over a run that is on the disk; the id of the run."""
    await lab.until(lambda: lab.frame.run and lab.frame.epoch >= 2)
    await lab.press("q")
    await lab.until(lambda: lab.app.screen.id == "quit")
    return lab.frame.run


async def left(lab: Living) -> int | None:
    await lab.until(lambda: lab.app.return_code is not None)
    return lab.app.return_code


async def status_of(lab: Living, tmp_path: Path, run: str, state: str) -> mlcore.Run:
    found = mlcore.open_run(run, tmp_path / "runs")
    await lab.until(lambda: found.status.state == state)
    return found


async def test_finish_trains_to_the_end_at_full_speed_and_leaves(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        run = await asked(lab)
        await lab.press("f")
        assert await left(lab) == 0
        found = await status_of(lab, tmp_path, run, "finished")
        assert found.status.epoch == found.config.epochs


async def test_stop_keeps_what_it_has_learned_and_leaves(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        run = await asked(lab)
        await lab.press("s")
        assert await left(lab) == 0
        found = await status_of(lab, tmp_path, run, "stopped")
        assert 0 < found.status.epoch < found.config.epochs
        assert found.state().epoch == found.status.epoch


async def test_keep_leaves_at_once_and_the_run_goes_on_to_its_end(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        run = await asked(lab)
        await lab.press("k")
        assert await left(lab) == 0
        assert "mlj-tui last" in lab.app.leaving.farewell
        found = await status_of(lab, tmp_path, run, "finished")
        assert found.status.epoch == found.config.epochs


async def test_cancel_stays_and_the_run_was_never_disturbed(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await asked(lab)
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)
        assert lab.app.return_code is None
        assert lab.frame.state == "running"


async def test_control_c_twice_stops_the_run_and_leaves(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.run and lab.frame.epoch >= 2)
        run = lab.frame.run
        await lab.press("ctrl+c")
        await lab.until(lambda: lab.app.screen.id == "quit")
        await lab.press("ctrl+c")
        assert await left(lab) == 0
        await status_of(lab, tmp_path, run, "stopped")


async def test_nothing_is_asked_when_nothing_is_going(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("q")
        assert await left(lab) == 0
        assert lab.app.leaving.farewell == ""


@pytest.mark.parametrize("changed", [False, True])
async def test_who_came_for_a_table_is_asked_only_about_a_run_of_theirs(tmp_path: Path, changed: bool) -> None:
    (tmp_path / "settings.toml").write_text(f"pace = {SLOW}\n", encoding="utf-8")  # the run outlasts the test
    async with living(tmp_path, pace="show", table=str(sales_of(tmp_path))) as lab:
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen))
        if changed:
            await lab.until(lambda: "moons" in lab.app.lab.recipes)
            lab.app.choose_data("moons")
        await lab.until(lambda: lab.frame.run and lab.frame.state == "running" and not lab.app.lab.awaited)
        run = lab.frame.run
        await lab.press("ctrl+c")
        if changed:
            await lab.until(lambda: lab.app.screen.id == "quit")
        else:
            assert await left(lab) == 0
            await status_of(lab, tmp_path, run, "stopped")


def test_a_refusal_is_harmless_to_the_terminal_it_is_printed_to() -> None:
    app = Mock()
    leaving = Leaving(app)
    leaving.refuse(mlcore.MljError("no \x1b[31mfile", code="USAGE", hint="\x07 try"))
    assert "\x1b" not in leaving.farewell and "\x07" not in leaving.farewell and "try" in leaving.farewell
    app.exit.assert_called_once()


ANSWERS = [key for b in QuitDialog.BINDINGS if isinstance(b, Binding) for key in b.key.split(",")]


@pytest.mark.parametrize("key", ANSWERS)
async def test_every_key_of_the_dialog_gives_its_answer(key: str) -> None:
    answers: list[str | None] = []
    app = Bench()
    async with app.run_test() as pilot:
        app.push_screen(QuitDialog("It is at epoch 3 of 9."), answers.append)
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
    given = {"f": "finish", "s": "stop", "k": "keep", "enter": "keep", "escape": "", "q": "", "ctrl+c": "stop"}
    assert answers == [given[key]]

"""The Lab beyond its keys: runs opened and gone on with, names at the start, and everything that can go wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import mlcore
from mlcore.errors import RunError
from tests.tui.living import SLOW, Living, living
from tui.widgets.ledger import Ledger

pytestmark = pytest.mark.usefixtures("own_home")
EPOCHS = mlcore.load_recipe("journey/circles").epochs


def over(lab: Living) -> str:
    """What lies over the Lab, as text."""
    return "\n".join(strip.text for strip in lab.app.screen._compositor.render_strips())


async def test_runs_are_listed_and_one_can_be_opened(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.run)
        await lab.press("c")
        await lab.says("stays on disk")
        await lab.press("f")
        await lab.learned()
        name = lab.frame.name
        await lab.press("o")
        await lab.until(lambda: [len(each.lines) > 0 for each in lab.app.screen.query(Ledger)] == [True])
        await lab.press("enter")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)
        opened = await lab.learned(dataset="circles")
        assert (opened.name, opened.epoch) == (name, EPOCHS)
        assert len(opened.losses[1].x) == EPOCHS  # its past is read, not trained again
        await lab.press("comma")
        await lab.until(lambda: lab.frame.shown_epoch < EPOCHS)


async def test_a_copied_folder_a_broken_run_and_a_hostile_name_spoil_no_other_run(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.run)
        await lab.press("c", "f")
        await lab.learned()
        whole = tmp_path / "runs" / lab.frame.run
        for name in ("copy", "broken", "hostile", "x\x1b[2J[red]evil"):
            shutil.copytree(whole, whole.with_name(name))
        (tmp_path / "runs" / "broken" / "config.json").write_text("{", encoding="utf-8")
        facts = json.loads((tmp_path / "runs" / "hostile" / "run.json").read_text(encoding="utf-8"))
        hostile = json.dumps(facts | {"name": "\x1b[31mred\x07[bold]evil[/]"})
        (tmp_path / "runs" / "hostile" / "run.json").write_text(hostile, encoding="utf-8")
        await lab.press("o")
        await lab.until(lambda: [len(each.lines) > 0 for each in lab.app.screen.query(Ledger)] == [True])
        assert len(lab.app.screen.query_one(Ledger).lines) == 5
        await lab.until(lambda: "broken" in over(lab) and "\\x1b[31mred" in over(lab))
        number = lab.app.feed.number
        await lab.press("enter")  # the newest by its folder: the name that would clear the screen
        await lab.until(lambda: lab.app.feed.number > number)
        assert (await lab.learned(dataset="circles")).epoch == EPOCHS


async def test_a_run_that_was_stopped_can_be_opened_and_goes_on(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.run and lab.frame.epoch > 5)
        run = lab.frame.run
        lab.app.runner.send("Stop")
        await lab.until(lambda: lab.frame.state == "stopped")
        number = lab.app.feed.number
        lab.app.open_target(run)
        await lab.until(lambda: lab.app.feed.number > number and lab.frame.state == "stopped")
        assert lab.frame.run == run
        stopped = lab.frame.epoch
        await lab.press("f", "space")
        await lab.until(lambda: lab.frame.run == run and lab.frame.state == "finished")
        assert stopped < lab.frame.epoch == EPOCHS


async def test_a_recipe_a_file_and_a_run_can_be_named_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('layers = "5 tanh"\nepochs = 9\n[dataset]\nkind = "moons"\n', encoding="utf-8")
    async with living(tmp_path, str(file)) as lab:
        frame = await lab.learned(dataset="moons")
        assert frame.net.widths == (2, 5, 1)
        assert frame.epochs == 9


async def test_a_name_nobody_knows_ends_the_app_with_a_sentence(tmp_path: Path) -> None:
    from tui.app import MljApp
    from tui.opening import Options
    from tui.terminal import Terminal

    app = MljApp(Terminal(), Options("jurney/moons", tmp_path / "runs"))
    async with app.run_test():
        for _ in range(200):
            if app.return_code is not None:
                break
            import asyncio

            await asyncio.sleep(0.02)
    assert app.return_code == RunError.exit_code
    assert "jurney/moons" in app.leaving.farewell


async def test_a_diverging_run_is_told_in_words(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        sgd = {"optimizer.kind": "sgd", "optimizer.learning_rate": 1e30}
        lab.app.lab.change(lambda draft: draft.changed(sgd), "parameter")
        await lab.until(lambda: not lab.app.lab.awaited and lab.frame.state == "diverged")
        await lab.says("too long")
        await lab.press("[")
        await lab.until(lambda: lab.frame.learning_rate == pytest.approx(5e29))


async def test_a_worker_that_dies_is_told_in_words_and_the_next_key_starts_another(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.epoch >= 2)
        process = lab.app.runner.process
        assert process is not None
        process.kill()
        process.wait()
        await lab.until(lambda: lab.frame.state == "lost")
        await lab.says("the worker ended. r trains it again in another")
        await lab.press("up")
        await lab.until(lambda: lab.frame.net.widths == (2, 12, 8, 1))
        assert lab.frame.state in ("running", "finished")


async def test_a_disk_that_refuses_is_told_at_once_and_no_key_promises_otherwise(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be", encoding="utf-8")
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.says("this run is not recorded")
        await lab.press("c")
        await lab.says("this run is not recorded")
        assert "stays on disk" not in lab.screen
        assert lab.frame.state == "running"
        await lab.press("ctrl+q")
        assert "nothing of it will be kept" in lab.app.leaving.farewell


async def test_the_last_words_of_a_caption_are_spoken_only_until_escape(tmp_path: Path) -> None:
    async with living(tmp_path, pace="show") as lab:
        await lab.says("learn to: watch")
        await lab.press("escape")
        await lab.until(lambda: "learn to: watch" not in lab.screen)
        assert lab.app.captions is not None
        assert lab.app.captions.ended


async def test_z_shows_one_pane_alone_and_escape_goes_back(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("3", "z")
        await lab.until(lambda: "3 loss" in lab.screen and "1 network" not in lab.screen)
        await lab.press("2")
        await lab.until(lambda: "what it believes" in lab.screen and "3 loss" not in lab.screen)
        await lab.press("escape")
        await lab.until(
            lambda: all(words in lab.screen for words in ("1 network", "what it believes", "3 loss", "4 acc"))
        )


async def test_the_screen_can_be_saved_as_text_and_as_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with living(tmp_path) as lab:
        await lab.press("T")
        await lab.says(f"written: mlj-circles-epoch-{EPOCHS}.txt")
        await lab.press("T", "S")
        await lab.until(lambda: (tmp_path / f"mlj-circles-epoch-{EPOCHS}.svg").exists())
    assert "1 network" in (tmp_path / f"mlj-circles-epoch-{EPOCHS}.txt").read_text(encoding="utf-8")
    assert (tmp_path / f"mlj-circles-epoch-{EPOCHS}-2.txt").exists()

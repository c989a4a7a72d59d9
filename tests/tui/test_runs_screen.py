"""Runs, Compare and Go to: what keys change on the disk and in what is opened, with real runs and a real worker."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.widgets import Input, Static

import mlcore
from mlcore import shelf
from tests.tui.living import SLOW, Living, living
from tests.tui.test_lab_control import typed
from tui.screens.compare import CompareScreen
from tui.screens.runs import RunsScreen
from tui.widgets.ledger import Ledger
from tui.widgets.overlay import Overlay

pytestmark = pytest.mark.usefixtures("own_home")
NAMES = ("slow", "quick", "straight", "other")  # of the runs in `root`


def names(lab: Living) -> list[str]:
    return [line.cells[0] for line in lab.app.screen.query_one(Ledger).lines]


async def listed(lab: Living, *expected: str) -> None:
    """Wait until the table of runs shows these, besides those of the Lab."""
    screen = lab.app.screen
    await lab.until(lambda: isinstance(lab.app.screen, RunsScreen) and lab.app.screen.query(Ledger))
    assert screen is not None
    await lab.until(lambda: [name for name in names(lab) if name in NAMES] == [*expected])


async def test_runs_are_filtered_sorted_labelled_put_away_and_brought_back(tmp_path: Path, root: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.press("o")
        await listed(lab, "other", "straight", "quick", "slow")
        await lab.press("/", *"-act:")
        lab.app.screen.query_one(Input).value += "none data:circles epochs:12"
        await listed(lab, "quick", "slow")
        lab.app.screen.query_one(Input).value = "epochs:12 lr:fast"
        await lab.until(lambda: "is a number" in str(lab.app.screen.query_one("#about").content))  # type: ignore[attr-defined]
        lab.app.screen.query_one(Input).value = "epochs:12"
        await listed(lab, "other", "straight", "quick", "slow")
        await lab.press("enter", "s")
        await listed(lab, "other", "quick", "slow", "straight")
        await lab.press("S")
        await listed(lab, "straight", "slow", "quick", "other")
        lab.app.screen.query_one(Ledger).go(lab.app.screen.query_one(Ledger).lines[1].key)
        await lab.press("t")
        await typed(lab, "lesson week-2")
        await lab.press("n")
        await typed(lab, "hardly moves")
        await lab.press("p")
        await listed(lab, "slow", "straight", "quick", "other")
        slow = next(each for each in shelf.look(root) if each.run.name == "slow")
        assert slow.labels == shelf.Labels(tags=("lesson", "week-2"), note="hardly moves", pinned=True)
        lab.app.screen.query_one(Ledger).go(slow.key)
        await lab.press("t")
        await typed(lab, "lesson")
        assert shelf.Glance(slow.run).labels.tags == ("lesson",)
        await lab.press("d")
        await listed(lab, "straight", "quick", "other")
        assert not slow.run.folder.exists() and [run.name for run in shelf.binned(root)] == ["slow"]
        await lab.press("u")
        await listed(lab, "slow", "straight", "quick", "other")
        assert slow.run.folder.exists() and shelf.binned(root) == []
        lab.app.screen.query_one(Ledger).go(slow.key)
        await lab.press("r")
        await lab.asks()
        await lab.press(*"last", "enter")
        await lab.until(lambda: "the newest run" in str(lab.app.screen.query_one("#hint", Static).content))
        await typed(lab, "[red]sloth")
        await lab.until(lambda: "[red]sloth" in names(lab))
        assert mlcore.open_run("[red]sloth", root).id == slow.run.id
        assert "slow is called [red]sloth now: u takes it back" in str(
            lab.app.screen.query_one("#about", Static).content
        )
        await lab.press("u")
        await listed(lab, "slow", "straight", "quick", "other")
        await lab.press("escape")
        await lab.until(lambda: len(names(lab)) == 5)
        lab.app.screen.query_one(Ledger).go(next(each.key for each in shelf.look(root) if each.run.name not in NAMES))
        await lab.press("d")
        await lab.until(lambda: "is running" in str(lab.app.screen.query_one("#about").content))  # type: ignore[attr-defined]
        await lab.press("question_mark")
        await lab.until(lambda: "KeysScreen" in type(lab.app.screen).__name__)
        await lab.press("escape", "escape")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)


async def test_chosen_runs_are_compared_by_curves_differences_and_a_verdict(tmp_path: Path, root: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.run)
        await lab.press("space")  # while it is held no key has to wait for a picture
        await lab.until(lambda: lab.frame.state == "paused")
        await lab.press("o")
        await listed(lab, "other", "straight", "quick", "slow")
        await lab.press("end", "space", "up", "space", "v")
        await lab.until(lambda: isinstance(lab.app.screen, CompareScreen))
        view = lab.app.screen.query_one(Overlay)
        await lab.until(lambda: view.found and view.found.verdicts)
        assert view.found is not None and set(view.found.names) == {"slow", "quick"}
        assert view.found.rows[0][0] == "optimizer.learning_rate"
        assert "interval" in view.summary() and "of these two networks" in view.summary()
        await lab.press("m", "x", "y")
        await lab.until(lambda: view.found and view.found.what == "loss" and view.found.verdicts)
        assert view.axis == "step" and view.log_scale
        first = view.found.names[0]
        await lab.press("right")
        await lab.until(lambda: view.found and view.found.names[0] != first)
        await lab.press("a")
        await listed(lab, "other", "straight", "quick", "slow")
        assert len(lab.app.screen.query_one(Ledger).chosen) == 2
        await lab.press("escape", "space", "v")  # the run that trains now, and the newest like it
        await lab.until(lambda: isinstance(lab.app.screen, CompareScreen) and lab.app.screen.query_one(Overlay).found)
        view = lab.app.screen.query_one(Overlay)
        await lab.until(lambda: view.found and view.found.running and len(view.found.bands[0].y) >= 2)
        assert view.found is not None and view.found.names == (lab.frame.name, "straight")
        seen = len(view.found.bands[0].y)
        await lab.until(lambda: view.found and len(view.found.bands[0].y) > seen)
        await lab.press("escape")


async def test_go_to_opens_files_runs_and_recipes_by_a_few_letters(tmp_path: Path, root: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('layers = "5 tanh"\nepochs = 9\n[dataset]\nkind = "moons"\n', encoding="utf-8")
    async with living(tmp_path) as lab:
        for typing, kind, expected in (
            (str(tmp_path / "mi"), "file", {"dataset": "moons", "epochs": 9}),
            ("quick", "run", {"name": "quick", "epochs": 12}),
            ("xor", "recipe", {"dataset": "xor"}),
        ):
            await lab.press("g")
            await lab.until(lambda: lab.app.screen.query(Ledger) and len(lab.app.screen.query_one(Ledger).lines) > 8)
            lab.app.screen.query_one(Input).value = typing
            await lab.until(lambda kind=kind: lab.app.screen.query_one(Ledger).lines[0].cells[0] == kind)
            await lab.press("enter")
            await lab.until(lambda: lab.app.screen is lab.app.laboratory)
            await lab.learned(**expected)


async def test_c_goes_on_with_the_last_run_that_is_not_the_present_one(tmp_path: Path, root: Path) -> None:
    shutil.rmtree(next(each.run.folder for each in shelf.look(root) if each.run.name == "other"))
    controls = mlcore.Controls()
    run = mlcore.Run.create(mlcore.load_recipe("journey/circles").with_settings({"epochs": 30}), root, name="halted")
    for event in mlcore.record(mlcore.train(run.config, controls=controls), run):
        if event.kind == "epoch" and event.epoch == 5:
            controls.stop()
    async with living(tmp_path) as lab:
        await lab.until(lambda: lab.frame.run)
        await lab.press("C")
        assert (await lab.learned(name="halted")).epoch == 30
        assert run.status.state == "finished" and run.history["epoch"] == list(range(1, 31))

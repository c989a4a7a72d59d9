"""In control while it runs: settings, weights, checkpoints, pace, and the figures of the past."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

import mlcore
from tests.tui.living import SLOW, Living, living
from tui.commands import COMMANDS
from tui.feed import Feed
from tui.lab import Lab
from tui.screens.live import LiveScreen
from tui.widgets.ledger import Ledger
from tui.widgets.network import NetworkPane

pytestmark = pytest.mark.usefixtures("own_home")


async def typed(lab: Living, text: str) -> None:
    """Answer the dialog with a text in place of what stands there."""
    await lab.until(lambda: isinstance(lab.app.screen.focused, Input))
    lab.app.screen.query_one(Input).value = text
    await lab.press("enter")


async def test_settings_lie_on_the_network_where_there_is_room_and_leave_the_picture_to_be_seen(tmp_path: Path) -> None:
    async with living(tmp_path, size=(120, 40)) as lab:
        await lab.learned()
        await lab.press("k")
        network, picture, *_ = lab.app.laboratory.panes
        await lab.until(
            lambda: lab.app.screen.query(".sheet") and lab.app.screen.query_one(".sheet").region == network.region
        )
        before = picture._rows
        await lab.press("left", "left", "left", "left")
        await lab.until(lambda: picture._rows != before)
        assert isinstance(lab.app.screen, LiveScreen)
        await lab.pilot.resize_terminal(80, 24)
        await lab.until(lambda: lab.app.screen.query_one(".sheet").region.size == (80, 24))


async def test_k_changes_settings_of_the_run_that_goes_on_and_each_is_written_down(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        lab.app.lab.change(lambda draft: draft.changed({"layers": "8 relu | drop .2"}))
        await lab.until(lambda: lab.frame.net.widths == (2, 8, 1) and lab.frame.epoch >= 1 and not lab.app.lab.awaited)
        number = lab.app.feed.number
        await lab.press("space", "k")
        await lab.until(lambda: isinstance(lab.app.screen, LiveScreen) and lab.app.screen.query_one(Ledger).lines)
        ledger = lab.app.screen.query_one(Ledger)
        names = [line.key for line in ledger.lines]
        assert names[:4] == ["optimizer.learning_rate", "batch_size", "epochs", "dropout 1"]
        assert {"optimizer.weight_decay", "optimizer.l1", "optimizer.clip_norm", "stopping.patience"} <= set(names)
        await lab.press("right", "down", "enter")
        await typed(lab, "minus one")
        assert "expected" in str(lab.app.screen.query_one("#hint").content)  # type: ignore[attr-defined]
        await typed(lab, "16")
        ledger.go("dropout 1")
        await lab.press("right")
        ledger.go("epochs")
        await lab.press("enter")
        await typed(lab, "300")
        await lab.until(lambda: {"optimizer.learning_rate", "dropout 1", "epochs"} <= set(lab.app.lab.told))
        await lab.until(lambda: lab.frame.epochs == 300 and lab.frame.learning_rate == pytest.approx(0.01))
        assert ledger.lines[3].cells[1] == "0.25" and "was 0.2 until step" in lab.app.lab.told["dropout 1"]
        await lab.press("escape", "n")  # an epoch keeps its batches: the next one has others
        await lab.until(lambda: "batch_size" in lab.app.lab.told)
        await lab.press("K")
        await lab.until(lambda: "is on the disk, to go on from" in lab.screen)
        run = mlcore.open_run(lab.frame.run, tmp_path / "runs")
        told = {event["name"]: event["new"] for event in run.events if event["event"] == "changed"}
        assert told.items() >= {"epochs": 300, "batch_size": 16, "layers": "8 relu | drop .25"}.items()
        assert lab.frame.saved in run.checkpoints() and lab.app.feed.number == number
        assert run.restore().config.setting("layers") == "8 relu | drop .25"


async def test_a_weight_is_set_by_typing_and_by_clicking_and_picture_and_loss_change_at_once(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.epoch >= 2)
        await lab.press("space")
        await lab.until(lambda: lab.frame.state == "paused")
        before = lab.frame
        await lab.press("W")
        await typed(lab, "1 2 nine 4")
        assert lab.app.screen.query_one(Input).value == "1 2 nine 4"
        await typed(lab, "1 2 3 -9.5")
        await lab.until(lambda: lab.frame.net.weights and lab.frame.net.weights[0][1, 2] == -9.5)
        assert lab.frame.metrics["validation_loss"] != before.metrics["validation_loss"]
        assert lab.frame.state == "paused" and lab.frame.step == before.step
        await lab.press("W")
        await typed(lab, "7 1 1 0")
        await lab.says("there are layers 1 to 3")
        await lab.pilot.click(NetworkPane, offset=(8, 3))
        await lab.asks()
        layer, source, target, value = lab.app.screen.query_one(Input).value.split()
        assert (int(layer), int(source)) == (1, 1)
        assert float(value) == pytest.approx(lab.frame.net.weights[0][0, int(target) - 1], rel=0.01)
        await lab.press("escape", "f", "space")
        ended = await lab.learned()
        number = lab.app.feed.number
        await lab.press("W")
        await typed(lab, "3 0 1 50")  # the bias of the output: everything is of one class
        await lab.until(lambda: lab.app.feed.number == number + 1)
        assert (await lab.learned()).metrics["test_accuracy"] < ended.metrics["test_accuracy"]


def test_the_paces_go_from_full_speed_to_slow_motion_and_round() -> None:
    sent: list[dict[str, object]] = []

    class Mute:
        def send(self, name: str, /, **values: object) -> int:
            sent.append({"name": name, **values})
            return len(sent)

    lab = Lab(Mute(), Feed())  # type: ignore[arg-type]
    for _ in range(6):
        lab.cycle_pace()
    assert [each["pace"] for each in sent] == [60.0, 16.0, 4.0, 1.0, "full", 60.0]


async def test_looking_back_shows_the_figures_of_that_epoch(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        whole = {series.name: series for series in lab.frame.losses}["validation"]
        await lab.press(",", ",", ",")
        await lab.until(lambda: lab.frame.shown_epoch < lab.frame.epoch)
        shown = lab.frame
        place = whole.x.tolist().index(shown.shown_epoch)
        assert shown.metrics["validation_loss"] == whole.y[place] and "test_accuracy" not in shown.metrics
        assert f"epoch {shown.shown_epoch} of {shown.epoch}" in lab.screen
        await lab.press(">")
        await lab.until(lambda: "test_accuracy" in lab.frame.metrics)
        await lab.press("<")
        await lab.until(lambda: lab.frame.shown_epoch == 0)
        assert lab.frame.metrics == {}, "nothing was measured before the first step"


async def test_an_experiment_that_takes_longer_than_half_a_second_says_so_and_stays_in_hand(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        lab.app.lab.change(lambda draft: draft.changed({"epochs": 1_000_000}))
        await lab.until(lambda: lab.frame.epochs == 1_000_000)
        await lab.press("up")
        await lab.says("This takes longer than half a second")
        await lab.press("down")
        await lab.until(lambda: lab.frame.net.widths == (2, 8, 8, 1) and lab.frame.state == "running")


async def test_a_command_chosen_for_a_screen_that_was_closed_meanwhile_does_nothing(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        before = lab.screen
        for each in COMMANDS:
            if "lab" not in each.mode.split() and each.mode != "*":
                lab.app.do(each.id)
        await lab.drawn()
        assert lab.app.screen is lab.app.laboratory and lab.screen == before

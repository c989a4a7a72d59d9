"""Runs that go on: with the same bits wherever they ended, with changes that may be, refused if bits would differ."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlcore.controls import Controls
from mlcore.errors import CheckpointError, RunError
from mlcore.runs import Run, fit, open_run, record
from mlcore.training import train
from tests.mlcore.little_runs import config


def untimed(history: dict) -> dict:
    return {name: values for name, values in history.items() if name != "seconds"}


@pytest.mark.parametrize("events", [1, 2, 3, 5, 9, 14])
def test_a_closed_iterator_leaves_a_run_that_can_be_read_and_gone_on_with(events: int, tmp_path: Path) -> None:
    whole = fit(config(), tmp_path / "whole")
    run = Run.create(config(), tmp_path)
    recorded = record(train(config()), run)
    for _ in range(events):
        next(recorded)
    recorded.close()
    again = Run.open(run.folder)
    assert again.status.state == "stopped" and again.status.reason == "closed"
    point = again.restore()
    for _ in record(train(point.config, resume=point.state, data=point.data), again):
        pass
    assert np.array_equal(again.model().vector, whole.model().vector)
    assert untimed(again.history) == untimed(whole.history)


class StopAfter(Controls):
    """Controls of somebody who lets single steps through and interrupts the run after `left` of them."""

    def __init__(self, left: int) -> None:
        super().__init__(paused=True)
        self.left = left + 1
        self.spent()

    def spent(self) -> None:
        super().spent()
        self.left -= 1
        if self.left:
            self.step()
        else:
            self.stop("interrupted")


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("at", [0, 1, 4, 6, 11, 17])
def test_a_run_interrupted_at_any_step_and_resumed_from_disk_has_the_same_bits(at: int, tmp_path: Path) -> None:
    whole = fit(config(), tmp_path / "whole")
    run = Run.create(config(), tmp_path)
    assert list(record(train(config(), controls=StopAfter(at)), run))[-1].reason == "interrupted"
    assert run.status.state == "interrupted" and run.status.exit_code == 130 and list(run.checkpoints())[-1] == at
    again = Run.open(run.folder)
    point = again.restore()
    for _ in record(train(point.config, resume=point.state, data=point.data), again):
        pass
    assert np.array_equal(again.model().vector, whole.model().vector)
    assert untimed(again.history) == untimed(whole.history)
    assert again.status.state == "finished"


def test_a_finished_run_goes_on_with_more_epochs(tmp_path: Path) -> None:
    whole = fit(config(epochs=9), tmp_path / "whole")
    run = fit(config(), tmp_path)
    point = Run.open(run.folder).restore({"epochs": 9})
    again = open_run(run.id, tmp_path)
    again.changes = {"epochs": 9}
    for _ in record(train(point.config, resume=point.state, data=point.data), again):
        pass
    assert np.array_equal(again.state().weights.vector, whole.state().weights.vector)
    assert again.history["epoch"] == list(range(1, 10))
    assert Run.open(run.folder).restore().config.epochs == 9


def test_a_run_goes_on_with_another_optimizer_that_remembers_nothing_yet(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    point = run.restore({"optimizer.kind": "rmsprop", "epochs": 8})
    assert point.state.weights.moments.shape == (1, len(point.state.weights.vector))
    assert not point.state.weights.moments.any()
    for _ in record(train(point.config, resume=point.state, data=point.data), run):
        pass
    assert Run.open(run.folder).restore().config.optimizer.moments == 1


def test_a_change_made_while_it_ran_holds_when_the_run_goes_on(tmp_path: Path) -> None:
    controls, run = Controls(), Run.create(config(), tmp_path)
    for event in record(train(config(), controls=controls), run):
        if event.kind == "epoch" and event.epoch == 2:
            controls.set("optimizer.learning_rate", 0.5)
        if event.kind == "epoch" and event.epoch == 4:
            controls.stop("interrupted")
    point = Run.open(run.folder).restore()
    assert point.config.optimizer.learning_rate == 0.5
    assert any(e["event"] == "changed" and e["new"] == 0.5 for e in run.events)


def test_changes_hold_in_the_order_they_were_made(tmp_path: Path) -> None:
    controls, run = Controls(), Run.create(config(), tmp_path)
    wishes = {1: ("learning_rate", 0.5), 2: ("kind", "sgd"), 3: ("learning_rate", 0.1)}
    for event in record(train(config(), controls=controls), run):
        if event.kind == "epoch" and event.epoch in wishes:
            controls.set(f"optimizer.{wishes[event.epoch][0]}", wishes[event.epoch][1])
    again = Run.open(run.folder).restore().config.optimizer
    assert type(again).__name__ == "SGD" and again.learning_rate == 0.1


def test_going_on_with_an_edited_configuration_is_refused_naming_the_setting(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    plain = json.loads((run.folder / "config.json").read_text())
    plain["config"]["batch_size"] = 16
    (run.folder / "config.json").write_text(json.dumps(plain))
    with pytest.raises(CheckpointError, match="batch_size is 16 now and was 32") as caught:
        Run.open(run.folder).restore()
    assert caught.value.exit_code == 4


def test_going_on_with_other_data_is_refused_naming_what_differs(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    plain = json.loads((run.folder / "data.json").read_text())
    plain["sha256"]["validation"] = "0" * 64
    (run.folder / "data.json").write_text(json.dumps(plain))
    with pytest.raises(CheckpointError, match="data sha256: validation"):
        Run.open(run.folder).restore()


def test_going_on_with_epochs_missing_from_the_metrics_is_refused(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    metrics = run.folder / "metrics.jsonl"
    lines = metrics.read_bytes().splitlines(keepends=True)
    metrics.write_bytes(b"".join([lines[0], b"?", *lines[1:]]))
    with pytest.raises(RunError) as caught:
        run.history  # noqa: B018
    assert caught.value.code == "RUN_CORRUPT"
    point = run.restore({"epochs": 9})
    damaged = metrics.read_bytes()
    with pytest.raises(RunError, match="damaged after epoch 1"):
        next(record(train(point.config, resume=point.state, data=point.data), run))
    assert metrics.read_bytes() == damaged


def test_what_would_be_another_network_cannot_change_when_a_run_goes_on(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="layers cannot change"):
        fit(config(), tmp_path).restore({"layers": "3 relu"})


@pytest.mark.usefixtures("eager")
def test_a_damaged_newest_checkpoint_is_passed_over_with_a_warning_and_the_one_before_taken(tmp_path: Path) -> None:
    whole = fit(config(), tmp_path)
    newest = list(whole.checkpoints().values())[-1]
    newest.write_bytes(newest.read_bytes()[:-3])
    again = Run.open(whole.folder)
    expected = whole.model().vector
    point = again.restore()
    assert point.state.epoch == 4 and newest.name in point.warnings[0]
    events = list(record(train(point.config, resume=point.state, data=point.data), again))
    assert [e.code for e in events if e.kind == "warned"] == ["CKPT_FALLBACK"]
    assert np.array_equal(again.model().vector, expected)

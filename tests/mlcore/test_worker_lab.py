"""A lab and its runs: branches, which runs stay on the disk, and recorded runs that are shown and gone on with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlcore.config import Config
from mlcore.errors import CheckpointError, ConfigError
from mlcore.runs import Run, fit, list_runs, record
from mlcore.training import train
from mlcore.worker import protocol
from tests.mlcore.watching import SETTINGS, Watcher, plain, wait_for


def test_a_branch_with_unchanged_settings_repeats_its_parent_bit_for_bit(lab: Watcher, root: Path) -> None:
    lab.start(lab=False)
    parent = lab.ended()
    losses, parent_id = parent.curves["validation_loss"][1].copy(), parent.update.run
    lab.client.ask(protocol.Branch(epoch=7))
    lab.until(lambda m: m.number == 2 and m.ended)
    np.testing.assert_array_equal(lab.mirror.curves["validation_loss"][1], losses)
    assert lab.mirror.started.parent == parent_id
    child = Run.open(root / lab.mirror.update.run)
    assert child.parent == parent_id and child.history["epoch"][0] == 8
    np.testing.assert_array_equal(child.model().vector, Run.open(root / parent_id).model().vector)


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_a_branch_begins_with_what_was_so_then_and_repeats_its_parent(lab: Watcher, backend: str, root: Path) -> None:
    settings = {"layers": "5 tanh | drop .3", "optimizer.kind": "rmsprop", "backend": backend, "lab": False}
    lab.start(**settings)
    untouched = lab.ended().curves["validation_loss"][1].copy()
    lab.start(paused=True, **settings)
    for epoch in range(1, 9):
        lab.client.ask(protocol.Epoch())
        lab.until(lambda m, epoch=epoch: m.update.epoch == epoch and m.update.state == "paused")
    for name, value in {"layers": "5 tanh | drop .1", "weight.1.1.1": 2.0}.items():
        lab.client.ask(protocol.Set(name=name, value=value))
    lab.until(lambda m: m.picture and m.picture.epoch == 8 and m.picture.weights[0][0, 0] == 2.0)
    assert lab.mirror.update.metrics["validation_loss"] != untouched[7]
    lab.client.ask(protocol.Checkpoint())
    lab.until(lambda m: m.update.saved == m.update.step)
    lab.client.ask(protocol.Resume())
    touched, parent = lab.ended().curves["validation_loss"][1].copy(), lab.mirror.update.run
    lab.client.ask(protocol.Scrub(epoch=8))
    shown = lab.until(lambda m: m.picture.epoch == 8 and m.picture.metrics).picture
    assert shown.metrics["validation_loss"] != untouched[7] and shown.weights[0][0, 0] == 2.0
    for first, expected, disk in (
        (8, touched, 0),
        (7, untouched, 0),
        (0, untouched, 0),
        (8, touched, 1),
        (8, touched, 0),
    ):
        if disk:  # the film has what checkpoints hold
            number = lab.client.ask(protocol.Open(run=parent)).number
            lab.until(lambda m, number=number: m.number == number and m.ended)
        number = lab.client.ask(protocol.Branch(epoch=first)).number
        child = lab.until(lambda m, number=number: m.number == number and m.ended)
        np.testing.assert_array_equal(child.curves["validation_loss"][1][-12:], expected[-12:])
        assert "changed" not in [event["event"] for event in Run.open(root / child.update.run).events]


def test_a_finished_network_can_be_touched_and_is_another_experiment_then(lab: Watcher, root: Path) -> None:
    lab.start()
    before = lab.ended().ended.metrics
    lab.client.ask(protocol.Branch(epoch=20, settings={"weight.2.0.1": 9.0}, lab=True))
    after = lab.until(lambda m: m.number == 2 and m.ended and m.picture and m.picture.number == 2)
    assert after.ended.metrics["test_loss"] > before["test_loss"]
    with pytest.raises(ConfigError, match="layers 1 to 2"):
        lab.client.ask(protocol.Branch(epoch=20, settings={"weight.7.0.1": 9.0}))


def test_a_branch_with_another_rate_shares_the_past_and_goes_its_own_way(lab: Watcher) -> None:
    lab.start()
    losses = lab.ended().curves["train_loss"][1].copy()
    lab.client.ask(protocol.Branch(epoch=5, settings={"optimizer.learning_rate": 0.2, "epochs": 8}))
    lab.until(lambda m: m.number == 2 and m.ended)
    ours = lab.mirror.curves["train_loss"][1]
    assert len(ours) == 8 and np.array_equal(ours[:5], losses[:5]) and not np.array_equal(ours[5:], losses[5:8])


def test_the_last_run_of_a_lab_stays_and_one_that_was_replaced_goes(lab: Watcher, root: Path) -> None:
    for seed in (1, 2, 3):
        lab.start(seed=seed)
        lab.until(lambda m: m.update.run)
    wait_for(lambda: len(list_runs(root)) == 1)
    (run,) = list_runs(root)
    assert run.config.seed == 3
    wait_for(lambda: run.status.state == "finished")


def test_a_run_that_is_kept_or_branched_from_stays_when_it_is_replaced(lab: Watcher, root: Path) -> None:
    lab.start(seed=1, epochs=1_000_000)
    lab.client.ask(protocol.Keep())
    lab.start(seed=2)
    lab.ended()
    lab.client.ask(protocol.Branch(epoch=3))
    lab.until(lambda m: m.number == 3 and m.ended)
    lab.start(seed=9)
    lab.until(lambda m: m.update.run)
    wait_for(lambda: len(list_runs(root)) == 4)
    states = {run.config.seed: run.status.state for run in list_runs(root)}
    assert states[1] == "stopped" and states[2] == "finished"


def test_experiments_replaced_within_half_a_second_never_touch_the_disk(lab: Watcher, root: Path) -> None:
    for seed in range(5):
        lab.start(seed=seed, epochs=2)
    assert list_runs(root) == []
    lab.until(lambda m: m.update.run)
    assert len(list_runs(root)) == 1


def test_a_kept_run_resumes_from_disk_with_the_same_bits(lab: Watcher, root: Path) -> None:
    lab.start(lab=False, epochs=1_000_000, **{"recording.snapshot_every": 0})
    lab.until(lambda m: m.update.epoch >= 10)
    lab.client.ask(protocol.Stop())
    lab.until(lambda m: m.ended)
    assert lab.mirror.ended.reason == "stopped"
    (run,) = list_runs(root)
    point = run.restore({"epochs": lab.mirror.ended.epoch + 3})
    for _ in record(train(point.config, resume=point.state, data=point.data), run):
        pass
    whole = fit(Config().with_settings(SETTINGS | {"epochs": point.config.epochs}), root)
    np.testing.assert_array_equal(run.state().weights.vector, whole.state().weights.vector)


def test_a_recorded_run_is_shown_again_with_curves_film_and_its_last_picture(lab: Watcher, root: Path) -> None:
    run = fit(Config().with_settings(SETTINGS | {"recording.snapshot_every": 5, "recording.keep": 1}), root)
    lab.client.ask(protocol.Open(run=run.id))
    told = lab.ended()
    assert told.update.state == "finished" and told.update.name == run.name and told.ended.metrics == run.status.metrics
    np.testing.assert_array_equal(told.curves["validation_loss"][1], run.history["validation_loss"])
    assert told.update.film.tolist() == [0, 5, 10, 15, 20]
    np.testing.assert_array_equal(told.picture.weights[0], run.model().network.views(run.model().vector)[0]["w"])
    lab.client.ask(protocol.Scrub(epoch=5))
    shown = lab.until(lambda m: m.picture.epoch == 5).picture
    np.testing.assert_array_equal(shown.weights[0], run.model(5).network.views(run.model(5).vector)[0]["w"])
    with pytest.raises(CheckpointError, match="only its weights"):
        lab.client.ask(protocol.Branch(epoch=5))
    lab.client.ask(protocol.Branch(epoch=20, settings={"epochs": 22}))
    lab.until(lambda m: m.number == 2 and m.ended)
    assert lab.mirror.ended.epoch == 22 and run.status.state == "finished"


def test_a_recorded_run_goes_on_in_the_lab_with_the_same_bits(lab: Watcher, root: Path) -> None:
    whole = fit(Config().with_settings(SETTINGS | {"epochs": 26}), root)
    run = fit(Config().with_settings(SETTINGS), root)
    lab.client.ask(protocol.Open(run=run.name, settings={"epochs": 26}))
    told = lab.ended()
    np.testing.assert_array_equal(told.curves["train_loss"][1], whole.history["train_loss"])
    np.testing.assert_array_equal(run.state().weights.vector, whole.state().weights.vector)
    lab.start()
    lab.ended()
    assert run.folder.exists(), "a run that was opened is never discarded"


def test_a_lab_that_cannot_write_trains_on_and_says_so(lab: Watcher, root: Path) -> None:
    root.parent.joinpath("runs").write_text("a file where the folder should be")
    lab.start(pace=20.0)
    lab.ended()
    warnings = [m for m in lab.messages if isinstance(m, protocol.Warned)]
    assert len(warnings) == 1 and "not recorded" in warnings[0].message and warnings[0].code.startswith("STORAGE")
    lab.client.ask(protocol.Start(config=plain(), lab=False))
    lab.until(lambda m: m.number == 2 and m.failed)
    assert lab.mirror.failed.code.startswith("STORAGE")


def test_what_a_lab_prints_is_in_the_folder_of_its_run(lab: Watcher, root: Path) -> None:
    lab.start(lab=False)
    lab.ended()
    assert (root / lab.mirror.update.run / "worker.log").exists()

"""A worker as a process, and its clients: what they are told, what they may ask, and what they are shown."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.config import Config
from mlcore.errors import CheckpointError, ConfigError, DataError, RunError, UsageError
from mlcore.model import blueprint
from mlcore.training import train
from mlcore.worker import Mirror, connect, protocol
from tests.mlcore.watching import SETTINGS, Watcher, plain, socket_of


def test_a_run_is_told_from_its_start_to_the_picture_of_its_last_network(lab: Watcher) -> None:
    lab.start()
    told = lab.ended()
    assert told.ended.reason == "finished" and told.update.state == "finished" and told.update.epoch == 20
    assert told.started.scene.dataset == "moons" and told.started.net.widths == (2, 5, 1)
    assert list(told.curves["train_loss"][0]) == list(range(1, 21))
    assert told.curves["step_loss"][0][-1] == pytest.approx(20)
    assert told.update.film.tolist() == list(range(21))
    assert told.picture.boundary.winner.shape == (40, 60)
    assert "test_accuracy" in told.ended.metrics


def test_what_a_client_is_told_is_what_training_in_this_process_says(lab: Watcher) -> None:
    lab.start()
    told = lab.ended()
    events = list(train(Config().with_settings(SETTINGS)))
    losses = [e.metrics["validation_loss"] for e in events if e.kind == "epoch"]
    np.testing.assert_array_equal(told.curves["validation_loss"][1], losses)
    steps = np.concatenate([e.losses for e in events if e.kind == "progress"])
    np.testing.assert_array_equal(told.curves["step_loss"][1].astype(np.float32), steps)
    assert told.ended.metrics == events[-1].metrics


def test_a_new_start_replaces_the_present_experiment_at_once(lab: Watcher) -> None:
    lab.start(epochs=1_000_000)
    lab.start(epochs=3, seed=7)
    told = lab.ended()
    assert told.number == 2 and told.started.config["seed"] == 7 and told.ended.epoch == 3
    assert all(curve[0][-1] <= 3 for curve in told.curves.values())


def test_of_many_starts_in_a_row_the_last_one_wins(lab: Watcher) -> None:
    for seed in range(20):
        lab.client.send(protocol.Start(config=plain(seed=seed)))
    lab.until(lambda m: m.number == 20 and m.ended)
    assert lab.mirror.started.config["seed"] == 19


def test_two_clients_see_the_same_epoch_and_a_late_one_the_whole_past(lab: Watcher) -> None:
    lab.start(epochs=1_000_000)
    lab.until(lambda m: m.update and m.update.epoch > 30)
    late = Watcher(connect(socket_of(lab)))
    late.client.ask(protocol.Pause())
    late.until(lambda m: m.started and m.update.state == "paused")
    epoch = late.mirror.update.epoch
    lab.until(lambda m: m.update.state == "paused" and m.update.epoch == epoch)
    for name in ("train_loss", "step_loss"):
        for ours, theirs in zip(lab.mirror.curves[name], late.mirror.curves[name], strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert late.mirror.curves["train_loss"][0][0] == 1
    late.client.close()


def test_pausing_stepping_and_going_on_by_command(lab: Watcher) -> None:
    lab.start(paused=True)
    lab.until(lambda m: m.update.state == "paused" and m.update.step == 0)
    for step in (1, 2):
        lab.client.ask(protocol.Step())
        lab.until(lambda m, step=step: m.update.step == step)
    lab.client.ask(protocol.Epoch())
    lab.until(lambda m: m.update.epoch == 1 and m.update.state == "paused")
    lab.client.ask(protocol.Resume())
    assert lab.ended().ended.epoch == 20


def test_a_setting_changed_while_it_runs_is_told_to_everybody(lab: Watcher) -> None:
    lab.start(epochs=1_000_000, lab=False)
    lab.client.ask(protocol.Set(name="optimizer.learning_rate", value=0.25))
    lab.until(lambda m: m.changes and m.update.learning_rate == 0.25)
    assert (lab.mirror.changes[0].name, lab.mirror.changes[0].old) == ("optimizer.learning_rate", 0.01)
    lab.client.ask(protocol.Set(name="epochs", value=2_000_000))
    lab.until(lambda m: m.update.epochs == 2_000_000)


REFUSED = [
    (protocol.Set(name="optimizer.learning_rate", value=-1), ConfigError, "learning_rate"),
    (protocol.Set(name="optimizer.lerning_rate", value=1), ConfigError, "unknown setting"),
    (protocol.Set(name="layers", value="3 relu"), ConfigError, "cannot change"),
    (protocol.Start(config={"epochs": 0}), ConfigError, "epochs"),
    (protocol.Start(config={"dataset": {"kind": "mooons"}}), ConfigError, "mooons"),
    (protocol.Branch(epoch=10_000_000), CheckpointError, "not on the film"),
    (protocol.Branch(epoch=0, settings={"layers": "3 relu"}), ConfigError, "cannot change"),
    (protocol.Inspect(row=10**9), DataError, "row 1000000000"),
    (protocol.Preview(dataset={"kind": "circles", "noise": "loud"}), ConfigError, "noise"),
]


def test_what_cannot_be_done_is_answered_with_the_reason_and_disturbs_nothing(lab: Watcher) -> None:
    lab.start(epochs=1_000_000)
    for command, kind, words in REFUSED:
        with pytest.raises(kind, match=words):
            lab.client.ask(command)
    epoch = lab.mirror.update.epoch if lab.mirror.update else 0
    lab.until(lambda m: m.update.epoch > epoch + 5 and m.update.state == "running")


def test_before_the_first_start_there_is_nothing_to_steer(lab: Watcher) -> None:
    for command in (protocol.Pause(), protocol.Stop(), protocol.Scrub(epoch=1), protocol.Inspect(row=0)):
        with pytest.raises(RunError, match="there is no"):
            lab.client.ask(command)


def test_an_experiment_that_cannot_run_here_fails_with_a_sentence_and_the_lab_goes_on(lab: Watcher) -> None:
    torch = {"backend": "torch", "device": "cpu"}
    for settings, words in (
        ({"backend": "torch", "device": "cuda:99"}, "cuda:99 was asked for"),
        ({"precision": "bf16"}, "precision bf16 was asked for, which only PyTorch has"),
        ({"engine": "compile", "backend": "auto"}, "engine compile was asked for, which only PyTorch has"),
        ({"precision": "tf32", **torch}, "tf32 was asked for, which only GPUs have"),
        ({"engine": "graph", **torch}, "engine graph was asked for, and CUDA graphs need a GPU"),
    ):
        told = lab.start(**settings)
        assert told.failed.code == "BACKEND_UNAVAILABLE" and told.update.state == "failed"
        assert words in told.failed.message or "PyTorch is not installed" in told.failed.message
    lab.start()
    assert lab.ended().ended.reason == "finished"


def test_a_run_on_pytorch_is_told_with_its_engine_and_precision(lab: Watcher) -> None:
    pytest.importorskip("torch")
    told = lab.start(backend="torch", device="cpu", precision="bf16", epochs=2).started
    assert (told.backend, told.device, told.device_name) == ("torch", "cpu", "")
    assert (told.engine, told.precision) == ("eager", "bf16")
    assert lab.ended().update.gauges is None


def test_scrubbing_shows_the_network_of_that_epoch_to_that_client_alone(lab: Watcher) -> None:
    lab.start()
    last = lab.ended().picture
    other = Watcher(connect(socket_of(lab)))
    other.until(lambda m: m.picture)
    lab.client.ask(protocol.Scrub(epoch=0))
    first = lab.until(lambda m: m.picture.epoch == 0).picture
    network = blueprint(config := Config().with_settings(SETTINGS), config.dataset.load())[0]
    blank = network.views(network.init(config.seed, config.init))
    np.testing.assert_array_equal(first.weights[0], blank[0]["w"])
    lab.client.ask(protocol.Scrub())
    back = lab.until(lambda m: m.picture.epoch == 20).picture
    np.testing.assert_array_equal(back.boundary.certainty, last.boundary.certainty)
    assert all(m.epoch == 20 for m in other.client.poll() if isinstance(m, protocol.Picture))
    other.client.close()


def test_each_client_gets_pictures_of_its_own_size_or_none(lab: Watcher) -> None:
    lab.client.ask(protocol.View(width=11, height=3))
    other = Watcher(connect(socket_of(lab)))
    other.client.ask(protocol.View(wanted=False))
    lab.start()
    assert lab.ended().picture.boundary.winner.shape == (3, 11)
    other.until(lambda m: m.ended)
    assert other.mirror.picture is None
    other.client.ask(protocol.View(width=5, height=4))
    assert other.until(lambda m: m.picture).picture.boundary.winner.shape == (4, 5)
    other.client.close()


def test_a_preview_shows_data_and_trains_nothing(lab: Watcher) -> None:
    scene = lab.client.ask(protocol.Preview(dataset={"kind": "circles", "n_samples": 50})).value
    assert scene.dataset == "circles" and len(scene.points.x) == 50
    assert lab.mirror.started is None


def test_one_row_can_be_looked_at_through_the_network(lab: Watcher) -> None:
    lab.start()
    lab.ended()
    activity = lab.client.ask(protocol.Inspect(row=2)).value
    assert [len(layer) for layer in activity.layers] == [5, 5, 1] and activity.probabilities.sum() == pytest.approx(1)


def test_a_message_of_an_experiment_already_replaced_changes_nothing() -> None:
    mirror = Mirror()
    ended = protocol.Ended(number=2, reason="finished", epoch=1, step=1, seconds=0.0, metrics={})
    assert mirror.apply(ended) and not mirror.apply(protocol.Failed(number=1, code="X", message="old"))
    assert mirror.failed is None and mirror.ended is ended


def test_an_error_keeps_its_class_across_the_wire() -> None:
    from mlcore.worker.client import raised

    for code, kind in {"CONFIG_VALUE": ConfigError, "DATA_RAGGED": DataError, "USAGE": UsageError}.items():
        error = raised(protocol.Failed(code=code, message="m", where="w", hint="h"))
        assert type(error) is kind and (error.code, str(error), error.where, error.hint) == (code, "m", "w", "h")

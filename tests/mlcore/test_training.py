"""The loop: what it says, what a person may change, and that a slice or a restart never shows in the numbers."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from mlcore.config import Config
from mlcore.controls import SHOW_SECONDS, Controls, Pacer
from mlcore.datasets.dataset import Data, Rows, Scaling, Task
from mlcore.errors import BackendError
from mlcore.training import train


def made(n: int = 150, validation: int = 40) -> Data:
    """Two classes told apart by the sign of x1 x2, in two features."""
    x = np.random.default_rng(1).normal(size=(n + 2 * validation, 2)).astype(np.float32)
    rows = Rows(x, (x[:, 0] * x[:, 1] > 0).astype(np.int32))
    held = rows.take(slice(n, n + validation)) if validation else None
    test = rows.take(slice(n + validation, None)) if validation else None
    scaling = Scaling(np.zeros(2), np.ones(2))
    return Data(rows.take(slice(n)), held, test, Task("binary", 1, ("no", "yes")), ("x1", "x2"), scaling)


def config(**settings) -> Config:
    plain = {"backend": "reference", "epochs": 6, "batch_size": 32, "layers": "8 tanh", "recording.snapshot_every": 2}
    return Config().with_settings(plain | settings)


def events(experiment: Config, **kinds):
    return list(train(experiment, data=made(), **kinds))


class _Stepping(Controls):
    """Controls of somebody who lets single steps through and stops after `count` of them."""

    def __init__(self, count: int) -> None:
        super().__init__(paused=True)
        self.left = count
        self._more()

    def _more(self) -> None:
        if self.left:
            self.left -= 1
            self.step()
        else:
            self.stop("interrupted")

    def spent(self) -> None:
        super().spent()
        self._more()


def test_a_run_starts_ends_and_says_each_epoch_once() -> None:
    seen = events(config())
    assert [e.kind for e in seen if e.kind not in ("progress", "snapshot")] == ["started", *["epoch"] * 6, "ended"]
    assert [e.epoch for e in seen if e.kind == "epoch"] == [1, 2, 3, 4, 5, 6]
    assert seen[-1].reason == "finished" and seen[-1].step == 30
    assert {"train_loss", "validation_accuracy", "test_accuracy"} <= set(seen[-1].metrics)


def test_the_train_loss_is_the_mean_over_rows_with_the_short_last_batch_weighted_by_its_size() -> None:
    seen = events(config(epochs=1))
    losses = np.concatenate([e.losses for e in seen if e.kind == "progress"]).astype(np.float64)
    expected = (losses * [32, 32, 32, 32, 22]).sum() / 150
    assert next(e for e in seen if e.kind == "epoch").metrics["train_loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("at", range(0, 31, 3))
def test_stopping_after_any_step_and_going_on_is_never_having_stopped(at: int) -> None:
    whole = events(config())
    state, kept = None, []
    for event in train(config(), data=made(), controls=_Stepping(at)):
        kept += [event] if event.kind == "epoch" else []
        state = event.state if event.kind == "snapshot" else state
    rest = list(train(config(), data=made(), resume=state))
    kept += [e for e in rest if e.kind == "epoch"]
    assert state.weights.step == at or at >= 30
    assert np.array_equal(rest[-1].model.vector, whole[-1].model.vector)
    assert [_untimed(e) for e in kept] == [_untimed(e) for e in whole if e.kind == "epoch"]


def _untimed(event) -> tuple:
    return event.epoch, event.step, event.metrics, event.model.vector.tobytes()


def test_single_steps_give_the_same_losses_as_whole_epochs() -> None:
    whole = np.concatenate([e.losses for e in events(config()) if e.kind == "progress"])
    stepped = events(config(), controls=_Stepping(30))
    assert np.array_equal(whole, np.concatenate([e.losses for e in stepped if e.kind == "progress"]))


def test_closing_the_iterator_ends_the_run_quietly() -> None:
    running = train(config(epochs=1000), data=made())
    next(running)
    next(running)
    running.close()
    with pytest.raises(StopIteration):
        next(running)


def test_the_learning_rate_changes_while_it_runs_and_says_so() -> None:
    controls, seen = Controls(), []
    for event in train(config(), data=made(), controls=controls):
        seen.append(event)
        if event.kind == "epoch" and event.epoch == 3:
            controls.set("optimizer.learning_rate", 0.5)
    (change,) = [e for e in seen if e.kind == "changed"]
    assert (change.name, change.old, change.new, change.epoch) == ("optimizer.learning_rate", 0.01, 0.5, 3)
    assert [e.metrics["learning_rate"] for e in seen if e.kind == "epoch"] == [0.01] * 3 + [0.5] * 3


def test_a_new_batch_size_waits_for_the_next_epoch_and_keeps_the_optimizer_s_memory() -> None:
    controls, seen = Controls(), []
    for event in train(config(), data=made(), controls=controls):
        seen.append(event)
        if event.kind == "epoch" and event.epoch == 2:
            controls.set("batch_size", 50)
    assert [e.step for e in seen if e.kind == "epoch"] == [5, 10, 13, 16, 19, 22]


def test_more_epochs_can_be_asked_for_while_it_runs() -> None:
    controls = Controls()
    seen = []
    for event in train(config(), data=made(), controls=controls):
        seen.append(event)
        if event.kind == "epoch" and event.epoch == 5:
            controls.set("epochs", 9)
    assert seen[-1].epoch == 9


@pytest.mark.parametrize(("name", "value"), [("layers", "4 relu"), ("optimizer.learning_rate", -1), ("nonsense", 0)])
def test_what_cannot_be_changed_is_said_and_the_run_goes_on(name: str, value) -> None:
    controls = Controls()
    controls.set(name, value)
    seen = events(config(), controls=controls)
    (warned,) = [e for e in seen if e.kind == "warned"]
    assert name.rpartition(".")[2] in warned.message and "nothing was changed" in warned.message
    assert seen[-1].reason == "finished"
    assert np.array_equal(seen[-1].model.vector, events(config())[-1].model.vector)


def test_a_batch_size_asked_for_while_paused_within_an_epoch_does_not_end_the_pause() -> None:
    controls = Controls(paused=True)
    running = train(config(), data=made(), controls=controls)
    next(running)
    controls.step()
    assert next(running).step == 1
    controls.set("batch_size", 50)
    thread = threading.Thread(target=lambda: rest.extend(running))
    rest: list = []
    thread.start()
    time.sleep(0.2)
    assert not rest
    controls.resume()
    thread.join(10)
    assert [e.step for e in rest if e.kind == "epoch"] == [5, 8, 11, 14, 17, 20]


def test_pausing_holds_until_resumed() -> None:
    controls, seen = Controls(paused=True), []
    thread = threading.Thread(target=lambda: seen.extend(train(config(), data=made(), controls=controls)))
    thread.start()
    time.sleep(0.2)
    assert [e.kind for e in seen] == ["started"]
    controls.resume()
    thread.join(10)
    assert seen[-1].kind == "ended"


def test_a_loss_that_is_not_a_number_ends_the_run_with_finite_weights() -> None:
    seen = events(config(**{"optimizer": "sgd", "optimizer.learning_rate": 1e30, "layers": "8 relu | 8 relu"}))
    assert seen[-1].reason == "diverged" and "at step 1: layer 3 (dense [8]) gave" in seen[-1].message
    assert np.isfinite(seen[-1].model.vector).all()


@pytest.mark.parametrize("backend", ["native", "reference", "torch"])
def test_a_diverged_run_may_go_back_to_its_last_epoch_with_half_the_rate(backend: str) -> None:
    rate = {"optimizer": "sgd", "layers": "8 relu | 8 relu", "stopping.on_divergence": "rollback", "backend": backend}
    seen = events(config(**rate, **{"optimizer.learning_rate": 1e30}))
    cut = [event.new for event in seen if event.kind == "changed"]
    assert cut == [5e29, 2.5e29, 1.25e29] and seen[-1].reason == "diverged"
    warned = [event for event in seen if event.kind == "warned"]
    assert [event.code for event in warned] == ["ROLLED_BACK"] * 3 and "back to epoch 0" in warned[0].message


def test_the_monitor_and_the_goal_are_measured_whatever_they_are() -> None:
    asked = {"stopping.monitor": "validation_f1", "stopping.goal": "train_recall >= 2"}
    seen = events(config(**asked, epochs=3))
    found = next(event.metrics for event in seen if event.kind == "epoch")
    assert {"validation_f1", "train_f1", "train_recall", "validation_accuracy"} <= set(found)
    assert "validation_precision" not in found


def test_a_goal_ends_the_run_when_it_is_reached() -> None:
    seen = events(config(**{"stopping.goal": "validation_accuracy >= 0.1", "epochs": 50}))
    assert seen[-1].reason == "goal" and seen[-1].epoch == 1


def test_patience_ends_the_run_and_the_best_weights_are_kept() -> None:
    seen = events(config(**{"stopping.patience": 3, "epochs": 500, "optimizer.learning_rate": 0.1}))
    end = seen[-1]
    best = next(e for e in seen if e.kind == "epoch" and e.epoch == end.best_epoch)
    losses = [e.metrics["validation_loss"] for e in seen if e.kind == "epoch"]
    assert end.reason == "early_stop" and end.epoch == end.best_epoch + 3
    assert end.metrics["validation_loss"] == pytest.approx(min(losses), rel=1e-6)
    assert np.array_equal(end.model.vector, best.model.vector)


def test_a_backend_asked_for_and_not_there_is_refused_before_the_first_event() -> None:
    with pytest.raises(BackendError, match="cuda|PyTorch is not installed"):
        next(train(config(backend="torch", device="cuda:99"), data=made()))


@pytest.mark.parametrize("pace", ["show", 7.0])
def test_a_pace_reaches_a_position_when_it_is_due(pace) -> None:
    pacer = Pacer(pace, 0, 100)
    for position in (0.0, 0.3, 5.0, 99.0):
        assert pacer.reach(pacer.after(position)) == pytest.approx(position, abs=1e-9)


def test_show_pace_spreads_a_run_over_eight_seconds_and_gives_the_start_most_of_them() -> None:
    pacer = Pacer("show", 0, 100)
    assert pacer.after(100) == pytest.approx(SHOW_SECONDS)
    assert pacer.after(10) > 0.25 * SHOW_SECONDS


def test_a_run_too_long_to_be_spread_out_goes_on_at_full_speed() -> None:
    controls = Controls(pace="show")
    running = train(config(epochs=1_000_000), data=made(), controls=controls)
    began = time.monotonic()
    for event in running:
        if event.step >= 100 or time.monotonic() - began > 20:
            break
    assert controls.pace == "full"
    running.close()


def test_a_short_run_keeps_the_pace_that_shows_it() -> None:
    controls = Controls(pace="show")
    running = train(config(epochs=20, layers="2 tanh"), data=made(), controls=controls)
    for event in running:
        if event.step >= 60:
            break
    assert controls.pace == "show"
    running.close()


@pytest.mark.alone
def test_a_pause_is_not_caught_up_when_a_paced_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(Controls):
        now = 0.0

        def sleep(self, seconds: float) -> None:
            Clock.now += max(seconds, 0)

        def hold(self) -> None:
            Clock.now += 100
            self.resume()

    monkeypatch.setattr("mlcore.controls.time.monotonic", lambda: Clock.now)
    controls, times = Clock(pace=10.0), []
    for event in train(config(epochs=8), data=made(), controls=controls):
        if event.kind == "epoch":
            times.append(Clock.now)
            if event.epoch == 4:
                controls.pause()
    after = np.diff(times[4:])
    assert times[4] > 100 and after == pytest.approx([0.1] * 3, abs=0.02)

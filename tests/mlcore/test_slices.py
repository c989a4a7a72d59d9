"""Slices of many epochs: nobody can tell how many epochs one had, and what C measures is what Python measures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlcore import kernels, load_recipe, metrics
from mlcore import training as loop
from mlcore.backends.backend import Watch
from mlcore.backends.native import NativeSession
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Rows, Task
from mlcore.events import Event
from mlcore.measuring import measure
from mlcore.slices import Part, parts, watch
from mlcore.training import train
from tests.contracts.problems import opened, problem

pytestmark = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))


def small(**settings: object) -> Config:
    return load_recipe("journey/circles").with_settings(
        {"dataset.n_samples": 200, "epochs": 30, "batch_size": 16, "recording.snapshot_every": 7} | settings
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[object, ...]]]:
    """f(config, epochs): what training says when a slice may have so many epochs."""

    def run(config: Config, epochs: int) -> list[tuple[object, ...]]:
        with monkeypatch.context() as patch:
            patch.setattr(loop, "watch", lambda *of: min(watch(*of), epochs))
            return [plain(event) for event in train(config) if event.kind not in ("progress", "started")]

    return run


def plain(event: Event) -> tuple[object, ...]:
    vector = event.model.vector.tobytes() if getattr(event, "model", None) else b""
    metrics = repr(getattr(event, "metrics", {}))  # as text, in which one nan is like another
    return event.kind, event.epoch, event.step, metrics, getattr(event, "reason", ""), vector


SETTINGS = {
    "to the end": {},
    "no better for three epochs": {"stopping.patience": 3, "optimizer.learning_rate": 0.5},
    "a goal reached on the way": {"stopping.goal": "train_loss <= 0.5", "epochs": 300},
    "a rate that follows a curve": {"schedule.kind": "cosine"},
    "dropout and batch norm": {"layers": "8 batch_norm relu | drop .2 | 8 relu"},
    "a regression": {"dataset": {"kind": "plane", "n_samples": 200}, "loss.kind": "auto"},
    "diverging": {"optimizer": {"kind": "sgd", "learning_rate": 1e6}, "layers": "8 relu | 8 relu"},
    "diverging, and rolled back": {
        "optimizer": {"kind": "sgd", "learning_rate": 1e4}, "layers": "8 relu | 8 relu",
        "stopping.on_divergence": "rollback",
    },
}  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_slices_of_many_epochs_say_what_slices_of_one_say(settings, told) -> None:
    config = small(**settings)
    assert told(config, 1000) == told(config, 1)


def test_a_plateau_has_to_see_every_epoch_and_some_monitors_are_measured_by_python() -> None:
    data = small().dataset.load()
    session, _ = opened("native", problem(loss="binary_cross_entropy", features=2, outputs=1))
    assert watch(session, small(), data) > 1
    assert watch(session, small(**{"schedule.kind": "plateau"}), data) == 1
    assert watch(session, small(**{"stopping.monitor": "validation_f1"}), data) == 0


@pytest.mark.parametrize("ask", ["stop", "checkpoint", "pause"])
def test_what_is_asked_at_an_epoch_is_done_at_that_epoch(ask: str) -> None:
    controls = Controls()
    seen = []
    for event in train(small(epochs=200), controls=controls):
        seen.append((event.kind, event.epoch))
        if seen[-1] == ("epoch", 12):
            getattr(controls, ask)()
            if ask == "pause":
                controls.epoch()  # one more, then it holds
        if seen[-1] == ("epoch", 13) and ask == "pause":
            controls.stop()
    at = seen.index(("epoch", 12)) + 1
    if ask == "pause":
        assert [kind for kind, epoch in seen if epoch > 13] == []
        assert seen[-1] == ("ended", 13)
    else:
        assert seen[at] == ("snapshot", 12)
        assert ask == "checkpoint" or seen[-1] == ("ended", 12)


def test_a_rate_changed_at_an_epoch_holds_from_the_next_step() -> None:
    def last(epochs: int) -> bytes:
        controls, vector = Controls(), b""
        for event in train(small(), controls=controls):
            if event.kind == "epoch":
                if event.epoch == 5:
                    controls.set("optimizer.learning_rate", 0.001)
                vector = event.model.vector.tobytes()
        return vector

    assert last(1000) == last(1)


def test_the_parts_of_a_slice() -> None:
    assert parts(0, 4, 3, 3, []) == [Part(0, 3, False)]
    assert parts(3, 4, 6, 6, []) == [Part(0, 1, True), Part(1, 5, True), Part(5, 6, False)]
    assert parts(2, 4, 0, 1, []) == [Part(0, 0, False)]  # the first step diverged
    assert parts(2, 4, 3, 4, []) == [Part(0, 2, True), Part(2, 3, False)]
    assert parts(2, 4, 2, 3, []) == [Part(0, 2, True), Part(2, 2, False)]  # so did the first of an epoch


@pytest.mark.parametrize("goal", [True, False])
def test_a_loss_that_is_no_number_right_behind_an_epoch_does_not_touch_that_epoch(
    goal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = NativeSession.train_epochs

    def diverges(session, first, steps, rates):
        """The first step of epoch 6 is no number."""
        left = 5 * session.problem.steps_per_epoch - first
        if left >= steps:
            return real(session, first, steps, rates)
        losses, closed = real(session, first, left, rates) if left else (np.empty(0, np.float32), [])
        return np.append(losses, np.float32(np.nan)), closed

    monkeypatch.setattr(NativeSession, "train_epochs", diverges)
    config, told = small(), []
    if goal:
        fifth = [event for event in train(config) if event.kind == "epoch"][4].metrics["train_loss"]
        config = config.with_settings({"stopping.goal": f"train_loss <= {fifth}"})
    for event in train(config):
        told.append((event.kind, event.epoch))
        if event.kind == "progress":
            assert np.isfinite(event.losses).all() or event.epoch == 5
    assert told.count(("epoch", 5)) == 1 and ("epoch", 6) not in told
    assert event.reason == ("goal" if goal else "diverged") and event.epoch == 5


TASKS = {
    "two classes": {"loss": ("binary_cross_entropy", {"confidence_penalty": 0.1}), "outputs": 1},
    "classes, weighted, smoothed": {"loss": ("softmax_cross_entropy", {"label_smoothing": 0.1}), "weighted": True},
    "classes of pixels": {"uint8": True, "features": 40},
    "numbers": {"loss": "mse", "outputs": 2},
    "numbers, huber": {"loss": "huber", "outputs": 1},
    "a large network": {"body": "150 relu | 90 tanh", "features": 130, "rows": 700, "batch": 400},
    "norms and dropout": {"body": "drop .1 | 20 batch_norm gelu | 9 layer_norm elu 2"},
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", TASKS)
def test_c_measures_what_python_measures(name: str, threads: int) -> None:
    p = problem(**TASKS[name])
    session, _ = opened("native", p)
    kind = "regression" if name.startswith("numbers") else "multiclass"
    task = Task(kind, p.network.output_shape[0])
    names = metrics.names(task)
    other = p.rows.take(slice(0, 33))
    rows = {"train": p.rows, "validation": Rows(other.x, other.y, other.w)}
    before = kernels.threads()
    kernels.set_threads(threads)
    try:
        assert session.watch(Watch(rows, ("validation",), names, task)) > 0
        steps = 2 * p.steps_per_epoch
        losses, closed = session.train_epochs(0, steps, np.full(steps, 0.01))
    finally:
        kernels.set_threads(before)
    assert len(losses) == steps and len(closed) == 2
    for end in closed:
        session.restore(end.weights)
        found = measure(session, "train", rows["train"], task, names, None)
        found |= measure(session, "validation", rows["validation"], task, names, p.loss)
        assert list(end.metrics) == list(found)
        assert end.metrics == pytest.approx(found, rel=2e-6)
        assert session.measured() == end.metrics
        assert end.metrics.get("train_accuracy") == found.get("train_accuracy")
    again, _ = opened("native", p)
    assert again.train(0, steps, np.full(steps, 0.01)).tobytes() == losses.tobytes()
    assert again.weights().vector.tobytes() == closed[-1].weights.vector.tobytes()


def test_a_row_whose_output_is_no_number_is_of_no_class() -> None:
    p = problem(outputs=3)
    session, _ = opened("native", p)
    x = p.rows.x.copy()
    x[:20, 0] = np.nan
    rows, task = Rows(x, p.rows.y), Task("multiclass", 3)
    session.watch(Watch({"train": rows}, (), ("accuracy",), task))
    (end,) = session.train_epochs(0, p.steps_per_epoch, np.zeros(p.steps_per_epoch))[1]
    assert end.metrics == measure(session, "train", rows, task, ("accuracy",), None)

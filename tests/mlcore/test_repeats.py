"""Repeats: many seeds as one job are the runs of each seed alone; the parent run says which they are."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from mlcore import kernels, repeats
from mlcore.backends.backend import Weights
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.errors import ConfigError, RunError
from mlcore.events import Ended, EpochEnded, Event, Snapshot, Started, Turn, Warned
from mlcore.repeats import Told, train_many
from mlcore.runs import Run, children, fit, list_runs, open_run
from mlcore.sweeps import members
from mlcore.training import train
from mlcore.worker import attach
from tests.mlcore.little_runs import config

native = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
LIMIT = "stopping.max_seconds"
BACKENDS = [pytest.param("native", marks=native), "reference"]


def of(told: list[Told], seed: int) -> list[Event]:
    return [event for each, event in told if each == seed]


def said(events: list[Event]) -> list[tuple]:
    """What events say of a network, without times."""
    ends = [event for event in events if isinstance(event, EpochEnded | Ended)]
    return [(event.kind, event.epoch, event.step, str(event.metrics), event.model.vector.tobytes()) for event in ends]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "settings",
    [{}, {"stopping.patience": 1}, {"stopping.goal": "validation_accuracy >= 0.7"}, {"batch_size": "full"}],
    ids=["plain", "early stopping", "goal", "full batch"],
)
def test_each_seed_is_the_run_of_that_seed_alone_bit_for_bit(backend: str, settings: dict) -> None:
    chosen = config(backend=backend, repeats=4, epochs=9, **settings)
    told = list(train_many(chosen))
    for seed in range(42, 46):
        alone = list(train(chosen.with_settings({"seed": seed, "repeats": 1})))
        assert said(of(told, seed)) == said(alone)
        assert of(told, seed)[-1].reason == alone[-1].reason
    assert {seed for seed, _ in told} == {42, 43, 44, 45}
    assert not [event for _, event in told if isinstance(event, Turn)]


@pytest.mark.parametrize("settings", [{}, {"stopping.patience": 1}, {"batch_size": "full", "layers": "9 | drop .2"}])
def test_seeds_on_pytorch_train_as_one_program_and_are_what_they_are_alone(settings: dict) -> None:
    pytest.importorskip("torch")
    chosen = config(backend="torch", repeats=3, epochs=5, **settings)
    told = list(train_many(chosen))
    assert {seed for seed, event in told[: len(told) // 2] if isinstance(event, EpochEnded)} == {42, 43, 44}
    for seed in range(42, 45):
        alone = list(train(chosen.with_settings({"seed": seed, "repeats": 1})))
        ends = [next(event for event in events if isinstance(event, Ended)) for events in (of(told, seed), alone)]
        assert ends[0].reason == ends[1].reason and ends[0].epoch == ends[1].epoch
        np.testing.assert_allclose(ends[0].model.vector, ends[1].model.vector, rtol=1e-3, atol=1e-5)
        assert ends[0].metrics == pytest.approx(ends[1].metrics, rel=1e-4)


@native
def test_small_networks_on_the_kernels_go_on_together_and_others_one_after_another() -> None:
    for backend, together in (("native", True), ("reference", False)):
        told = list(train_many(config(backend=backend, repeats=3)))
        ends = [place for place, (_, event) in enumerate(told) if isinstance(event, Ended)]
        starts = [place for place, (_, event) in enumerate(told) if isinstance(event, Started)]
        assert (max(starts) < min(ends)) == together


@native
def test_a_time_limit_is_of_each_network_not_of_all() -> None:
    limit = 0.05
    ends = [event for _, event in train_many(config(backend="native", repeats=4, epochs=10**6, **{LIMIT: limit}))]
    ends = [event for event in ends if isinstance(event, Ended)]
    assert [event.reason for event in ends] == ["time"] * 4
    assert all(event.seconds >= limit for event in ends)


@native
def test_one_that_diverges_ends_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = config(backend="native", repeats=3)
    draw = Weights.first

    def first(network, config):
        weights = draw(network, config)
        return weights._replace(vector=weights.vector * np.nan) if config.seed == 43 else weights

    monkeypatch.setattr(Weights, "first", first)
    told = list(train_many(chosen))
    reasons = {seed: event.reason for seed, event in told if isinstance(event, Ended)}
    assert reasons == {42: "finished", 43: "diverged", 44: "finished"}
    found = repeats.spread([event for _, event in told if isinstance(event, Ended)])
    assert found["train_loss"].seeds == 2 and all(map(math.isfinite, found["train_loss"]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stop_ends_those_that_run_and_begins_no_other(backend: str, tmp_path: Path) -> None:
    chosen, controls = config(backend=backend, repeats=3, epochs=10_000), Controls()
    parent = repeats.begin(chosen, tmp_path)
    told = []
    for each in train_many(chosen, controls=controls, parent=parent):
        told.append(each)
        if isinstance(each.event, EpochEnded) and each.event.epoch == 2:
            controls.stop("interrupted")
    begun = children(parent, tmp_path)
    assert len(begun) == (3 if backend == "native" else 1)
    assert [run.status.state for run in begun] == ["interrupted"] * len(begun)
    assert parent.status.state == "interrupted" and parent.status.exit_code == 130
    for run in begun:
        point = run.restore({"epochs": 3})
        assert point.state is not None and point.state.epoch in (1, 2)


@native
def test_a_child_that_was_stopped_goes_on_to_the_bits_of_its_run_alone(tmp_path: Path) -> None:
    chosen, controls = config(backend="native", repeats=2, epochs=8), Controls()
    parent = repeats.begin(chosen, tmp_path)
    for each in train_many(chosen, controls=controls, parent=parent):
        if isinstance(each.event, EpochEnded) and each.event.epoch == 3:
            controls.stop("interrupted")
    child = children(parent, tmp_path)[1]
    point = child.restore()
    *_, ended = train(point.config, resume=point.state, data=point.data)
    *_, alone = train(chosen.with_settings({"seed": 43, "repeats": 1}))
    assert ended.model.vector.tobytes() == alone.model.vector.tobytes()


@pytest.mark.parametrize("backend", BACKENDS)
def test_recorded_there_is_a_parent_and_a_child_for_each_seed(backend: str, tmp_path: Path) -> None:
    parent = fit(config(backend=backend, repeats=3), tmp_path, name="three")
    found = children(parent, tmp_path)
    assert [run.name for run in found] == ["three-42", "three-43", "three-44"]
    assert [run.config for run in found] == [each.config for each in members(parent.config)]
    assert {run.parent for run in found} == {parent.id} and len(list_runs(tmp_path)) == 4
    for run in found:
        assert run.status.state == "finished" and len(run.history["epoch"]) == 6
        assert run.model().config.seed == run.config.seed
    losses = sorted(run.status.metrics["validation_loss"] for run in found)
    status = parent.status
    assert status.state == "finished" and status.exit_code == 0
    assert status.spread["validation_loss"] == tuple(losses) and status.metrics["validation_loss"] == losses[1]


@native
def test_a_child_that_runs_says_how_its_job_is_stopped(tmp_path: Path) -> None:
    chosen = config(backend="native", repeats=2)
    parent = repeats.begin(chosen, tmp_path)
    source = train_many(chosen, parent=parent)
    next(each for each in source if isinstance(each.event, EpochEnded))
    assert parent.status.state == "running"
    with pytest.raises(RunError, match="is running, but takes no orders") as caught:
        attach(children(parent, tmp_path)[1])
    assert f"kill -INT {os.getpid()}" in caught.value.hint
    source.close()


def test_the_same_again_gives_the_same_numbers(tmp_path: Path) -> None:
    chosen = config(backend="auto", repeats=3)
    assert fit(chosen, tmp_path).status.spread == fit(chosen, tmp_path).status.spread


def test_the_parent_is_last_and_names_a_child_to_whoever_wants_a_network(tmp_path: Path) -> None:
    parent = fit(config(repeats=2), tmp_path, name="two")
    assert open_run("last", tmp_path).id == parent.id
    for ask in (Run.model, Run.state, Run.restore, Run.single):
        with pytest.raises(RunError, match="run two is 2 networks, one a seed") as caught:
            ask(parent)
        assert "two-42" in caught.value.hint
    assert open_run("two-43", tmp_path).single().config.seed == 43


def test_leaving_the_loop_keeps_every_child_and_says_so_in_the_parent(tmp_path: Path) -> None:
    chosen = config(repeats=2, epochs=1000)
    parent = repeats.begin(chosen, tmp_path)
    source = train_many(chosen, parent=parent)
    for each in source:
        if isinstance(each.event, EpochEnded) and each.event.epoch == 2:
            break
    source.close()
    assert parent.status.state == "stopped"
    assert all(run.status.state == "stopped" for run in children(parent, tmp_path))


def test_checkpoints_of_many_cost_together_what_those_of_one_may(tmp_path: Path) -> None:
    chosen = config(repeats=2, epochs=40, **{"recording.snapshot_every": 1})
    parent = repeats.begin(chosen, tmp_path)
    final = [event.final for _, event in train_many(chosen, parent=parent) if isinstance(event, Snapshot)]
    assert final.count(True) == 2


def test_train_alone_trains_the_first_seed_and_says_so() -> None:
    events = list(train(config(repeats=3, epochs=1)))
    assert isinstance(events[1], Warned) and events[1].code == "REPEATS"
    assert "of 3 seeds 42 alone is trained here" in events[1].message
    assert not [event for event in train(config(epochs=1)) if isinstance(event, Warned)]


@pytest.mark.parametrize("count", [0, 1001, 2.5, "many"])
def test_repeats_out_of_range_are_refused(count: object) -> None:
    with pytest.raises(ConfigError, match="repeats: expected a whole number from 1 to 1,000"):
        Config().with_settings({"repeats": count})


def test_seeds_end_where_the_generator_ends() -> None:
    Config(seed=2**32 - 5, repeats=5)
    with pytest.raises(ConfigError, match="5 seeds from 4294967292 on end past 4294967295"):
        Config(seed=2**32 - 4, repeats=5)


def test_what_cannot_run_is_refused_before_anything_is_on_the_disk(tmp_path: Path) -> None:
    chosen = config(repeats=2, **{"stopping.goal": "test_r2 >= 1"})
    with pytest.raises(ConfigError, match="unknown metric in stopping.goal"):
        fit(chosen, tmp_path)
    assert list_runs(tmp_path) == []

"""`mlj replay`: what was changed while a run trained is changed again at the same steps, and the same bits come out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from mlcore import journal, live
from mlcore.config import load_recipe
from mlcore.controls import Controls
from mlcore.replay import ROLLED_BACK, Entry, Replay, difference, score
from mlcore.runs import Run, open_run, record
from mlcore.training import train

SMALL = {"dataset.n_samples": 300, "layers": "6 tanh | drop .2", "epochs": 30, "recording.snapshot_every": 0}


def trained(
    name: str,
    orders: Mapping[int, Mapping[str, Any]],
    stop: int = 0,
    kill: int = 0,
    resumed: Run | None = None,
    **more: Any,
) -> Run:
    """A run to which that was ordered at about those steps, stopped by hand or broken off at another."""
    controls, left = Controls(), dict(orders)
    if resumed is None:
        config = load_recipe("journey/circles").with_settings(SMALL | more)
        run = Run.create(config, name=name)
        source = train(config, controls=controls)
    else:
        point = resumed.restore(more)
        run, source = resumed, train(point.config, resume=point.state, controls=controls)
    events = record(source, run)
    for event in events:
        for step in [step for step in left if event.kind == "progress" and event.step >= step]:
            for setting, value in left.pop(step).items():
                controls.set(setting, value)
        if stop and event.step >= stop:
            controls.stop()
        if kill and event.kind == "progress" and event.step >= kill:
            events.close()  # type: ignore[attr-defined]
            break
    return run


def rewritten(run: Run, events: list[dict[str, Any]]) -> None:
    """Other events in a run's folder, each line whole."""
    log = journal.Journal(run.folder / "events.jsonl", 0)
    for event in events:
        log.add(event)
    log.close()


CHANGES = {
    5: {"optimizer.learning_rate": 0.05, "weight.1.2.3": 0.75},
    22: {"batch_size": 50, "optimizer.momentum": 0.5},
    31: {"optimizer.kind": "adam", "layers": "6 tanh | drop .4", "weight.2.0.1": -1},
    44: {"schedule.kind": "cosine", "epochs": 40, "optimizer.clip_norm": 0.1},
}


def replayed(mlj: Any, name: str, code: int = 0) -> Run:
    said = mlj(f"replay {name} --no-progress --name again")
    assert said.code == code, said
    assert ("bit for bit" in said.out) == (code == 0)
    return open_run("again")


@pytest.mark.parametrize("backend", ["reference", "native"])
@pytest.mark.parametrize("stop", [0, 60])
def test_a_run_that_was_changed_while_it_trained_comes_out_the_same(mlj, backend: str, stop: int) -> None:
    first = trained("first", CHANGES, stop, backend=backend, **{"optimizer.kind": "sgd"})
    assert sum(event["event"] == "changed" for event in first.events) == 10
    again = replayed(mlj, "first")
    assert np.array_equal(first.model().vector, again.model().vector)
    assert again.status.state == first.status.state == ("stopped" if stop else "finished")
    assert again.status.epochs == first.status.epochs == 40
    assert [e["new"] for e in again.events if e["event"] == "changed"] == [
        e["new"] for e in first.events if e["event"] == "changed"
    ]
    assert f"replay of first ({first.id})" in mlj("runs note again").out
    plain = trained("plain", {}, stop, backend=backend, **{"optimizer.kind": "sgd"})
    assert "from epoch" in difference(first, plain) and difference(first, first) == ""


def test_a_run_that_was_stopped_and_went_on_is_replayed_as_one(mlj) -> None:
    first = trained("first", {5: {"optimizer.learning_rate": 0.05}}, stop=30)
    trained("", {60: {"weight.1.1.1": 0.5}}, resumed=first, epochs=35)
    replayed(mlj, "first")


def test_a_run_that_was_broken_off_and_went_on_forgets_what_was_lost(mlj) -> None:
    first = trained("first", {3: {"optimizer.learning_rate": 0.05}}, kill=21)
    lost = {"event": "changed", "epoch": 9, "step": 10**6, "name": "optimizer.learning_rate", "old": 1, "new": 9}
    rewritten(first, [*first.events, lost])
    trained("", {60: {"optimizer.learning_rate": 0.01}}, resumed=open_run("first"))
    assert [entry.value for entry in score(first)] == [0.05, 0.01]
    replayed(mlj, "first")


@pytest.mark.parametrize(("rate", "code"), [(1e4, 0), (1e6, 8)])
def test_a_run_that_rolled_back_rolls_back_again_and_its_own_change_is_not_made_twice(mlj, rate, code) -> None:
    wild = {"stopping.on_divergence": "rollback", "optimizer.kind": "sgd", "layers": "8 relu | 8 relu"}
    first = trained("first", {9: {"optimizer.learning_rate": rate}, 60: {"epochs": 25}}, **wild)
    names = [entry.name for entry in score(first)]
    assert ROLLED_BACK in names and names.count("optimizer.learning_rate") == 1
    said = mlj("replay first --no-progress --name again")
    assert said.code == code and "bit for bit" in said.out


def test_what_cannot_be_replayed_is_said_in_a_sentence(mlj) -> None:
    with live("own") as run:
        run.log(1, loss=1.0)
    assert mlj("replay own").code == 5 and "start its program again" in mlj("replay own").err
    assert mlj("train circles -q --epochs 2 --name many --set repeats=2").code == 0
    assert "one a seed" in mlj("replay many").err and mlj("replay many-42 -q").code == 0
    begun = trained("begun", {}, stop=20)
    events = begun.events
    for words, told in (
        ("was branched at step 7", [events[0] | {"step": 7}]),
        ("is damaged", [events[0], {"event": "changed", "step": 3}]),
        ("is damaged", [events[0], {"event": "changed", "step": "x", "name": "epochs", "new": 3}]),
        ("never began", events[1:]),
        ("rolled back and was resumed", [events[0], {"event": "warned", "code": ROLLED_BACK}, events[0]]),
    ):
        rewritten(begun, told)
        said = mlj("replay begun")
        assert said.code == 5 and words in said.err, said
    assert mlj("replay nobody").code == 5 and mlj("replay").code == 2


def test_a_replay_that_comes_out_otherwise_says_where_and_ends_with_1(mlj) -> None:
    first = trained("first", {5: {"optimizer.learning_rate": 0.05}})
    rewritten(first, [event | ({"new": 0.06} if event["event"] == "changed" else {}) for event in first.events])
    said = mlj("replay first --no-progress --name again")
    assert said.code == 1 and "not the same as first: from epoch" in said.out and "was" in said.out
    assert mlj("replay first -q").code == 1 and "not the same as first" in mlj("replay first --json").err


def test_a_score_tells_one_thing_twice_in_two_looks_and_lets_others_speak() -> None:
    controls = Replay(
        [Entry(0, "a", 1), Entry(0, "b", 2), Entry(0, "a", 3), Entry(4, "a", 5), Entry(6, "stop", "stopped")]
    )
    assert controls.orders(0).settings == {"a": 1, "b": 2} and controls.holding and not controls.waiting
    controls.set("c", 7)
    assert controls.orders(0).settings == {"a": 3, "c": 7} and not controls.holding
    assert controls.room(0) == 4 and controls.orders(4).settings == {"a": 5}
    assert controls.room(4) == 2 and controls.orders(6).stop == "stopped" and controls.room(6) > 10**12
    waits = Replay([Entry(9, ROLLED_BACK), Entry(2, "a", 1)])
    assert waits.orders(3).settings == {} and waits.room(3) > 10**12
    for _ in waits.follow(itertools.chain()):
        pass

"""Sweeps: many combinations as one job are the runs of each alone; which is best; what the parent says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlcore import kernels, repeats, sweeps
from mlcore.controls import Controls
from mlcore.errors import ConfigError, RunError
from mlcore.events import Ended, EpochEnded, Event, Started, Warned
from mlcore.groups import groups
from mlcore.repeats import Told, train_many
from mlcore.runs import children, fit, list_runs, open_run
from mlcore.sweeps import members
from mlcore.training import train
from tests.mlcore.little_runs import config

native = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
BACKENDS = [pytest.param("native", marks=native), "reference"]
RATE, DECAY = "optimizer.learning_rate", "optimizer.weight_decay"
GRID = {RATE: [0.001, 0.03], DECAY: [0, 0.1]}


def of(told: list[Told], number: int) -> list[Event]:
    return [event for each, event in told if each == number]


def said(events: list[Event]) -> list[tuple]:
    """What events say of a network, without times."""
    ends = [event for event in events if isinstance(event, EpochEnded | Ended)]
    return [(event.kind, event.epoch, event.step, str(event.metrics), event.model.vector.tobytes()) for event in ends]


def sizes(chosen, sweep) -> list[list[int]]:
    """The numbers of those that train at once."""
    return [[each.number for each in group] for group in groups(members(chosen, sweep), chosen.dataset.load())]


# ---- what is trained ----


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "sweep",
    [
        GRID,
        {"layers": ["4 relu", "6 tanh | drop .3", ""], "epochs": [2, 5]},
        {"batch_size": [8, 9, "full"], "schedule.kind": ["constant", "cosine"]},
        {"optimizer.kind": ["sgd", "adam"], "loss.label_smoothing": [0.0, 0.1], "stopping.patience": [1]},
        {"seed": [7, 8], "init": ["he_normal", "he_uniform"]},
    ],
    ids=lambda sweep: " ".join(sweep),
)
def test_each_combination_is_the_run_of_its_settings_alone_bit_for_bit(backend: str, sweep: dict) -> None:
    chosen = config(backend=backend)
    told = list(train_many(chosen, sweep=sweep))
    found = members(chosen, sweep)
    assert {number for number, _ in told} == set(range(1, len(found) + 1))
    for member in found:
        alone = list(train(chosen.with_settings(member.settings)))
        assert said(of(told, member.number)) == said(alone)
        assert of(told, member.number)[-1].reason == alone[-1].reason


@native
def test_with_repeats_every_combination_has_its_seeds() -> None:
    chosen = config(backend="native", repeats=2, epochs=3)
    told = list(train_many(chosen, sweep={RATE: [0.01, 0.1]}))
    for number, (rate, seed) in enumerate([(0.01, 42), (0.01, 43), (0.1, 42), (0.1, 43)], 1):
        alone = train(chosen.with_settings({RATE: rate, "seed": seed, "repeats": 1}))
        assert said(of(told, number)) == said(list(alone))
    labels = [member.label for member in members(chosen, {RATE: [0.01, 0.1]})]
    assert labels[:2] == ["learning_rate=0.01, seed 42", "learning_rate=0.01, seed 43"]


TORCH = [
    GRID,
    {"layers": ["9 relu | drop .2", "9 relu | drop .4"], "optimizer.l1": [0, 0.01]},
    {"seed": [1, 2], "schedule.kind": ["constant", "cosine"], "epochs": [3, 5]},
    {"layers": ["9 relu", "6 relu"], "batch_size": [16, "full"], RATE: [0.001, 0.01]},
]


@pytest.mark.parametrize("sweep", TORCH, ids=lambda sweep: " ".join(sweep))
def test_on_pytorch_each_is_what_it_is_alone_to_rounding(sweep: dict) -> None:
    pytest.importorskip("torch")
    chosen = config(backend="torch", epochs=5)
    told = list(train_many(chosen, sweep=sweep))
    for member in members(chosen, sweep):
        alone = list(train(member.config))
        losses = [
            [value for event in events if isinstance(event, EpochEnded) for value in event.metrics.values()]
            for events in (of(told, member.number), alone)
        ]
        np.testing.assert_allclose(*losses, rtol=1e-5, atol=1e-5)


def test_what_is_alike_to_a_backend_trains_at_once() -> None:
    pytest.importorskip("torch")
    chosen = config(backend="torch")
    assert [sizes(chosen, sweep) for sweep in TORCH] == [
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5, 6, 7, 8]],
        [[1, 2], [3, 4], [5, 6], [7, 8]],
    ]
    assert sizes(chosen, {"engine": ["auto", "eager"], DECAY: [0, 0.1]}) == [[1, 2], [3, 4]]


@native
def test_on_the_kernels_networks_of_any_kind_go_together_where_an_epoch_has_as_many_steps() -> None:
    chosen, mixed = config(backend="native"), {"layers": ["4 relu", "6 tanh | 5 relu"], "batch_size": [16, "full"]}
    assert sizes(chosen, mixed) == [[1, 3], [2, 4]]
    assert sizes(chosen, {"backend": ["native", "reference"], RATE: [0.1, 0.2]}) == [[1, 2], [3], [4]]
    assert list(map(len, sizes(chosen, {RATE: [0.01 + place / 1e4 for place in range(100)]}))) == [64, 36]


@native
def test_one_that_rolls_back_goes_on_at_its_own_step() -> None:
    careful = {"stopping.on_divergence": "rollback", "optimizer.kind": "sgd", "layers": "9 relu"}
    chosen = config(backend="native", epochs=4, **careful)
    sweep = {RATE: [0.1, 1e38, 0.2]}
    told = list(train_many(chosen, sweep=sweep))
    assert [event.code for event in of(told, 2) if isinstance(event, Warned)][:1] == ["ROLLED_BACK"]
    for member in members(chosen, sweep):
        assert said(of(told, member.number)) == said(list(train(member.config)))


def test_a_thousand_are_made_in_a_moment() -> None:
    found = members(config(), {RATE: [place / 1e3 for place in range(1, 1001)]})
    assert len(found) == 1000 and found[-1].config.optimizer.learning_rate == 1.0


# ---- what is kept ----


@pytest.mark.parametrize("backend", BACKENDS)
def test_recorded_there_is_a_parent_that_says_what_was_swept_and_a_child_for_each(backend: str, tmp_path: Path) -> None:
    chosen = config(backend=backend, repeats=2)
    parent = fit(chosen, tmp_path, sweep=GRID, name="grid")
    found = children(open_run("grid", tmp_path), tmp_path)
    assert [run.name for run in found] == [f"grid-{number}" for number in range(1, 9)]
    assert [run.config for run in found] == [member.config for member in members(chosen, GRID)]
    assert open_run("grid", tmp_path).sweep == GRID and parent.config == chosen
    assert open_run("last", tmp_path).id == parent.id and parent.status.state == "finished"
    best = sweeps.ranked(chosen, GRID, {number: run.status.metrics for number, run in enumerate(found, 1)})[0]
    losses = sorted(found[number - 1].status.metrics["validation_loss"] for number in best.numbers)
    assert parent.status.metrics["validation_loss"] == pytest.approx(np.median(losses))
    assert parent.status.spread["validation_loss"][::2] == tuple(losses)
    with pytest.raises(RunError, match="run grid is a sweep of 8 networks") as caught:
        parent.model()
    assert "grid-1" in caught.value.hint


@native
def test_a_sweep_that_is_stopped_leaves_children_that_go_on_one_by_one(tmp_path: Path) -> None:
    chosen, controls = config(backend="native", epochs=8), Controls()
    parent = repeats.begin(chosen, tmp_path, sweep=GRID)
    for each in train_many(chosen, sweep=GRID, controls=controls, parent=parent):
        if isinstance(each.event, EpochEnded) and each.event.epoch == 3:
            controls.stop("interrupted")
    assert parent.status.state == "interrupted" and parent.status.exit_code == 130
    for child, member in zip(children(parent, tmp_path), members(chosen, GRID), strict=True):
        point = child.restore()
        assert point.config == member.config
        *_, ended = train(point.config, resume=point.state, data=point.data)
        *_, alone = train(member.config)
        assert ended.model.vector.tobytes() == alone.model.vector.tobytes()


def test_a_rate_that_diverges_does_not_fail_the_sweep_but_all_of_them_do(tmp_path: Path) -> None:
    chosen = config(epochs=3, layers="9 relu", **{"optimizer.kind": "sgd"})
    some = fit(chosen, tmp_path, sweep={RATE: [0.1, 1e38]})
    assert (some.status.state, some.status.exit_code) == ("finished", 0) and some.status.spread == {}
    none = fit(chosen, tmp_path, sweep={RATE: [1e37, 1e38]})
    assert (none.status.state, none.status.exit_code) == ("diverged", 8)


# ---- which is best ----


def test_the_best_is_by_the_monitor_lower_losses_and_higher_accuracies_and_what_is_no_number_last() -> None:
    chosen, sweep = config(repeats=2), {RATE: [0.1, 0.2, 0.3]}
    values = {1: (0.5, 0.9), 2: (0.7, 0.7), 3: (0.4, 0.6), 4: (0.4, 0.5), 5: (np.nan, np.nan), 6: (np.nan, np.nan)}
    found = {n: {"validation_loss": a, "validation_accuracy": b} for n, (a, b) in values.items()}
    rows = sweeps.ranked(chosen, sweep, found)
    assert [(row.settings[RATE], row.numbers) for row in rows] == [(0.2, (3, 4)), (0.1, (1, 2)), (0.3, (5, 6))]
    assert rows[1].metrics == pytest.approx({"validation_loss": 0.6, "validation_accuracy": 0.8})
    accuracy = chosen.with_settings({"stopping.monitor": "validation_accuracy"})
    assert [row.settings[RATE] for row in sweeps.ranked(accuracy, sweep, found)] == [0.1, 0.2, 0.3]
    assert sweeps.monitor(chosen, sweep, ["train_loss"]) == "train_loss"


def test_where_the_loss_is_swept_its_values_do_not_judge() -> None:
    there, sweep = ["validation_loss", "validation_accuracy"], {"loss.label_smoothing": [0, 0.1]}
    assert sweeps.monitor(config(), sweep, there) == "validation_accuracy"
    assert sweeps.monitor(config(), GRID, there) == "validation_loss"
    assert sweeps.monitor(config(), {"loss.kind": ["mse", "mae"]}, ["validation_loss", "validation_r2"]).endswith("r2")


def test_settings_are_told_by_their_last_word_where_that_is_enough() -> None:
    assert sweeps.shown([RATE, "optimizer.kind", "epochs"]) == {
        RATE: "learning_rate",
        "optimizer.kind": "optimizer",
        "epochs": "epochs",
    }
    assert sweeps.shown(["loss.x", "optimizer.x"]) == {"loss.x": "loss.x", "optimizer.x": "optimizer.x"}


# ---- what is refused ----


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({"optimizer.learning_rat": [1]}, "unknown setting 'optimizer.learning_rat'"),
        ({RATE: []}, r"optimizer.learning_rate: expected the values to sweep, got \[\]"),
        ({RATE: "0.1"}, "optimizer.learning_rate: expected the values to sweep, got '0.1'"),
        ({RATE: [0.1, "fast"]}, "optimizer.learning_rate: expected a number above 0, got 'fast'"),
        ({RATE: [0.1, 0.2, 0.1]}, "optimizer.learning_rate: the value 0.1 is there twice"),
        ({"dataset.noise": [0, 0.1]}, "dataset.noise cannot be swept: all networks of a sweep learn the same data"),
        ({"repeats": [1, 2]}, "repeats cannot be swept"),
        ({"epochs": range(1, 1002)}, "a sweep has at most 1,000 networks, got 1,001 combinations"),
        ({"layers": ["4 relu", "4 rellu"]}, "rellu"),
        ({"stopping.monitor": ["validation_loss", "validation_r2"]}, "unknown monitor of a"),
    ],
    ids=str,
)
def test_what_cannot_be_swept_is_refused_before_anything_is_on_the_disk(
    sweep: dict, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        fit(config(), tmp_path, sweep=sweep)
    assert list_runs(tmp_path) == []


def test_seeds_count_too() -> None:
    with pytest.raises(ConfigError, match="at most 1,000 networks, got 300 combinations of 4 seeds each"):
        members(config(repeats=4), {"epochs": range(1, 301)})


def test_closing_it_stops_all() -> None:
    source = train_many(config(epochs=1000), sweep=GRID)
    assert isinstance(next(source).event, Started)
    source.close()

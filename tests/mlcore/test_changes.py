"""Changes made while a run runs: told with their step, honest when they are made again, refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.controls import Controls
from mlcore.training import train
from tests.mlcore.test_training import config, events, made


class _Replaying(Controls):
    """Controls of somebody who makes the same changes at the same steps again."""

    def __init__(self, told: list) -> None:
        super().__init__(paused=True)
        self.left, self.made = list(told), 0
        self._more()

    def _more(self) -> None:
        while self.left and self.left[0].step == self.made:
            change = self.left.pop(0)
            self.set(change.name, change.new)
        self.step() if self.left else self.resume()

    def spent(self) -> None:
        super().spent()
        self.made += 1
        self._more()


LIVE = {  # by the step they are asked for at, about: what is asked for is done at the next slice
    3: {"optimizer.learning_rate": 0.03, "layers": "8 tanh | drop .4", "weight.1.2.3": 0.75},
    12: {"optimizer.momentum": 0.5, "weight.2.0.1": -1},
    14: {"batch_size": 50, "optimizer.weight_decay": 0.01},
    17: {"optimizer.clip_norm": 0.1, "optimizer.l1": 0.001, "schedule.kind": "cosine", "epochs": 8},
}


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_the_same_changes_at_the_same_steps_give_the_same_run(backend: str) -> None:
    experiment = config(backend=backend, layers="8 tanh | drop .2", **{"optimizer.kind": "sgd"})
    controls, asked, seen = Controls(), dict(LIVE), []
    for event in train(experiment, data=made(), controls=controls):
        seen.append(event)
        for step in [step for step in asked if event.kind == "progress" and event.step >= step]:
            for name, value in asked.pop(step).items():
                controls.set(name, value)
    told = [event for event in seen if event.kind == "changed"]
    assert {event.name for event in told} == {name for changes in LIVE.values() for name in changes}
    again = events(experiment, controls=_Replaying(told))
    assert [event for event in again if event.kind == "warned"] == []
    assert np.array_equal(again[-1].model.vector, seen[-1].model.vector)
    assert [e.metrics for e in again if e.kind == "epoch"] == [e.metrics for e in seen if e.kind == "epoch"]
    untouched = events(experiment)[-1]
    assert not np.array_equal(untouched.model.vector[:8], seen[-1].model.vector[:8])


def test_a_weight_set_by_hand_is_measured_at_once_and_is_what_training_goes_on_from() -> None:
    controls, seen = Controls(), []
    for event in train(config(epochs=2), data=made(), controls=controls):
        seen.append(event)
        if event.kind == "epoch" and event.epoch == 1:
            controls.set("weight.1.2.5", 30)
    (change,) = [e for e in seen if e.kind == "changed"]
    before = next(e for e in seen if e.kind == "epoch")
    place = 8 + 4  # w[1, 4] of 2 x 8
    assert change.state.weights.vector[place] == 30 and change.old == before.state.weights.vector[place]
    others = np.arange(len(change.model.vector)) != place
    assert np.array_equal(change.state.weights.vector[others], before.state.weights.vector[others])
    assert change.metrics["validation_loss"] != before.metrics["validation_loss"] and "train_loss" in change.metrics
    assert change.state.best_vector is None and seen[-1].best_epoch == 2
    assert abs(seen[-1].model.vector[place] - 30) < 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("weight.3.1.1", 1, "layers 1 to 2"),
        ("weight.1.3.1", 1, "from 0 to 2, got 3"),
        ("weight.1.1.9", 1, "to 1 to 8, got 9"),
        ("weight.1.1", 1, "not the name of a weight"),
        ("weight.1.1.1", float("nan"), "finite"),
        ("weight.1.1.1", "big", "finite"),
        ("layers", "8 relu", "only numbers in them"),
        ("layers", "9 tanh", "only numbers in them"),
        ("layers", "8 tanh | drop .2", "only numbers in them"),
    ],
)
def test_a_weight_or_a_layer_that_cannot_be_is_said_and_left(name: str, value, words: str) -> None:
    controls = Controls()
    controls.set(name, value)
    seen = events(config(epochs=1), controls=controls)
    (warned,) = [e for e in seen if e.kind == "warned"]
    assert words in warned.message and seen[-1].reason == "finished"

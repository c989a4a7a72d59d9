"""A worker examines the network of one moment, and keeps that moment while it is asked about."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import tracing
from mlcore.errors import MljError
from mlcore.runs import Run, list_runs
from mlcore.worker import protocol
from tests.mlcore.watching import Watcher


def ask(lab: Watcher, what: str, **values):
    return lab.client.ask(protocol.Examine(what=what, **values)).value


def test_the_moment_examined_stands_still_while_training_goes_on(lab: Watcher) -> None:
    lab.start(epochs=1_000_000)
    lab.until(lambda m: m.update.epoch >= 2)
    found = ask(lab, "judgement")
    assert found.rows == 40 and found.confusion.sum() == 40 == len(found.index)
    lab.until(lambda m: m.update.epoch > found.epoch + 5)
    again = ask(lab, "judgement", held=found.held)
    assert (again.epoch, again.metrics) == (found.epoch, found.metrics)
    traced = ask(lab, "traced", held=found.held, row=int(found.index[0]))
    assert traced.loss == pytest.approx(float(found.losses[0]), rel=1e-4)
    assert traced.epoch == found.epoch < ask(lab, "judgement").epoch
    for _ in range(4):
        newest = ask(lab, "judgement")
    with pytest.raises(MljError, match="no longer in memory"):
        ask(lab, "filters", held=found.held)
    lab.client.ask(protocol.Stop())
    lab.until(lambda m: m.ended)
    assert ask(lab, "projected", held=newest.held, place=9).places == ("inputs", "hidden layer 1: 5 tanh")


def test_what_is_told_of_a_row_is_what_mlj_says_of_the_recorded_run(lab: Watcher, root) -> None:
    lab.start(lab=False, **{"recording.snapshot_every": 2})
    lab.ended()
    (run,) = list_runs(root)
    for epoch in (None, 4):
        found = ask(lab, "judgement", split="validation", epoch=epoch)
        model, data = Run.open(run.folder).model(epoch), run.config.dataset.load()
        row = data.validation.take(slice(3, 4))
        traced = ask(lab, "traced", split="validation", held=found.held, row=3)
        own = tracing.trace(
            model.network, model.loss, model.vector, data.inputs(row)[0], row.y[0], model.config.optimizer
        )
        assert traced.loss == own.loss and traced.loss_after == own.loss_after
        for theirs, ours in zip(traced.stages, own.stages, strict=True):
            np.testing.assert_array_equal(theirs.arrays["y"].ravel(), ours.y.ravel())
            np.testing.assert_array_equal(theirs.arrays["dx"].ravel(), ours.dx.ravel())
            for name, value in ours.weights.items():
                np.testing.assert_array_equal(theirs.arrays[name].ravel(), value.ravel())
                np.testing.assert_array_equal(theirs.arrays[f"d{name}"].ravel(), ours.gradients[name].ravel())
        example = ask(lab, "example", split="validation", held=found.held, row=3)
        np.testing.assert_allclose(example.answer, own.answer, atol=1e-6)
        np.testing.assert_allclose(example.inputs, data.scaling.undo(row.x)[0])
        np.testing.assert_allclose(example.pull, own.x * own.stages[0].dx, atol=1e-9)
    with pytest.raises(MljError, match="expected 0 to 19 in the validation split, got 99"):
        ask(lab, "example", split="validation", row=99)


def test_before_there_is_a_network_there_is_nothing_to_examine(lab: Watcher) -> None:
    with pytest.raises(MljError, match="there is no network yet"):
        ask(lab, "judgement")
    lab.start(dataset="line")
    lab.ended()
    found = ask(lab, "judgement")
    assert found.confusion is None and found.label.dtype == np.float64 and "r2" in found.metrics
    assert len(ask(lab, "filters", held=found.held).weights) == 1

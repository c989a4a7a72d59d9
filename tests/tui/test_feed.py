"""Messages of a worker as frames."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.worker import protocol
from tests.tui.scenes import HOSTILE
from tui.feed import Feed


class Clock:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def scene(**changed):
    """Two rings as the worker tells of them."""
    values = {
        "dataset": "circles",
        "task": "binary",
        "class_names": ("0", "1"),
        "feature_names": ("x1", "x2"),
        "rows": {"train": 3, "test": 1},
        "ceiling": 0.977,
        "points": protocol.Points(
            np.arange(4, dtype="f4"),
            np.arange(4, dtype="f4"),
            np.array([0, 1, 0, 1], "u1"),
            np.array([0, 0, 1, 0], "u1"),
        ),
        "bounds": (0.0, 3.0, 0.0, 3.0),
    }
    return protocol.Scene(**{**values, **changed})


def started(number=1, **changed):
    """The first words of an experiment."""
    values = {
        "config": {}, "run": "0001", "name": "brave-otter", "backend": "native", "device": "cpu", "isa": "avx2",
        "threads": 1, "summary": "", "why": "", "epochs": 100, "steps_per_epoch": 10, "scene": scene(),
        "net": protocol.Net(("x1", "x2"), ("0", "1"), (2, 8, 1), ("relu", ""), 33),
    }  # fmt: skip
    return protocol.Started(number=number, **{**values, **changed})


def update(number=1, epoch=5, **changed):
    """Where the run is."""
    values = {
        "state": "running", "epoch": epoch, "epochs": 100, "step": 10 * epoch, "seconds": 0.5, "rate": 1e5,
        "learning_rate": 0.01, "pace": "full", "metrics": {"train_loss": 0.5}, "film": np.arange(epoch + 1, dtype="i4"),
    }  # fmt: skip
    return protocol.Update(number=number, **{**values, **changed})


def picture(number=1, epoch=5):
    """A decision map that tells its epoch."""
    cells = np.full((2, 3), epoch, "u1")
    return protocol.Picture(
        number=number,
        epoch=epoch,
        step=10 * epoch,
        boundary=protocol.Boundary(cells, cells, (0.0, 3.0, 0.0, 3.0)),
        weights=(np.zeros((2, 8), "f4"), np.zeros((8, 1), "f4")),
    )


def fed(*messages, clock=None):
    """A feed that has heard these messages."""
    feed = Feed(clock or Clock())
    for message in messages:
        feed.take(message)
    return feed


def test_before_the_first_word_the_frame_is_loading():
    assert Feed().frame().state == "loading"
    assert not Feed().over


def test_a_frame_holds_what_was_said_of_the_experiment_and_of_its_state():
    frame = fed(started(), update(), picture()).frame()
    assert (frame.dataset, frame.name, frame.backend, frame.state) == (
        "circles",
        "brave-otter",
        "native avx2",
        "running",
    )
    assert (frame.epoch, frame.epochs, frame.step, frame.shown_epoch) == (5, 100, 50, 5)
    assert (frame.ceiling, frame.rows, frame.net.parameters) == (0.977, {"train": 3, "test": 1}, 33)
    assert frame.boundary is not None
    assert len(frame.net.weights) == 2


def test_rows_of_the_test_stand_apart():
    frame = fed(started()).frame()
    assert frame.points.x.tolist() == [0, 1, 3]
    assert frame.test_points.x.tolist() == [2]


def test_curves_grow_from_where_new_buckets_begin():
    columns = {name: np.array([1.0, 2.0, 3.0]) for name in ("x", "y", "low", "high")}
    more = {name: np.array([7.0, 8.0]) for name in ("x", "y", "low", "high")}
    feed = fed(started(), protocol.Curve(number=1, name="train_loss", first=0, **columns))
    feed.take(protocol.Curve(number=1, name="train_loss", first=2, **more))
    feed.take(protocol.Curve(number=1, name="validation_accuracy", first=0, **columns))
    frame = feed.frame()
    assert [series.name for series in frame.losses] == ["train"]
    assert frame.losses[0].y.tolist() == [1, 2, 7, 8]
    assert [series.name for series in frame.accuracies] == ["validation"]


def test_news_of_an_experiment_already_replaced_are_not_heard():
    feed = fed(started(number=2), update(number=2, epoch=7))
    feed.take(update(number=1, epoch=99))
    assert feed.frame().epoch == 7


def test_a_new_experiment_keeps_the_old_picture_until_it_has_its_own():
    feed = fed(started(), update(), picture())
    first = feed.frame().boundary
    feed.take(started(number=2))
    feed.take(update(number=2, epoch=0))
    assert feed.frame().boundary is first
    feed.take(picture(number=2, epoch=1))
    assert feed.frame().boundary is not first


def test_the_picture_of_other_data_is_not_kept():
    feed = fed(started(), update(), picture())
    assert feed.frame().boundary is not None
    feed.take(started(number=2, scene=scene(dataset="moons")))
    assert feed.frame().boundary is None


def test_while_somebody_scrubs_the_frame_says_of_which_epoch_the_picture_is():
    feed = fed(started(), update(epoch=50), picture(epoch=48))
    assert feed.frame().shown_epoch == 50
    feed.scrub = 20
    feed.take(picture(epoch=20))
    assert feed.frame().shown_epoch == 20
    feed.take(started(number=2))
    assert feed.scrub is None


@pytest.mark.parametrize("state", ["finished", "stopped", "diverged"])
def test_a_run_is_over_when_it_has_ended(state):
    feed = fed(started(), update(state=state))
    feed.take(protocol.Ended(number=1, reason=state, epoch=5, step=50, seconds=1.0, metrics={"test_accuracy": 0.97}))
    assert feed.over
    assert feed.frame().metrics == {"train_loss": 0.5, "test_accuracy": 0.97}


def test_a_failure_says_what_and_what_helps():
    feed = fed(started(), protocol.Failed(number=1, code="DATA_ROWS", message="no rows", hint="give it some"))
    assert (feed.frame().state, feed.frame().message, feed.frame().hint) == ("failed", "no rows", "give it some")
    assert feed.over


def test_a_failure_before_the_start_is_told_as_well():
    feed = fed(protocol.Failed(number=1, code="CONFIG_VALUE", message="no such layer"))
    assert (feed.frame().state, feed.frame().message) == ("failed", "no such layer")


def test_a_worker_lost_in_the_middle_is_trouble_and_after_the_end_it_is_not():
    assert fed(started(), update(), protocol.Lost()).frame().state == "lost"
    assert fed(started(), update(state="finished"), protocol.Lost()).frame().state == "finished"


def test_another_worker_numbers_its_experiments_anew():
    feed = fed(started(number=5), update(number=5), protocol.Lost())
    feed.forget()
    feed.take(started(number=1, name="calm-finch"))
    feed.take(update(epoch=1))
    assert (feed.frame().name, feed.frame().state) == ("calm-finch", "running")


def test_the_time_left_is_reckoned_from_the_last_seconds():
    clock = Clock()
    feed = fed(started(), update(epoch=10), clock=clock)
    clock.now += 2
    feed.take(update(epoch=30))
    assert feed.frame().eta == pytest.approx(7.0)


def test_at_an_uneven_pace_and_after_the_end_nobody_knows_the_time_left():
    clock = Clock()
    for last in (update(epoch=30, pace="show"), update(epoch=30, state="paused")):
        feed = fed(started(), update(epoch=10), clock=clock)
        clock.now += 2
        feed.take(last)
        assert feed.frame().eta is None


def test_text_from_outside_is_made_harmless():
    net = protocol.Net((HOSTILE,), (HOSTILE,), (1, 1), (HOSTILE,), 2)
    hostile = started(name=HOSTILE, net=net, scene=scene(dataset=HOSTILE, class_names=(HOSTILE,)))
    frame = fed(hostile, update(message=HOSTILE, name=HOSTILE)).frame()
    texts = [frame.name, frame.dataset, frame.message, *frame.class_names, *frame.net.inputs, *frame.net.outputs]
    assert all(text.isprintable() and "\\x1b" in text for text in texts)


def test_a_frame_is_built_once_for_all_who_ask():
    feed = fed(started(), update())
    assert feed.frame() is feed.frame()
    feed.take(protocol.Reply(id=3))
    assert feed.frame() is feed.frame()


def inside(**changed):
    """What the worker sees inside a network."""
    bars = np.arange(16, dtype="u1")
    row = protocol.LayerRow(
        name="dense.1", shape=(2, 8), parameters=24, weight=1.5, gradient=0.1, ratio=-3.0, weights=bars, gradients=bars
    )
    values = {
        "epoch": 5,
        "step": 50,
        "layers": (row,),
        "confusion": protocol.Confusion(np.eye(2, dtype="i4"), (0, 1), "validation", 2),
        "responses": (protocol.Responses("dense.1", 8, np.zeros((8, 24, 24), "u1"), np.ones(8, "f4")),),
    }
    return protocol.Inside(number=1, **{**values, **changed})


def test_what_is_inside_stays_until_the_next_run_says_its_own():
    feed = Feed()
    for message in (started(), update(), inside()):
        feed.take(message)
    frame = feed.frame()
    assert (frame.layers[0].name, frame.confusion.names, frame.inside_epoch) == ("dense.1", ("0", "1"), 5)
    assert frame.responses[0].maps.shape == (8, 24, 24)
    feed.take(started(number=2))
    feed.take(update(number=2, epoch=1))
    assert feed.frame().layers == frame.layers  # nothing flickers while the next one begins
    feed.take(started(number=3, scene=scene(dataset="moons")))
    feed.take(update(number=3, epoch=1))
    assert feed.frame().layers == () and feed.frame().confusion is None


def test_hostile_names_of_layers_and_classes_are_harmless_before_they_are_shown():
    feed = Feed()
    feed.take(started(scene=scene(class_names=(HOSTILE, "1"))))
    feed.take(update())
    row = inside().layers[0]
    feed.take(inside(layers=(type(row)(**{**{n: getattr(row, n) for n in row.__struct_fields__}, "name": HOSTILE}),)))
    assert feed.frame().layers[0].name.isprintable() and feed.frame().confusion.names[0].isprintable()


def test_everything_that_happened_is_told_in_order_and_by_whom():
    feed = Feed()
    feed.take(started(config={"seed": 7, "optimizer": {"kind": "adam", "learning_rate": 0.01}}))
    feed.asked.append(("optimizer.learning_rate", 0.5))
    for name, new, epoch in (("optimizer.learning_rate", 0.5, 3), ("epochs", 300, 9)):
        feed.take(protocol.Changed(number=1, epoch=epoch, step=1, name=name, old=100, new=new))
    feed.take(update(epoch=12, best_epoch=8, saved_epoch=10))
    feed.take(protocol.Warned(number=1, code="STORAGE_FULL", message=f"no room {HOSTILE}"))
    feed.take(protocol.Ended(number=1, reason="early_stop", epoch=12, step=1, seconds=1, metrics={}, best_epoch=8))
    events = feed.frame().events
    assert [(e.epoch, e.kind, e.who) for e in events] == [
        (0, "start", ""), (3, "change", "you"), (8, "best", ""), (9, "change", ""), (10, "checkpoint", ""),
        (12, "warning", ""), (12, "end", ""),
    ]  # fmt: skip
    assert events[0].words == "began: 33 parameters, adam, rate 0.01, seed 7"
    assert events[1].words == "learning rate 100 -> 0.5" and "those of epoch 8" in events[-1].words
    assert all(event.words.isprintable() for event in events)


def test_every_metric_of_a_run_is_a_curve():
    feed = Feed()
    feed.take(started())
    columns = {"x": np.arange(3.0), "y": np.arange(3.0), "low": np.arange(3.0), "high": np.arange(3.0)}
    for name in ("train_loss", "validation_accuracy", "validation_r2", "train_r2", "train_mae", "learning_rate"):
        feed.take(protocol.Curve(number=1, name=name, first=0, **columns))
    frame = feed.frame()
    assert {name: [each.name for each in found] for name, found in frame.curves.items()} == {
        "mae": ["train"], "r2": ["train", "validation"], "learning rate": ["train"],
    }  # fmt: skip
    assert [each.name for each in frame.losses] == ["train"]


def test_a_surface_and_a_projection_come_with_what_their_numbers_mean():
    feed = Feed()
    feed.take(started(scene=scene(task="regression", levels=(-2.0, 6.0), axes=("x1", "x2"), spread=0.4)))
    feed.take(update())
    level = np.full((4, 6), 128, "u1")
    feed.take(protocol.Picture(number=1, epoch=5, step=50, surface=protocol.Heights(level, (0.0, 1.0, 0.0, 1.0))))
    frame = feed.frame()
    assert (frame.surface.low, frame.surface.high, frame.spread, frame.axes) == (-2.0, 6.0, 0.4, ("x1", "x2"))

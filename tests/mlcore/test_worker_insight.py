"""What panes ask about a network: layers, confusion, responses, the plane of a picture, and when they are computed."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import metrics
from mlcore.backends.backend import Problem, Weights
from mlcore.backends.reference import Reference
from mlcore.config import Config
from mlcore.layers.layer import INFERENCE
from mlcore.model import Model
from mlcore.training import train
from mlcore.worker import protocol
from mlcore.worker.insight import histogram
from mlcore.worker.pictures import Stage
from mlcore.worker.plane import plane_of, principal
from mlcore.worker.protocol import View
from tests.mlcore.watching import Watcher


def trained(**settings):
    """The stage, the last epoch and the data of a small run."""
    config = Config().with_settings({"backend": "reference", "epochs": 3, "layers": "6 tanh | 5 relu"} | settings)
    data = config.dataset.load()
    *_, epoch = (event for event in train(config, data=data) if event.kind == "epoch")
    return Stage(config, data), epoch, data


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_the_update_shown_is_the_one_training_makes_next(optimizer: str) -> None:
    settings = {"dataset": "moons", "dataset.n_samples": 200, "batch_size": "full", "optimizer": optimizer}
    stage, epoch, data = trained(**settings)
    model, weights = epoch.model, epoch.state.weights
    rows = stage.insight.layers(model, weights, 0.02)
    problem = Problem(model.network, model.loss, model.config.optimizer, data.train, data.factor, len(data.train), 1)
    session = Reference().open(problem)
    session.restore(weights)
    session.train(weights.step, 1, np.array([0.02]))
    moved = session.weights().vector - weights.vector
    for row, number in zip(rows, (0, 2, 4), strict=True):
        slot = next(s for s in model.network.own[number] if s.name == "w")
        here = slice(slot.offset, slot.offset + slot.size)
        ratio = np.linalg.norm(moved[here]) / np.linalg.norm(weights.vector[here])
        assert row.ratio == pytest.approx(np.log10(ratio), abs=1e-3) and row.shape == slot.param.shape
        assert row.weight == pytest.approx(np.linalg.norm(weights.vector[here]), rel=1e-5)
    assert [(r.name, r.bend, r.units) for r in rows] == [
        ("dense.1", "tanh", 6),
        ("dense.2", "relu", 5),
        ("dense.3", "", 0),
    ]
    assert sum(row.parameters for row in rows) == model.network.size


def test_dead_units_are_counted_and_a_network_of_no_numbers_is_shown_as_such() -> None:
    stage, epoch, _ = trained(dataset="moons")
    model, network = epoch.model, epoch.model.network
    vector = model.vector.copy()
    network.views(vector)[2]["w"][:, :2] = 0
    network.views(vector)[2]["b"][:2] = -1
    dead = Model(model.config, network, model.loss, model.preparation, vector)
    assert stage.insight.layers(dead, epoch.state.weights, 0.1)[1].dead == pytest.approx(2 / 5)
    broken = Model(model.config, network, model.loss, model.preparation, np.full_like(vector, np.nan))
    rows = stage.insight.layers(broken, epoch.state.weights, 0.1)
    assert all(np.isnan([row.weight, row.gradient, row.ratio]).all() and not row.weights[:7].any() for row in rows)
    assert stage.insight.confusion(broken).counts.sum() == 0
    assert all((each.maps == 128).all() for each in stage.insight.responses(broken))


def test_a_first_step_stands_in_where_nothing_of_the_optimizer_was_kept() -> None:
    stage, epoch, _ = trained(dataset="moons", optimizer="adam")
    bare = Weights(epoch.model.vector, np.empty((0, epoch.model.network.size), np.float32), 99)
    rows = stage.insight.layers(epoch.model, bare, 1e-3)
    for row in rows:  # the first step of adam moves every number by the rate
        assert 10**row.ratio * row.weight == pytest.approx(1e-3 * np.sqrt(np.prod(row.shape)), rel=0.02)


def test_the_confusion_of_validation_rows_adds_up_to_their_accuracy() -> None:
    stage, epoch, data = trained(dataset="digits", layers="12 relu")
    found = stage.insight.confusion(epoch.model)
    assert (found.split, found.rows, found.classes) == ("validation", len(data.validation), tuple(range(10)))
    right = np.trace(found.counts) / found.counts.sum()
    assert right == pytest.approx(epoch.metrics["validation_accuracy"])
    said = epoch.model.predict(data.scaling.undo(data.validation.x))
    assert (found.counts == metrics.confusion_matrix(data.validation.y, said, 10)).all()
    stage, epoch, data = trained(**{"dataset": "moons", "dataset.split.validation": 0})
    assert stage.insight.confusion(epoch.model).split == "test"
    stage, epoch, _ = trained(dataset="line")
    assert stage.insight.confusion(epoch.model) is None


@pytest.mark.parametrize("dataset", ["moons", "iris", "line"])
def test_response_maps_are_what_each_hidden_neuron_says_at_its_place(dataset: str) -> None:
    stage, epoch, data = trained(dataset=dataset, layers="20 tanh | 5 relu")
    first, second = stage.insight.responses(epoch.model)
    assert (first.name, first.units, len(first.maps), second.name, second.units) == ("dense.1", 20, 16, "dense.2", 5)
    network, views = epoch.model.network, epoch.model.network.views(epoch.model.vector)
    if dataset == "line":
        a, b = stage.bounds[:2]
        x = data.scaling.apply(np.linspace(a, b, 24)[:, None])
    else:
        x = stage.grid(24, 24)
    z = network.layers[1].forward({}, network.layers[0].forward(views[0], x, INFERENCE)[0], INFERENCE)[0]
    again = (first.maps.reshape(16, -1).T.astype(float) - 128) / 127 * first.scale
    np.testing.assert_allclose(again, z[:, :16], atol=float(first.scale.max()) / 250)


def test_the_plane_of_many_features_is_that_of_most_variance_and_of_two_the_features() -> None:
    x = np.random.default_rng(1).normal(size=(300, 12)) * np.r_[5, 3, np.ones(10)]
    x -= x.mean(axis=0)
    axes, share = principal(x)
    _, s, v = np.linalg.svd(x, full_matrices=False)
    np.testing.assert_allclose(np.abs((axes * v[:2]).sum(axis=1)), 1, atol=1e-6)
    assert share == pytest.approx((s[:2] ** 2).sum() / (s**2).sum())
    assert principal(np.zeros((5, 3)))[1] == 1.0
    for name, kind in (("moons", None), ("wine", float)):
        data = Config().with_settings({"dataset": name}).dataset.load()
        plane = plane_of(data)
        places = plane.places(data.inputs(data.train))
        np.testing.assert_allclose(plane.places(plane.inputs(places)), places, atol=1e-5)
        assert plane.spread is None if kind is None else 0.4 < plane.spread < 0.8
        if kind is None:
            np.testing.assert_allclose(places, data.scaling.undo(data.train.x), atol=1e-6)
    assert plane_of(Config().with_settings({"dataset": "line"}).dataset.load()) is None


def test_every_kind_of_data_on_a_plane_gets_a_picture_there() -> None:
    view = View(width=9, height=7)
    for name in ("iris", "wine", "breast_cancer"):
        stage, epoch, _ = trained(dataset=name, epochs=1)
        assert stage.picture(epoch.model, 1, 1, view, 1).boundary.winner.shape == (7, 9)
        assert len(stage.scene.points.x) == sum(stage.scene.rows.values()) and stage.scene.spread < 1
    for name in ("plane", "hills", "diabetes"):
        stage, epoch, data = trained(dataset=name, epochs=1)
        surface = stage.picture(epoch.model, 1, 1, view, 1).surface
        low, high = stage.scene.levels
        said = epoch.model.network.forward(epoch.model.vector, stage.grid(9, 7))[0][:, 0]
        level = ((said - low) / (high - low)).clip(0, 1) * 255
        assert np.abs(surface.level.ravel() - level).max() <= 1
        assert stage.scene.points.label.max() == 255 and (low, high) == (data.train.y.min(), data.train.y.max())
    stage, epoch, _ = trained(dataset="digits", epochs=1)
    assert stage.picture(epoch.model, 1, 1, view, 1).boundary is None
    both = stage.picture(epoch.model, 1, 1, View(width=9, height=7, panes=("plane",)), 1)
    assert both.boundary.winner.shape == (7, 9) and both.digits is not None


def test_a_histogram_shows_where_most_values_lie_and_survives_what_is_no_number() -> None:
    assert histogram(np.array([-1.0, 1.0, 1.0, 0.05])).tolist() == [128, *[0] * 7, 128, *[0] * 6, 255]
    assert histogram(np.array([np.nan, np.inf])).max() == 0 and histogram(np.zeros(3))[8] == 255


def test_panes_are_computed_for_who_asks_alone_now_and_in_the_film(lab: Watcher) -> None:
    lab.start(epochs=8)
    mirror = lab.ended()
    assert mirror.inside is None and 1 <= mirror.update.best_epoch <= 8
    lab.client.send(View(panes=("layers", "confusion", "neurons")))
    now = lab.until(lambda m: m.inside).inside
    assert now.confusion.counts.sum() == 20 and len(now.responses) == 1
    lab.client.send(protocol.Scrub(epoch=2))
    past = lab.until(lambda m: m.inside.epoch == 2).inside
    assert past.layers[0].weight != now.layers[0].weight and past.confusion.rows == 20

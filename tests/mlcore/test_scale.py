"""The layer scale: a learned factor for each feature."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import exporters
from mlcore.errors import ConfigError, ShapeError
from mlcore.layers.line import parse, write
from mlcore.layers.scale import Scale
from mlcore.network import Network
from tests.contracts.models import small
from tests.contracts.problems import first_weights, opened, problem


def test_it_begins_as_if_it_were_not_there() -> None:
    x = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    with_it, without = (Network.build(parse(body), (3,), 2) for body in ("scale | 5 relu", "5 relu"))
    vector = with_it.init(3, "he_normal")
    assert [slot.path for slot in with_it.slots if slot.param.role == "gain"] == ["0.gain"]
    rest = with_it.views(vector)[1:]
    bare = without.init(3, "he_normal")
    for theirs, ours in zip(without.views(bare), rest, strict=True):
        for name, place in theirs.items():
            place[...] = ours[name]
    assert np.array_equal(with_it.forward(vector, x)[0], without.forward(bare, x)[0])


@pytest.mark.parametrize("backend", ["reference", "native", "torch"])
def test_decay_does_not_touch_it(backend: str) -> None:
    """Of a network whose answers do not depend on the factors, these stay where they are."""
    p = problem("scale | 70 relu", optimizer=("sgd", {"weight_decay": 0.5, "l1": 0.1}))
    session, reason = opened(backend, p)
    if session is None:
        pytest.skip(reason)
    p.rows.x[...] = 0
    before = p.network.views(first_weights(p).vector)
    session.train(0, 20, np.full(20, 0.1))
    after = p.network.views(session.weights().vector)
    assert np.array_equal(before[0]["gain"], after[0]["gain"]) and (after[0]["gain"] == 1).all()
    assert np.abs(after[1]["w"]).sum() < 0.5 * np.abs(before[1]["w"]).sum()


def test_a_feature_that_means_nothing_is_turned_down_and_one_that_does_is_not() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(400, 6)).astype(np.float32)
    p = problem("scale | 12 tanh", rows=400, batch=50, features=6, outputs=2, optimizer=("adam", {}))
    p.rows.x[...] = x
    p.rows.y[...] = x[:, 0] * x[:, 1] > 0
    session, _ = opened("reference", p)
    session.train(0, 800, np.full(800, 0.01))
    gain = np.abs(p.network.views(session.weights().vector)[0]["gain"])
    assert gain[:2].min() > 1.2 * gain[2:].max(), gain


def test_the_line_has_it_as_a_layer_of_its_own() -> None:
    assert parse("scale | 8 relu | scale")[0] == Scale() == parse("scale | 8 relu | scale")[-1]
    assert write(parse("scale | 8 relu scale")) == "scale | 8 relu | scale"


@pytest.mark.parametrize("shape", [(2, 6, 5), (), (2, 2, 2, 2)])
def test_images_are_refused_with_the_way_out(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"Scale\(\): needs rows or sequences") as refused:
        Scale().output_shape(shape)
    assert "flatten" in refused.value.hint


def test_scikit_learn_refuses_it_in_words() -> None:
    with pytest.raises(ConfigError, match="scikit-learn cannot express layer 1, scale") as refused:
        exporters.export(small("scale | 3 relu", "mse"), "sklearn")
    assert "numpy" in refused.value.hint

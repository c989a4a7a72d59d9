"""Ways around layers: what skip keeps comes to its add and back, whoever walks through the network."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.config import from_dict
from mlcore.errors import ConfigError, ShapeError
from mlcore.examining import Place, numbers_at
from mlcore.exporters import export
from mlcore.gradients import gradcheck
from mlcore.layers.dense import Dense
from mlcore.layers.line import parse, write
from mlcore.losses import SoftmaxCrossEntropy
from mlcore.model import Model, Preparation
from mlcore.network import Network
from mlcore.optimizers import SGD
from mlcore.tracing import trace
from tests.mlcore.little_runs import config

NESTED = "4 tanh | skip | 4 tanh | skip | 4 | add | 4 tanh | add"


def network(body: str = NESTED) -> tuple[Network, np.ndarray]:
    found = Network.build(parse(body), (3,), 2)
    return found, found.init(1, "he_normal").astype(np.float64)


def test_ways_around_nest_as_brackets_do() -> None:
    found, vector = network()
    x = np.random.default_rng(1).normal(size=(5, 3))
    assert found.skips == {7: 5, 10: 2}
    w, y = [views.get("w") for views in found.views(vector)], [x]
    for number, (out, _) in enumerate(found.walk(found.views(vector), x)):
        if w[number] is not None:
            np.testing.assert_allclose(out, y[-1] @ w[number])
        if number in found.skips:
            np.testing.assert_array_equal(out, y[-1] + y[found.skips[number] + 1])
        y.append(out)
    np.testing.assert_array_equal(found.forward(vector, x)[0], y[-1])


def test_a_walk_begins_anywhere_with_what_came_before() -> None:
    found, vector = network()
    views, x = found.views(vector), np.random.default_rng(1).normal(size=(5, 3))
    outputs = [x, *(y for y, _ in found.walk(views, x))]
    for first in range(len(found.layers)):
        *_, (z, _) = found.walk(views, outputs[first], before=outputs[1 : first + 1])
        np.testing.assert_array_equal(z, outputs[-1])


def test_a_trace_and_what_is_examined_go_around() -> None:
    found, vector = network()
    x = np.random.default_rng(2).normal(size=3)
    told = trace(found, SoftmaxCrossEntropy(), vector, x, 1, SGD(learning_rate=0.1))
    np.testing.assert_allclose(told.stages[-1].y, found.forward(vector, x[None])[0][0])
    assert told.loss_after is not None and told.loss_after < told.loss
    add, skip = (max(found.skips), found.skips[max(found.skips)])
    around = told.stages[skip]
    np.testing.assert_allclose(around.dy, told.stages[skip + 1].dx + told.stages[add].dy)
    data = config(layers=NESTED).dataset.load()
    model = Model(config(layers=NESTED), found, SoftmaxCrossEntropy(), Preparation.of(data), vector)
    views = found.views(vector)
    outputs = [y for y, _ in found.walk(views, x[None])]
    np.testing.assert_array_equal(numbers_at(model, x[None], Place("", add + 1)), outputs[add])


def test_gradients_of_every_array_are_right_around_everything() -> None:
    body = "9 tanh | skip | layer_norm | 9 gelu | skip | 9 | add tanh | add | skip | add | batch_norm"
    found = gradcheck(from_dict({"dataset": {"kind": "moons"}, "layers": body}), native=False)
    assert found.ok and len(found.arrays) == 12


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        ("4 | add", "layer 2, add: there is no skip before it", "skip | 16 relu"),
        ("skip | 4 | add | add", "layer 4, add: there is no skip before it", "skip | 16 relu"),
        ("4 | skip | 4", "layer 2, skip: there is no add behind it", "write add"),
        ("skip | skip | 3 | add", "layer 1, skip: there is no add behind it", "write add"),
        (
            "4 | skip | 7 relu | add",
            r"layer 5, add: expected \[4\], which layer 2, skip, kept, got \[7\] from layer 4, relu",
            "give back the shape",
        ),
    ],
)
def test_what_does_not_pair_or_fit_is_named(body: str, message: str, hint: str) -> None:
    with pytest.raises(ShapeError, match=message) as refused:
        Network.build(parse(body), (3,), 2)
    assert hint in refused.value.hint


def test_a_body_that_ends_in_a_sequence_is_refused_with_the_way_out() -> None:
    with pytest.raises(ShapeError, match=r"needs one flat row, as there is one answer, got \[5, 8\]") as refused:
        Network.build(parse("conv1d 8 k3"), (7, 2), 2)
    assert "mean" in refused.value.hint
    answers = Network.build(parse("conv1d 8 k3 p1"), (7, 2), 2, steps=7)
    assert answers.output_shape == (7, 2)


@pytest.mark.parametrize("target", ["numpy", "pytorch", "onnx", "c", "safetensors", "sklearn"])
@pytest.mark.parametrize("case", ["an answer at every step", "sequences of several lengths"])
def test_what_no_export_can_express_is_refused_in_words(target: str, case: str) -> None:
    several = case == "sequences of several lengths"
    body = (*parse("layer_norm | mean" if several else "layer_norm"), Dense(2))
    found, settings = Network(body, (7, 2), lengths=several), config(layers="layer_norm")
    data = settings.dataset.load()
    vector = found.init(1, "he_normal")
    model = Model(settings, found, SoftmaxCrossEntropy(), Preparation.of(data), vector)
    with pytest.raises(ConfigError, match=case) as refused:
        export(model, target)
    assert refused.value.code == "EXPORT_UNSUPPORTED"


@pytest.mark.parametrize(
    "line",
    [
        "skip | layer_norm | attention 4 causal | add | skip | layer_norm | 64 gelu | 24 | add",
        "embed 24 | positions | attention 2 | mean",
        "conv1d 25 k5 s2 p1 relu | pool1d 2 | avgpool1d 3 s1 | max",
        "conv 16 k3 batch_norm relu | avgpool 2 | mean",
    ],
)
def test_a_line_is_read_back(line: str) -> None:
    assert write(parse(line)) == line

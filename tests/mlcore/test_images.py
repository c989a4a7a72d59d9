"""Convolution and pooling: the pages against plain loops, and rows of pixels that become images for them."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import changes, examining, load_recipe, train
from mlcore.config import from_dict
from mlcore.doctor import diagnose, examine
from mlcore.errors import ConfigError, ShapeError
from mlcore.layers.conv import Conv2d
from mlcore.layers.layer import INFERENCE
from mlcore.layers.line import parse
from mlcore.layers.pool import MaxPool2d
from mlcore.network import Network


def looped(layer: Conv2d, p, x):
    """A convolution as its formula says it, one number after another."""
    edge = layer.padding
    x = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
    k, s = layer.kernel, layer.stride
    down, across = ((side - k) // s + 1 for side in x.shape[2:])
    y = np.empty((len(x), layer.filters, down, across))
    for n, o, i, j in np.ndindex(*y.shape):
        y[n, o, i, j] = p["b"][o] + (p["w"][o] * x[n, :, s * i : s * i + k, s * j : s * j + k]).sum()
    return y


@pytest.mark.parametrize("line", ["conv 4 k3", "conv 3 k1", "conv 2 k4 s2 p3", "conv 2 k2 s3 p1", "conv 5 k5 s5"])
@pytest.mark.parametrize("shape", [(3, 9, 7), (6, 8)])
def test_a_convolution_is_its_formula(line: str, shape) -> None:
    (layer,) = parse(line)
    random = np.random.default_rng(1)
    p = {name: random.normal(size=param.shape) for name, param in layer.params(shape).items()}
    x = random.normal(size=(2, *shape))
    y, _ = layer.forward(p, x, INFERENCE)
    np.testing.assert_allclose(y, looped(layer, p, x.reshape(2, -1, *shape[-2:])), rtol=1e-12, atol=1e-12)
    assert y.shape[1:] == layer.output_shape(shape)


def test_of_equal_numbers_in_a_window_the_first_one_gets_the_gradient() -> None:
    x = np.array([[[[1.0, 5.0, 5.0, 0.0], [5.0, 5.0, 2.0, 5.0]]]])
    y, saved = MaxPool2d(2).forward({}, x, INFERENCE)
    assert y.tolist() == [[[[5.0, 5.0]]]]
    dx, _ = MaxPool2d(2).backward({}, saved, np.array([[[[3.0, 4.0]]]]))
    assert dx.tolist() == [[[[0.0, 3.0, 4.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]


def test_a_number_that_is_none_is_not_pooled_away() -> None:
    y, _ = MaxPool2d(2).forward(
        {}, np.array([[[1.0, np.nan, -np.inf, -np.inf], [7.0, 2.0, -np.inf, -np.inf]]]), INFERENCE
    )
    assert np.isnan(y[0, 0, 0, 0]) and y[0, 0, 0, 1] == -np.inf


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ("conv 4 k3 | flatten", (8, 8)),
        ("pool 2 | flatten", (8, 8)),
        ("drop .1 tanh layer_norm | conv 4 k3 | flatten", (8, 8)),
        ("9 relu", (64,)),
        ("flatten | 9 relu", (64,)),
        ("", (64,)),
    ],
)
def test_rows_of_pixels_are_images_for_a_network_that_takes_them_and_numbers_for_others(body: str, first) -> None:
    network = Network.build(parse(body), (64,), 10, (8, 8))
    assert network.shapes[0] == first
    vector, x = network.init(1, "he_normal"), np.random.default_rng(1).normal(size=(3, 64))
    z, saved = network.forward(vector, x)
    assert np.array_equal(z, network.forward(vector, x.reshape(3, 8, 8))[0])
    assert network.backward(vector, saved, np.ones_like(z))[1].shape == (3, *first)


@pytest.mark.parametrize(
    ("body", "image", "message", "hint"),
    [
        ("conv 4 k3 | flatten", None, r"layer 1, Conv2d\(4\): needs an image, got \[64\] from the data", "digits"),
        (
            "9 relu | pool 2",
            (8, 8),
            r"layer 3, MaxPool2d\(2\): needs an image, got \[9\] from layer 2, relu",
            "before units",
        ),
        (
            "pool 9 | flatten",
            (8, 8),
            r"MaxPool2d\(9\): needs an image of 9 x 9 or more, got \[8, 8\]",
            "smaller window",
        ),
        ("conv 4 k3 | 9 relu", (8, 8), r"layer 2, Dense\(9\): needs a flat input, got \[4, 6, 6\]", "Flatten"),
    ],
)
def test_what_does_not_fit_is_said_with_the_way_out(body: str, image, message: str, hint: str) -> None:
    with pytest.raises(ShapeError, match=message) as refused:
        Network.build(parse(body), (64,), 10, image)
    assert hint in refused.value.hint


DIGITS = {
    "layers": "conv 8 k3 p1 relu | pool 2 | conv 12 k3 relu | flatten | 24 relu",
    "dataset": {"kind": "digits"},
    "epochs": 12,
    "optimizer": {"kind": "adam", "learning_rate": 0.005},
}


@pytest.fixture(scope="module")
def ended():
    """Digits learned by two convolutions, on whatever backend has rows for them."""
    *_, end = train(from_dict(DIGITS))
    return end


def test_digits_are_learned_by_convolutions_in_numpy(ended) -> None:
    assert ended.metrics["test_accuracy"] > 0.96
    assert ended.model.network.summary() == "8x8-8x8x8-12x2x2-24-10"


def test_a_model_for_images_predicts_from_rows_and_is_read_back(ended, tmp_path) -> None:
    data = from_dict(DIGITS).dataset.load()
    raw = data.scaling.undo(data.test.x[:20])
    model = ended.model
    model.save(tmp_path / "digits.safetensors")
    again = type(model).load(tmp_path / "digits.safetensors")
    assert np.array_equal(again.predict_proba(raw), model.predict_proba(raw))
    bound = model.predictor(raw.astype(np.float32))
    bound()
    np.testing.assert_allclose(bound.out, model.outputs(raw), rtol=1e-5, atol=1e-5)


def test_what_looks_into_a_network_knows_images(ended) -> None:
    model, data = ended.model, from_dict(DIGITS).dataset.load()
    found = examining.filters(model)
    assert found.weights.shape == (9, 8) and found.image == (3, 3)
    assert np.array_equal(found.weights[:, 2].reshape(3, 3), model.network.views(model.vector)[0]["w"][2, 0])
    row = data.test.take(slice(0, 1))
    assert examining.pull(model, row, data.inputs(row)).shape == (64,)
    names = [place.name for place in examining.places(model.network)]
    assert names == ["inputs", "hidden layer 1: 24 relu"]


def test_filters_that_begin_alike_are_counted_as_units() -> None:
    config = from_dict(DIGITS | {"init": "zeros", "epochs": 1})
    case = examine(config, config.dataset.load())
    finding = next(each for each in diagnose(case) if each.rule == "equal_units")
    assert "all 8 units of layer 1" in finding.evidence


def test_a_kernel_cannot_change_while_it_runs() -> None:
    config = from_dict(DIGITS)
    with pytest.raises(ConfigError, match="layers cannot change while it runs"):
        changes.changed(config, "layers", DIGITS["layers"].replace("k3 p1", "k5 p2"))


def test_the_recipe_for_mnist_is_small() -> None:
    config = load_recipe("journey/mnist-cnn")
    assert Network.build(config.layers, (784,), 10, (28, 28)).size == 80_202

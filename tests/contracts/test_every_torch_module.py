"""Every layer as a module of PyTorch and back: the same outputs, the same bits, and read from the module as it was."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import from_torch, to_torch
from mlcore.config import from_dict
from mlcore.exporters import torch_layout
from mlcore.layers.attention import Attention
from mlcore.layers.conv import Conv2d
from mlcore.layers.dense import Dense
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import INFERENCE, Layer
from mlcore.layers.line import parse
from mlcore.model import Model, Preparation, blueprint
from mlcore.network import Network
from mlcore.spec import changed, kind_of
from mlcore.torch_modules import _layer as read
from tests.contracts.models import model_of, raw_rows
from tests.contracts.problems import AROUND, LAYERS, fits, made, networks_with, without_row
from tests.contracts.problems import layers as pages

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def known(name: str) -> Layer:
    """The layer, if PyTorch has a row for it."""
    layer = made(pages.CATALOGUE, name)
    without_row("pytorch", [] if type(layer) in torch_layout.ROWS else [f"layer {name}"])
    return layer


def outputs(network, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("name", LAYERS)
def test_a_module_answers_as_the_model_and_gives_its_bits_back(name: str) -> None:
    known(name)
    for _, each in networks_with(name, 3):
        model = model_of(each, "softmax_cross_entropy")
        x, scaling = raw_rows(model), model.preparation.scaling
        network, bare = to_torch(model), to_torch(model, raw=False)
        np.testing.assert_allclose(outputs(network, x), model.outputs(x), rtol=0, atol=1e-5)
        np.testing.assert_allclose(outputs(bare, scaling.apply(x)), model.outputs(x), rtol=0, atol=1e-5)
        parts = [part for place, part in bare.named_children() if place.isdigit()]
        assert [read(number, part) for number, part in enumerate(parts)] == list(model.network.layers)
        for module in (network, bare):
            assert module.training is False and all(p.dtype == torch.float32 for p in module.parameters())
            assert from_torch(module, model).vector.tobytes() == model.vector.tobytes()


def experiment(layer: Layer) -> tuple[str, tuple[Layer, ...]]:
    """A data set, and the layers of a network on it, among which is this one; steps of digits are rows of pixels."""
    if layer.takes_images or layer.takes_sequences:
        return "digits", (layer, Flatten(), Dense(5))
    if not fits(layer, (9,)):
        return "digits", (Conv2d(3), layer, Dense(5))
    before, behind = map(parse, AROUND.get(kind_of(layer), ("", "")))
    return "circles", (Dense(9), *before, layer, *behind, Dense(5))


def on_rows(name: str) -> bool:
    """Whether a layer takes rows or images, or makes steps of them."""
    layer = made(pages.CATALOGUE, name)
    named = layer.tokens or layer.token_columns
    return not named and (layer.takes_sequences or fits(layer, (9,)) or fits(layer, (3, 6, 6)))


@pytest.mark.parametrize("name", list(filter(on_rows, LAYERS)))
def test_the_layers_of_an_experiment_are_read_from_the_module(name: str) -> None:
    kind, body = experiment(known(name))
    config = changed(from_dict({"dataset": {"kind": kind}}), layers=body)
    data = config.dataset.load()
    network, loss = blueprint(config, data)
    model = Model(config, network, loss, Preparation.of(data), network.init(3, "he_normal"))
    found = from_torch(to_torch(model), changed(config, layers=()))
    assert found.config == config and found.vector.tobytes() == model.vector.tobytes()
    np.testing.assert_array_equal(found.predict(data.test.x), model.predict(data.test.x))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_that_of_torch(causal: bool) -> None:
    page, random = Attention(heads=3, causal=causal), np.random.default_rng(5)
    p = {key: random.normal(size=param.shape) for key, param in page.params((7, 12)).items()}
    x, dy = random.normal(size=(2, 4, 7, 12))
    y, saved = page.forward(p, x, INFERENCE)
    dx, own = page.backward(p, saved, dy)
    theirs, given = torch.nn.MultiheadAttention(12, 3, batch_first=True).double(), torch.tensor(x, requires_grad=True)
    names = {"in_proj_weight": "wqkv", "in_proj_bias": "bqkv", "out_proj.weight": "wo", "out_proj.bias": "bo"}
    theirs.load_state_dict({name: torch.tensor(p[ours].T) for name, ours in names.items()})
    mask = torch.ones(7, 7, dtype=torch.bool).triu(1) if causal else None
    found, _ = theirs(given, given, given, attn_mask=mask)
    found.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, found.detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(dx, given.grad.numpy(), rtol=0, atol=1e-11)
    for name, ours in names.items():
        np.testing.assert_allclose(own[ours], theirs.get_parameter(name).grad.numpy().T, rtol=0, atol=1e-11)


def test_a_convolution_behind_a_sequence_is_refused_in_words() -> None:
    network = Network.build(parse("conv1d 4 k2 | conv 3 k2 | flatten"), (6, 5), 3)
    with pytest.raises(ValueError, match="layer 2, conv2d 5x4 -> 3x4x3, behind a sequence"):
        to_torch(model_of(network, "softmax_cross_entropy"))

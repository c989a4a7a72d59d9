"""Every layer as a module of PyTorch and back: the same outputs, the same bits, and read from the module as it was."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import from_torch, to_torch
from mlcore.config import from_dict
from mlcore.exporters import torch_layout
from mlcore.layers.dense import Dense
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Layer
from mlcore.model import Model, Preparation, blueprint
from mlcore.spec import changed
from tests.contracts.problems import LAYERS, made, network_with, without_row
from tests.contracts.problems import layers as pages
from tests.contracts.test_every_exporter import model_of, raw_rows

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
    model = model_of(network_with(known(name), 3), "softmax_cross_entropy")
    x, scaling = raw_rows(model), model.preparation.scaling
    network, bare = to_torch(model), to_torch(model, raw=False)
    np.testing.assert_allclose(outputs(network, x), model.outputs(x), rtol=0, atol=1e-5)
    np.testing.assert_allclose(outputs(bare, scaling.apply(x)), model.outputs(x), rtol=0, atol=1e-5)
    for each in (network, bare):
        assert each.training is False and all(p.dtype == torch.float32 for p in each.parameters())
        assert from_torch(each, model).vector.tobytes() == model.vector.tobytes()


@pytest.mark.parametrize("name", LAYERS)
def test_the_layers_of_an_experiment_are_read_from_the_module(name: str) -> None:
    layer = known(name)
    images = layer.takes_images or layer.takes_sequences
    body = (layer, Flatten(), Dense(5)) if images else (Dense(9), layer, Dense(5))
    config = from_dict({"dataset": {"kind": "digits" if images else "circles"}})
    config = changed(config, layers=body)
    data = config.dataset.load()
    network, loss = blueprint(config, data)
    model = Model(config, network, loss, Preparation.of(data), network.init(3, "he_normal"))
    found = from_torch(to_torch(model), changed(config, layers=()))
    assert found.config == config and found.vector.tobytes() == model.vector.tobytes()
    np.testing.assert_array_equal(found.predict(data.test.x), model.predict(data.test.x))

"""Models with random parameters and hostile names, which exports and modules of PyTorch have to answer like."""

from __future__ import annotations

import math

import numpy as np

from mlcore.config import Config
from mlcore.datasets.dataset import Scaling, Task
from mlcore.layers.line import parse
from mlcore.model import Model, Preparation
from mlcore.network import Network
from tests.contracts.problems import losses as loss_pages
from tests.contracts.problems import made, task_of, tokens_of, with_tokens

HOSTILE = ('a\'b"""\\', "*/ ??/ %s {x}\n", "\x1b[2J\u202e", "__import__('os')", "é\udc80", "\\", "7", "", "#", "'''")
ROWS = 7


def model_of(network: Network, loss: str, two: bool = False, names=HOSTILE) -> Model:
    """A network with random parameters, scaling and hostile names."""
    random, chosen = np.random.default_rng(3), made(loss_pages.CATALOGUE, loss)
    width = math.prod(network.shapes[0])
    vector = random.normal(scale=0.5, size=network.size).astype(np.float32)
    for slot in network.slots:
        own = slice(slot.offset, slot.offset + slot.size)
        if slot.param.role in ("gain", "statistic"):  # a variance is positive
            vector[own] = np.abs(vector[own]) + 0.5
        elif slot.param.fan_in > 16:  # outputs of 50 differ in their sixth digit by the order of a sum
            vector[own] *= 2 / np.sqrt(slot.param.fan_in, dtype=np.float32)
    kind = "binary" if two else task_of(chosen)
    count = 2 if kind == "binary" else network.output_shape[0]
    task = Task(kind, count, () if kind == "regression" else names[:count])
    scaling = Scaling(random.normal(size=width), random.uniform(0.5, 2, size=width))
    many = tokens_of(network.layers[0], width)
    if many:  # names are not scaled
        scaling.shift[-many:], scaling.factor[-many:] = 0, 1
    preparation = Preparation(task, scaling, 1.0, tuple(f"{HOSTILE[i % 10]}{i}" for i in range(width)))
    return Model(Config(layers=network.layers[:-1], loss=chosen), network, chosen, preparation, vector)


def small(body: str, loss: str, outputs: int = 3, two: bool = False, features: int = 4) -> Model:
    outputs = made(loss_pages.CATALOGUE, loss).outputs(outputs)
    return model_of(Network.build(parse(body), (features,), outputs), loss, two)


def raw_rows(model: Model) -> np.ndarray:
    """Rows that float32 holds exactly, as that is what C and ONNX take."""
    random, shape = np.random.default_rng(4), (ROWS, len(model.preparation.feature_names))
    x = random.normal(scale=2, size=shape).astype(np.float32)
    return with_tokens(model.network.layers[0], x, random)

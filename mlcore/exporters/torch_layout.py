"""The network as PyTorch lays it out: a module of `nn` for each layer and its arrays by torch's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters.stages import Stage, row, stages
from mlcore.layers.activations import ReLU, ReLU6, Sigmoid, Tanh
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array, Layer
from mlcore.model import Model


class Module(NamedTuple):
    """A layer as a module: the expression that makes it, and its arrays as its state dict names them."""

    text: str
    tensors: Mapping[str, Array] = {}


Write: TypeAlias = Callable[[Stage], Module]


def _linear(stage: Stage) -> Module:
    """torch keeps the weights as [outputs, inputs]."""
    w, b = stage.p["w"], stage.p["b"]
    return Module(f"nn.Linear({w.shape[0]}, {w.shape[1]})", {"weight": w.T, "bias": b})


ROWS: Mapping[type[Layer], Write] = {
    Dense: _linear,
    ReLU: lambda stage: Module("nn.ReLU()"),
    ReLU6: lambda stage: Module("nn.ReLU6()"),
    Sigmoid: lambda stage: Module("nn.Sigmoid()"),
    Tanh: lambda stage: Module("nn.Tanh()"),
}


def modules(model: Model) -> list[Module]:
    """Every layer as a module, in order: the place in `nn.Sequential` is the number of the layer."""
    return [row(ROWS, stage, "PyTorch")(stage) for stage in stages(model)]


def state_dict(made: list[Module]) -> dict[str, Array]:
    """The arrays of an `nn.Sequential` of these modules: `0.weight`, `0.bias`, `2.weight` …"""
    return {
        f"{place}.{name}": np.ascontiguousarray(array)
        for place, module in enumerate(made)
        for name, array in module.tensors.items()
    }

"""The network as PyTorch lays it out: a module of `nn` for each layer and its arrays by torch's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters.stages import Stage, row, stages
from mlcore.layers.activations import ELU, GELU, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from mlcore.layers.conv import Conv2d
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.pool import MaxPool2d
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


def _conv2d(stage: Stage) -> Module:
    w, b = stage.p["w"], stage.p["b"]
    settings = ", ".join(f"{name}={stage.whole(name)}" for name in ("stride", "padding"))
    return Module(f"nn.Conv2d({w.shape[1]}, {w.shape[0]}, {w.shape[2]}, {settings})", {"weight": w, "bias": b})


def _max_pool2d(stage: Stage) -> Module:
    size = stage.whole("size")
    return Module(f"nn.MaxPool2d({size}, stride={stage.whole('stride') or size})")


def _batch_norm(stage: Stage) -> Module:
    """How many batches torch has seen is no number of ours; it begins at 0 where a state dict lacks it."""
    p, eps, momentum = stage.p, stage.setting("eps"), stage.setting("momentum")
    tensors = {"weight": p["gain"], "bias": p["bias"], "running_mean": p["mean"], "running_var": p["variance"]}
    return Module(f"nn.BatchNorm1d({stage.size}, eps={eps}, momentum={momentum})", tensors)


def _layer_norm(stage: Stage) -> Module:
    text = f"nn.LayerNorm({list(stage.inputs)}, eps={stage.setting('eps')})"
    return Module(text, {"weight": stage.p["gain"], "bias": stage.p["bias"]})


ROWS: Mapping[type[Layer], Write] = {
    Dense: _linear,
    ReLU: lambda stage: Module("nn.ReLU()"),
    ReLU6: lambda stage: Module("nn.ReLU6()"),
    Sigmoid: lambda stage: Module("nn.Sigmoid()"),
    Tanh: lambda stage: Module("nn.Tanh()"),
    LeakyReLU: lambda stage: Module(f"nn.LeakyReLU({stage.setting('negative_slope')})"),
    ELU: lambda stage: Module(f"nn.ELU({stage.setting('alpha')})"),
    Softplus: lambda stage: Module("nn.Softplus()"),
    SiLU: lambda stage: Module("nn.SiLU()"),
    GELU: lambda stage: Module("nn.GELU()"),
    Dropout: lambda stage: Module(f"nn.Dropout({stage.setting('rate')})"),
    Conv2d: _conv2d,
    MaxPool2d: _max_pool2d,
    Flatten: lambda stage: Module("nn.Flatten()"),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
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

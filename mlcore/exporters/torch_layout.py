"""The network as PyTorch lays it out: a module of `nn` for each layer and its arrays by torch's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters.stages import Stage, row, stages, unsupported
from mlcore.layers.activations import ELU, GELU, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from mlcore.layers.attention import Attention
from mlcore.layers.augment import Augment
from mlcore.layers.conv import Conv2d
from mlcore.layers.conv1d import Conv1d
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.embedding import ColumnEmbedding, Embedding
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.pool import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from mlcore.layers.positions import Positions
from mlcore.layers.recurrent import GRU, LSTM, RNN, Recurrent
from mlcore.layers.residual import Add, Skip
from mlcore.layers.scale import Scale
from mlcore.layers.summary import Max, Mean
from mlcore.model import Model
from mlcore.spec import kind_of

OWN = (
    *("StepsConv1d", "StepsMaxPool1d", "StepsAvgPool1d", "StepsNorm", "Tokens", "ColumnTokens", "Positions"),
    *("SelfAttention", "RNN", "GRU", "LSTM", "Mean", "Max", "Augment", "FeatureScale", "Skip", "Add", "Stack"),
)


class Module(NamedTuple):
    """A layer as a module of `nn`, or an `OWN` one: its class, what that is called with, the arrays of its state dict.

    The arrays are views into the vector of the model, so that they can be written as well as read; `settle` is called
    when they were written, where some are none.
    """

    kind: str
    arguments: tuple[Any, ...] = ()
    settings: Mapping[str, Any] = {}
    tensors: Mapping[str, Array] = {}
    settle: Callable[[], None] = lambda: None

    @property
    def own(self) -> bool:
        """Whether it is one of `mlcore.backends.pytorch.modules`, and none of `nn`."""
        return self.kind in OWN

    @property
    def text(self) -> str:
        """The expression that makes it."""
        words = [*map(repr, self.arguments), *(f"{name}={value!r}" for name, value in self.settings.items())]
        return f"{'' if self.own else 'nn.'}{self.kind}({', '.join(words)})"


Write: TypeAlias = Callable[[Stage], Module]


def _linear(stage: Stage) -> Module:
    """torch keeps the weights as [outputs, inputs]."""
    w, b = stage.p["w"], stage.p["b"]
    return Module("Linear", w.shape, tensors={"weight": w.T, "bias": b})


def _conv2d(stage: Stage) -> Module:
    w, b = stage.p["w"], stage.p["b"]
    settings = {name: stage.whole(name) for name in ("stride", "padding")}
    return Module("Conv2d", (w.shape[1], w.shape[0], w.shape[2]), settings, {"weight": w, "bias": b})


def _conv1d(stage: Stage) -> Module:
    w, b = stage.p["w"], stage.p["b"]
    settings = {name: stage.whole(name) for name in ("stride", "padding")}
    return Module("StepsConv1d", (w.shape[1], w.shape[0], w.shape[2]), settings, {"weight": w, "bias": b})


def _pool(kind: str) -> Write:
    def write(stage: Stage) -> Module:
        size = stage.whole("size")
        return Module(kind, (size,), {"stride": stage.whole("stride") or size})

    return write


def _column_tokens(stage: Stage) -> Module:
    layer, w = stage.layer, stage.p["w"]
    assert isinstance(layer, ColumnEmbedding)
    return Module("ColumnTokens", (layer.vocabularies, layer.dim), tensors={"weight": w})


def _attention(stage: Stage) -> Module:
    """torch keeps the weights as [outputs, inputs]."""
    p, settings = stage.p, {"causal": bool(stage.whole("causal"))}
    tensors = {"in_proj_weight": p["wqkv"].T, "in_proj_bias": p["bqkv"]}
    tensors |= {"out_proj.weight": p["wo"].T, "out_proj.bias": p["bo"]}
    return Module("SelfAttention", (stage.inputs[1], stage.whole("heads")), settings, tensors)


def _recurrent(stage: Stage) -> Module:
    """torch keeps matrices turned, and has a second bias: of ours only a GRU's c, else zeros, which are added to b."""
    layer, tensors, seconds = stage.layer, dict[str, Array](), list[tuple[Array, Array, Array | None]]()
    assert isinstance(layer, Recurrent)
    for way, suffix in zip(layer.ways, ("_l0", "_l0_reverse"), strict=False):
        w, u, b, c = stage.p[f"w{way}"], stage.p[f"u{way}"], stage.p[f"b{way}"].reshape(-1), stage.p.get(f"c{way}")
        second = np.zeros_like(b)
        if c is not None:
            second[-len(c) :] = c
        tensors |= {f"weight_ih{suffix}": w.T, f"weight_hh{suffix}": u.T}
        tensors |= {f"bias_ih{suffix}": b, f"bias_hh{suffix}": second}
        seconds.append((b, second, c))

    def settle() -> None:
        for b, second, c in seconds:
            if c is not None:
                c[...] = second[-len(c) :]
            shared = slice(0, len(b) - (0 if c is None else len(c)))
            b[shared] = np.where(second[shared] == 0, b[shared], b[shared] + second[shared])

    settings = dict.fromkeys(("bidirectional",) * layer.bi + ("last",) * layer.last, True)
    return Module(kind_of(layer).upper(), (stage.inputs[-1], layer.units), settings, tensors, settle)


NORMS = {1: "BatchNorm1d", 2: "StepsNorm", 3: "BatchNorm2d"}  # of rows, sequences, images


def _batch_norm(stage: Stage) -> Module:
    """How many batches torch has seen is no number of ours; it begins at 0 where a state dict lacks it."""
    p, settings = stage.p, {name: stage.setting(name) for name in ("eps", "momentum")}
    tensors = {"weight": p["gain"], "bias": p["bias"], "running_mean": p["mean"], "running_var": p["variance"]}
    return Module(NORMS[len(stage.inputs)], (p["gain"].size,), settings, tensors)


def _layer_norm(stage: Stage) -> Module:
    tensors = {"weight": stage.p["gain"], "bias": stage.p["bias"]}
    return Module("LayerNorm", (list(stage.p["gain"].shape),), {"eps": stage.setting("eps")}, tensors)


ROWS: Mapping[type[Layer], Write] = {
    Dense: _linear,
    ReLU: lambda stage: Module("ReLU"),
    ReLU6: lambda stage: Module("ReLU6"),
    Sigmoid: lambda stage: Module("Sigmoid"),
    Tanh: lambda stage: Module("Tanh"),
    LeakyReLU: lambda stage: Module("LeakyReLU", (stage.setting("negative_slope"),)),
    ELU: lambda stage: Module("ELU", (stage.setting("alpha"),)),
    Softplus: lambda stage: Module("Softplus"),
    SiLU: lambda stage: Module("SiLU"),
    GELU: lambda stage: Module("GELU"),
    Augment: lambda stage: Module("Augment", (*map(stage.setting, ("shift", "rotate")), bool(stage.setting("flip")))),
    Dropout: lambda stage: Module("Dropout", (stage.setting("rate"),)),
    Conv2d: _conv2d,
    MaxPool2d: _pool("MaxPool2d"),
    AvgPool2d: _pool("AvgPool2d"),
    Conv1d: _conv1d,
    MaxPool1d: _pool("StepsMaxPool1d"),
    AvgPool1d: _pool("StepsAvgPool1d"),
    Mean: lambda stage: Module("Mean"),
    Max: lambda stage: Module("Max"),
    Embedding: lambda stage: Module("Tokens", stage.p["w"].shape, tensors={"weight": stage.p["w"]}),
    ColumnEmbedding: _column_tokens,
    Positions: lambda stage: Module("Positions", stage.inputs, tensors={"weight": stage.p["w"]}),
    Scale: lambda stage: Module("FeatureScale", stage.p["gain"].shape, tensors={"weight": stage.p["gain"]}),
    Attention: _attention,
    Skip: lambda stage: Module("Skip"),
    Add: lambda stage: Module("Add"),
    **dict.fromkeys((RNN, GRU, LSTM), _recurrent),
    Flatten: lambda stage: Module("Flatten"),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
}


def _window(module: Any) -> tuple[int, int]:
    """Size and stride of a module that pools, which keeps them as numbers or as tuples; 0: a stride like the size."""
    size, stride = (each if isinstance(each, int) else each[0] for each in (module.kernel_size, module.stride))
    return size, stride * (stride != size)


# The way back: what is read from a module of `nn` by its class. What else a module may be told is compared, not read.
LAYERS: Mapping[str, Callable[[Any], Layer]] = {
    "Linear": lambda module: Dense(module.out_features),
    "ReLU": lambda module: ReLU(),
    "ReLU6": lambda module: ReLU6(),
    "Sigmoid": lambda module: Sigmoid(),
    "Tanh": lambda module: Tanh(),
    "LeakyReLU": lambda module: LeakyReLU(module.negative_slope),
    "ELU": lambda module: ELU(module.alpha),
    "Softplus": lambda module: Softplus(),
    "SiLU": lambda module: SiLU(),
    "GELU": lambda module: GELU(),
    "Augment": lambda module: Augment(module.shift, module.rotate, module.flip),
    "Dropout": lambda module: Dropout(module.p),
    "Conv2d": lambda module: Conv2d(module.out_channels, module.kernel_size[0], module.stride[0], module.padding[0]),
    "MaxPool2d": lambda module: MaxPool2d(*_window(module)),
    "AvgPool2d": lambda module: AvgPool2d(*_window(module)),
    "StepsConv1d": lambda module: Conv1d(module.out_channels, *module.kernel_size, *module.stride, *module.padding),
    "StepsMaxPool1d": lambda module: MaxPool1d(*_window(module)),
    "StepsAvgPool1d": lambda module: AvgPool1d(*_window(module)),
    "Mean": lambda module: Mean(),
    "Max": lambda module: Max(),
    "Tokens": lambda module: Embedding(module.embedding_dim, module.num_embeddings),
    "ColumnTokens": lambda module: ColumnEmbedding(module.embedding_dim, module.vocabularies),
    "Positions": lambda module: Positions(),
    "FeatureScale": lambda module: Scale(),
    "SelfAttention": lambda module: Attention(module.num_heads, module.causal),
    "RNN": lambda module: RNN(module.hidden_size, module.bidirectional, module.last),
    "GRU": lambda module: GRU(module.hidden_size, module.bidirectional, module.last),
    "LSTM": lambda module: LSTM(module.hidden_size, module.bidirectional, module.last),
    "Skip": lambda module: Skip(),
    "Add": lambda module: Add(),
    "Flatten": lambda module: Flatten(),
    **{kind: lambda module: BatchNorm(module.eps, module.momentum) for kind in NORMS.values()},
    "LayerNorm": lambda module: LayerNorm(module.eps),
}


def modules(model: Model) -> list[Module]:
    """Every layer as a module, in order: the place in `nn.Sequential` is the number of the layer."""
    found = stages(model)
    for stage in found:
        if stage.layer.takes_images and len(stage.inputs) == 2 and not model.network.takes_images:
            why = "torch takes what has three axes for an image with channels"
            raise unsupported("PyTorch", f"layer {stage.number + 1}, {stage.word}, behind a sequence", why)
    return [row(ROWS, stage, "PyTorch")(stage) for stage in found]


def state_dict(made: list[Module]) -> dict[str, Array]:
    """The arrays of an `nn.Sequential` of these modules: `0.weight`, `0.bias`, `2.weight` …"""
    return {
        f"{place}.{name}": np.ascontiguousarray(array)
        for place, module in enumerate(made)
        for name, array in module.tensors.items()
    }

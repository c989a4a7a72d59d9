"""ONNX: the network as a graph that any ONNX runtime takes. The file is protobuf, written by hand: a few messages.

input `x` [rows, features] float32, raw; outputs `probabilities` [rows, classes] and `label` [rows], the class names as
strings; a regression has `prediction` [rows, outputs]. https://onnx.ai/onnx/repo-docs/IR.html, onnx.proto3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from mlcore.exporters.onnx_recurrent import recurrent
from mlcore.exporters.protobuf import each, message
from mlcore.exporters.stages import Stage, class_names, head, image, row, scaling, stages
from mlcore.layers.activations import ELU, GELU, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from mlcore.layers.conv import Conv2d
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.pool import MaxPool2d
from mlcore.layers.recurrent import GRU, LSTM, RNN
from mlcore.model import Model

OPSET, IR_VERSION = 17, 8
FLOAT, INT64, STRING, DOUBLE = 1, 7, 8, 11  # TensorProto.DataType
TYPES = {"float32": FLOAT, "int64": INT64, "float64": DOUBLE}
A_FLOAT, AN_INT, INTS = 1, 2, 7  # AttributeProto.AttributeType


class Graph:
    """Nodes in a row: each takes the value of the one before as its first input."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def constant(self, name: str, values: Array) -> str:
        """A tensor by name."""
        values = np.ascontiguousarray(values)
        data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        self.tensors.append(message(*each(1, values.shape), (2, TYPES[values.dtype.name]), (8, name), (9, data)))
        return name

    def number(self, name: str, value: float) -> str:
        """A tensor of one float32 by name."""
        return self.constant(name, np.array(value, np.float32))

    def strings(self, name: str, words: tuple[str, ...]) -> str:
        """A tensor of strings by name."""
        self.tensors.append(message((1, len(words)), (2, STRING), *each(6, words), (8, name)))
        return name

    def then(self, operator: str, *others: str, called: str = "", **attributes: int | float | list[int]) -> None:
        """Another node on the value so far; `others` are its further inputs, `called` a name for what comes out."""
        self.value = self.node(operator, self.value, *others, called=called, skipped=0, **attributes)

    def node(
        self, operator: str, *inputs: str, called: str = "", skipped: int = 0, **attributes: int | float | list[int]
    ) -> str:
        """A node, and the name of what comes out; `skipped`: how many of its outputs before that nobody wants."""
        name = called or f"v{len(self.nodes) + 1}"
        written = [_attribute(key, value) for key, value in attributes.items()]
        outputs = each(2, ("",) * skipped + (name,))
        self.nodes.append(message(*each(1, inputs), *outputs, (3, f"n{name}"), (4, operator), *each(5, written)))
        return name


def _attribute(name: str, value: int | float | list[int]) -> bytes:
    if isinstance(value, float):
        return message((1, name), (2, value), (20, A_FLOAT))
    if isinstance(value, int):
        return message((1, name), (3, value), (20, AN_INT))
    return message((1, name), *each(8, value), (20, INTS))


Write: TypeAlias = Callable[[Stage, Graph], None]


def _dense(stage: Stage, graph: Graph) -> None:
    """Gemm is x W + b."""
    w, b = (graph.constant(f"{stage.number}.{name}", stage.p[name]) for name in ("w", "b"))
    graph.then("Gemm", w, b)


def _relu6(stage: Stage, graph: Graph) -> None:
    graph.then("Clip", graph.number(f"{stage.number}.low", 0), graph.number(f"{stage.number}.high", 6))


def _gelu(stage: Stage, graph: Graph) -> None:
    """x / 2 (1 + erf(x / sqrt 2)): the operator Gelu came with opset 20."""
    x = graph.value
    graph.then("Mul", graph.number(f"{stage.number}.root", 0.5**0.5))
    graph.then("Erf")
    graph.then("Add", graph.number(f"{stage.number}.one", 1))
    graph.then("Mul", x)
    graph.then("Mul", graph.number(f"{stage.number}.half", 0.5))


def _conv2d(stage: Stage, graph: Graph) -> None:
    w, b = (graph.constant(f"{stage.number}.{name}", stage.p[name]) for name in ("w", "b"))
    kernel, stride, padding = (stage.whole(name) for name in ("kernel", "stride", "padding"))
    graph.then("Conv", w, b, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[padding] * 4)


def _max_pool2d(stage: Stage, graph: Graph) -> None:
    size = stage.whole("size")
    graph.then("MaxPool", kernel_shape=[size] * 2, strides=[stage.whole("stride") or size] * 2)


def _batch_norm(stage: Stage, graph: Graph) -> None:
    names = ("gain", "bias", "mean", "variance")
    tensors = [graph.constant(f"{stage.number}.{name}", stage.p[name]) for name in names]
    graph.then("BatchNormalization", *tensors, epsilon=stage.setting("eps"))


def _layer_norm(stage: Stage, graph: Graph) -> None:
    gain, bias = (graph.constant(f"{stage.number}.{name}", stage.p[name]) for name in ("gain", "bias"))
    graph.then("LayerNormalization", gain, bias, axis=1, epsilon=stage.setting("eps"))


ROWS: Mapping[type[Layer], Write] = {
    Dense: _dense,
    ReLU: lambda stage, graph: graph.then("Relu"),
    ReLU6: _relu6,
    Sigmoid: lambda stage, graph: graph.then("Sigmoid"),
    Tanh: lambda stage, graph: graph.then("Tanh"),
    LeakyReLU: lambda stage, graph: graph.then("LeakyRelu", alpha=stage.setting("negative_slope")),
    ELU: lambda stage, graph: graph.then("Elu", alpha=stage.setting("alpha")),
    Softplus: lambda stage, graph: graph.then("Softplus"),
    SiLU: lambda stage, graph: graph.then("Mul", graph.node("Sigmoid", graph.value)),
    GELU: _gelu,
    Dropout: lambda stage, graph: None,
    Conv2d: _conv2d,
    MaxPool2d: _max_pool2d,
    Flatten: lambda stage, graph: graph.then("Flatten", axis=1),
    **dict.fromkeys((RNN, GRU, LSTM), recurrent),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
}


def write(model: Model, stem: str) -> dict[str, bytes]:
    """One .onnx file."""
    graph = Graph("x")
    shift, factor = scaling(model)
    graph.then("Cast", to=DOUBLE)
    graph.then("Sub", graph.constant("shift", shift))
    graph.then("Mul", graph.constant("factor", factor))
    graph.then("Cast", to=FLOAT)
    shape = image(model)
    if shape:
        graph.then("Reshape", graph.constant("image", np.array([-1, *shape])))
    for stage in stages(model):
        row(ROWS, stage, "the ONNX export")(stage, graph)
    outputs = _meaning(model, graph)
    inside = message(
        *each(1, graph.nodes),
        (2, "network"),
        *each(5, graph.tensors),
        (11, _value("x", FLOAT, len(shift))),
        *each(12, outputs),
    )
    version = message((1, ""), (2, OPSET))
    return {".onnx": message((1, IR_VERSION), (2, "mlj"), (7, inside), (8, version))}


def _meaning(model: Model, graph: Graph) -> list[bytes]:
    """The nodes behind the raw outputs, and what the graph declares to give."""
    kind, classes = head(model), class_names(model)
    if kind == "numbers":
        graph.then("Identity", called="prediction")
        return [_value("prediction", FLOAT, model.network.output_shape[0])]
    if kind == "logit":
        graph.then("Sigmoid")
        first = graph.node("Sub", graph.number("one", 1), graph.value)
        graph.value = graph.node("Concat", first, graph.value, called="probabilities", axis=1)
    else:
        graph.then("Softmax", called="probabilities", axis=1)
    best = graph.node("ArgMax", graph.value, axis=1, keepdims=0)
    graph.node("Gather", graph.strings("class_names", classes), best, called="label", axis=0)
    return [_value("probabilities", FLOAT, len(classes)), _value("label", STRING)]


def _value(name: str, kind: int, *width: int) -> bytes:
    """A declared input or output: any number of rows, each so wide."""
    shape = message(*each(1, [message((2, "rows")), *(message((1, columns)) for columns in width)]))
    return message((1, name), (2, message((1, message((1, kind), (2, shape))))))

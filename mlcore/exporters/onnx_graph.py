"""ONNX: the network as a graph that any ONNX runtime takes. The file is protobuf, written by hand: a few messages.

input `x` [rows, features] float32, raw; outputs `probabilities` [rows, classes] and `label` [rows], the class names as
strings; a regression has `prediction` [rows, outputs]. Of a table a row holds what `cells` says, named by the metadata
`inputs`, a list in JSON. https://onnx.ai/onnx/repo-docs/IR.html, onnx.proto3
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from mlcore.exporters import column_code
from mlcore.exporters.cells import input_names
from mlcore.exporters.onnx_columns import in_onnx
from mlcore.exporters.onnx_nodes import DOUBLE, FLOAT, INT64, STRING, Graph
from mlcore.exporters.onnx_recurrent import recurrent
from mlcore.exporters.protobuf import each, message
from mlcore.exporters.stages import (
    Stage,
    bend,
    class_names,
    growths,
    head,
    logarithm,
    row,
    scaling,
    shaped,
    stages,
)
from mlcore.layers.activations import ELU, GELU, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from mlcore.layers.attention import Attention
from mlcore.layers.augment import Augment
from mlcore.layers.conv import Conv2d
from mlcore.layers.conv1d import Conv1d
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.embedding import ColumnEmbedding, Embedding
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Layer
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.pool import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from mlcore.layers.positions import Positions
from mlcore.layers.recurrent import GRU, LSTM, RNN
from mlcore.layers.residual import Add, Skip
from mlcore.layers.scale import Scale
from mlcore.layers.summary import Max, Mean
from mlcore.model import Model

OPSET, IR_VERSION = 17, 8

Write: TypeAlias = Callable[[Stage, Graph], None]


def _dense(stage: Stage, graph: Graph) -> None:
    """Gemm is x W + b, for rows alone."""
    w, b = _constants(stage, graph, "w", "b")
    if len(stage.inputs) == 1:
        graph.then("Gemm", w, b)
    else:
        _product(graph, w, b)


def _product(graph: Graph, w: str, b: str) -> None:
    """x W + b, each step by itself."""
    graph.then("MatMul", w)
    graph.then("Add", b)


def _constants(stage: Stage, graph: Graph, *names: str) -> list[str]:
    return [graph.constant(f"{stage.number}.{name}", stage.p[name]) for name in names]


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


def _windows(operator: str, size: str, *arrays: str) -> Write:
    """Windows over an image, or along a sequence, whose channels ONNX wants first."""

    def write(stage: Stage, graph: Graph) -> None:
        k, sides = stage.whole(size), 2 if stage.layer.takes_images else 1
        pads = [stage.whole("padding") if arrays else 0] * 2 * sides
        if sides == 1:
            graph.then("Transpose", perm=[0, 2, 1])
        elif len(stage.inputs) == 2:
            graph.then("Reshape", graph.constant(f"{stage.number}.image", np.array([-1, 1, *stage.inputs])))
        strides = [stage.whole("stride") or k] * sides
        graph.then(operator, *_constants(stage, graph, *arrays), kernel_shape=[k] * sides, strides=strides, pads=pads)
        if sides == 1:
            graph.then("Transpose", perm=[0, 2, 1])

    return write


def _summary(operator: str) -> Write:
    """Over all places of an image, or all steps of a sequence."""
    return lambda stage, graph: graph.then(operator, axes=[2, 3] if len(stage.inputs) == 3 else [1], keepdims=0)


def _batch_norm(stage: Stage, graph: Graph) -> None:
    """The operator has features behind the rows; where they are last, a factor and a shift do the same."""
    if len(stage.inputs) != 2:
        tensors = _constants(stage, graph, "gain", "bias", "mean", "variance")
        graph.then("BatchNormalization", *tensors, epsilon=stage.setting("eps"))
        return
    p = {name: array.astype(np.float64) for name, array in stage.p.items()}
    factor = p["gain"] / np.sqrt(p["variance"] + stage.setting("eps"))
    graph.then("Mul", graph.constant(f"{stage.number}.factor", factor.astype(np.float32)))
    shift = p["bias"] - p["mean"] * factor
    graph.then("Add", graph.constant(f"{stage.number}.shift", shift.astype(np.float32)))


def _layer_norm(stage: Stage, graph: Graph) -> None:
    gain, bias = _constants(stage, graph, "gain", "bias")
    graph.then("LayerNormalization", gain, bias, axis=-stage.p["gain"].ndim, epsilon=stage.setting("eps"))


def _embedding(stage: Stage, graph: Graph) -> None:
    tokens = graph.node("Cast", graph.value, to=INT64)
    graph.value = graph.node("Gather", *_constants(stage, graph, "w"), tokens, axis=0)


def _attention(stage: Stage, graph: Graph) -> None:
    """Scores of every step with every other, what must not be heard far below all others, and their shares."""
    (steps, features), heads = stage.inputs, stage.whole("heads")
    wqkv, bqkv, wo, bo = _constants(stage, graph, "wqkv", "bqkv", "wo", "bo")

    def number(name: str, *shape: int) -> str:
        return graph.constant(f"{stage.number}.{name}", np.array(shape))

    _product(graph, wqkv, bqkv)
    graph.then("Reshape", number("parts", -1, steps, 3, heads, features // heads))
    graph.then("Transpose", perm=[2, 0, 3, 1, 4])
    places = [graph.constant(f"{stage.number}.{part}", np.array(place)) for place, part in enumerate("qkv")]
    q, k, v = (graph.node("Gather", graph.value, place, axis=0) for place in places)
    graph.value = graph.node("MatMul", q, graph.node("Transpose", k, perm=[0, 1, 3, 2]))
    graph.then("Mul", graph.number(f"{stage.number}.scale", (features // heads) ** -0.5))
    if stage.whole("causal"):
        later = np.triu(np.full((steps, steps), -np.inf, np.float32), 1)
        graph.then("Add", graph.constant(f"{stage.number}.later", later))
    graph.then("Softmax", axis=3)
    graph.then("MatMul", v)
    graph.then("Transpose", perm=[0, 2, 1, 3])
    graph.then("Reshape", number("joined", -1, steps, features))
    _product(graph, wo, bo)


def _skip(stage: Stage, graph: Graph) -> None:
    graph.kept[stage.number] = graph.value


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
    Augment: lambda stage, graph: None,
    Dropout: lambda stage, graph: None,
    Conv2d: _windows("Conv", "kernel", "w", "b"),
    MaxPool2d: _windows("MaxPool", "size"),
    AvgPool2d: _windows("AveragePool", "size"),
    Conv1d: _windows("Conv", "kernel", "w", "b"),
    MaxPool1d: _windows("MaxPool", "size"),
    AvgPool1d: _windows("AveragePool", "size"),
    Mean: _summary("ReduceMean"),
    Max: _summary("ReduceMax"),
    Embedding: _embedding,
    ColumnEmbedding: column_code.in_onnx,
    Positions: lambda stage, graph: graph.then("Add", *_constants(stage, graph, "w")),
    Scale: lambda stage, graph: graph.then("Mul", *_constants(stage, graph, "gain")),
    Attention: _attention,
    Skip: _skip,
    Add: lambda stage, graph: graph.then("Add", graph.kept[stage.skip]),
    **dict.fromkeys((RNN, GRU, LSTM), recurrent),
    Flatten: lambda stage, graph: graph.then("Flatten", axis=1),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
}


def write(model: Model, stem: str) -> dict[str, bytes]:
    """One .onnx file."""
    graph = Graph("x")
    shift, factor = scaling(model)
    names = input_names(model)
    graph.then("Cast", to=DOUBLE)
    in_onnx(model.preparation.columns, graph)
    graph.then("Sub", graph.constant("shift", shift))
    graph.then("Mul", graph.constant("factor", factor))
    _bend(model, graph)
    graph.then("Cast", to=FLOAT)
    shape = shaped(model)
    if shape:
        graph.then("Reshape", graph.constant("shape", np.array([-1, *shape])))
    for stage in stages(model):
        row(ROWS, stage, "the ONNX export")(stage, graph)
    outputs = _meaning(model, graph)
    inside = message(
        *each(1, graph.nodes),
        (2, "network"),
        *each(5, graph.tensors),
        (11, _value("x", FLOAT, len(names))),
        *each(12, outputs),
    )
    version = message((1, ""), (2, OPSET))
    about = [message((1, "inputs"), (2, json.dumps(names)))] if model.preparation.columns else []
    about += [message((1, "series"), (2, growths(model)))] if growths(model) else []
    return {".onnx": message((1, IR_VERSION), (2, "mlj"), (7, inside), (8, version), *each(14, about))}


def _bend(model: Model, graph: Graph) -> None:
    """x / sqrt(1 + (x bend)²), where inputs are bent."""
    bent = bend(model)
    if bent is not None:
        size = graph.node("Mul", graph.value, graph.constant("bend", bent))
        size = graph.node("Add", graph.node("Mul", size, size), graph.constant("bend_one", np.ones(1)))
        graph.then("Div", graph.node("Sqrt", size))


def _meaning(model: Model, graph: Graph) -> list[bytes]:
    """The nodes behind the raw outputs, and what the graph declares to give."""
    kind, classes = head(model), class_names(model)
    logs = logarithm(model)
    if logs:
        graph.then("Cast", to=DOUBLE)
        for operator, number in (("Div", logs.factor), ("Add", logs.shift), ("Min", logs.most)):
            graph.then(operator, graph.constant(f"logarithm.{operator}", np.array(number)))
        graph.then("Exp")
        graph.then("Sub", graph.constant("logarithm.offset", np.array(logs.offset)))
        graph.then("Cast", to=FLOAT)
    if not classes:
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

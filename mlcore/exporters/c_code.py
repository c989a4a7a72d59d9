"""C: one C99 file, no allocation, nothing but <math.h>; its literals are hexadecimal, so every number is exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters import c_columns, column_code, recurrent_code
from mlcore.exporters.c_functions import (
    ADD,
    ATTENTION,
    AVG_POOL1D,
    AVG_POOL2D,
    BATCH_NORM,
    BENT,
    CONV1D,
    CONV2D,
    DENSE,
    EACH,
    EMBEDDING,
    FEATURES,
    INPUTS,
    LAYER_NORM,
    MAX,
    MAX_POOL1D,
    MAX_POOL2D,
    MEAN,
    PREDICT,
    SCALE,
    SIGMOID,
    SOFTMAX,
)
from mlcore.exporters.c_program import opening, program
from mlcore.exporters.c_text import array, literal
from mlcore.exporters.cells import takes_cells
from mlcore.exporters.stages import Head, Stage, bend, head, logarithm, row, scaling, stages
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
from mlcore.layers.recurrent import GRU, LSTM, RNN
from mlcore.layers.residual import Add, Skip
from mlcore.layers.scale import Scale
from mlcore.layers.summary import Max, Mean
from mlcore.model import Model


class Piece(NamedTuple):
    """A layer in C: its call, the arrays it names, the function it calls and another that it needs.

    In the call {x} is where the layer's input is. One that has {y} writes there; others change x in place.
    """

    call: str
    function: str = ""
    arrays: Mapping[str, Array] = {}
    needs: str = ""


Write: TypeAlias = Callable[[Stage], Piece]


def _dense(stage: Stage) -> Piece:
    w, b = f"W{stage.nth}", f"b{stage.nth}"
    inputs, outputs = stage.p["w"].shape
    arrays = {w: stage.p["w"].T, b: stage.p["b"]}
    if len(stage.inputs) == 1:
        return Piece(f"dense({{x}}, {{y}}, {w}, {b}, {inputs}, {outputs});", DENSE, arrays)
    return Piece(_each_step(stage.inputs[0], "{x}", "{y}", w, b, inputs, outputs), DENSE, arrays)


def _each_step(steps: int, x: str, y: str, w: str, b: str, inputs: int, outputs: int) -> str:
    """The call of a dense layer for each step of a sequence."""
    call = f"dense({x} + t * {inputs}, {y} + t * {outputs}, {w}, {b}, {inputs}, {outputs});"
    return f"for (int t = 0; t < {steps}; t++)\n        {call}"


def each(name: str, value: str, setting: str = "") -> Write:
    """A row of what is done to every number x[i] by itself; in it `a` is a setting of the layer."""
    function = EACH.format(name=name, value=value, more=", float a" if setting else "")
    if not setting:
        return lambda stage: Piece(f"{name}({{x}}, {stage.size});", function)
    return lambda stage: Piece(f"{name}({{x}}, {stage.size}, {literal(np.float32(stage.setting(setting)))});", function)


def _conv(name: str, function: str) -> Write:
    def write(stage: Stage) -> Piece:
        w, b = f"filters{stage.nth}", f"bias{stage.nth}"
        inputs = (1, *stage.inputs)[-3:] if stage.layer.takes_images else stage.inputs
        settings = (stage.whole(name) for name in ("kernel", "stride", "padding"))
        numbers = ", ".join(map(str, (*inputs, *stage.outputs, *settings)))
        return Piece(f"{name}({{x}}, {{y}}, {w}, {b}, {numbers});", function, {w: stage.p["w"], b: stage.p["b"]})

    return write


def _pool(name: str, function: str) -> Write:
    def write(stage: Stage) -> Piece:
        size, inputs = stage.whole("size"), (1, *stage.inputs)[-3:]
        shapes = (*inputs, *stage.outputs[1:]) if stage.layer.takes_images else stage.outputs[::-1]
        numbers = ", ".join(map(str, (*shapes, size, stage.whole("stride") or size)))
        return Piece(f"{name}({{x}}, {{y}}, {numbers});", function)

    return write


def _summary(name: str, function: str) -> Write:
    """Places of an image lie beside each other, those of a sequence as far apart as a step has numbers."""

    def write(stage: Stage) -> Piece:
        (channels,), places = stage.outputs, math.prod(stage.inputs) // stage.outputs[0]
        apart, next_one = (places, 1) if len(stage.inputs) == 3 else (1, channels)
        return Piece(f"{name}({{x}}, {{y}}, {channels}, {apart}, {places}, {next_one});", function)

    return write


def _embedding(stage: Stage) -> Piece:
    w, numbers = f"table{stage.nth}", ", ".join(map(str, (*stage.inputs, *stage.p["w"].shape)))
    return Piece(f"embedding({{x}}, {{y}}, {w}, {numbers});", EMBEDDING, {w: stage.p["w"]})


def _positions(stage: Stage) -> Piece:
    w = f"places{stage.nth}"
    return Piece(f"add({{x}}, {stage.size}, {w});", ADD, {w: stage.p["w"]})


def _scale(stage: Stage) -> Piece:
    gain, features = f"gain{stage.nth}", stage.p["gain"].size
    return Piece(f"scale({{x}}, {stage.size}, {gain}, {features});", SCALE, {gain: stage.p["gain"]})


def _attention(stage: Stage) -> Piece:
    """What is asked, offered and said by one dense layer; what is heard takes the place of x; then another."""
    (steps, n), k = stage.inputs, stage.nth
    settings = f"{steps}, {n}, {stage.whole('heads')}, {stage.whole('causal')}"
    calls = (
        f"float qkv{k}[{steps * 3 * n}];",
        _each_step(steps, "{x}", f"qkv{k}", f"Wqkv{k}", f"bqkv{k}", n, 3 * n),
        f"attention(qkv{k}, {{x}}, {settings});",
        _each_step(steps, "{x}", "{y}", f"Wo{k}", f"bo{k}", n, n),
    )
    p = stage.p
    arrays = {f"Wqkv{k}": p["wqkv"].T, f"bqkv{k}": p["bqkv"], f"Wo{k}": p["wo"].T, f"bo{k}": p["bo"]}
    return Piece("\n    ".join(calls), ATTENTION, arrays, needs=DENSE)


def _skip(stage: Stage) -> Piece:
    kept, n = f"kept{stage.number + 1}", stage.size
    return Piece(f"float {kept}[{n}];\n    for (int i = 0; i < {n}; i++)\n        {kept}[i] = {{x}}[i];")


def _batch_norm(stage: Stage) -> Piece:
    p, names = stage.p, tuple(f"{name}{stage.nth}" for name in ("mean", "scale", "bias"))
    scale = p["gain"] / np.sqrt(p["variance"].astype(np.float64) + stage.setting("eps"))
    arrays = dict(zip(names, (p["mean"], scale.astype(np.float32), p["bias"]), strict=True))
    features, what = p["gain"].size, ", ".join(names)
    if len(stage.inputs) != 2:
        return Piece(f"batch_norm({{x}}, {features}, {stage.size // features}, {what});", BATCH_NORM, arrays)
    call = f"batch_norm({{x}} + t * {features}, {features}, 1, {what});"
    return Piece(f"for (int t = 0; t < {stage.inputs[0]}; t++)\n        {call}", BATCH_NORM, arrays)


def _layer_norm(stage: Stage) -> Piece:
    gain, bias = f"gain{stage.nth}", f"bias{stage.nth}"
    n, rest = stage.p["gain"].size, f"{gain}, {bias}, {literal(stage.setting('eps'))});"
    call = f"layer_norm({{x}}, {n}, {rest}"
    if len(stage.inputs) == 2:
        call = f"for (int t = 0; t < {stage.inputs[0]}; t++)\n        layer_norm({{x}} + t * {n}, {n}, {rest}"
    return Piece(call, LAYER_NORM, {gain: stage.p["gain"], bias: stage.p["bias"]})


ROWS: Mapping[type[Layer], Write] = {
    Dense: _dense,
    ReLU: each("relu", "x[i] > 0 ? x[i] : 0"),
    ReLU6: each("relu6", "x[i] < 0 ? 0 : x[i] > 6 ? 6 : x[i]"),
    Sigmoid: lambda stage: Piece(f"sigmoid({{x}}, {stage.size});", SIGMOID),
    Tanh: each("tanh_each", "tanhf(x[i])"),
    LeakyReLU: each("leaky_relu", "x[i] > 0 ? x[i] : a * x[i]", "negative_slope"),
    ELU: each("elu", "x[i] > 0 ? x[i] : a * expm1f(x[i])", "alpha"),
    Softplus: each("softplus", "(x[i] > 0 ? x[i] : 0) + log1pf(expf(-fabsf(x[i])))"),
    SiLU: each("silu", "x[i] / (1 + expf(-x[i]))"),
    GELU: each("gelu", "x[i] * 0.5f * erfcf(x[i] * -0x1.6a09e6p-1f)"),
    Augment: lambda stage: Piece(""),
    Dropout: lambda stage: Piece(""),
    Conv2d: _conv("conv2d", CONV2D),
    MaxPool2d: _pool("max_pool2d", MAX_POOL2D),
    AvgPool2d: _pool("avg_pool2d", AVG_POOL2D),
    Conv1d: _conv("conv1d", CONV1D),
    MaxPool1d: _pool("max_pool1d", MAX_POOL1D),
    AvgPool1d: _pool("avg_pool1d", AVG_POOL1D),
    Mean: _summary("mean", MEAN),
    Max: _summary("max", MAX),
    Embedding: _embedding,
    ColumnEmbedding: lambda stage: Piece(*column_code.in_c(stage)),
    Positions: _positions,
    Scale: _scale,
    Attention: _attention,
    Skip: _skip,
    Add: lambda stage: Piece(f"add({{x}}, {stage.size}, kept{stage.skip + 1});", ADD),
    **dict.fromkeys((RNN, GRU, LSTM), lambda stage: Piece(*recurrent_code.in_c(stage))),
    Flatten: lambda stage: Piece(""),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
}
ENDS: Mapping[Head, tuple[str, str]] = {  # what is done with the raw outputs z, and the function it calls
    "logit": ("    sigmoid({x}, 1);\n    out[0] = 1 - {x}[0];\n    out[1] = {x}[0];\n", SIGMOID),
    "softmax": ("    softmax({x}, out, MODEL_OUTPUTS);\n", SOFTMAX),
    "numbers": ("    for (int i = 0; i < MODEL_OUTPUTS; i++)\n        out[i] = {x}[i];\n", ""),
    "logarithms": (
        "    for (int i = 0; i < MODEL_OUTPUTS; i++)\n"
        "        out[i] = (float)(exp(fmin({x}[i] / {factor} + {shift}, {most})) - {offset});\n",
        "",
    ),
}


def write(model: Model, stem: str) -> dict[str, bytes]:
    """One C file: a function to call, and with -DMODEL_MAIN a program."""
    pieces = [row(ROWS, stage, "the C export")(stage) for stage in stages(model)]
    end, function = ENDS[head(model)]
    logs = logarithm(model)
    units = logs._asdict() if logs else {}
    called = [text for piece in pieces for text in (piece.needs, piece.function)]
    functions = dict.fromkeys(filter(None, [*called, function]))
    text = opening(model)
    for name, values in zip(("shift", "factor"), scaling(model), strict=True):
        text += array(name, values)
    text += "".join(array(name, values) for piece in pieces for name, values in piece.arrays.items())
    bent = bend(model)
    text += array("bend", bent) if bent is not None else ""
    cells = takes_cells(model)
    text += c_columns.in_c(model.preparation.columns) if cells else ""
    begin = (INPUTS if bent is None else BENT).replace("{x}", "f" if cells else "x")
    begin = PREDICT + (FEATURES + begin.replace("{many}", "MODEL_FEATURES") if cells else begin)
    text += "".join(functions) + begin.replace("{many}", "MODEL_INPUTS") + _body(pieces, end, units) + "}\n"
    return {".c": (text + program(model)).encode()}


def _body(pieces: list[Piece], end: str, units: Mapping[str, float]) -> str:
    """The calls, from one buffer to the other; units: the numbers that the end names."""
    x, y, text = "a", "b", ""
    for piece in pieces:
        if piece.call:
            text += f"    {piece.call.format(x=x, y=y)}\n"
        if "{y}" in piece.call:
            x, y = y, x
    return text + end.format(x=x, **{name: literal(number) for name, number in units.items()})

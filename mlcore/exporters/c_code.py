"""C: one C99 file, no allocation, nothing but <math.h>; its literals are hexadecimal, so every number is exact."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters.c_text import literal, quoted
from mlcore.exporters.recurrent_code import in_c
from mlcore.exporters.stages import Head, Stage, class_names, filled, head, once, row, scaling, stages
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


class Piece(NamedTuple):
    """A layer in C: its call, the arrays it names, the function it calls and one that that one calls.

    In the call {x} is where the layer's input is. One that has {y} writes there; others change x in place.
    """

    call: str
    function: str = ""
    arrays: Mapping[str, Array] = {}
    beneath: str = ""


Write: TypeAlias = Callable[[Stage], Piece]

# Sums in double are at most 0.8e-6 from the model's probabilities on MNIST (784-128-10), sums in float 1.6e-6.
DENSE = """
/* y[o] = b[o] + sum over i of x[i] w[o][i] */
static void dense(const float *x, float *y, const float *w, const float *b, int inputs, int outputs) {
    for (int o = 0; o < outputs; o++) {
        MODEL_SUM sum = b[o];
        for (int i = 0; i < inputs; i++)
            sum += (MODEL_SUM)w[o * inputs + i] * x[i];
        y[o] = (float)sum;
    }
}
"""
EACH = """
static void {name}(float *x, int n{more}) {{
    for (int i = 0; i < n; i++)
        x[i] = {value};
}}
"""
SIGMOID = EACH.format(name="sigmoid", more="", value="x[i] < 0 ? expf(x[i]) / (1 + expf(x[i])) : 1 / (1 + expf(-x[i]))")


def _dense(stage: Stage) -> Piece:
    w, b = f"W{stage.nth}", f"b{stage.nth}"
    inputs, outputs = stage.p["w"].shape
    return Piece(f"dense({{x}}, {{y}}, {w}, {b}, {inputs}, {outputs});", DENSE, {w: stage.p["w"].T, b: stage.p["b"]})


def each(name: str, value: str, setting: str = "") -> Write:
    """A row of what is done to every number x[i] by itself; in it `a` is a setting of the layer."""
    function = EACH.format(name=name, value=value, more=", float a" if setting else "")
    if not setting:
        return lambda stage: Piece(f"{name}({{x}}, {stage.size});", function)
    return lambda stage: Piece(f"{name}({{x}}, {stage.size}, {literal(np.float32(stage.setting(setting)))});", function)


BATCH_NORM = """
/* x[i] = (x[i] - mean[i]) scale[i] + bias[i], scale = gain / sqrt(variance + eps) */
static void batch_norm(float *x, int n, const float *mean, const float *scale, const float *bias) {
    for (int i = 0; i < n; i++)
        x[i] = (x[i] - mean[i]) * scale[i] + bias[i];
}
"""
LAYER_NORM = """
/* x[i] = (x[i] - mean of x) / sqrt(variance of x + eps) gain[i] + bias[i] */
static void layer_norm(float *x, int n, const float *gain, const float *bias, double eps) {
    double mean = 0, variance = 0;
    for (int i = 0; i < n; i++)
        mean += (double)x[i] / n;
    for (int i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / n;
    for (int i = 0; i < n; i++)
        x[i] = (float)((x[i] - mean) / sqrt(variance + eps)) * gain[i] + bias[i];
}
"""


CONV2D = """
/* y[o][i][j] = b[o] + sum over c, u, v of w[o][c][u][v] x[c][s i + u - p][s j + v - p]; around x are zeros */
static void conv2d(const float *x, float *y, const float *w, const float *b, int channels, int height, int width,
                   int filters, int down, int across, int k, int s, int p) {
    for (int place = 0; place < filters * down * across; place++) {
        int o = place / (down * across), top = place / across % down * s - p, left = place % across * s - p;
        MODEL_SUM sum = b[o];
        for (int each = 0; each < channels * k * k; each++) {
            int c = each / (k * k), row = top + each / k % k, column = left + each % k;
            if (row >= 0 && row < height && column >= 0 && column < width)
                sum += (MODEL_SUM)w[o * channels * k * k + each] * x[(c * height + row) * width + column];
        }
        y[place] = (float)sum;
    }
}
"""
MAX_POOL2D = """
/* y[c][i][j] = the largest x[c][s i + u][s j + v] with u, v < k */
static void max_pool2d(const float *x, float *y, int channels, int height, int width,
                       int down, int across, int k, int s) {
    for (int place = 0; place < channels * down * across; place++) {
        int c = place / (down * across), top = place / across % down * s, left = place % across * s;
        const float *window = x + (c * height + top) * width + left;
        float largest = *window;
        for (int each = 1; each < k * k; each++)
            largest = fmaxf(largest, window[each / k * width + each % k]);
        y[place] = largest;
    }
}
"""


def _conv2d(stage: Stage) -> Piece:
    w, b = f"filters{stage.nth}", f"bias{stage.nth}"
    shapes = ", ".join(map(str, (*(1, *stage.inputs)[-3:], *stage.outputs)))
    settings = ", ".join(str(stage.whole(name)) for name in ("kernel", "stride", "padding"))
    arrays = {w: stage.p["w"], b: stage.p["b"]}
    return Piece(f"conv2d({{x}}, {{y}}, {w}, {b}, {shapes}, {settings});", CONV2D, arrays)


def _max_pool2d(stage: Stage) -> Piece:
    size = stage.whole("size")
    shapes = ", ".join(map(str, (*(1, *stage.inputs)[-3:], *stage.outputs[1:])))
    return Piece(f"max_pool2d({{x}}, {{y}}, {shapes}, {size}, {stage.whole('stride') or size});", MAX_POOL2D)


def _batch_norm(stage: Stage) -> Piece:
    p, names = stage.p, tuple(f"{name}{stage.nth}" for name in ("mean", "scale", "bias"))
    scale = p["gain"] / np.sqrt(p["variance"].astype(np.float64) + stage.setting("eps"))
    arrays = dict(zip(names, (p["mean"], scale.astype(np.float32), p["bias"]), strict=True))
    return Piece(f"batch_norm({{x}}, {stage.size}, {', '.join(names)});", BATCH_NORM, arrays)


def _layer_norm(stage: Stage) -> Piece:
    gain, bias = f"gain{stage.nth}", f"bias{stage.nth}"
    call = f"layer_norm({{x}}, {stage.size}, {gain}, {bias}, {literal(stage.setting('eps'))});"
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
    Dropout: lambda stage: Piece(""),
    Conv2d: _conv2d,
    MaxPool2d: _max_pool2d,
    Flatten: lambda stage: Piece(""),
    **dict.fromkeys((RNN, GRU, LSTM), lambda stage: Piece(*in_c(stage))),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
}
SOFTMAX = """
static void softmax(const float *z, float *p, int n) {
    float largest = z[0], total = 0;
    for (int i = 1; i < n; i++)
        largest = z[i] > largest ? z[i] : largest;
    for (int i = 0; i < n; i++)
        total += p[i] = expf(z[i] - largest);
    for (int i = 0; i < n; i++)
        p[i] /= total;
}
"""
ENDS: Mapping[Head, tuple[str, str]] = {  # what is done with the raw outputs z, and the function it calls
    "logit": ("    sigmoid({x}, 1);\n    out[0] = 1 - {x}[0];\n    out[1] = {x}[0];\n", SIGMOID),
    "softmax": ("    softmax({x}, out, MODEL_OUTPUTS);\n", SOFTMAX),
    "numbers": ("    for (int i = 0; i < MODEL_OUTPUTS; i++)\n        out[i] = {x}[i];\n", ""),
}
MAIN = r"""
#ifdef MODEL_MAIN
#include <stdio.h>

/* 1: a row was read; 0: there are no more; -1: something is no number, or a row is too short. */
static int read_row(float *x) {
    for (int i = 0; i < MODEL_INPUTS; i++) {
        int separator, found = scanf("%f", &x[i]);
        if (found != 1)
            return found == EOF && i == 0 ? 0 : -1;
        separator = getchar();
        if (separator != ',' && separator != ';')
            ungetc(separator, stdin);
    }
    return 1;
}

int main(void) {
    float x[MODEL_INPUTS], out[MODEL_OUTPUTS];
    int found;
    while ((found = read_row(x)) == 1) {
        predict(x, out);
        for (int i = 0; i < MODEL_OUTPUTS; i++)
            printf(i ? " %.9g" : "%.9g", out[i]);
{NAME}        putchar('\n');
    }
    if (found < 0)
        fprintf(stderr, "expected rows of %d numbers\n", MODEL_INPUTS);
    return found < 0;
}
#endif
"""
NAME = """        int best = 0;
        for (int i = 1; i < MODEL_OUTPUTS; i++)
            best = out[i] > out[best] ? i : best;
        printf(" %s", class_names[best]);
"""
INPUTS = """
void predict(const float *x, float *out) {
    float a[MODEL_WIDEST], b[MODEL_WIDEST];
    for (int i = 0; i < MODEL_INPUTS; i++)
        a[i] = (float)((x[i] - shift[i]) * factor[i]);
"""


def write(model: Model, stem: str) -> dict[str, bytes]:
    """One C file: a function to call, and with -DMODEL_MAIN a program."""
    pieces = [row(ROWS, stage, "the C export")(stage) for stage in stages(model)]
    end, function = ENDS[head(model)]
    functions = once([*(text for piece in pieces for text in (piece.beneath, piece.function)), function])
    names = class_names(model)
    text = _opening(model, names) + _names(names)
    for name, values in zip(("shift", "factor"), scaling(model), strict=True):
        text += _array(name, values)
    text += "".join(_array(name, array) for piece in pieces for name, array in piece.arrays.items())
    text += "".join(functions) + INPUTS + _body(pieces, end) + "}\n"
    return {".c": (text + MAIN.replace("{NAME}", NAME if names else "")).encode()}


def _opening(model: Model, names: tuple[str, ...]) -> str:
    """What the file is, how it is used, and its sizes; nothing in it comes from outside."""
    inputs, outputs = len(scaling(model)[0]), len(names) or model.network.output_shape[0]
    widest = max(math.prod(shape) for shape in model.network.shapes)
    out = f"the probability of each class out[{outputs}]" if names else f"out[{outputs}]"
    extern = f" *   extern const char *const class_names[{outputs}];\n" if names else ""
    return (
        f"/* A trained network, {model.network.summary()}: written by mlj export --to c.\n *\n"
        f" * In a program: compile this file with it and declare\n *\n"
        f" *   void predict(const float *x, float *out);   raw inputs x[{inputs}] to {out}\n{extern} *\n"
        " * By itself: cc -O2 -std=c99 -DMODEL_MAIN FILE -o model -lm; it answers rows of numbers on stdin.\n *\n"
        " * Sums are kept in double, so that their order cannot be seen; -DMODEL_SUM=float where double is slow.\n */\n"
        "#include <math.h>\n\n#ifndef MODEL_SUM\n#define MODEL_SUM double\n#endif\n\n"
        f"enum {{ MODEL_INPUTS = {inputs}, MODEL_OUTPUTS = {outputs}, MODEL_WIDEST = {widest} }};\n\n"
        "void predict(const float *x, float *out);\n"
    )


def _names(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    cells = filled([quoted(name) for name in names], 4)
    declared = "extern const char *const class_names[MODEL_OUTPUTS];\n"
    return f"{declared}const char *const class_names[MODEL_OUTPUTS] = {{\n{cells}\n}};\n"


def _array(name: str, values: Array) -> str:
    """A constant array, a matrix row by row."""
    kind = "double" if values.dtype == np.float64 else "float"
    body = filled([literal(value) for value in values.ravel()], 4)
    return f"\nstatic const {kind} {name}[{values.size}] = {{\n{body}\n}};\n"


def _body(pieces: list[Piece], end: str) -> str:
    """The calls, from one buffer to the other."""
    x, y, text = "a", "b", ""
    for piece in pieces:
        if piece.call:
            text += f"    {piece.call.format(x=x, y=y)}\n"
        if "{y}" in piece.call:
            x, y = y, x
    return text + end.format(x=x)

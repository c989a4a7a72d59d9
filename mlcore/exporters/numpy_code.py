"""NumPy: the forward pass as anyone can read it, a line a layer."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters.python_text import INLINE, listed, names, opening, program, scales
from mlcore.exporters.recurrent_code import in_numpy
from mlcore.exporters.stages import Head, Stage, head, image, once, row, stages
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
    """A layer in NumPy: the line that makes x of x, arrays it names, a function it calls, and one under that."""

    line: str
    arrays: Mapping[str, Array] = {}
    function: str = ""
    beneath: str = ""


Write: TypeAlias = Callable[[Stage], Piece]

SIGMOID = '''
def sigmoid(z):
    """1 / (1 + exp(-z)); the exponential is only taken of numbers that are not positive, so none overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
'''

GELU_FUNCTION = '''
def gelu(x):
    """Each number times the share of the normal distribution below it."""
    below = [math.erfc(-z / math.sqrt(2)) / 2 for z in x.ravel().tolist()]
    return x * np.reshape(below, x.shape).astype(x.dtype)
'''
LAYER_NORM = '''
def layer_norm(x, gain, bias, eps):
    """Every row with mean 0 and variance 1 over its own numbers, then scaled and shifted."""
    axes = tuple(range(1, x.ndim))
    x = x - x.mean(axis=axes, keepdims=True)
    return x / np.sqrt(x.var(axis=axes, keepdims=True) + np.float32(eps)) * gain + bias
'''
CONV2D = '''
def conv2d(x, filters, bias, stride, padding):
    """How well each filter fits at every place of images x [rows, channels, height, width]."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    seen = np.lib.stride_tricks.sliding_window_view(x, filters.shape[2:], (2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(seen, filters, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + bias[:, None, None]
'''
MAX_POOL2D = '''
def max_pool2d(x, size, stride):
    """The largest number of each window of images x [rows, channels, height, width]."""
    seen = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    return seen[:, :, ::stride, ::stride].max((4, 5))
'''


def _conv2d(stage: Stage) -> Piece:
    filters, bias = f"filters{stage.nth}", f"bias{stage.nth}"
    stride, padding = (stage.whole(name) for name in ("stride", "padding"))
    line = f"conv2d(x, {filters}, {bias}, stride={stride}, padding={padding})"
    return Piece(line, {filters: stage.p["w"], bias: stage.p["b"]}, CONV2D)


def _max_pool2d(stage: Stage) -> Piece:
    size = stage.whole("size")
    return Piece(f"max_pool2d(x, size={size}, stride={stage.whole('stride') or size})", function=MAX_POOL2D)


def _batch_norm(stage: Stage) -> Piece:
    arrays = {f"{name}{stage.nth}": stage.p[name] for name in ("mean", "variance", "gain", "bias")}
    mean, variance, gain, bias = arrays
    return Piece(f"(x - {mean}) / np.sqrt({variance} + {stage.setting('eps')}) * {gain} + {bias}", arrays)


def _layer_norm(stage: Stage) -> Piece:
    gain, bias = (f"{name}{stage.nth}" for name in ("gain", "bias"))
    arrays = {gain: stage.p["gain"], bias: stage.p["bias"]}
    return Piece(f"layer_norm(x, {gain}, {bias}, {stage.setting('eps')})", arrays, LAYER_NORM)


def _dense(stage: Stage) -> Piece:
    w, b = f"W{stage.nth}", f"b{stage.nth}"
    return Piece(f"x @ {w} + {b}", {w: stage.p["w"], b: stage.p["b"]})


ROWS: Mapping[type[Layer], Write] = {
    Dense: _dense,
    ReLU: lambda stage: Piece("np.maximum(x, 0)"),
    ReLU6: lambda stage: Piece("np.minimum(np.maximum(x, 0), 6)"),
    Sigmoid: lambda stage: Piece("sigmoid(x)", function=SIGMOID),
    Tanh: lambda stage: Piece("np.tanh(x)"),
    LeakyReLU: lambda stage: Piece(f"np.where(x > 0, x, {stage.setting('negative_slope')} * x)"),
    ELU: lambda stage: Piece(f"np.where(x > 0, x, {stage.setting('alpha')} * np.expm1(np.minimum(x, 0)))"),
    Softplus: lambda stage: Piece("np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))"),
    SiLU: lambda stage: Piece("x * sigmoid(x)", function=SIGMOID),
    GELU: lambda stage: Piece("gelu(x)", function=GELU_FUNCTION),
    Dropout: lambda stage: Piece(""),
    Conv2d: _conv2d,
    MaxPool2d: _max_pool2d,
    Flatten: lambda stage: Piece("x.reshape(len(x), -1)" if len(stage.inputs) > 1 else ""),
    **dict.fromkeys((RNN, GRU, LSTM), lambda stage: Piece(*in_numpy(stage, SIGMOID))),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
}

PREDICT: Mapping[Head, tuple[str, str]] = {  # what stands behind the outputs, and the function it calls
    "logit": (
        '''

def predict_proba(x):
    """The probability of both classes [rows, 2]: the output is the logit of the second."""
    p = sigmoid(outputs(x))
    return np.concatenate([1 - p, p], axis=1)
''',
        SIGMOID,
    ),
    "softmax": (
        '''

def predict_proba(x):
    """The probability of each class [rows, classes]: softmax of the outputs, the largest subtracted first."""
    z = outputs(x)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
''',
        "",
    ),
    "numbers": (
        '''

def predict(x):
    """The numbers the network answers [rows, outputs]."""
    return outputs(x)
''',
        "",
    ),
}
CLASSES = '''

def predict(x):
    """The name of the most probable class of each row."""
    return [CLASSES[place] for place in predict_proba(x).argmax(axis=1)]
'''


def write(model: Model, stem: str) -> dict[str, bytes]:
    """A Python file; with many weights they lie beside it in an .npz file."""
    pieces = [(stage, row(ROWS, stage, "the NumPy export")(stage)) for stage in stages(model)]
    arrays = {name: array for _, piece in pieces for name, array in piece.arrays.items()}
    beside = sum(array.size for array in arrays.values()) > INLINE
    behind, function = PREDICT[head(model)]
    functions = once([*(text for _, piece in pieces for text in (piece.beneath, piece.function)), function])
    path = "from pathlib import Path\n" if beside else ""
    text = opening(model, "numpy", "NumPy and nothing else")
    math = "import math\n" if any("math." in each for each in functions) else ""
    text += f"\nimport csv\n{math}import sys\n{path}\nimport numpy as np\n\n{names(model)}\n"
    text += f"{scales(model, 'np.array({})')}\n"
    text += read(arrays, stem) if beside else written(arrays)
    text += "".join(f"\n{each}" for each in functions)
    text += _forward(model, pieces) + behind + (CLASSES if head(model) != "numbers" else "") + program(model)
    files = {".py": text.encode()}
    return files | {".npz": npz(arrays)} if beside else files


def written(arrays: dict[str, Array]) -> str:
    """The weights as they are."""
    text = "# The weights: in W every column is a unit, every row one of its inputs.\n"
    return text + "".join(f"{name} = np.array({listed(a)}, dtype=np.float32)\n" for name, a in arrays.items())


def read(arrays: dict[str, Array], stem: str) -> str:
    """The weights from the file beside this one."""
    return (
        f"# The weights: in W every column is a unit, every row one of its inputs.\n"
        f"with np.load(Path(__file__).with_name({stem + '.npz'!a}), allow_pickle=False) as file:\n"
        f"    {', '.join(arrays)} = (file[name] for name in {tuple(arrays)!a})\n"
    )


def npz(arrays: dict[str, Array]) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]  # (its stub takes the arrays for its own option)
    return out.getvalue()


def _forward(model: Model, pieces: list[tuple[Stage, Piece]]) -> str:
    features = len(model.preparation.feature_names)
    lines = [(f"x = {piece.line}", stage.word) for stage, piece in pieces if piece.line]
    shape = image(model)
    if shape:
        said = "images: channels, height, width" if len(shape) == 3 else "sequences: steps, numbers"
        lines.insert(0, (f"x = x.reshape(len(x), {', '.join(map(str, shape))})", said))
    width = max(len(line) for line, _ in lines)
    body = "\n".join(f"    {line.ljust(width)}  # {word}" for line, word in lines)
    return (
        f'\n\ndef outputs(x):\n    """The raw outputs of the last layer, for raw inputs x [rows, {features}]."""\n'
        f"    x = np.atleast_2d(np.asarray(x, dtype=np.float64))\n"
        f"    x = ((x - SHIFT) * FACTOR).astype(np.float32)\n{body}\n    return x\n"
    )

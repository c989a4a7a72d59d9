"""NumPy: the forward pass as anyone can read it, a line a layer."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.exporters import column_code, recurrent_code
from mlcore.exporters.numpy_functions import (
    ATTENTION,
    AVG_POOL1D,
    AVG_POOL2D,
    CONV1D,
    CONV2D,
    GELU_FUNCTION,
    LAYER_NORM,
    MAX_POOL1D,
    MAX_POOL2D,
    SIGMOID,
)
from mlcore.exporters.python_text import INLINE, imports, listed, names, opening, program, scales
from mlcore.exporters.stages import Head, Stage, bend, class_names, head, logarithm, row, shaped, stages
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
    """A layer in NumPy: what it computes from x, the arrays it names, a function it calls, what the result is named.

    needs: another function that the function calls.
    """

    line: str
    arrays: Mapping[str, Array] = {}
    function: str = ""
    name: str = "x"
    needs: str = ""


Write: TypeAlias = Callable[[Stage], Piece]


def _conv(kind: str, function: str) -> Write:
    def write(stage: Stage) -> Piece:
        filters, bias = f"filters{stage.nth}", f"bias{stage.nth}"
        stride, padding = (stage.whole(name) for name in ("stride", "padding"))
        line = f"{kind}({_channelled(stage)}, {filters}, {bias}, stride={stride}, padding={padding})"
        return Piece(line, {filters: stage.p["w"], bias: stage.p["b"]}, function)

    return write


def _pool(kind: str, function: str) -> Write:
    def write(stage: Stage) -> Piece:
        size = stage.whole("size")
        stride = stage.whole("stride") or size
        return Piece(f"{kind}({_channelled(stage)}, size={size}, stride={stride})", function=function)

    return write


def _channelled(stage: Stage) -> str:
    """x, with a channel where a layer that takes images is given what has none."""
    height, width = stage.inputs[-2:]
    bare = stage.layer.takes_images and len(stage.inputs) == 2
    return f"x.reshape(-1, 1, {height}, {width})" if bare else "x"


def _summary(name: str) -> Write:
    """Over all places of an image, or all steps of a sequence."""
    return lambda stage: Piece(f"x.{name}({'(2, 3)' if len(stage.inputs) == 3 else '1'})")


def _attention(stage: Stage) -> Piece:
    arrays = {f"{name}{stage.nth}": stage.p[name.lower()] for name in ("Wqkv", "bqkv", "Wo", "bo")}
    settings = f"heads={stage.whole('heads')}, causal={bool(stage.whole('causal'))}"
    return Piece(f"attention(x, {', '.join(arrays)}, {settings})", arrays, ATTENTION)


def _table(name: str, line: str, param: str = "w") -> Write:
    """A layer with one array of that name, which the line calls {w}."""
    return lambda stage: Piece(line.format(w=f"{name}{stage.nth}"), {f"{name}{stage.nth}": stage.p[param]})


def _batch_norm(stage: Stage) -> Piece:
    arrays = {f"{name}{stage.nth}": stage.p[name] for name in ("mean", "variance", "gain", "bias")}
    if len(stage.inputs) == 3:
        arrays = {name: array[:, None, None] for name, array in arrays.items()}
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
    Augment: lambda stage: Piece(""),
    Dropout: lambda stage: Piece(""),
    Conv2d: _conv("conv2d", CONV2D),
    MaxPool2d: _pool("max_pool2d", MAX_POOL2D),
    AvgPool2d: _pool("avg_pool2d", AVG_POOL2D),
    Conv1d: _conv("conv1d", CONV1D),
    MaxPool1d: _pool("max_pool1d", MAX_POOL1D),
    AvgPool1d: _pool("avg_pool1d", AVG_POOL1D),
    Mean: _summary("mean"),
    Max: _summary("max"),
    Embedding: _table("table", "{w}[x.astype(int)]"),
    ColumnEmbedding: lambda stage: Piece(*column_code.in_numpy(stage)),
    Positions: _table("places", "x + {w}"),
    Scale: _table("gain", "x * {w}", "gain"),
    Attention: _attention,
    Skip: lambda stage: Piece("x", name=f"kept{stage.number + 1}"),
    Add: lambda stage: Piece(f"x + kept{stage.skip + 1}"),
    **dict.fromkeys((RNN, GRU, LSTM), lambda stage: Piece(*recurrent_code.in_numpy(stage))),
    Flatten: lambda stage: Piece("x.reshape(len(x), -1)" if len(stage.inputs) > 1 else ""),
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
    "logarithms": (
        '''

def predict(x):
    """The numbers themselves [rows, outputs], of which the network answers scaled logarithms."""
    z = outputs(x).astype(np.float64)
    return ({own}).astype(np.float32)
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
    logs = logarithm(model)
    behind = behind.replace("{own}", logs.text("z", "np.minimum", "np.exp")) if logs else behind
    called = [text for _, piece in pieces for text in (piece.needs, piece.function)]
    functions = dict.fromkeys(filter(None, [*called, function]))
    path = "from pathlib import Path\n" if beside else ""
    text = opening(model, "numpy", "NumPy and nothing else")
    needed = ["math"] if any("math." in each for each in functions) else []
    text += f"\n{imports(model, *needed)}{path}\nimport numpy as np\n\n{names(model)}\n"
    text += f"{scales(model, 'np.array({})')}\n"
    text += read(arrays, stem) if beside else written(arrays)
    text += "".join(f"\n{each}" for each in functions)
    text += _forward(model, pieces) + behind + (CLASSES if class_names(model) else "") + program(model)
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
    lines = [(f"{piece.name} = {piece.line}", stage.word) for stage, piece in pieces if piece.line]
    shape = shaped(model)
    if shape:
        what = "images: channels, height, width" if model.network.takes_images else "sequences: steps, features"
        lines.insert(0, (f"x = x.reshape(len(x), {', '.join(map(str, shape))})", what))
    width = max(len(line) for line, _ in lines)
    body = "\n".join(f"    {line.ljust(width)}  # {word}" for line, word in lines)
    scaled = "x = ((x - SHIFT) * FACTOR).astype(np.float32)"
    if bend(model) is not None:
        scaled = "x = (x - SHIFT) * FACTOR\n    x = (x / np.hypot(1, x * BEND)).astype(np.float32)"
    return (
        f'\n\ndef outputs(x):\n    """The raw outputs of the last layer, for raw inputs x [rows, {features}]."""\n'
        f"    x = np.atleast_2d(np.asarray(x, dtype=np.float64))\n"
        f"    {scaled}\n{body}\n    return x\n"
    )

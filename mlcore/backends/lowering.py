"""How each layer, loss and optimizer becomes kernel calls: one row each, and a new one is a row in a table here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from mlcore.backends.attention import ATTENTION
from mlcore.backends.calls import Bend, Call, Row, Stage, pixels_of, steps_of
from mlcore.backends.images import AUGMENT, CONVOLUTION, FLATTEN, POOL, channels_of
from mlcore.backends.sequences import CELLS, RECURRENT
from mlcore.backends.summaries import SUMMARY
from mlcore.backends.tables import COLUMN_EMBEDDING, EMBEDDING, POSITIONS
from mlcore.layers.activations import ELU, GELU, Activation, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from mlcore.layers.attention import Attention
from mlcore.layers.augment import Augment
from mlcore.layers.conv import Conv2d
from mlcore.layers.conv1d import Conv1d
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.embedding import ColumnEmbedding, Embedding
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer, Shape
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.pool import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from mlcore.layers.positions import Positions
from mlcore.layers.residual import Add, Skip
from mlcore.layers.scale import Scale
from mlcore.layers.summary import Max, Mean
from mlcore.losses import MAE, MSE, BinaryCrossEntropy, Huber, KLDivergence, Loss, SoftmaxCrossEntropy
from mlcore.losses.several import HalfSquaredError, MultilabelCrossEntropy, PoissonDeviance, bounds
from mlcore.optimizers import SGD, Adagrad, Adam, AdamHat, AdamW, Optimizer, RMSProp
from mlcore.spec import kind_of


def _dense(stage: Stage, batch: int) -> Call:
    k = stage.number
    return Call(
        "dense",
        f"dense + {stage.activation.kind}" if stage.activation else "dense",
        f"{stage.x}, W{k} [{stage.inputs}, {stage.outputs}], b{k}",
        stage.made(batch),
        operands={"x": stage.x, "w": f"W{k}", "b": f"b{k}", "y": stage.y},
        numbers=stage.numbers,
        activation=stage.activation,
    )


def _dense_backward(stage: Stage, needs_dx: bool) -> Call:
    k = stage.number
    operands = {"x": stage.x, "w": f"W{k}", "b": f"b{k}", "dy": stage.dy, "dw": f"dW{k}", "db": f"db{k}"}
    numbers = stage.numbers
    made = f"dW{k}, db{k}"
    if not needs_dx:
        reads = f"{stage.dy}, {stage.x}"
        return Call("dense_backward", "dense back", reads, made, "first layer: no dx", operands, numbers)
    operands |= {"dx": stage.dx, "wt": f"W{k}T"}
    reads, made = f"{stage.dy}, {stage.x}, W{k}", f"{stage.dx}, {made}"
    if not stage.mask:
        return Call("dense_backward", "dense back", reads, made, "", operands, numbers)
    text, note = f"dense + {stage.mask.kind} back", f"{stage.dx} is before the {stage.mask.kind}"
    return Call("dense_backward", text, reads, made, note, operands, numbers, mask=stage.mask)


def bend_of(layer: Layer) -> Bend:
    """An activation as C knows it."""
    return Bend(kind_of(layer), ACTIVATIONS[type(layer)](layer))


def joins(layer: Layer) -> bool:
    """Whether an activation can be fused into the call before: only where its slope is told by its output."""
    return isinstance(layer, Activation) and type(layer) in ACTIVATIONS and not layer.told_by_input


def _activate(stage: Stage, batch: int) -> Call:
    bend, operands = bend_of(stage.layer), {"x": stage.x, "y": stage.y}
    made = stage.made(batch)
    return Call("activate", bend.kind, stage.x, made, "", operands, stage.numbers, bend)


def _activate_backward(stage: Stage, needs_dx: bool) -> Call:
    told = stage.y if joins(stage.layer) else stage.x
    return slope(stage, bend_of(stage.layer), told, stage.dx)


def slope(stage: Stage, bend: Bend, told: str, dx: str) -> Call:
    """dx = dy times the slope of an activation, told by its output or its input; in place where dx is dy."""
    operands = {"y": told, "dy": stage.dy, "dx": dx}
    numbers = {"inputs": stage.outputs, "outputs": stage.outputs, "each": stage.steps}
    return Call("activate_backward", f"{bend.kind} back", f"{stage.dy}, {told}", dx, "", operands, numbers, bend)


def _dropout(stage: Stage, batch: int) -> Call:
    keep, room, layer = 1 - stage.layer.rate, f"m{stage.number}", stage.place  # type: ignore[attr-defined]
    operands, made = {"x": stage.x, "y": stage.y, "room": room}, f"{stage.made(batch)}, {room}"
    constants = (math.ceil(keep * 2**24), 1 / keep)
    note = f"keeps {keep:g} in training"
    numbers = stage.numbers | {"layer": layer, "channels": channels_of(stage.shape)}
    return Call("dropout", "dropout", stage.x, made, note, operands, numbers, constants=constants)


def _dropout_backward(stage: Stage, needs_dx: bool) -> Call:
    room = f"m{stage.number}"
    operands = {"dy": stage.dy, "dx": stage.dx, "room": room}
    return Call("dropout_backward", "dropout back", f"{stage.dy}, {room}", stage.dx, "", operands, stage.numbers)


def _norm(kind: str, stage: Stage, batch: int, constants: tuple[float, ...], **statistics: str) -> Call:
    k = stage.number
    operands = {"x": stage.x, "y": stage.y, "w": f"gain{k}", "b": f"bias{k}", "room": f"m{k}"} | statistics
    reads, made = f"{stage.x}, gain{k}, bias{k}", f"{stage.made(batch)}, m{k}"
    made = ", ".join([made, *statistics.values()])
    return Call(kind, kind, reads, made, "", operands, stage.numbers, constants=constants)


def _norm_backward(kind: str, stage: Stage, needs_dx: bool) -> Call:
    k = stage.number
    operands = {"x": stage.x, "dy": stage.dy, "w": f"gain{k}", "b": f"bias{k}", "room": f"m{k}"}
    operands |= {"dw": f"dgain{k}", "db": f"dbias{k}"} | ({"dx": stage.dx} if needs_dx else {})
    reads, made = f"{stage.dy}, {stage.x}, gain{k}, m{k}", ", ".join([stage.dx] * needs_dx + [f"dgain{k}, dbias{k}"])
    return Call(f"{kind}_backward", f"{kind} back", reads, made, "", operands, stage.numbers)


def _batch_norm(stage: Stage, batch: int) -> Call:
    k, layer = stage.number, stage.layer
    constants = (layer.eps, layer.momentum)  # type: ignore[attr-defined]
    call = _norm("batch_norm", stage, batch, constants, mean=f"mean{k}", variance=f"variance{k}")
    return call._replace(note="all rows meet")


def _layer_norm(stage: Stage, batch: int) -> Call:
    return _norm("layer_norm", stage, batch, (stage.layer.eps,))  # type: ignore[attr-defined]


def _scale(stage: Stage, batch: int) -> Call:
    k = stage.number
    operands = {"x": stage.x, "w": f"gain{k}", "y": stage.y}
    return Call("scale", "scale", f"{stage.x}, gain{k}", stage.made(batch), "", operands, stage.numbers)


def _scale_backward(stage: Stage, needs_dx: bool) -> Call:
    k = stage.number
    operands = {"x": stage.x, "dy": stage.dy, "w": f"gain{k}", "dw": f"dgain{k}"}
    operands |= {"dx": stage.dx} if needs_dx else {}
    made = ", ".join([stage.dx] * needs_dx + [f"dgain{k}"])
    return Call("scale_backward", "scale back", f"{stage.dy}, {stage.x}, gain{k}", made, "", operands, stage.numbers)


def _add(stage: Stage, batch: int) -> Call:
    operands = {"x": stage.x, "b": stage.kept, "y": stage.y}
    return Call("add", "add", f"{stage.x}, {stage.kept}", stage.made(batch), "", operands, stage.numbers)


def _add_backward(stage: Stage, needs_dx: bool) -> Call:
    call = slope(stage, Bend(), stage.x, stage.dx)
    return call._replace(text="add back", reads=stage.dy, note=f"{stage.dy} goes around, too")


def meet(kept: str, way: Stage) -> Call:
    """The gradient at a skip, to which that at its add comes: the same went both ways."""
    operands, numbers = {"x": f"d{kept}", "b": way.dy, "y": f"d{kept}"}, way.numbers
    return Call("add", "skip back", f"d{kept}, {way.dy}", f"d{kept}", "what went around", operands, numbers)


class LossRow(NamedTuple):
    """A loss: its opcode, whether its targets are class numbers, and what the head means for a number of outputs.

    constants: what C is told of the loss; tables: numbers of each class [K] that C reads, by the name of their place.
    """

    opcode: str
    labels: bool
    head: Callable[[int], str]
    constants: Callable[[Any], tuple[float, ...]] = lambda loss: ()
    tables: Callable[[Any, int], Mapping[str, Array]] = lambda loss, outputs: {}


def _numbers(outputs: int) -> str:
    return f"head: {outputs} number{'s' * (outputs != 1)}"


def _classes(outputs: int) -> str:
    return f"head: {outputs} classes"


def _softened(loss: SoftmaxCrossEntropy, outputs: int) -> Mapping[str, Array]:
    if not loss.label_smoothing and not loss.confidence_penalty:
        return {}
    return dict(zip(("share", "inverse"), loss.shares(outputs), strict=True))


def _none(layer: Layer) -> float:
    return 0.0


ACTIVATIONS: Mapping[type[Layer], Callable[[Any], float]] = {  # the number of each
    ReLU: _none,
    ReLU6: _none,
    Sigmoid: _none,
    Tanh: _none,
    LeakyReLU: lambda layer: layer.negative_slope,
    ELU: lambda layer: layer.alpha,
    Softplus: _none,
    SiLU: _none,
    GELU: _none,
}
LOWERING: Mapping[type[Layer], Row | None] = {  # None: the layer needs no call, its output is its input
    Dense: Row(_dense, _dense_backward, bends=True, steps=steps_of, axes=(1, 2)),
    **dict.fromkeys((Conv2d, Conv1d), CONVOLUTION),
    **dict.fromkeys((MaxPool2d, AvgPool2d, MaxPool1d, AvgPool1d), POOL),
    **dict.fromkeys((Mean, Max), SUMMARY),
    Embedding: EMBEDDING,
    ColumnEmbedding: COLUMN_EMBEDDING,
    Positions: POSITIONS,
    Attention: ATTENTION,
    Skip: None,
    Add: Row(_add, _add_backward),
    **{layer: Row(_activate, _activate_backward) for layer in ACTIVATIONS},
    Augment: AUGMENT,
    Dropout: Row(_dropout, _dropout_backward, lambda inputs, block: inputs * block),
    BatchNorm: Row(
        _batch_norm, partial(_norm_backward, "batch_norm"), lambda n, block: 3 * n, whole=True, steps=pixels_of
    ),
    LayerNorm: Row(_layer_norm, partial(_norm_backward, "layer_norm"), lambda n, block: 2 * block, steps=steps_of),
    Scale: Row(_scale, _scale_backward, steps=steps_of, axes=(1, 2)),
    **dict.fromkeys(CELLS, RECURRENT),
    Flatten: FLATTEN,
}
INPUTS = {1: "rows", 2: "sequences", 3: "images"}  # by their number of axes


def lacking(layer: Layer, shape: Shape) -> str:
    """A layer that has no row, or none for inputs of `shape`, in words: `layer batch_norm on images`; else nothing."""
    if type(layer) not in LOWERING:
        return f"layer {kind_of(layer)}"
    row = LOWERING[type(layer)]
    return f"layer {kind_of(layer)} on {INPUTS[len(shape)]}" if row and row.axes and len(shape) not in row.axes else ""


def needs_call(layer: Layer, shape: Shape) -> bool:
    """Whether a layer does anything to rows of `shape`."""
    row = LOWERING.get(type(layer))
    return row is not None and row.needed(shape)


def row_of(layer: Layer) -> Row:
    """How a layer that needs a call becomes calls."""
    row = LOWERING[type(layer)]
    assert row is not None
    return row


LOSSES: Mapping[type[Loss], LossRow] = {
    BinaryCrossEntropy: LossRow(
        "binary_cross_entropy", False, lambda outputs: "head: 2 classes, one logit", lambda o: (o.confidence_penalty,)
    ),
    SoftmaxCrossEntropy: LossRow(
        "softmax_cross_entropy", True, _classes, lambda o: (1 - o.label_smoothing, o.confidence_penalty), _softened
    ),
    MultilabelCrossEntropy: LossRow(
        "multilabel_cross_entropy", False, lambda outputs: f"head: {outputs} labels", lambda o: bounds(np.float32)
    ),
    KLDivergence: LossRow("kl_divergence", False, _classes),
    MSE: LossRow("squared_error", False, _numbers),
    HalfSquaredError: LossRow("half_squared_error", False, _numbers),
    MAE: LossRow("absolute_error", False, _numbers),
    Huber: LossRow("huber", False, _numbers, lambda o: (o.delta,)),
    PoissonDeviance: LossRow("poisson_deviance", False, lambda outputs: f"head: {outputs} counts, their logarithms"),
}
Constants: TypeAlias = Callable[..., tuple[float, ...]]
OPTIMIZERS: Mapping[type[Optimizer], Constants] = {
    SGD: lambda o: (o.momentum, float(o.nesterov)),
    RMSProp: lambda o: (o.rho, o.epsilon),
    Adagrad: lambda o: (o.epsilon,),
    Adam: lambda o: (o.beta1, o.beta2, o.epsilon),
    AdamW: lambda o: (o.beta1, o.beta2, o.epsilon),
    AdamHat: lambda o: (o.beta1, o.beta2, o.epsilon),
}


def constants(optimizer: Optimizer, weights: bool = True) -> tuple[float, ...]:
    """What C is told of an optimizer, in the order of mlj_call; `weights`: they decay, biases do not."""
    penalties = (optimizer.weight_decay, optimizer.l1) if weights else (0.0, 0.0)
    return (*penalties, optimizer.clip_norm, *OPTIMIZERS[type(optimizer)](optimizer))

"""How each layer, loss and optimizer becomes kernel calls: one row each, and a new one is a row in a table here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from mlcore.backends.panels import whole
from mlcore.layers.activations import ELU, GELU, Activation, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.flatten import Flatten
from mlcore.layers.layer import Array, Layer, Shape
from mlcore.layers.norms import BatchNorm, LayerNorm
from mlcore.layers.recurrent import GRU, LSTM, RNN, Recurrent
from mlcore.losses import MAE, MSE, BinaryCrossEntropy, Huber, KLDivergence, Loss, SoftmaxCrossEntropy
from mlcore.network import Slot
from mlcore.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSProp
from mlcore.spec import kind_of


class Bend(NamedTuple):
    """An activation as C knows it: its kind, and its number (of leaky_relu the slope below zero, of elu alpha)."""

    kind: str = "linear"
    alpha: float = 0.0

    def __bool__(self) -> bool:
        return self.kind != "linear"


class Call(NamedTuple):
    """One kernel call. `operands` maps a field of C's mlj_call to the name of a place, `numbers` to an integer.

    text, reads, writes and note say the same to people.
    """

    opcode: str
    text: str
    reads: str
    writes: str
    note: str = ""
    operands: Mapping[str, str] = {}
    numbers: Mapping[str, int] = {}
    activation: Bend = Bend()  # applied to what the call computes, or undone by it
    mask: Bend = Bend()  # the activation whose slope is multiplied into dx
    rule: str = "no_rule"  # the optimizer that moves parameters in this call
    constants: tuple[float, ...] = ()  # of the rule, or of the layer


class Stage(NamedTuple):
    """A layer, with the activation fused into it, between two row buffers. Numbers count from 1.

    place: the layer's number in the network, from 0. steps: rows that a row of the batch is to it, each of so many
    inputs and outputs.
    """

    number: int
    place: int
    layer: Layer
    slots: tuple[Slot, ...]
    activation: Bend
    inputs: int
    outputs: int
    x: str
    y: str
    mask: Bend  # the activation fused into the stage before
    steps: int = 1

    @property
    def dx(self) -> str:
        """The gradient with respect to x."""
        return f"d{self.x}"

    @property
    def dy(self) -> str:
        """The gradient with respect to y."""
        return f"d{self.y}"

    @property
    def numbers(self) -> dict[str, int]:
        """Numbers in a row of x and of y, and how many of these a row of the batch is."""
        return {"inputs": self.inputs, "outputs": self.outputs, "each": self.steps}

    def made(self, batch: int) -> str:
        """What is computed, for people: x1 [32, 16], or x1 [32, 50, 16] of sequences."""
        return f"{self.y} [{', '.join(map(str, (batch, *(self.steps,) * (self.steps > 1), self.outputs)))}]"


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
    return Call("activate", bend.kind, stage.x, stage.made(batch), "", operands, stage.numbers, bend)


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
    numbers = stage.numbers | {"layer": layer}
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


def _directions(stage: Stage) -> Iterator[tuple[str, dict[str, str], dict[str, int]]]:
    """Of each cell of a recurrent layer: what names end in, its operands, and its numbers."""
    layer, k = stage.layer, stage.number
    assert isinstance(layer, Recurrent)
    features = next(slot for slot in stage.slots if slot.name == "w").param.shape[0]
    columns = layer.gates * layer.units
    own = {"steps": stage.inputs // features, "features": features, "units": layer.units, "columns": columns}
    own |= {"inputs": whole(features) + layer.units, "outputs": stage.outputs, "cell": CELLS[type(layer)].number}
    for back, way in enumerate(layer.ways):
        operands = {"x": stage.x, "w": f"W{way}{k}", "u": f"u{way}{k}", "b": f"b{way}{k}", "room": f"m{way}{k}"}
        operands |= {"b2": f"c{way}{k}"} if layer.gates == 3 else {}
        yield way, operands, own | {"column": back * layer.units, "back": back, "last": layer.last}


def _recurrent(stage: Stage, batch: int) -> tuple[Call, ...]:
    calls = []
    for way, operands, numbers in _directions(stage):
        read = ", ".join([stage.x, f"{operands['w']} [{numbers['features']}, {numbers['columns']}]", *_own(operands)])
        made = f"{stage.y} [{batch}, {stage.outputs}], {operands['room']}"
        note = f"{numbers['steps']} steps" + ", the last first" * bool(way)
        text = kind_of(stage.layer) + " from the end" * bool(way)
        calls.append(Call("recurrent", text, read, made, note, operands | {"y": stage.y}, numbers))
    return tuple(calls)


def _recurrent_backward(stage: Stage, needs_dx: bool) -> tuple[Call, ...]:
    calls = []
    for way, operands, numbers in _directions(stage):
        read = ", ".join([stage.dy, operands["w"], *_own(operands), operands["room"]])
        slopes = {f"d{field}": f"d{name}" for field, name in operands.items() if field in ("w", "u", "b", "b2")}
        operands = operands | {"dy": stage.dy, "wt": f"W{way}{stage.number}T"} | slopes
        made = ", ".join([stage.dx] * needs_dx + list(slopes.values()))
        operands |= {"dx": stage.dx} if needs_dx else {}
        note = "" if not needs_dx or not way else f"adds to {stage.dx}"
        text = kind_of(stage.layer) + " from the end" * bool(way) + " back"
        calls.append(Call("recurrent_backward", text, read, made, note, operands, numbers))
    return tuple(calls)


def _own(operands: Mapping[str, str]) -> list[str]:
    return [name for field, name in operands.items() if field in ("u", "b", "b2")]


def _recurrent_places(stage: Stage, block: int) -> dict[str, Shape]:
    """Room for the steps of a block and for the matrices transposed, as `kernels/recurrent.c` lays them out."""
    found: dict[str, Shape] = {}
    for way, _, n in _directions(stage):
        cell, steps, h = CELLS[type(stage.layer)], n["steps"], n["units"]
        kept = (steps + 1) * (n["features"] + h) + (cell.kept * steps + cell.more + 3) * h + n["features"]
        found[f"m{way}{stage.number}"] = (block, kept)
        found[f"W{way}{stage.number}T"] = (n["columns"], whole(n["features"]) + whole(h))
    return found


class Cell(NamedTuple):
    """A recurrent cell as C knows it: its number, and what it keeps, in units: of each step, and beside the steps."""

    number: int
    kept: int
    more: int = 0


CELLS: Mapping[type[Layer], Cell] = {RNN: Cell(0, 1), GRU: Cell(1, 7), LSTM: Cell(2, 6, 1)}
Made: TypeAlias = Call | tuple[Call, ...]


class Row(NamedTuple):
    """How a layer becomes calls: forward of (stage, batch), backward of (stage, whether anybody needs dx).

    room: floats that forward leaves for backward, of (numbers in a row, rows of a block); places: other room it needs,
    by name, of (stage, rows of a block). whole: whether the layer has to see the batch as one block. by_step: whether
    the steps of a sequence are rows to it. axes: how many an input may have; nothing where it may be of any shape.
    """

    forward: Callable[[Stage, int], Made]
    backward: Callable[[Stage, bool], Made]
    room: Callable[[int, int], int] = lambda inputs, block: 0
    whole: bool = False
    by_step: bool = False
    axes: tuple[int, ...] = ()
    places: Callable[[Stage, int], Mapping[str, Shape]] = lambda stage, block: {}


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
    Dense: Row(_dense, _dense_backward, by_step=True, axes=(1, 2)),
    **{layer: Row(_activate, _activate_backward) for layer in ACTIVATIONS},
    Dropout: Row(_dropout, _dropout_backward, lambda inputs, block: inputs * block),
    BatchNorm: Row(_batch_norm, partial(_norm_backward, "batch_norm"), lambda n, block: 3 * n, True, True, (1, 2)),
    LayerNorm: Row(_layer_norm, partial(_norm_backward, "layer_norm"), lambda n, block: 2 * block, by_step=True),
    **{cell: Row(_recurrent, _recurrent_backward, places=_recurrent_places) for cell in CELLS},
    Flatten: None,
}
INPUTS = {1: "rows", 2: "sequences", 3: "images"}  # by their number of axes


def lacking(layer: Layer, shape: Shape) -> str:
    """A layer that has no row, or none for inputs of `shape`, in words: `layer batch_norm on images`; else nothing."""
    if type(layer) not in LOWERING:
        return f"layer {kind_of(layer)}"
    row = LOWERING[type(layer)]
    return f"layer {kind_of(layer)} on {INPUTS[len(shape)]}" if row and row.axes and len(shape) not in row.axes else ""


LOSSES: Mapping[type[Loss], LossRow] = {
    BinaryCrossEntropy: LossRow(
        "binary_cross_entropy", False, lambda outputs: "head: 2 classes, one logit", lambda o: (o.confidence_penalty,)
    ),
    SoftmaxCrossEntropy: LossRow(
        "softmax_cross_entropy", True, _classes, lambda o: (1 - o.label_smoothing, o.confidence_penalty), _softened
    ),
    KLDivergence: LossRow("kl_divergence", False, _classes),
    MSE: LossRow("squared_error", False, _numbers),
    MAE: LossRow("absolute_error", False, _numbers),
    Huber: LossRow("huber", False, _numbers, lambda o: (o.delta,)),
}
Constants: TypeAlias = Callable[..., tuple[float, ...]]
OPTIMIZERS: Mapping[type[Optimizer], Constants] = {
    SGD: lambda o: (o.momentum, float(o.nesterov)),
    RMSProp: lambda o: (o.rho, o.epsilon),
    Adagrad: lambda o: (o.epsilon,),
    Adam: lambda o: (o.beta1, o.beta2, o.epsilon),
    AdamW: lambda o: (o.beta1, o.beta2, o.epsilon),
}


def constants(optimizer: Optimizer, weights: bool = True) -> tuple[float, ...]:
    """What C is told of an optimizer, in the order of mlj_call; `weights`: they decay, biases do not."""
    penalties = (optimizer.weight_decay, optimizer.l1) if weights else (0.0, 0.0)
    return (*penalties, optimizer.clip_norm, *OPTIMIZERS[type(optimizer)](optimizer))

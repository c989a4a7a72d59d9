"""How each layer, loss and optimizer becomes kernel calls: one row each, and a new one is a row in a table here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from mlcore.layers.activations import ReLU, ReLU6, Sigmoid, Tanh
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array, Layer
from mlcore.losses import MAE, MSE, BinaryCrossEntropy, Huber, KLDivergence, Loss, SoftmaxCrossEntropy
from mlcore.network import Slot
from mlcore.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSProp


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
    activation: str = "linear"  # applied to what the call computes, or undone by it
    mask: str = "linear"  # the activation whose slope is multiplied into dx
    rule: str = "no_rule"  # the optimizer that moves parameters in this call
    constants: tuple[float, ...] = ()


class Stage(NamedTuple):
    """A layer, with the activation fused into it, between two row buffers. Numbers count from 1."""

    number: int
    layer: Layer
    slots: tuple[Slot, ...]
    activation: str
    inputs: int
    outputs: int
    x: str
    y: str
    mask: str  # the activation fused into the stage before

    @property
    def dx(self) -> str:
        """The gradient with respect to x."""
        return f"d{self.x}"

    @property
    def dy(self) -> str:
        """The gradient with respect to y."""
        return f"d{self.y}"


def _dense(stage: Stage, batch: int) -> Call:
    k, fused = stage.number, stage.activation != "linear"
    return Call(
        "dense",
        f"dense + {stage.activation}" if fused else "dense",
        f"{stage.x}, W{k} [{stage.inputs}, {stage.outputs}], b{k}",
        f"{stage.y} [{batch}, {stage.outputs}]",
        operands={"x": stage.x, "w": f"W{k}", "b": f"b{k}", "y": stage.y},
        numbers={"inputs": stage.inputs, "outputs": stage.outputs},
        activation=stage.activation,
    )


def _dense_backward(stage: Stage, needs_dx: bool) -> Call:
    k = stage.number
    operands = {"x": stage.x, "w": f"W{k}", "b": f"b{k}", "dy": stage.dy, "dw": f"dW{k}", "db": f"db{k}"}
    numbers = {"inputs": stage.inputs, "outputs": stage.outputs}
    made = f"dW{k}, db{k}"
    if not needs_dx:
        reads = f"{stage.dy}, {stage.x}"
        return Call("dense_backward", "dense back", reads, made, "first layer: no dx", operands, numbers)
    operands |= {"dx": stage.dx, "wt": f"W{k}T"}
    reads, made = f"{stage.dy}, {stage.x}, W{k}", f"{stage.dx}, {made}"
    if stage.mask == "linear":
        return Call("dense_backward", "dense back", reads, made, "", operands, numbers)
    text, note = f"dense + {stage.mask} back", f"{stage.dx} is before the {stage.mask}"
    return Call("dense_backward", text, reads, made, note, operands, numbers, mask=stage.mask)


def _activate(stage: Stage, batch: int) -> Call:
    kind = ACTIVATIONS[type(stage.layer)]
    operands, numbers = {"x": stage.x, "y": stage.y}, {"inputs": stage.inputs, "outputs": stage.outputs}
    return Call("activate", kind, stage.x, f"{stage.y} [{batch}, {stage.outputs}]", "", operands, numbers, kind)


def _activate_backward(stage: Stage, needs_dx: bool) -> Call:
    return slope(stage, ACTIVATIONS[type(stage.layer)], stage.dx)


def slope(stage: Stage, kind: str, dx: str) -> Call:
    """dx = dy times the slope of an activation at its output y; in place where dx is dy."""
    operands = {"y": stage.y, "dy": stage.dy, "dx": dx}
    numbers = {"inputs": stage.outputs, "outputs": stage.outputs}
    return Call("activate_backward", f"{kind} back", f"{stage.dy}, {stage.y}", dx, "", operands, numbers, kind)


class Row(NamedTuple):
    """How a layer becomes calls: forward of (stage, batch), backward of (stage, whether anybody needs dx)."""

    forward: Callable[[Stage, int], Call]
    backward: Callable[[Stage, bool], Call]


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


ACTIVATIONS: Mapping[type[Layer], str] = {ReLU: "relu", ReLU6: "relu6", Sigmoid: "sigmoid", Tanh: "tanh"}
LOWERING: Mapping[type[Layer], Row] = {
    Dense: Row(_dense, _dense_backward),
    ReLU: Row(_activate, _activate_backward),
    ReLU6: Row(_activate, _activate_backward),
    Sigmoid: Row(_activate, _activate_backward),
    Tanh: Row(_activate, _activate_backward),
}
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

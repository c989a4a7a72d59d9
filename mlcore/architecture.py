"""An architecture before it is trained: what is odd about it, and what a line in another notation claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlcore.datasets.dataset import Task
from mlcore.errors import ConfigError, ShapeError
from mlcore.layers.activations import Activation, ReLU, Sigmoid
from mlcore.layers.dense import Dense
from mlcore.layers.layer import INFERENCE, Layer, Shape
from mlcore.layers.residual import Add, Skip
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.spec import kind_of

MANY = 10  # parameters a row, above which it is said


class Remark(NamedTuple):
    """Something odd that does not keep a network from training. layer counts from 1, 0 is the whole network."""

    code: str
    layer: int
    message: str
    hint: str


def remarks(network: Network, loss: Loss, task: Task, rows: int, init: str = "") -> tuple[Remark, ...]:
    """What is odd about a network that ends in its head, for a task and so many training rows."""
    found = [
        *_straight(network),
        *_written_head(network, loss, task),
        *_narrow(network),
        *_order(network),
    ]
    if network.size > MANY * rows:
        message = f"{network.size:,} parameters for {rows:,} training rows: it can learn them by heart"
        found.append(Remark("MANY_PARAMETERS", 0, message, "fewer units, or watch the validation loss"))
    if init == "zeros" and len(network.layers) > 1:
        message = "all first weights are zero: every unit of a layer learns the same"
        found.append(Remark("NO_START", 0, message, "init = he_normal"))
    return tuple(sorted(found, key=lambda remark: remark.layer))


def _straight(network: Network) -> Iterator[Remark]:
    """Layers with weights between which nothing bends: together they are one."""
    if len(network.layers) == 1:
        message = "no hidden layer: it can only weigh the inputs and add them up"
        yield Remark("NO_HIDDEN_LAYER", 0, message, "that is a linear model; layers = 8 relu gives it a bend")
        return
    bends = [not straight(layer, shape) for layer, shape in zip(network.layers, network.shapes, strict=False)]
    if not any(bends):
        message = "no activation at all: the whole network is one straight map"
        yield Remark("NO_ACTIVATION", 0, message, "write one after the units, as in 10 relu")
        return
    last = 0  # the layer with weights since which nothing has bent
    for number, bent in enumerate(bends, start=1):
        if bent or isinstance(network.layers[number - 1], (Skip, Add)):  # what goes around is in no single map
            last = 0
        elif any(slot.param.role == "weight" for slot in network.own[number - 1]):
            if last:
                what = f"layer {last} and {'the output layer' if number == len(bends) else f'layer {number}'}"
                message = f"{what}: two linear layers without an activation between them are one"
                hint = f"write an activation behind it: {network.layers[last - 1].word} relu"
                yield Remark("NO_BEND", last, message, hint)
            last = number


def straight(layer: Layer, shape: Shape) -> bool:
    """Whether a layer is y = A x + b once trained, found by asking it: f(a) + f(b) = f(a + b) + f(0)."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 1, *shape))
    p = {name: np.abs(random.normal(size=param.shape)) for name, param in layer.params(shape).items()}
    try:
        one, two, both, none = (layer.forward(p, x, INFERENCE)[0] for x in (a, b, a + b, np.zeros_like(a)))
    except (IndexError, TypeError, ValueError):  # it takes no numbers of any size, but names of things
        return False
    return bool(np.allclose(one + two, both + none, rtol=1e-9, atol=1e-9))


def _written_head(network: Network, loss: Loss, task: Task) -> Iterator[Remark]:
    """A last hidden layer that looks like the output layer, which follows by itself."""
    body = network.layers[:-1]
    ends = body[-1] if body else None
    squashed = ends is not None and (isinstance(ends, Sigmoid) or kind_of(ends) == "softmax")
    units = body[-2] if squashed and len(body) > 1 else ends
    if not isinstance(units, Dense) or units.units not in (network.output_shape[0], task.outputs):
        return
    if squashed and ends is not None and task.kind != "regression":
        message = (
            f"layer {len(body)}, {kind_of(ends)}, stands before the output layer, whose loss {kind_of(loss)} has one"
        )
        hint = f"leave '{units.units} {kind_of(ends)}' out if it was meant as the output"
        yield Remark("LOSS_HAS_IT", len(body), message, hint)
    elif not squashed:
        message = f"layer {len(body)} has as many units as the output layer, which follows by itself"
        yield Remark("HEAD_WRITTEN", len(body), message, f"leave the last {units.units} out")


def _narrow(network: Network) -> Iterator[Remark]:
    for number, layer in enumerate(network.layers[:-1], start=1):
        if isinstance(layer, Dense) and layer.units == 1 and max(network.shapes[number - 1]) > 1:
            message = f"layer {number} has one unit: whatever comes after it sees a single number of each row"
            yield Remark("BOTTLENECK", number, message, "give it more units")


def _order(network: Network) -> Iterator[Remark]:
    """Activations where they do little: on the inputs, or on one another."""
    for number, layer in enumerate(network.layers, start=1):
        if not isinstance(layer, Activation):
            continue
        if number == 1:
            lost = "negative inputs are lost" if isinstance(layer, ReLU) else "it bends the inputs as they are"
            hint = f"write units before it, as in 10 {kind_of(layer)}"
            yield Remark("BEND_FIRST", 1, f"layer 1, {kind_of(layer)}, has no units before it: {lost}", hint)
        elif isinstance(network.layers[number - 2], Activation):
            names = f"{kind_of(network.layers[number - 2])} and {kind_of(layer)}"
            message = f"layers {number - 1} and {number}, {names}, act on each other with no units between"
            yield Remark("BEND_TWICE", number, message, "keep one of them")


class Claim(NamedTuple):
    """A line that names its inputs and outputs, `2 -> 10 relu -> 1`: inputs, the line without them, outputs."""

    inputs: int
    layers: str
    outputs: int


def claimed(text: str) -> Claim | None:
    """What a line with arrows or a row of widths (`784-128-10`) claims; None for a line that is neither."""
    parts = [part.strip() for part in text.split("->" if "->" in text else "-")]
    if len(parts) < 2 or not ("->" in text or all(re.fullmatch(r"\d+", part) for part in parts)):
        return None
    for number, place, what in ((1, 0, "inputs"), (len(parts), -1, "outputs")):
        if not re.fullmatch(r"[0-9]{1,9}", parts[place]):
            message = f"layer {number}: expected the number of {what}, got {parts[place]!r:.40}"
            raise ConfigError(message, hint="write e.g. 2 -> 10 relu -> 1: features, layers, outputs")
    between = [f"{part} relu" if "->" not in text else part for part in parts[1:-1]]
    return Claim(int(parts[0]), " | ".join(between), int(parts[-1]))


def hold(claim: Claim, network: Network, dataset: str) -> None:
    """Raise ShapeError where a claim about inputs or outputs is not what the data set has."""
    has = int(np.prod(network.shapes[0]))
    hint = f'write layers = "{claim.layers}": inputs and outputs follow from the data set'
    if claim.inputs != has:
        expects = f"{claim.inputs} feature{'s' if claim.inputs != 1 else ''}"
        raise ShapeError(f"layer 1 expects {expects}, dataset {dataset} has {has}", where="layer 1", hint=hint)
    outputs = network.output_shape[0]
    if claim.outputs != outputs:
        number = len(network.layers)
        units = f"{outputs} output{'s' if outputs != 1 else ''}"
        message = f"layer {number}, the output layer: expected {units} for dataset {dataset}, got {claim.outputs}"
        raise ShapeError(message, where=f"layer {number}", hint=hint)

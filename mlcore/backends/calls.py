"""What a plan is made of: kernel calls, the stages they come from, and how a kind of layer becomes calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from mlcore.layers.layer import Layer, Shape
from mlcore.network import Slot


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
    numbers: Mapping[str, Any] = {}  # those of a window are a mapping in themselves
    activation: Bend = Bend()  # applied to what the call computes, or undone by it
    mask: Bend = Bend()  # the activation whose slope is multiplied into dx
    rule: str = "no_rule"  # the optimizer that moves parameters in this call
    constants: tuple[float, ...] = ()  # of the rule, or of the layer


class Stage(NamedTuple):
    """A layer, with the activation fused into it, between two row buffers. Numbers count from 1.

    place: the layer's number in the network, from 0. shape, becomes: of a row of x and of what the layer makes of it,
    as on the page; pool: the pooling fused into it, whose shape y has. steps: rows of its own that a row of the batch
    is to it, each of so many inputs and outputs. kept: the buffer an add takes from. lengths: whether sequences are of
    different lengths.
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
    mask: Bend  # the activation fused into the stage before, where dx is multiplied by its slope
    shape: Shape
    becomes: Shape
    pool: Layer | None = None
    steps: int = 1
    kept: str = ""
    lengths: bool = False

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


def steps_of(shape: Shape) -> int:
    """Steps of a sequence [T, D], which are rows to a layer that sees each by itself; of other rows 1."""
    return shape[0] if len(shape) == 2 else 1


def pixels_of(shape: Shape) -> int:
    """Steps of a sequence or pixels of an image, to a layer that sees each by itself."""
    return math.prod(shape[1:]) if len(shape) == 3 else steps_of(shape)


Made: TypeAlias = Call | tuple[Call, ...]


class Row(NamedTuple):
    """How a layer becomes calls: forward of (stage, batch), backward of (stage, whether anybody needs dx).

    room: floats that forward leaves for backward, of (numbers in a row, rows of a block); rooms: whatever else it
    needs, by name, of (stage, rows of a block). whole: whether the layer has to see the batch as one block. bends:
    whether the activation behind it can be fused into it, and whether dx is multiplied by the slope of one fused into
    the stage before. pools: whether the layer behind it can be, a pooling of rows of that shape. steps: how many rows
    of its own a row of a shape is to it. axes: how many an input may have; nothing where it may be of any shape.
    images: whether a few rows should go through all calls together, while they are in the caches. needed: whether it
    does anything to rows of a shape. group: rows that a thread works on together, if more than one.
    """

    forward: Callable[[Stage, int], Made]
    backward: Callable[[Stage, bool], Made]
    room: Callable[[int, int], int] = lambda inputs, block: 0
    whole: bool = False
    bends: bool = False
    rooms: Callable[[Stage, int], Mapping[str, Shape]] = lambda stage, block: {}
    pools: Callable[[Layer, Shape], bool] = lambda layer, shape: False
    steps: Callable[[Shape], int] = lambda shape: 1
    axes: tuple[int, ...] = ()
    images: bool = False
    group: int = 1
    needed: Callable[[Shape], bool] = lambda shape: True

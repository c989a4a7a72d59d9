"""The words a plan is written in: a kernel call, a layer between two buffers, how a layer becomes calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from mlcore.layers.layer import Layer, Shape
from mlcore.network import Slot

# Places in the arena that C's mlj_call has a field for.
OPERANDS = tuple("x w b y dx dw db dy wt room mean variance u b2 du db2 packed".split())


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

    place: the layer's number in the network, from 0.
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
        """Numbers in a row of x and of y."""
        return {"inputs": self.inputs, "outputs": self.outputs}


Made: TypeAlias = Call | tuple[Call, ...]


class Row(NamedTuple):
    """How a layer becomes calls: forward of (stage, batch), backward of (stage, whether anybody needs dx).

    room: floats that forward leaves for backward, of (numbers in a row, rows of a block); rooms: whatever else it
    needs, by name, of (stage, rows of a block). whole: whether the layer has to see the batch as one block.
    """

    forward: Callable[[Stage, int], Made]
    backward: Callable[[Stage, bool], Made]
    room: Callable[[int, int], int] = lambda inputs, block: 0
    whole: bool = False
    rooms: Callable[[Stage, int], Mapping[str, Shape]] = lambda stage, block: {}

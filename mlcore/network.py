"""A network: layers bound to an input shape, every shape known, every parameter placed in one flat vector."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from mlcore import initializers
from mlcore.errors import ShapeError
from mlcore.initializers import Place
from mlcore.layers.dense import Dense
from mlcore.layers.layer import INFERENCE, Array, Layer, Mode, Param, Saved, Shape, Views
from mlcore.layers.residual import pairs

ROLES = ("weight", "bias", "gain", "statistic")


class Slot(NamedTuple):
    """Where one parameter lies in the vector: layer number, name, first place, and what the layer said about it."""

    layer: int
    name: str
    offset: int
    param: Param

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.param.shape)

    @property
    def path(self) -> str:
        """The name of the parameter in files: `0.w`, `2.b`."""
        return f"{self.layer}.{self.name}"


Passed: TypeAlias = tuple[Array, Saved]  # what came out of a layer, and what it saved for backward


class Returned(NamedTuple):
    """What came back through a layer: the gradient at its output and at its input, and that of each parameter."""

    number: int
    dy: Array
    dx: Array
    own: dict[str, Array]


class Network:
    """Layers bound to an input shape.

    shapes[i] is the input shape of layer i, shapes[-1] the output; slots lie in the vector [size] by role: all weights
    first, which alone decay, then biases and gains, the `learned` numbers an optimizer moves, and statistics. Raises
    ShapeError naming the layer whose input does not fit.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape) -> None:
        self.layers = tuple(layers)
        self.shapes: list[Shape] = [tuple(input_shape)]
        self.skips = pairs(self.layers)  # of every add the number of its skip
        for number, layer in enumerate(self.layers, start=1):
            try:
                self.shapes.append(layer.output_shape(self.shapes[-1]))
                self._meet(number - 1)
            except ShapeError as error:
                before = f" from layer {number - 1}, {self.layers[number - 2].word}" if number > 1 else " from the data"
                raise ShapeError(f"layer {number}, {error}{before}", where=f"layer {number}", hint=error.hint) from None
        self.slots = self._place()
        self.size = sum(slot.size for slot in self.slots)
        self.weights = sum(slot.size for slot in self.slots if slot.param.role == "weight")
        self.learned = sum(slot.size for slot in self.slots if slot.param.role != "statistic")

    @classmethod
    def build(cls, body: Sequence[Layer], input_shape: Shape, outputs: int, image: Shape | None = None) -> Network:
        """The network of a configuration: its body and the output layer the task needs, `Dense(outputs)`.

        image: the shape of a row as a picture, which it has for a body whose first layer that sees it takes images.
        """
        network = cls((*body, Dense(outputs)), image if image and _begins_with_images(body) else input_shape)
        if len(network.output_shape) != 1:
            number, shape = len(network.layers), list(network.shapes[-2])
            what = f"layer {number}, the output layer: needs one list of numbers for a row, got the sequence {shape}"
            raise ShapeError(what, where=f"layer {number}", hint="put mean, max or flatten before it")
        return network

    def _meet(self, number: int) -> None:
        """Raise ShapeError where an add cannot take what its skip kept."""
        if number in self.skips:
            skip, arrives = self.skips[number], list(self.shapes[number])
            kept = list(self.shapes[skip + 1])
            if kept != arrives:
                hint = "what lies between a skip and its add has to give back the shape it was given"
                raise ShapeError(f"add: expected {kept}, which layer {skip + 1}, skip, kept, got {arrives}", hint=hint)

    @property
    def takes_images(self) -> bool:
        """Whether the first layer for which it matters takes images: one (H, W) then has one channel."""
        return len(self.shapes[0]) > 1 and _begins_with_images(self.layers)

    def rows(self, x: Any) -> Any:
        """Rows [B, …] in the shape the first layer takes: pixels lie in a row as they do in an image."""
        return x.reshape(len(x), *self.shapes[0])

    def _place(self) -> tuple[Slot, ...]:
        found = [
            (number, name, param)
            for number, layer in enumerate(self.layers)
            for name, param in layer.params(self.shapes[number]).items()
        ]
        found.sort(key=lambda item: ROLES.index(item[2].role))
        slots, offset = [], 0
        for number, name, param in found:
            slots.append(Slot(number, name, offset, param))
            offset += slots[-1].size
        return tuple(slots)

    @property
    def output_shape(self) -> Shape:
        """The shape of one output."""
        return self.shapes[-1]

    @cached_property
    def own(self) -> tuple[tuple[Slot, ...], ...]:
        """The slots of each layer."""
        return tuple(tuple(s for s in self.slots if s.layer == number) for number in range(len(self.layers)))

    def init(self, seed: int, initializer: str) -> Array:
        """The first weights [size], float32: a function of the seed and the initializer's name alone."""
        fill = initializers.find(initializer).fill
        vector, stream = np.empty(self.size, dtype=np.float32), np.random.RandomState(seed % 2**32)
        for number, views in enumerate(self.views(vector)):
            for slot in self.own[number]:
                p, place = slot.param, views[slot.name]
                if p.start is None:
                    place[...] = fill(Place(p.shape, p.role, p.fan_in, p.fan_out, seed, number, stream))
                else:
                    place[...] = p.start
        return vector

    def views(self, vector: Array) -> list[dict[str, Array]]:
        """The parameters of each layer by name, as views into `vector` [size]."""
        return [
            {s.name: vector[s.offset : s.offset + s.size].reshape(s.param.shape) for s in slots} for slots in self.own
        ]

    @np.errstate(over="ignore", invalid="ignore")  # of weights that diverged; whoever reads z asks whether it is finite
    def forward(self, vector: Array, x: Array, mode: Mode = INFERENCE) -> tuple[Array, list[Saved]]:
        """Outputs z [B, O] and what each layer saved for backward."""
        saved: list[Saved] = []
        z = x = self.rows(x)
        for z, keep in self.walk(self.views(vector), x, mode):  # noqa: B007  (the last one is asked for)
            saved.append(keep)
        return z, saved

    def walk(self, views: Views, x: Array, mode: Mode = INFERENCE, before: Sequence[Array] = ()) -> Iterator[Passed]:
        """What comes out of one layer after the other for x [B, …], in the shape the first of them takes.

        before: the outputs of the layers that have been passed already, x being the last of them.
        """
        kept = {skip: before[skip] for skip in self.skips.values() if skip < len(before)}
        for number in range(len(before), len(self.layers)):
            add = kept.get(self.skips.get(number, -1))
            x, saved = self.layers[number].forward(views[number], x, mode._replace(layer=number, kept=add))
            if number in self.skips.values():
                kept[number] = x
            yield x, saved

    def walk_back(self, views: Views, saved: Sequence[Saved], dz: Array) -> Iterator[Returned]:
        """What comes back through one layer after the other, the last first, from dz at the output."""
        kept: dict[int, Array] = {}  # what goes around, by the number of the skip it goes to
        for number in reversed(range(len(self.layers))):
            dy = dz + kept.pop(number) if number in kept else dz
            if number in self.skips:
                kept[self.skips[number]] = dy
            dz, own = self.layers[number].backward(views[number], saved[number], dy)
            yield Returned(number, dy, dz, own)

    def backward(self, vector: Array, saved: list[Saved], dz: Array) -> tuple[Array, Array]:
        """The gradient of every parameter [size] and of the inputs [B, …] from dz: the chain rule, last layer first."""
        gradient = np.zeros_like(vector)
        slopes = self.views(gradient)
        for back in self.walk_back(self.views(vector), saved, dz):
            for name, value in back.own.items():
                slopes[back.number][name][...] = value
            dz = back.dx
        return gradient, dz

    def summary(self) -> str:
        """The widths as one line: `784-128-10`."""
        widths = [self.shapes[0], *(self.shapes[slot.layer + 1] for slot in self.slots if slot.param.role == "weight")]
        return "-".join("x".join(map(str, shape)) for shape in widths)


def _begins_with_images(body: Sequence[Layer]) -> bool:
    """Whether the first layer that changes the shape of its input, or needs it to have one, takes images."""
    for layer in body:
        if layer.takes_images or type(layer).output_shape is not Layer.output_shape:
            return layer.takes_images
    return False

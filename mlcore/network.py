"""A network: layers bound to an input shape, every shape known, every parameter placed in one flat vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mlcore import initializers
from mlcore.errors import ShapeError
from mlcore.initializers import Place
from mlcore.layers.dense import Dense
from mlcore.layers.layer import INFERENCE, Array, Layer, Mode, Param, Saved, Shape

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


class Network:
    """Layers bound to an input shape.

    shapes[i] is the input shape of layer i, shapes[-1] the output; slots lie in the vector [size] by role: all weights
    first, which alone decay, then biases and gains, the `learned` numbers an optimizer moves, and statistics. Raises
    ShapeError naming the layer whose input does not fit.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape) -> None:
        self.layers = tuple(layers)
        self.shapes: list[Shape] = [tuple(input_shape)]
        for number, layer in enumerate(self.layers, start=1):
            try:
                self.shapes.append(layer.output_shape(self.shapes[-1]))
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
        return cls((*body, Dense(outputs)), image if image and _begins_with_images(body) else input_shape)

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
        """The first weights [size], float32: a function of the seed and the initializer's name alone.

        A parameter that names an initializer of its own starts by that one.
        """
        vector, stream = np.empty(self.size, dtype=np.float32), np.random.RandomState(seed % 2**32)
        for number, views in enumerate(self.views(vector)):
            filled = dict.fromkeys(ROLES, 0)  # arrays of each role in this layer, so far
            for slot in self.own[number]:
                p, fill = slot.param, initializers.find(slot.param.initializer or initializer).fill
                if p.start is None:
                    place = Place(p.shape, p.role, p.fan_in, p.fan_out, seed, number, stream, filled[p.role])
                    views[slot.name][...] = fill(place)
                    filled[p.role] += 1
                else:
                    views[slot.name][...] = p.start
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
        x = self.rows(x)
        for number, (layer, p) in enumerate(zip(self.layers, self.views(vector), strict=True)):
            x, keep = layer.forward(p, x, mode._replace(layer=number))
            saved.append(keep)
        return x, saved

    def backward(self, vector: Array, saved: list[Saved], dz: Array) -> tuple[Array, Array]:
        """The gradient of every parameter [size] and of the inputs [B, …] from dz: the chain rule, last layer first."""
        gradient = np.zeros_like(vector)
        views = self.views(gradient)
        for number in reversed(range(len(self.layers))):
            dz, own = self.layers[number].backward(self.views(vector)[number], saved[number], dz)
            for name, value in own.items():
                views[number][name][...] = value
        return gradient, dz

    def summary(self) -> str:
        """The widths as one line: `784-128-10`."""
        wide = dict.fromkeys(slot.layer for slot in self.slots if slot.param.role == "weight")
        widths = [self.shapes[0], *(self.shapes[layer + 1] for layer in wide)]
        return "-".join("x".join(map(str, shape)) for shape in widths)


def _begins_with_images(body: Sequence[Layer]) -> bool:
    """Whether the first layer that changes the shape of its input, or needs it to have one, takes images."""
    for layer in body:
        if layer.takes_images or type(layer).output_shape is not Layer.output_shape:
            return layer.takes_images or layer.takes_sequences
    return False

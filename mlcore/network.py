"""A network: layers bound to an input shape, every shape known, every parameter placed in one flat vector."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Several
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from mlcore import initializers
from mlcore.datasets.dataset import Sequence
from mlcore.errors import ShapeError
from mlcore.initializers import Place
from mlcore.layers.dense import Dense
from mlcore.layers.embedding import check_columns
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

    def __init__(self, layers: Iterable[Layer], input_shape: Shape, lengths: bool = False) -> None:
        self.layers, self.lengths = tuple(layers), lengths
        self.shapes: list[Shape] = [tuple(input_shape)]
        self.skips = pairs(self.layers)  # of every add the number of its skip
        for number, layer in enumerate(self.layers, start=1):
            try:
                self.shapes.append(layer.output_shape(self.shapes[-1]))
                self._meet(number - 1)
            except ShapeError as error:
                before = f" from layer {number - 1}, {self.layers[number - 2].word}" if number > 1 else " from the data"
                raise ShapeError(f"layer {number}, {error}{before}", where=f"layer {number}", hint=error.hint) from None
        self._check_lengths()
        self.slots = self._place()
        self.size = sum(slot.size for slot in self.slots)
        self.weights = sum(slot.size for slot in self.slots if slot.param.role == "weight")
        self.learned = sum(slot.size for slot in self.slots if slot.param.role != "statistic")

    @classmethod
    def build(
        cls,
        body: Iterable[Layer],
        input_shape: Shape,
        outputs: int,
        image: Shape | None = None,
        sequence: Sequence | None = None,
        steps: int = 0,
        columns: tuple[int, ...] = (),
    ) -> Network:
        """The network of a configuration: its body and the output layer the task needs, `Dense(outputs)`.

        image, sequence: what a row is as a picture or as steps, which it is for a body whose first layer that sees it
        takes that. steps: how many answers a row has, one for each step; 0: one for the row, for which a recurrent
        layer at the end of the body gives its last state. columns: how many tokens each of the last numbers of a row
        is one of, which the first layer has to look up. Raises ShapeError where the body ends in another shape.
        """
        body = [layer.sized(sequence.vocabulary if sequence else 0, columns) for layer in body]
        check_columns(body, columns)
        first = _first(body)
        input_shape, lengths = _entering(first, tuple(input_shape), image, sequence) if first else (input_shape, False)
        trunk = cls(body, input_shape, lengths)
        if not steps and len(trunk.output_shape) == 2:
            trunk = cls(_concluded(trunk), input_shape, lengths)
        _check_end(trunk, steps)
        return cls((*trunk.layers, Dense(outputs)), input_shape, lengths)

    @property
    def row(self) -> Shape:
        """The shape of a row as it is handed over: where lengths differ, its own and then its numbers."""
        return (1 + math.prod(self.shapes[0]),) if self.lengths else self.shapes[0]

    def rows(self, x: Any) -> Any:
        """Rows [B, …] in the shape they are handed over: pixels lie in a row as they do in an image."""
        return x.reshape(x.shape[0], *self.row)

    def opened(self, x: Any) -> tuple[Any, Any]:
        """Rows as the first layer takes them, and their lengths [B] in the type of x, or None: of arrays or tensors."""
        x = self.rows(x)
        return (x[:, 1:].reshape(len(x), *self.shapes[0]), x[:, 0]) if self.lengths else (x, None)

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
        first = _first(self.layers)
        return len(self.shapes[0]) > 1 and first is not None and first.takes_images

    def _check_lengths(self) -> None:
        """Raises ShapeError where rows of different lengths reach a layer that needs them to be alike."""
        for number, (layer, shape) in enumerate(zip(self.layers, self.shapes, strict=False), start=1):
            if not self.lengths or (len(shape) == 1 and number > 1):
                return
            if not layer.any_length:
                message = f"layer {number}, {layer.word}: needs rows of one length, and these are of different ones"
                hint = "put a recurrent layer with last, mean or max before it"
                raise ShapeError(message, where=f"layer {number}", hint=hint)

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
                    views[slot.name][list(p.blank)] = 0
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
        x, mode = self.begin(x, mode)
        made = list(self.walk(self.views(vector), x, mode))
        return made[-1][0] if made else x, [saved for _, saved in made]

    def begin(self, x: Array, mode: Mode = INFERENCE) -> tuple[Array, Mode]:
        """Rows as the first layer takes them, and how a pass is meant, with their lengths where these differ."""
        x, lengths = self.opened(x)
        return x, mode if lengths is None else mode._replace(lengths=lengths.astype(np.int64))

    def walk(self, views: Views, x: Array, mode: Mode = INFERENCE, before: Several[Array] = ()) -> Iterator[Passed]:
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

    def walk_back(self, views: Views, saved: Several[Saved], dz: Array, to_inputs: bool = True) -> Iterator[Returned]:
        """What comes back through one layer after the other, the last first, from dz at the output.

        to_inputs: whether dx of the first layer is wanted; else it is its dy.
        """
        kept: dict[int, Array] = {}  # what goes around, by the number of the skip it goes to
        for number in reversed(range(len(self.layers))):
            dy = dz + kept.pop(number) if number in kept else dz
            if number in self.skips:
                kept[self.skips[number]] = dy
            if number or to_inputs:
                dz, own = self.layers[number].backward(views[number], saved[number], dy)
            else:
                dz, own = dy, self.layers[0].slopes(views[0], saved[0], dy)
            yield Returned(number, dy, dz, own)

    def backward(self, vector: Array, saved: list[Saved], dz: Array, to_inputs: bool = True) -> tuple[Array, Array]:
        """The gradient of every parameter [size] and of the inputs [B, …] from dz: the chain rule, last layer first.

        to_inputs: whether the second is wanted, which training does not need.
        """
        gradient = np.zeros_like(vector)
        slopes = self.views(gradient)
        for back in self.walk_back(self.views(vector), saved, dz, to_inputs):
            for name, value in back.own.items():
                slopes[back.number][name][...] = value
            dz = back.dx
        return gradient, dz

    def summary(self) -> str:
        """The widths as one line: `784-128-10`."""
        wide = dict.fromkeys(slot.layer for slot in self.slots if slot.param.role == "weight")
        widths = [self.shapes[0], *(self.shapes[layer + 1] for layer in wide)]
        return "-".join("x".join(map(str, shape)) for shape in widths)


def _first(body: Iterable[Layer]) -> Layer | None:
    """The first layer for which the shape of a row matters."""
    return next((layer for layer in body if layer.takes_images or _reshapes(layer)), None)


def _entering(first: Layer, flat: Shape, image: Shape | None, sequence: Sequence | None) -> tuple[Shape, bool]:
    """The shape of a row as a layer sees it that is the first to mind, and whether rows are of different lengths."""
    if first.takes_images and image:
        return image, False
    if sequence and (first.tokens if sequence.vocabulary else first.takes_sequences):
        return sequence.shape, sequence.lengths
    if first.takes_sequences and len(flat) == 1:
        return (image[-2], math.prod(image) // image[-2]) if image else (*flat, 1), False
    return flat, False


def _reshapes(layer: Layer) -> bool:
    """Whether a layer changes the shape of its input, or needs it to have one."""
    return type(layer).output_shape is not Layer.output_shape


def _concluded(trunk: Network) -> tuple[Layer, ...]:
    """The layers of a body whose last one that gives an answer for each step gives one for the row."""
    layers = list(trunk.layers)
    for place in reversed(range(len(layers))):
        last = layers[place].concluded()
        if last is not None:
            return (*layers[:place], last, *layers[place + 1 :])
        if _reshapes(layers[place]):
            break
    return trunk.layers


def _check_end(trunk: Network, steps: int) -> None:
    """Raises ShapeError unless a body ends in what the output layer takes: a flat row, or one for each of the steps."""
    shape, number = trunk.output_shape, len(trunk.layers)
    if (len(shape) == 2 and shape[0] == steps) if steps else len(shape) != 2:
        return
    after = f" from layer {number}, {trunk.layers[-1].word}" if number else " from the data"
    if steps:
        expected, hint = f"{steps} steps, each with an answer", "let the body keep the steps, e.g. embed 24 | gru 64"
    else:
        expected, hint = "one flat row, as there is one answer", "put flatten, mean or max at the end"
    raise ShapeError(f"output layer: needs {expected}, got {list(shape)}{after}", where="output layer", hint=hint)

"""The contract every layer keeps, and the few words it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.spec import Spec, fields, kind_of

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Saved: TypeAlias = tuple[Array, ...]


class Param(NamedTuple):
    """One parameter array of a layer: where it stands in the vector and how it starts follow from this.

    `role` is weight, bias, gain or statistic (in this order they lie in the vector; decay and L1 touch weights only);
    fan_in and fan_out are what an initializer scales a weight by, the experiment's unless `initializer` names another;
    with `start`, a number or nested rows of them that broadcast over the shape, everything starts there instead; the
    rows `blank` of it start at zero.
    """

    shape: Shape
    role: str
    fan_in: int = 0
    fan_out: int = 0
    start: float | tuple[Any, ...] | None = None
    initializer: str = ""
    blank: tuple[int, ...] = ()


class Mode(NamedTuple):
    """How a forward pass is meant: training (seed and step choose the dropout masks) or inference.

    lengths: how many steps of each row are real [B], where rows are of different lengths. What lies behind them must
    not reach what is in front: no output, state or gradient of a real step depends on it.
    """

    training: bool = False
    seed: int = 0
    epoch: int = 0
    step: int = 0
    layer: int = 0
    lengths: Array | None = None
    kept: Array | None = None


INFERENCE = Mode()


class Layer(Spec, frozen=True, tag_field="kind"):
    """A function of an input and of parameters, with its derivative.

    Shapes lack the batch axis, arrays have it first. A page computes in the type it is given, float32 or float64.
    """

    number: ClassVar[str] = ""  # the field that the architecture line writes as a number behind the layer's word
    letters: ClassVar[Mapping[str, str]] = {}  # fields it writes as a letter and a number, k3, by that letter
    flags: ClassVar[tuple[str, ...]] = ()  # fields that are yes or no, which it writes as a word alone where they are
    takes_images: ClassVar[bool] = False  # whether rows of pixels reach it as the images they are
    takes_sequences: ClassVar[bool] = False  # whether a row of F numbers reaches it as (F, 1), an image as H steps of W
    any_length: ClassVar[bool] = True  # whether sequences of different lengths may lie in one batch, as lengths tell
    tokens: ClassVar[bool] = False  # whether its inputs are whole numbers that name things, and have no derivative

    def output_shape(self, shape: Shape) -> Shape:
        """The shape this layer turns `shape` into. Raises ShapeError when it cannot take it."""
        return shape

    def sized(self, vocabulary: int, columns: tuple[int, ...] = ()) -> Layer:
        """The layer for data whose steps name so many things, or whose last columns do, each so many.

        Only a layer that takes tokens differs by it.
        """
        return self

    @property
    def token_columns(self) -> int:
        """How many of the last numbers of its rows are whole numbers that name things, and have no derivative."""
        return 0

    def concluded(self) -> Layer | None:
        """This layer with one answer a row, where it gives one for each step; None where there is no such thing."""
        return None

    def params(self, shape: Shape) -> dict[str, Param]:
        """The parameters this layer needs for inputs of `shape`, by name."""
        return {}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        """y = f(x; p) [B, …] and what backward will need."""
        raise NotImplementedError(type(self).__name__)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        """dx [B, …] and the gradient of each parameter, from dy."""
        raise NotImplementedError(type(self).__name__)

    def slopes(self, p: dict[str, Array], saved: Saved, dy: Array) -> dict[str, Array]:
        """The gradient of each parameter alone, of a first layer in training: nobody needs its dx."""
        return self.backward(p, saved, dy)[1]

    @property
    def word(self) -> str:
        """How the architecture line writes this layer: `10`, `elu 1.5`, `batch_norm momentum=.2`, `gru 64 bi`."""
        words = [kind_of(self)]
        for field in fields(type(self)):
            value = getattr(self, field.name)
            if field.name in self.flags:
                words += [field.name] * value
            elif value != field.default or (field.name == self.number and isinstance(value, int)):
                words.append(written(value) if field.name == self.number else f"{field.name}={written(value)}")
        return " ".join(words)


def written(value: float) -> str:
    """A number as the architecture line has it, read back exactly: .2, 1.5, 3."""
    text = repr(value).removesuffix(".0")
    return text.removeprefix("0") if text.startswith("0.") else text


class Views(Protocol):
    """Parameters of each layer by name, as views into one vector."""

    def __getitem__(self, layer: int) -> dict[str, Array]: ...


def real(x: Array, lengths: Array) -> Array:
    """Which steps of sequences x [B, T, …] are real, and not there to fill the batch: bool [B, T]."""
    found: Array = np.arange(x.shape[1]) < np.asarray(lengths)[:, None]
    return found


def as_float(x: Array) -> Array:
    """`x` in a floating type: as it is when it has one, float32 otherwise."""
    return x if x.dtype.kind == "f" else x.astype(np.float32)

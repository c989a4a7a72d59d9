"""What pictures of a network consist of, as plain values."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Boundary(msgspec.Struct, frozen=True):
    """What the network believes over a rectangle of the plane, row 0 at the top: see `tui.frame.Boundary`."""

    winner: Array
    certainty: Array
    bounds: tuple[float, float, float, float]


class Digits(msgspec.Struct, frozen=True):
    """Images [n, h, w] uint8 with what the network says: predicted, label [n] int32, probability [n] float32."""

    images: Array
    predicted: Array
    label: Array
    probability: Array


class Line(msgspec.Struct, frozen=True):
    """A regression on one feature: the network's y [n] at x [n], both float32 in data units."""

    x: Array
    y: Array


class Heights(msgspec.Struct, frozen=True):
    """A regression over a rectangle of the plane: level [H, W] uint8, 0..255 over the `levels` of the scene.

    Row 0 is the top.
    """

    level: Array
    bounds: tuple[float, float, float, float]


class LayerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One layer with parameters, and the activation behind it.

    name: as in dense.1; weight, gradient: the norms of its weights and of their gradient on a batch; ratio: log10 of
    the norm of the next update over that of the weights, NaN where it moves nothing. bend: the activation, with so many
    `units`, the share of them `dead` (no slope for any row) and `stuck` (at a flat end), NaN where that cannot be told.
    weights, gradients: histograms around zero out to the largest [16] uint8, 255 the fullest bin.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int
    weight: float
    gradient: float
    ratio: float
    weights: Array
    gradients: Array
    bend: str = ""
    units: int = 0
    dead: float = float("nan")
    stuck: float = float("nan")


class Confusion(msgspec.Struct, frozen=True):
    """How often each class was taken for each other: counts [k, k] int32, label down, prediction across.

    classes [k]: which classes these are (those confused most, where there are many). split: whose rows; rows: how many
    were asked.
    """

    counts: Array
    classes: tuple[int, ...]
    split: str
    rows: int


class Responses(msgspec.Struct, frozen=True):
    """What each neuron of a hidden layer answers over the plane (on one feature: along it), the first 16 of `units`.

    maps [n, H, W] uint8: 128 is zero, 1 and 255 are -scale and +scale; scale [n] float32. Row 0 is the top.
    """

    name: str
    units: int
    maps: Array
    scale: Array


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What one block of layers makes of an example.

    words: of its layers; shape: of all that comes out; picture: whether it is maps of an image, each a picture. maps
    uint8 [n, H, W], the first of `of`: 128 is zero, 1 and 255 are -scale and +scale, and scale is NaN where something
    is no number. Of a sequence it is one map, steps across and units down, the first of `of` units; of a flat row one
    of a single line.
    """

    words: str
    shape: tuple[int, ...]
    of: int
    picture: bool
    maps: Array
    scale: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An example on its way through a network: row of `rows` in a split, what it is, what it is taken for, how surely.

    It is an image [h, w] uint8, or a sequence: letters, or series [n, T] float32, the first of its numbers; of many
    steps some, evenly taken. made: what each layer makes of it. saliency uint8: how much each pixel or step moves the
    answer, 255 the most, of the image's shape or [T].
    """

    split: str
    row: int
    rows: int
    label: str
    said: str
    sure: float
    made: tuple[Made, ...]
    image: Array | None = None
    series: Array | None = None
    letters: tuple[str, ...] = ()
    saliency: Array | None = None


class Patterns(msgspec.Struct, frozen=True):
    """The first weights of a network: maps uint8 [n, H, W], 128 zero, each scaled to its own largest, n of `of`.

    words: of the layer. Where inputs are pixels, each map is what a unit looks for (of a convolution its channels one
    under the other); else it is one map, a line for each of the inputs and a column for each unit.
    """

    words: str
    of: int
    maps: Array
    inputs: tuple[str, ...] = ()


class Forecast(msgspec.Struct, frozen=True):
    """A series and what is said of it: see `mlcore.forecasting.Forecast`."""

    split: str
    before: Array
    truth: Array
    said: Array
    low: float
    high: float

"""What a worker answers about an experiment that is being built, as plain values."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]


class Block(msgspec.Struct, frozen=True):
    """A layer with what belongs to it as one part of a drawing: its words, the shape of what comes out."""

    words: str
    shape: Shape


class Net(msgspec.Struct, frozen=True):
    """The network as drawn: names of inputs and outputs, width of every layer of numbers, activations between them.

    blocks: what comes before these in a network of images or sequences, the input first; passed: how many dense layers
    are among them.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    widths: tuple[int, ...]
    activations: tuple[str, ...]
    parameters: int
    blocks: tuple[Block, ...] = ()
    passed: int = 0


class Histogram(msgspec.Struct, frozen=True):
    """How often values of one column fall into bins of equal width [bins] from low to high, in data units."""

    name: str
    low: float
    high: float
    counts: Array


class Surface(msgspec.Struct, frozen=True):
    """Rows of a regression on two numbers: x, y [n] and what is to be learned, value [n], float32 in data units."""

    x: Array
    y: Array
    value: Array


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a data set to look at.

    names: of the columns of `head`, whose first rows are texts, the target last. histograms: of the first features, and
    of the target of a regression. counts: training rows of each class. features: how many there are in all. images
    [n, h, w] uint8 with their classes, labels [n]. notices: what a person should know of these data.
    """

    names: tuple[str, ...]
    head: tuple[tuple[str, ...], ...]
    features: int
    histograms: tuple[Histogram, ...] = ()
    counts: tuple[int, ...] = ()
    images: Array | None = None
    labels: Array | None = None
    surface: Surface | None = None
    notices: tuple[str, ...] = ()


class Stratum(msgspec.Struct, frozen=True):
    """One layer: its word, the shapes before and after it, how many numbers it learns."""

    word: str
    kind: str
    inputs: Shape
    outputs: Shape
    parameters: int


class Outline(msgspec.Struct, frozen=True, tag="outline", kw_only=True):
    """An experiment before it is trained: every layer, the head last, and what is odd about it, in words.

    weights: the first ones, as a picture has them; none of a large network. rows: trained on; steps: of an epoch.
    varied [n, m, h, w] uint8: of a network that varies its images the first n, each as it is and as it is learned m - 1
    times. seconds: about how long it trains at full speed. unfit: choices of a setting that do not go with these data.
    """

    summary: str
    strata: tuple[Stratum, ...]
    net: Net
    weights: tuple[Array, ...]
    loss: str
    task: str
    rows: int
    steps: int
    seconds: float
    unfit: dict[str, tuple[str, ...]] = {}
    remarks: tuple[str, ...] = ()
    varied: Array | None = None


class Checked(msgspec.Struct, frozen=True, tag="checked"):
    """One check before training, and how many there are. verdict: ok, failed or skipped; meaning: what it is about."""

    check: int
    total: int
    name: str
    verdict: str
    evidence: str
    remedy: str = ""
    meaning: str = ""


class Swept(msgspec.Struct, frozen=True, tag="swept", kw_only=True):
    """What the learning rate finder found: see `mlcore.rates.Sweep`."""

    rates: Array
    losses: Array
    smoothed: Array
    first: float
    suggestion: float | None
    why: str
    networks: int


class Columns(msgspec.Struct, frozen=True, tag="columns"):
    """The names of the columns of a file, in their order; none where it is no table."""

    names: tuple[str, ...]


class Yardstick(msgspec.Struct, frozen=True):
    """What something simple reaches, 0 to 1 (accuracy, or R² of a regression), and what it is."""

    name: str
    score: float


class Yardsticks(msgspec.Struct, frozen=True, tag="yardsticks"):
    """What is reached without a network to speak of. split: the rows it was measured on."""

    split: str
    found: tuple[Yardstick, ...]


class Code(msgspec.Struct, frozen=True, tag="code"):
    """A network as files by suffix, the main one first. epoch: whose weights they are; 0: the first ones."""

    target: str
    files: dict[str, bytes]
    epoch: int

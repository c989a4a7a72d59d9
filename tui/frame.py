"""Frame: everything the panes may show at one moment, frozen. A pane is a function from a Frame and a size to rows.

Named tuples, not dataclasses: those take 5 ms longer to make, and the first paint waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Series(NamedTuple):
    """One curve: x (epochs) and y [n] float64, at most 2,048 points; low and high [n]: the range folded into each."""

    name: str
    x: Array
    y: Array
    low: Array | None = None
    high: Array | None = None


class Points(NamedTuple):
    """Rows of a data set with two features: x, y [n] in data units, label [n] class numbers."""

    x: Array
    y: Array
    label: Array


class Boundary(NamedTuple):
    """What the network believes over a rectangle of the input plane.

    winner [H, W] uint8: the most probable class; certainty [H, W] uint8: its probability, 0..255 over 1/K..1.
    Row 0 is the top (largest second feature). bounds: x from, x to, y from, y to.
    """

    winner: Array
    certainty: Array
    bounds: tuple[float, float, float, float]


class Surface(NamedTuple):
    """A regression over a rectangle of the plane: level [H, W] uint8, 0..255 from `low` to `high`, row 0 at the top.

    The labels of the points over it are their targets on the same scale.
    """

    level: Array
    bounds: tuple[float, float, float, float]
    low: float
    high: float


class Fit(NamedTuple):
    """A regression on one feature: training and test points and the network's line."""

    train: Points
    test: Points
    x: Array
    y: Array


class Pictures(NamedTuple):
    """Images and what the network says of them: images [n, h, w] uint8, predicted, label [n], probability [n]."""

    images: Array
    predicted: Array
    label: Array
    probability: Array


class Net(NamedTuple):
    """The network as drawn: names of inputs and outputs, widths of every layer of numbers, activations between them.

    weights[i] [inputs shown, outputs shown] of dense layer i, cut to the first 16 of each side; may be empty. blocks:
    what comes before them in a network of images or sequences, the input first: words and the shape of what comes out;
    passed: how many dense layers are among these.
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    activations: tuple[str, ...] = ()
    weights: tuple[Array, ...] = ()
    parameters: int = 0
    blocks: tuple[tuple[str, str], ...] = ()
    passed: int = 0


class LayerRow(NamedTuple):
    """One layer with parameters and the activation behind it, as the worker counts them.

    weight, gradient: norms; ratio: log10 of the norm of an update over that of the weights; bend: the activation with
    its `units`, the shares of them `dead` and `stuck`; NaN where something cannot be told. weights, gradients: heights
    of histograms around zero [16] uint8.
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


class Confusion(NamedTuple):
    """How often each class was taken for each other: counts [k, k], label down, prediction across.

    names: of these classes; split: whose rows; rows: how many were asked.
    """

    counts: Array
    names: tuple[str, ...]
    split: str
    rows: int


class Responses(NamedTuple):
    """What neurons of a hidden layer of `units` answer over the plane: maps [n, H, W] uint8, 128 is zero.

    scale [n]: what 1 and 255 stand for; 0 where a neuron answers nothing anywhere.
    """

    name: str
    units: int
    maps: Array
    scale: Array


class Made(NamedTuple):
    """What one block of layers makes of an example: its words, the shape of all of it, maps of the first of `of`.

    maps [n, H, W] uint8: 128 is zero, 1 and 255 are -scale and +scale; scale NaN: no numbers. picture: whether they are
    pictures; else it is one map, of a sequence with its steps across and its units down, of a flat row of one line.
    """

    words: str
    shape: tuple[int, ...]
    of: int
    picture: bool
    maps: Array
    scale: float


class Seen(NamedTuple):
    """An example on its way through the network: row of `rows` in a split, what it is and is taken for, how surely.

    It is an image [h, w] uint8, or a sequence: letters, or series [n, T]. saliency uint8: how much each pixel or step
    moves the answer, of the image's shape or [T].
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


class Patterns(NamedTuple):
    """The first weights: pictures [n, H, W] uint8 of the first of `of` units, or a table: a line for each input."""

    words: str
    of: int
    maps: Array
    inputs: tuple[str, ...] = ()


class Forecast(NamedTuple):
    """A series: before [m] in front of the rows of a split, truth and said [n] of these.

    In eight of ten cases the truth lies between said + low and said + high.
    """

    split: str
    before: Array
    truth: Array
    said: Array
    low: float
    high: float


class Happening(NamedTuple):
    """Something that happened to the run. kind: start, change, warning, best, checkpoint or end; who: "you" or ""."""

    epoch: int
    kind: str
    words: str
    who: str = ""


class Frame(NamedTuple):
    """One moment of a run, or of an experiment about to start.

    state: loading, running, paused, finished, stopped, diverged, failed, lost. film: epochs of the snapshots in memory;
    shown_epoch: the epoch the pictures are of (less than `epoch` while somebody scrubs). rows: of each split. points:
    rows trained on, test_points: rows kept for the test. losses and accuracies: train, validation; losses also have
    step, the loss of single steps; curves: by metric, train and validation, of everything else that is measured.
    metrics: of the epoch shown;
    saved: the step of the newest checkpoint. axes,
    spread: what the plane of the picture is, and the share of the variance on it where it is a projection.
    shows: what says best what a network has learned of these data, where it is not boundary, fit or pictures: samples
    (texts it makes up) or forecast. inside_epoch: the epoch layers, confusion, responses, seen, patterns, samples and
    forecast are of. selected: the hidden layer keys act on, -1 for none.
    data_name: of a file its name, of other data their kind, as dataset is; target: the column of a table that is
    learned.
    hint: what helps when there is a message. loop: who trains, where it is not mlj:
    curves over steps and nothing else. machine: on what PyTorch trains, how, and how full and busy that is.
    link: what is to be said of the way to the terminal.
    """

    state: str = "loading"
    dataset: str = ""
    task: str = ""
    run: str = ""
    name: str = ""
    backend: str = ""
    pace: str = "show"
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    seconds: float = 0.0
    steps_per_second: float = 0.0
    eta: float | None = None
    learning_rate: float = 0.0
    metrics: Mapping[str, float] = NOTHING
    ceiling: float | None = None
    class_names: tuple[str, ...] = ()
    rows: Mapping[str, int] = NOTHING
    losses: tuple[Series, ...] = ()
    accuracies: tuple[Series, ...] = ()
    points: Points | None = None
    test_points: Points | None = None
    boundary: Boundary | None = None
    fit: Fit | None = None
    pictures: Pictures | None = None
    net: Net = Net()
    selected: int = -1
    film: tuple[int, ...] = ()
    shown_epoch: int = 0
    saved: int = -1
    message: str = ""
    hint: str = ""
    curves: Mapping[str, tuple[Series, ...]] = NOTHING
    axes: tuple[str, ...] = ()
    spread: float | None = None
    surface: Surface | None = None
    inside_epoch: int = 0
    layers: tuple[LayerRow, ...] = ()
    confusion: Confusion | None = None
    responses: tuple[Responses, ...] = ()
    seen: Seen | None = None
    patterns: Patterns | None = None
    samples: tuple[str, ...] = ()
    forecast: Forecast | None = None
    shows: str = ""
    events: tuple[Happening, ...] = ()
    loop: str = ""
    data_name: str = ""
    target: str = ""
    machine: str = ""
    link: str = ""

"""What a worker says to its clients, as plain values."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from mlcore.worker.building import Checked, Code, Columns, Net, Outline, Sample, Swept, Yardsticks
from mlcore.worker.commands import Pace
from mlcore.worker.findings import AnyFinding
from mlcore.worker.shown import (
    Array,
    Boundary,
    Confusion,
    Digits,
    Forecast,
    Heights,
    LayerRow,
    Line,
    Patterns,
    Responses,
    Seen,
)
from mlcore.worker.tabled import AnyTabled


class Message(msgspec.Struct, frozen=True, tag_field="kind", kw_only=True):
    """Something a worker says. `number` counts the experiments of a worker; what has an older one is out of date."""

    number: int = 0


class Hello(Message, frozen=True, tag="hello"):
    """First words of a worker. lab: it takes `start`; else it trains one run and ends with it."""

    version: int
    pid: int
    lab: bool


class Points(msgspec.Struct, frozen=True):
    """Rows in data units: x, y [n] float32; label [n] uint8; held [n] uint8, 1 where a row is of the test split.

    The label of a regression on a plane is its target, 0..255 over the `levels` of the scene.
    """

    x: Array
    y: Array
    label: Array
    held: Array


class Scene(msgspec.Struct, frozen=True, tag="scene", kw_only=True):
    """What there is to know of a data set before training: words, sizes, and points where it has one or two features.

    bounds: x from, x to, y from, y to of the plane the decision map covers, 10 % beyond the data. axes: what x and y of
    the plane are; spread: the share of all variance on it, where it is a projection of more features. levels: the
    smallest and the largest target of a regression. sample: more to look at, in the answer to `preview` alone. shows:
    samples or forecast, where that says what a network has learned.
    """

    dataset: str
    task: str
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    rows: dict[str, int]
    ceiling: float | None = None
    image_shape: tuple[int, int] | None = None
    points: Points | None = None
    bounds: tuple[float, float, float, float] | None = None
    axes: tuple[str, ...] = ()
    spread: float | None = None
    levels: tuple[float, float] | None = None
    sample: Sample | None = None
    shows: str = ""


class Started(Message, frozen=True, tag="started"):
    """An experiment begins (or this client came later): all of it that does not change.

    loop: who trains, where it is not mlj: then there are curves over steps, but no network, no data and no pictures.
    device_name: what a GPU calls itself; engine: how PyTorch runs a step.
    """

    config: dict[str, Any]
    run: str
    name: str
    backend: str
    device: str
    isa: str
    threads: int
    summary: str
    why: str
    epochs: int
    steps_per_epoch: int
    scene: Scene
    net: Net
    parent: str = ""
    lab: bool = False
    loop: str = ""
    device_name: str = ""
    engine: str = ""
    precision: str = "float32"


class Gauges(msgspec.Struct, frozen=True):
    """How full a GPU is, in bytes, and how busy, in per cent; memory_peak: the most the run has had."""

    memory_used: int
    memory_total: int
    memory_peak: int = 0
    utilisation: int | None = None


class Update(Message, frozen=True, tag="update"):
    """Where the run is. rate: steps a second; film: epochs one may scrub to; run: its id once it is on disk.

    state: loading, running, paused, finished, stopped, diverged or failed. best_epoch: the best so far, saved_epoch:
    that of the newest checkpoint on the disk, saved: its step; -1 where there is none. gauges: of the GPU it is on.
    """

    state: str
    epoch: int
    epochs: int
    step: int
    seconds: float
    rate: float
    learning_rate: float
    pace: Pace
    metrics: dict[str, float]
    film: Array
    run: str = ""
    name: str = ""
    kept: bool = True
    saved: int = -1
    message: str = ""
    best_epoch: int = -1
    saved_epoch: int = -1
    gauges: Gauges | None = None


class Curve(Message, frozen=True, tag="curve"):
    """New buckets of one curve: they replace the client's buckets from place `first` on.

    name: a metric, or step_loss. x (epochs), y (mean), low, high [n] float64; at most 2,048 buckets in all.
    """

    name: str
    first: int
    x: Array
    y: Array
    low: Array
    high: Array


class Picture(Message, frozen=True, tag="picture"):
    """What the network of one moment believes; weights[i]: dense layer i, cut to 16 inputs and outputs, float32.

    metrics: of that epoch, when it is one of the film.
    """

    epoch: int
    step: int
    boundary: Boundary | None = None
    line: Line | None = None
    digits: Digits | None = None
    weights: tuple[Array, ...] = ()
    surface: Heights | None = None
    metrics: dict[str, float] = {}


class Inside(Message, frozen=True, tag="inside"):
    """What the network of one moment looks like inside: what the panes of this client ask for, a few times a second."""

    epoch: int
    step: int
    layers: tuple[LayerRow, ...] = ()
    confusion: Confusion | None = None
    responses: tuple[Responses, ...] = ()
    seen: Seen | None = None
    patterns: Patterns | None = None
    samples: tuple[str, ...] = ()
    forecast: Forecast | None = None


class Changed(Message, frozen=True, tag="changed"):
    """Somebody changed a setting while it ran."""

    epoch: int
    step: int
    name: str
    old: Any
    new: Any


class Warned(Message, frozen=True, tag="warned"):
    """Something went wrong that the run survives, such as a checkpoint that could not be written."""

    code: str
    message: str


class Ended(Message, frozen=True, tag="ended"):
    """The run is over; `metrics` are of the weights kept."""

    reason: str
    epoch: int
    step: int
    seconds: float
    metrics: dict[str, float]
    best_epoch: int = 0
    message: str = ""


class Failed(Message, frozen=True, tag="failed"):
    """The run could not be started or went on no longer, and why."""

    code: str
    message: str
    where: str = ""
    hint: str = ""


class Reply(Message, frozen=True, tag="reply"):
    """The answer to the command with this id. error is None when it was done; value is what was asked for."""

    id: int
    error: Failed | None = None
    value: (
        Scene | Activity | Compared | Outline | Checked | Swept | Code | Columns | Yardsticks | AnyFinding | AnyTabled
        | None
    ) = None  # fmt: skip


class Band(msgspec.Struct, frozen=True):
    """A curve of one run: epoch, step, seconds and y [n]; of many seeds y is the median, low and high the range."""

    epoch: Array
    step: Array
    seconds: Array
    y: Array
    low: Array | None = None
    high: Array | None = None


class Compared(msgspec.Struct, frozen=True, tag="compared", kw_only=True):
    """Runs beside each other: `rows` are a name and a cell for each run, `verdicts` and `parted` sentences.

    curve: the metric of the bands; whats: metrics they can be compared by; running: whether any of them goes on;
    unit: what `epoch` of the bands counts: epochs, or the steps of somebody's own loops; folders: the runs of each.
    """

    names: tuple[str, ...]
    what: str
    whats: tuple[str, ...]
    curve: str
    bands: tuple[Band, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...] = ()
    parted: tuple[str, ...] = ()
    running: bool = False
    unit: str = "epoch"
    folders: tuple[tuple[str, ...], ...] = ()


class Activity(msgspec.Struct, frozen=True, tag="activity"):
    """What a network makes of one row: its numbers after every layer, and the probability of each class."""

    inputs: Array
    layers: tuple[Array, ...]
    probabilities: Array
    label: float


class Lost(Message, frozen=True, tag="lost"):
    """Made by the client itself: the worker is gone."""

    message: str = "the worker ended"


AnyMessage: TypeAlias = (
    Hello | Started | Update | Curve | Picture | Inside | Changed | Warned | Ended | Failed | Reply | Lost
)  # fmt: skip

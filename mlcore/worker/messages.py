"""What a worker says to its clients, as plain values."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

from mlcore.worker.building import Checked, Code, Net, Outline, Sample, Swept, Yardsticks
from mlcore.worker.commands import Pace
from mlcore.worker.findings import AnyFinding

Array: TypeAlias = NDArray[Any]


class Message(msgspec.Struct, frozen=True, tag_field="kind", kw_only=True):
    """Something a worker says. `number` counts the experiments of a worker; what has an older one is out of date."""

    number: int = 0


class Hello(Message, frozen=True, tag="hello"):
    """First words of a worker. lab: it takes `start`; else it trains one run and ends with it."""

    version: int
    pid: int
    lab: bool


class Points(msgspec.Struct, frozen=True):
    """Rows in data units: x, y [n] float32; label [n] uint8; held [n] uint8, 1 where a row is of the test split."""

    x: Array
    y: Array
    label: Array
    held: Array


class Scene(msgspec.Struct, frozen=True, tag="scene", kw_only=True):
    """What there is to know of a data set before training: words, sizes, and points where it has one or two features.

    bounds: x from, x to, y from, y to of the plane the decision map covers, 10 % beyond the data. sample: more to look
    at, in the answer to `preview` alone.
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
    sample: Sample | None = None


class Started(Message, frozen=True, tag="started"):
    """An experiment begins (or this client came later): all of it that does not change."""

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


class Update(Message, frozen=True, tag="update"):
    """Where the run is. rate: steps a second; film: epochs one may scrub to; run: its id once it is on disk.

    state: loading, running, paused, finished, stopped, diverged or failed.
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
    message: str = ""


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


class Picture(Message, frozen=True, tag="picture"):
    """What the network of one moment believes; weights[i]: dense layer i, cut to 16 inputs and outputs, float32."""

    epoch: int
    step: int
    boundary: Boundary | None = None
    line: Line | None = None
    digits: Digits | None = None
    weights: tuple[Array, ...] = ()


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
    value: Scene | Activity | Outline | Checked | Swept | Code | Yardsticks | AnyFinding | None = None


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
    Hello | Started | Update | Curve | Picture | Changed | Warned | Ended | Failed | Reply | Lost
)  # fmt: skip

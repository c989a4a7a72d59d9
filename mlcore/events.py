"""What a run says while it runs. Events are values; looking at them is all that printing, recording and drawing do."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Metrics: TypeAlias = dict[str, float]
Reason: TypeAlias = Literal["finished", "early_stop", "goal", "time", "stopped", "interrupted", "diverged"]


class Event(msgspec.Struct, frozen=True, tag_field="kind"):
    """Something that happened in a run."""

    @property
    def kind(self) -> str:
        """The word for it: started, progress, epoch, snapshot, changed, ended."""
        return str(self.__struct_config__.tag)


class Started(Event, frozen=True, tag="started"):
    """The network is built and the first step is next. `why` says why this backend was taken.

    device_name: what a GPU calls itself; engine: how PyTorch runs a step; empty for what has neither.
    """

    config: dict[str, Any]
    backend: str
    device: str
    isa: str
    threads: int
    parameters: int
    summary: str
    why: str
    epochs: int
    steps_per_epoch: int
    epoch: int = 0
    step: int = 0
    ceiling: float | None = None
    run: str = ""
    world_size: int = 1  # processes that train this network together
    device_name: str = ""
    engine: str = ""
    precision: str = "float32"


class Progress(Event, frozen=True, tag="progress"):
    """A slice of training: the mean loss of each of its steps before its update; `step` counts updates made so far."""

    epoch: int
    step: int
    seconds: float
    losses: Any  # float32 [steps of the slice]
    now: Any = None  # () -> Model of this moment; call it before the next event is pulled


class Turn(Event, frozen=True, tag="turn"):
    """A slice is next. Whoever trains many networks at once answers its `work`; only `train(together=True)` says it."""

    work: Any  # a Work


class EpochEnded(Event, frozen=True, tag="epoch"):
    """Every training row was seen once more; `epoch` counts from 1.

    `model` is the network as it is now; `state` a `State` from which training can go on or branch.
    """

    epoch: int
    step: int
    seconds: float
    metrics: Metrics
    model: Any = None
    state: Any = None


class Snapshot(Event, frozen=True, tag="snapshot"):
    """Everything needed to go on from here: `state` is a `State`; `final` marks the last one of a run.

    `model` is the network of that state. `record` passes it on once it is on the disk, and leaves out those it did not
    write; one somebody `asked` for is written at once.
    """

    epoch: int
    step: int
    state: Any
    final: bool = False
    model: Any = None
    asked: bool = False


class Changed(Event, frozen=True, tag="changed"):
    """A person changed something while it ran; `name` is the dotted name of the configuration.

    Or a weight was set by hand: `weight.LAYER.FROM.TO`; then `metrics`, `model` and `state` are those from now on.
    """

    epoch: int
    step: int
    name: str
    old: Any
    new: Any
    metrics: Metrics = {}
    model: Any = None
    state: Any = None


class Warned(Event, frozen=True, tag="warned"):
    """Something went wrong that the run survives, such as a checkpoint that could not be written."""

    epoch: int
    step: int
    code: str
    message: str


class Ended(Event, frozen=True, tag="ended"):
    """The run is over. `metrics` and `model` are of the weights kept: the best, if asked for, else the last.

    best_epoch: the epoch of those weights.
    """

    reason: Reason
    epoch: int
    step: int
    seconds: float
    metrics: Metrics
    best_epoch: int = 0
    message: str = ""
    model: Any = None


AnyEvent: TypeAlias = Started | Progress | EpochEnded | Snapshot | Changed | Warned | Ended

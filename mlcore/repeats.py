"""Repeats, sweeps and folds: one experiment from many seeds, with many settings, or on each fold, as one job.

Small networks train at once, on a GPU all that fit, others one by one. Each is the one a run of it alone gives, on the
C kernels bit for bit, in PyTorch to rounding. Recorded, there is a parent run that names its children, and a child for
each network, a run like any other.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from mlcore import folds, names, status, sweeps, training
from mlcore.backends.backend import Joining, Together, Work
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Data, Dataset
from mlcore.errors import MljError
from mlcore.events import Ended, Event, Reason, Started, Turn
from mlcore.groups import groups
from mlcore.recording import EXITS, STATES, record
from mlcore.run import Run
from mlcore.status import Status
from mlcore.storage import Lock, write_file
from mlcore.sweeps import Member, Sweep
from mlcore.world import World

HALTED = ("stopped", "interrupted")
SLICE = 0.05  # seconds of work of all networks between two looks at what a person wants


class Told(NamedTuple):
    """An event, and the number of the network it is of: its seed, or in a sweep its place, from 1."""

    number: int
    event: Event


class Spread(NamedTuple):
    """The lowest, the middle and the highest of what so many seeds gave as a number."""

    low: float
    median: float
    high: float
    seeds: int


def first(members: Sequence[Member], data: Data) -> Started:
    """What the first of them says when it starts. Raises as `train` does when any of them cannot run here."""
    next(groups(members, data))
    with contextlib.closing(cast(Any, training.train(members[0].config, data=data))) as events:
        return cast(Started, next(events))


def train_many(
    config: Config,
    *,
    sweep: Sweep | None = None,
    controls: Controls | None = None,
    data: Data | None = None,
    parent: Run | None = None,
    world: World | None = None,
    others: Callable[[], Iterable[Told]] = tuple,
) -> Iterator[Told]:
    """Train every seed of an experiment, of a sweep every combination, each to its own end. Closing stops them all.

    sweep: settings and their values, {"optimizer.learning_rate": [0.001, 0.01]}. controls: `stop` ends those that run
    and begins no other; settings cannot change here. parent: a run made by `begin`, with the same sweep; then each
    network is recorded as its child. Raises what `train` raises.
    world: train those alone that are this process's; `others` are asked at the end what came of the rest.
    """
    members = sweeps.members(config, sweep)
    data, world = data or config.dataset.load(), world or World()
    told = _told(members, controls or Controls(), (config.dataset, data), parent, world, others)
    return told if parent is None or world.rank else _kept(told, parent, config)


def begin(
    config: Config,
    root: str | Path | None = None,
    *,
    sweep: Sweep | None = None,
    name: str = "",
    data: Data | None = None,
) -> Run:
    """The parent run for `train_many`, its folder written; its children are named, and made when they begin.

    Raises as `train` does, before anything is on the disk, when one of them cannot run here.
    """
    members, data = sweeps.members(config, sweep), data or config.dataset.load()
    first(members, data)
    children = [names.new_id() for _ in members]
    return Run.create(config, root, name=name, data=data, children=children, sweep=sweep)


def _told(
    members: Sequence[Member],
    controls: Controls,
    known: tuple[Dataset, Data],
    parent: Run | None,
    world: World,
    others: Callable[[], Iterable[Told]],
) -> Iterator[Told]:
    begun = False
    for group, data in _grouped(members[world.rank :: world.size], known, controls):
        with contextlib.ExitStack() as stack:
            sources = {}
            for member in group:
                if begun and controls.stopping:
                    break
                source = training.train(member.config, controls=controls, data=data, together=len(group) > 1)
                if parent is not None:
                    source = record(source, _child(parent, member, data), among=len(group))
                sources[member.number] = stack.enter_context(contextlib.closing(cast(Any, source)))
                begun = True
            yield from _in_turn(sources)
    yield from others()


def _grouped(
    members: Sequence[Member], known: tuple[Dataset, Data], controls: Controls
) -> Iterator[tuple[list[Member], Data]]:
    """The networks that train at once, and their rows: those of one fold, then of the next, prepared anew for each."""
    for dataset, several in itertools.groupby(members, key=lambda member: member.config.dataset):
        if controls.stopping:
            return
        data = known[1] if dataset == known[0] else dataset.load()
        for group in groups(several, data):
            yield group, data


def numbered(name: str, number: int) -> str:
    """What the run of one network is called, of those that `name` stands for."""
    return f"{name[:180]}-{number}"


def _child(parent: Run, member: Member, data: Data) -> Run:
    name = numbered(Run.open(parent.folder).name, member.number)  # it may be renamed by now
    run_id = parent.children[parent.numbers.index(member.number)]
    return Run.create(member.config, parent.folder.parent, parent=parent.id, name=name, data=data, run_id=run_id)


def _in_turn(sources: dict[int, Iterator[Event]]) -> Iterator[Told]:
    """The events of all: each goes on until a slice is next, then the slices of all are trained at once."""
    choir = _Choir()
    while sources:
        works: list[Work] = []
        for number, source in list(sources.items()):
            for event in source:
                if isinstance(event, Turn):
                    works.append(event.work)
                    break
                yield Told(number, event)
            else:
                del sources[number]
        choir.sing(works)


class _Choir:
    """Answers the slices of many networks with one call."""

    def __init__(self) -> None:
        self._many: dict[tuple[Joining, ...], Together] = {}
        self._speed = 0.0  # steps of all a second

    def sing(self, works: Sequence[Work]) -> None:
        """Those at the same step at once: all of them, but for one that has rolled back."""
        parts: dict[int, list[Work]] = {}
        for work in works:
            parts.setdefault(work.first_step, []).append(work)
        self._many = dict(self._sung(part) for part in parts.values())

    def _sung(self, works: Sequence[Work]) -> tuple[tuple[Joining, ...], Together]:
        """As many steps as everybody asks for and 50 ms allow, and who made them. The time is shared out evenly."""
        sessions = tuple(cast(Joining, work.session) for work in works)
        many = self._many.get(sessions) or sessions[0].together(sessions)
        timed = math.ceil(self._speed * SLICE) or 1
        steps = min(timed, *(work.steps for work in works))
        began = time.perf_counter()
        losses = many.train(works[0].first_step, steps, [work.rates[:steps] for work in works])
        seconds = time.perf_counter() - began
        self._speed = steps / max(seconds, 1e-9)
        for work, own in zip(works, losses, strict=True):
            work.losses, work.seconds = own, seconds / len(works)
        return sessions, many


# ---- what they are together ----


def reason(ends: Iterable[Ended]) -> Reason:
    """How they ended: as all did; else as the worst did; else finished."""
    found = {end.reason for end in ends}
    for bad in STATES:
        if bad in found:
            return bad
    return found.pop() if len(found) == 1 else "finished"


def spread(ends: Iterable[Ended]) -> dict[str, Spread]:
    """Each metric over the networks: of those that have it as a number."""
    values: dict[str, list[float]] = {}
    for end in ends:
        for name, value in end.metrics.items():
            if math.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: Spread(min(v), statistics.median(v), max(v), len(v)) for name, v in values.items()}


def outcome(config: Config, sweep: Sweep | None, ends: Mapping[int, Ended]) -> list[Ended]:
    """The ends that tell how the job went: all; of a sweep that was not stopped, those of its best combination.

    Of a cross-validation no fold is the best: all of them.
    """
    if not sweep or folds.folded(sweep) or not ends or reason(ends.values()) in HALTED:
        return [*ends.values()]
    best, *_ = sweeps.ranked(config, sweep, {number: end.metrics for number, end in ends.items()})
    return [ends[number] for number in best.numbers]


def _kept(source: Iterator[Told], parent: Run, config: Config) -> Iterator[Told]:
    """Pass on what is told; the status of the parent says where they are, and in the end how they spread."""
    lock, began, ends = Lock(parent.folder / "lock"), time.monotonic(), dict[int, Ended]()
    said: dict[str, Any] = {"state": "running", "pid": os.getpid(), "epochs": config.epochs}
    try:
        _write(parent, said)
        for told in source:
            if isinstance(told.event, Ended):
                ends[told.number] = told.event
            yield told
        said |= _together(outcome(config, parent.sweep, ends), parent.sweep)
        if said["state"] == "interrupted":
            said["exit_code"] = parent.exit_code
    except GeneratorExit:
        said |= {"state": "stopped", "reason": "closed"}
        raise
    except (KeyboardInterrupt, SystemExit):
        said |= {"state": "interrupted", "reason": "interrupted", "exit_code": parent.exit_code}
        raise
    except BaseException as error:
        code = error.exit_code if isinstance(error, MljError) else 70
        said |= {"state": "failed", "reason": "failed", "message": str(error), "exit_code": code}
        raise
    finally:
        cast(Any, source).close()
        _write(parent, said | {"seconds": time.monotonic() - began})
        lock.release()


def _together(ends: Sequence[Ended], sweep: Sweep) -> Mapping[str, Any]:
    """The end of the parent as its status says it: medians, of a cross-validation means."""
    why, found = reason(ends), spread(ends)
    middle = {name: each.median for name, each in found.items()}
    if folds.folded(sweep):
        middle = {name: each.mean for name, each in folds.estimates(end.metrics for end in ends).items()}
    return {
        "state": why if why in STATES else "finished",
        "reason": why,
        "epoch": max(end.epoch for end in ends),
        "step": max(end.step for end in ends),
        "metrics": middle,
        "spread": {name: each[:3] for name, each in found.items()} if len(ends) > 1 else {},
        "exit_code": EXITS.get(why, 0),
    }


def _write(parent: Run, said: Mapping[str, Any]) -> None:
    write_file(parent.folder / "status.json", status.line(Status(**said)))

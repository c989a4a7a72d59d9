"""Repeats: one experiment from many seeds. Small networks train at once, on a GPU all that fit, others one by one.

Each network is the one a run of its seed alone gives, on the C kernels bit for bit, in PyTorch to rounding. Recorded,
there is a parent run that names its children, and a child for each seed, a run like any other.
"""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from mlcore import names, status, training
from mlcore.backends import at_once
from mlcore.backends.backend import Joining, Together, Work
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Data
from mlcore.errors import MljError
from mlcore.events import Ended, Event, Reason, Started, Turn
from mlcore.recording import EXITS, STATES, record
from mlcore.run import Run
from mlcore.status import Status
from mlcore.storage import Lock, write_file
from mlcore.world import World

SLICE = 0.05  # seconds of work of all networks between two looks at what a person wants


class Told(NamedTuple):
    """An event, and the seed of the network it is of."""

    seed: int
    event: Event


class Spread(NamedTuple):
    """The lowest, the middle and the highest of what so many seeds gave as a number."""

    low: float
    median: float
    high: float
    seeds: int


def members(config: Config) -> tuple[Config, ...]:
    """The experiments that `config` repeats: each a run of one seed."""
    seeds = range(config.seed, config.seed + config.repeats)
    return tuple(msgspec.structs.replace(config, seed=seed, repeats=1) for seed in seeds)


def first(config: Config, data: Data) -> Started:
    """What the run of the first seed says when it starts. Raises as `train` does when it cannot run here."""
    with contextlib.closing(cast(Any, training.train(members(config)[0], data=data))) as events:
        return cast(Started, next(events))


def train_many(
    config: Config,
    *,
    controls: Controls | None = None,
    data: Data | None = None,
    parent: Run | None = None,
    world: World | None = None,
    others: Callable[[], Iterable[Told]] = tuple,
) -> Iterator[Told]:
    """Train every seed of an experiment, each to its own end. Closing the iterator stops them all.

    controls: `stop` ends those that run and begins no other; settings cannot change here. parent: a run made by
    `begin`; then each seed is recorded as its child. Raises what `train` raises.
    world: train those seeds alone that are this process's; `others` are asked at the end what came of the rest.
    """
    data, world = data or config.dataset.load(), world or World()
    told = _told(config, controls or Controls(), data, parent, world, others)
    return told if parent is None or world.rank else _kept(told, parent, config)


def begin(config: Config, root: str | Path | None = None, *, name: str = "", data: Data | None = None) -> Run:
    """The parent run for `train_many`, its folder written; its children are named, and made when they begin.

    Raises as `train` does, before anything is on the disk, when the experiment cannot run here.
    """
    data = data or config.dataset.load()
    first(config, data)
    children = [names.new_id() for _ in range(config.repeats)]
    return Run.create(config, root, name=name, data=data, children=children)


def _told(
    config: Config,
    controls: Controls,
    data: Data,
    parent: Run | None,
    world: World,
    others: Callable[[], Iterable[Told]],
) -> Iterator[Told]:
    started, rest = first(config, data), list(enumerate(members(config)))[world.rank :: world.size]
    size = at_once(started.backend, started.device, started.parameters)
    begun = False
    while rest:
        group, rest = rest[:size], rest[size:]
        with contextlib.ExitStack() as stack:
            sources = {}
            for number, member in group:
                if begun and controls.stopping:
                    break
                source = training.train(member, controls=controls, data=data, together=len(group) > 1)
                if parent is not None:
                    source = record(source, _child(parent, number, member, data), among=len(group))
                sources[member.seed] = stack.enter_context(contextlib.closing(cast(Any, source)))
                begun = True
            yield from _in_turn(sources)
    yield from others()


def seeded(name: str, seed: object) -> str:
    """What the run of one seed is called, of those that `name` stands for."""
    return f"{name[:180]}-{seed}"


def _child(parent: Run, number: int, member: Config, data: Data) -> Run:
    name, run_id = (
        seeded(Run.open(parent.folder).name, member.seed),
        parent.children[number],
    )  # it may be renamed by now
    return Run.create(member, parent.folder.parent, parent=parent.id, name=name, data=data, run_id=run_id)


def _in_turn(sources: dict[int, Iterator[Event]]) -> Iterator[Told]:
    """The events of all: each goes on until a slice is next, then the slices of all are trained at once."""
    choir = _Choir()
    while sources:
        works: list[Work] = []
        for seed, source in list(sources.items()):
            for event in source:
                if isinstance(event, Turn):
                    works.append(event.work)
                    break
                yield Told(seed, event)
            else:
                del sources[seed]
        if works:
            choir.sing(works)


class _Choir:
    """Answers the slices of many networks with one call."""

    def __init__(self) -> None:
        self._many: Together | None = None
        self._speed = 0.0  # steps of all a second

    def sing(self, works: Sequence[Work]) -> None:
        """As many steps as everybody asks for and 50 ms allow. The time is shared out evenly."""
        sessions = tuple(cast(Joining, work.session) for work in works)
        if self._many is None or self._many.sessions != sessions:
            self._many = sessions[0].together(sessions)
        timed = math.ceil(self._speed * SLICE) or 1
        steps = min(timed, *(work.steps for work in works))
        began = time.perf_counter()
        losses = self._many.train(works[0].first_step, steps, [work.rates[:steps] for work in works])
        seconds = time.perf_counter() - began
        self._speed = steps / max(seconds, 1e-9)
        for work, own in zip(works, losses, strict=True):
            work.losses, work.seconds = own, seconds / len(works)


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


def _kept(source: Iterator[Told], parent: Run, config: Config) -> Iterator[Told]:
    """Pass on what is told; the status of the parent says where they are, and in the end how they spread."""
    lock, began, ends = Lock(parent.folder / "lock"), time.monotonic(), []
    said: dict[str, Any] = {"state": "running", "pid": os.getpid(), "epochs": config.epochs}
    try:
        _write(parent, said)
        for told in source:
            if isinstance(told.event, Ended):
                ends.append(told.event)
            yield told
        said |= _together(ends)
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


def _together(ends: Sequence[Ended]) -> Mapping[str, Any]:
    """The end of the parent as its status says it."""
    why, found = reason(ends), spread(ends)
    return {
        "state": why if why in STATES else "finished",
        "reason": why,
        "epoch": max(end.epoch for end in ends),
        "step": max(end.step for end in ends),
        "metrics": {name: each.median for name, each in found.items()},
        "spread": {name: each[:3] for name, each in found.items()},
        "exit_code": EXITS.get(why, 0),
    }


def _write(parent: Run, said: Mapping[str, Any]) -> None:
    write_file(parent.folder / "status.json", status.line(Status(**said)))

"""A slice of training: how long it is, how many epochs it may have, and what of it belongs to which."""

from __future__ import annotations

import math
from typing import NamedTuple

from mlcore.backends.backend import Closed, Measuring, Session, Watch
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.schedules import Schedule
from mlcore.state import WATCHED, watched

SLICE = 0.05  # seconds of work handed to a session at a time
SHOWN = 3.0  # seconds a run may take at full speed to be spread out at the pace `show`
TIMED = 50  # steps after which its speed is known well enough to tell


class Tempo:
    """How fast a session is, and how many steps it is given at a time. steps: about 50 ms of work."""

    def __init__(self) -> None:
        self.steps = 1
        self._fastest, self._made = 0.0, 0

    def saw(self, steps: int, seconds: float) -> None:
        """So many steps took so long."""
        speed = steps / max(seconds, 1e-9)
        self._fastest, self._made = max(self._fastest, speed), self._made + steps
        self.steps = math.ceil(speed * SLICE)

    def slow(self, total: int) -> bool:
        """Whether so many steps take too long to be spread out; known once some were timed."""
        return self._made >= TIMED and total > SHOWN * self._fastest


class Part(NamedTuple):
    """Steps first … end - 1 of a slice, all of one epoch. ended: it ends with them; closed: as the session saw it."""

    first: int
    end: int
    ended: bool
    closed: Closed | None = None


def parts(place: int, steps_per_epoch: int, made: int, losses: int, closed: list[Closed]) -> list[Part]:
    """The parts of a slice of `made` steps that began at step `place` of an epoch; one at least.

    losses: one more where the last of them was no number; it belongs to a part that has not ended, if need be of no
    steps: an epoch that ended before it is told as if nobody had gone on.
    """
    found, ends, first = list[Part](), iter(closed), 0
    while not found or first < made or (first < losses and found[-1].ended):
        end = min(made, first + steps_per_epoch - place)
        ended = first < end and place + end - first == steps_per_epoch
        found.append(Part(first, end, ended, next(ends, None) if ended else None))
        first, place = end, 0
    return found


def shown(data: Data) -> dict[str, Rows]:
    """The splits that are measured at the end of every epoch."""
    splits = {"train": data.train if len(data.train) <= WATCHED else None, "validation": data.validation}
    return {name: rows for name, rows in splits.items() if rows is not None}


def watch(session: Session, config: Config, data: Data) -> int:
    """How many epochs a slice of the session may have: 0 where it does not measure them itself.

    What a schedule makes of the epochs behind it has to be known before the next one.
    """
    if not isinstance(session, Measuring) or data.train.growth is not None:  # whose values it does not know
        return 0
    splits = shown(data)
    losses = tuple(name for name in splits if name != "train")  # the training rows' is known from their steps
    most = session.watch(Watch(splits, losses, watched(config.stopping, data), data.task))
    return most if type(config.schedule).remember is Schedule.remember else min(most, 1)

"""A slice of training: what of it belongs to which epoch, and how many epochs it may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mlcore.backends.backend import Closed, Measuring, Session, Watch
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.schedules import Schedule
from mlcore.state import WATCHED, watched


class Part(NamedTuple):
    """Steps first … end - 1 of a slice, all of one epoch. ended: it ends with them; closed: as the session saw it."""

    first: int
    end: int
    ended: bool
    closed: Closed | None = None


def parts(place: int, steps_per_epoch: int, made: int, closed: list[Closed]) -> Iterator[Part]:
    """The parts of a slice of `made` steps that began at step `place` of an epoch; one at least."""
    ends = iter(closed)
    first = 0
    while first < made or first == 0:
        end = min(made, first + steps_per_epoch - place)
        ended = place + end - first == steps_per_epoch
        yield Part(first, end, ended, next(ends, None) if ended else None)
        first, place = max(end, 1), 0


def watch(session: Session, config: Config, data: Data) -> int:
    """How many epochs a slice of the session may have: 0 where it does not measure them itself.

    What a schedule makes of the epochs behind it has to be known before the next one.
    """
    if not isinstance(session, Measuring):
        return 0
    splits = {"train": data.train} if len(data.train) <= WATCHED else {}
    if data.validation is not None:
        splits["validation"] = data.validation
    losses = ("validation",) if data.validation is not None else ()
    most = session.watch(Watch(splits, losses, watched(config.stopping, data), data.task))
    return most if type(config.schedule).remember is Schedule.remember else min(most, 1)

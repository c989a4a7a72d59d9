"""How much of the processor a worker takes: whoever takes all of it is looked at less often."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

WINDOW = 1.0  # seconds over which it is measured
LEFT = 0.6  # of a core: where less is left nobody can look on for nothing, and whoever looks takes some of it
MOST = 0.7  # of all cores, on a machine of one or two


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Appetite:
    """Processor time of this process over the last second or so."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.process_time,
        there: int | None = None,
    ) -> None:
        self._clock, self._spent, self._there = clock, spent, there or cores()
        self._then, self._before = clock(), spent()
        self.share = 0.0  # of all cores

    @property
    def whole(self) -> bool:
        """Whether it takes every core."""
        now = self._clock()
        if now - self._then >= WINDOW:
            spent = self._spent()
            self.share = (spent - self._before) / ((now - self._then) * self._there)
            self._then, self._before = now, spent
        return self.share >= max(MOST, 1 - LEFT / self._there)

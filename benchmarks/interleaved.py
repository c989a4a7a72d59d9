"""Contenders measured side by side: in turn, in one process, by CPU time, so that foreign load meets them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from typing import Any, NamedTuple, TypeAlias

Contender: TypeAlias = Callable[[int], None]  # run so many steps

SETTLED = 0.002  # seconds in which threads of the one before stop spinning: their time would be counted


class Measured(NamedTuple):
    """Seconds a step of each contender in each round, in the order of the rounds."""

    seconds: Mapping[str, list[float]]

    def ratio(self, slow: str, fast: str) -> list[float]:
        """How many times faster `fast` is than `slow`, round by round."""
        return [a / b for a, b in zip(self.seconds[slow], self.seconds[fast], strict=True)]

    def without(self, name: str) -> Measured:
        """The same, one contender less."""
        return Measured({other: times for other, times in self.seconds.items() if other != name})

    def report(self, ours: str) -> dict[str, Any]:
        """Microseconds a step of everybody, and the ratios to `ours`: median and quartiles of the rounds."""
        step = {
            name: {"best": round(min(times) * 1e6, 3), "median": round(median(times) * 1e6, 3)}
            for name, times in self.seconds.items()
        }
        ratios = {name: _spread(self.ratio(name, ours)) for name in self.seconds if name != ours}
        return {"microseconds_a_step": step, f"times_slower_than_{ours}": ratios}


def _spread(values: list[float]) -> dict[str, Any]:
    low, _, high = quantiles(values, n=4)
    return {"median": round(median(values), 3), "quartiles": [round(low, 3), round(high, 3)]}


def measure(contenders: Mapping[str, Contender], seconds: float = 0.05, rounds: int = 21) -> Measured:
    """Every contender once a round, each for about `seconds` of CPU time, after a warm-up; the order rotates."""
    steps = {name: _calibrated(run, seconds) for name, run in contenders.items()}
    found: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found[name].append(_timed(contenders[name], steps[name]) / steps[name])
    return Measured(found)


def _calibrated(run: Contender, seconds: float) -> int:
    """How many steps take about so long: a multiple of those it can only make together (`unit`)."""
    unit = int(getattr(run, "unit", 1))
    run(3)
    steps = unit
    while (taken := _timed(run, steps)) < seconds / 4:
        steps *= 2
    return max(1, round(steps / unit * seconds / taken)) * unit


def _timed(run: Contender, steps: int) -> float:
    time.sleep(SETTLED)
    began = time.process_time()
    run(steps)
    return time.process_time() - began

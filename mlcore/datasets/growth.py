"""Growth: what the targets of a series are, how they are its values again, and what a model keeps of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

ALIKE = 1e-4  # how far apart the same means may be, computed on another machine


class Step(NamedTuple):
    """What lies between two rows: its name, how many of them make a period, and how far back the same season is.

    days: how far apart rows are, where that has no name; 0: it has one, or they are at no one distance.
    """

    name: str
    period: int
    ago: str
    days: float = 0.0

    @property
    def words(self) -> str:
        """What rows are, of many."""
        if not self.days:
            return f"{self.name}s"
        return f"rows {self.days:g} days apart" if self.days >= 1 else f"rows {self.days * 1440:g} minutes apart"


HOUR, DAY, WEEK = Step("hour", 24, "a day ago"), Step("day", 7, "a week ago"), Step("week", 52, "a year ago")
MONTH, QUARTER, YEAR = Step("month", 12, "a year ago"), Step("quarter", 4, "a year ago"), Step("year", 1, "a year ago")
ROW = Step("row", 1, "the row before")  # rows at no distance with a name
STEPS = {step.name: step for step in (HOUR, DAY, WEEK, MONTH, QUARTER, YEAR, ROW)}


class Growing(NamedTuple):
    """What a model keeps of the series it learnt: how targets were made of it, fitted on the training rows.

    target, date: its columns by name, years and months as YEAR+MONTH; empty where it was no table. A season returns
    after `period` steps. y = (growth - shift) / spread [outputs], of growths of logarithms where `log` is so.
    """

    target: str
    date: str
    step: Step
    period: int
    log: bool
    shift: Array
    spread: Array

    @property
    def ago(self) -> str:
        """The same season before, in words."""
        if self.period == self.step.period:
            return f"as {self.step.ago}"
        return f"as {self.period} {self.step.name}s ago" if self.period > 1 else f"as the {self.step.name} before"

    def differs(self, now: Growing) -> str:
        """The first way in which a series is another now, in words; nothing where it is the same."""
        if self[:5] != now[:5]:
            return "the series is another column, or has other dates, steps or signs"
        here, there = (np.array([each.shift, each.spread]) / self.spread for each in (self, now))
        same = here.shape == there.shape and np.allclose(here, there, rtol=ALIKE, atol=ALIKE)
        return "" if same else "the training rows are others, by the means and widths of their growths"

    def plain(self) -> dict[str, Any]:
        """Plain values for a file; floating numbers in hexadecimal, so that nothing is rounded."""
        numbers = {name: [value.hex() for value in getattr(self, name).tolist()] for name in ("shift", "spread")}
        return self._asdict() | {"step": self.step.name, "days": self.step.days.hex()} | numbers


def read(plain: Mapping[str, Any], outputs: int) -> Growing:
    """What plain values mean. Raises ValueError where they mean nothing for so many outputs."""
    shift, spread = (np.array([float.fromhex(value) for value in plain[name]]) for name in ("shift", "spread"))
    days, period = float.fromhex(plain["days"]), plain["period"]
    right = len(shift) == len(spread) == outputs and np.isfinite([*shift, *spread, days]).all() and (spread > 0).all()
    if not right or type(period) is not int or period < 1 or plain["step"] not in STEPS:
        raise ValueError("a series that does not give its outputs")
    step = STEPS[plain["step"]]._replace(days=days)
    return Growing(str(plain["target"]), str(plain["date"]), step, period, bool(plain["log"]), shift, spread)


class Growth(NamedTuple):
    """How targets y [n, outputs] that are growths are values again: each grows from `base` [n, outputs].

    value = base exp(shift + spread y), or base + shift + spread y where `log` is not so, of what is `growing`.
    trend [n, outputs]: the values if growth goes on as it was before.
    """

    base: Array
    trend: Array
    growing: Growing

    def take(self, index: Array | slice) -> Growth:
        """Of the rows at `index`."""
        return self._replace(base=self.base[index], trend=self.trend[index])

    def values(self, y: Array) -> Array:
        """Targets or answers [n, outputs] in the unit of what they are of, float64."""
        grown = self.growing.shift + self.growing.spread * np.asarray(y, np.float64)
        found: Array = self.base * np.exp(grown) if self.growing.log else self.base + grown
        return found

    def targets(self, values: Array) -> Array:
        """Values [n, outputs] as targets, float64."""
        grown = np.log(values / self.base) if self.growing.log else values - self.base
        found: Array = (grown - self.growing.shift) / self.growing.spread
        return found


class Windows:
    """What is seen and what is asked for, of series values v [T], from the first values foretold: origins [n].

    log: whether growths are of logarithms; by default where all values are above zero.
    """

    def __init__(self, values: Array, period: int, lags: int, horizon: int, log: bool | None = None) -> None:
        self.values, self.period, self.log = values, period, bool(values.min() > 0) if log is None else log
        self._u = np.log(values) if self.log else values
        self._before, self._after = np.arange(period - lags, 0), np.arange(horizon)

    def seen(self, origins: Array) -> Array:
        """Growths over the same season before, [n, lags - period]."""
        places = origins[:, None] + self._before
        found: Array = self._u[places] - self._u[places - self.period]
        return found

    def asked(self, origins: Array) -> Array:
        """Growths over the last season that is known, [n, horizon]."""
        found: Array = self._u[origins[:, None] + self._after] - self._u[self._last(origins)]
        return found

    def growth(self, origins: Array, growing: Growing) -> Growth:
        """What answers grow from: the last season that is known, and the same with the mean growth of a period."""
        base = self.values[self._last(origins)]
        recent = self.seen(origins)[:, -self.period :].mean(axis=1, keepdims=True)
        ahead = recent * (1 + self._after // self.period)
        return Growth(base, base * np.exp(ahead) if self.log else base + ahead, growing)

    def _last(self, origins: Array) -> Array:
        """Where the last season that is known is, for each value asked for."""
        found: Array = origins[:, None] + self._after % self.period - self.period
        return found

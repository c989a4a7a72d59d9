"""Which columns of a log say where a row stands: its step, its epoch, its time. What is left are metrics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mlcore import terms
from mlcore.foreign.log import Record

LARGEST = 1 << 53  # of a step, so that every one is a number of its own
STAMP = 1e8  # seconds above which a time is counted from 1970, not from the start


class Axes(NamedTuple):
    """The names of the columns that are no metrics, None where there is no such column, and what the others mean."""

    step: str | None
    epoch: str | None
    seconds: str | None
    metrics: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> Axes:
        """The columns of a table by their names."""
        there = list(dict.fromkeys(names))
        step, epoch, seconds = (terms.axis(there, known) for known in (terms.STEPS, terms.EPOCHS, terms.SECONDS))
        return cls(step, epoch, seconds, terms.columns(name for name in there if name not in (step, epoch, seconds)))


class Rows:
    """Makes records of rows: names to numbers. Where no column counts, rows are counted."""

    def __init__(self) -> None:
        self.count, self.began = 0, math.nan

    def record(self, axes: Axes, row: Mapping[str, float]) -> Record | None:
        """The record of a row; None for one without a metric."""
        self.count += 1
        metrics = {meant: row[name] for name, meant in axes.metrics.items() if name in row}
        if not metrics:
            return None
        x = next((row[name] for name in (axes.step, axes.epoch) if name is not None and name in row), math.nan)
        x = x if abs(x) < LARGEST else float(self.count)
        return {
            "epoch": round(x),
            "step": round(x),
            "seconds": self.seconds(row.get(axes.seconds or "", 0.0)),
        } | metrics

    def seconds(self, time: float) -> float:
        """Seconds since the first row, whichever way they are counted."""
        if not math.isfinite(time):
            return 0.0
        if time > STAMP:
            self.began = time if math.isnan(self.began) else self.began
            return time - self.began
        return time

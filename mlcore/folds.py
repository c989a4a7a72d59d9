"""Cross-validation: every row is held back once, and a network that never saw it is asked about it.

A job of one network a fold is a sweep of `dataset.split.fold`, recorded as one: a parent run and a child for each.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mlcore import sweeps
from mlcore.config import Config
from mlcore.sweeps import FOLD, Row, Sweep


class Estimate(NamedTuple):
    """The mean of a metric over so many folds, and its standard deviation, both as scikit-learn's searches give them.

    The deviation divides by the number of folds. It says how far folds are apart, not how far the mean is off.
    """

    mean: float
    deviation: float
    folds: int


def sweep(config: Config) -> Sweep:
    """The sweep whose networks hold back each fold once."""
    return {FOLD: list(range(config.dataset.split.folds))}


def folded(swept: Mapping[str, Any] | None) -> bool:
    """Whether a sweep is a cross-validation."""
    return bool(swept) and {*(swept or ())} == {FOLD}


def rows(config: Config, swept: Sweep, ends: Mapping[int, Mapping[str, float]]) -> list[Row]:
    """The folds of which a network ended, in their order, each metric the median over its seeds."""
    return sweeps.ranked(config, swept, ends)


def estimates(found: Iterable[Mapping[str, float]]) -> dict[str, Estimate]:
    """Each metric over the folds that have it as a number."""
    values: dict[str, list[float]] = {}
    for metrics in found:
        for name, value in metrics.items():
            if math.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: Estimate(statistics.fmean(v), statistics.pstdev(v), len(v)) for name, v in values.items()}

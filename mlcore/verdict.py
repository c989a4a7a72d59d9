"""Which of two networks is better, and how far that can be told: a difference with an interval, and where it is from.

Two networks measured on the same rows are compared row by row, as most of what makes rows hard is the same for both.
Two experiments with several seeds each are compared over their seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.philox import Purpose, words

Array: TypeAlias = NDArray[Any]
Metric: TypeAlias = Callable[[Array, Array], float]  # of outputs [n, O] and targets

RESAMPLES = 2000
GATHERED = 20_000_000  # rows drawn at most, all resamples together; never fewer than FEWEST resamples
FEWEST = 200
STAYS = 5  # epochs two curves are apart before they are said to have parted
BLOCK = 100_000  # words made at once


class Verdict(NamedTuple):
    """second - first of some metric, the interval it lies in with that confidence, and how that was found."""

    difference: float
    low: float
    high: float
    confidence: float
    method: str

    @property
    def told(self) -> bool:
        """Whether a difference can be told: the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def paired_shares(first: Array, second: Array, confidence: float) -> Verdict:
    """Of shares of the same rows: was each right [n] bool.

    Only the rows on which they disagree count, b where the second alone is right and c where the first alone is, as in
    the test of McNemar 1947: p = (b + 1)/(n + 2), q = (c + 1)/(n + 2), p - q ± z sqrt((p + q - (p - q)²)/(n + 2)).
    Bonett and Price 2012, which Fagerland, Lydersen and Laake 2014 recommend; the difference itself is (b - c)/n.
    """
    n = len(first)
    gained, lost = np.count_nonzero(second & ~first), np.count_nonzero(first & ~second)
    p, q = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt((p + q - (p - q) ** 2) / (n + 2))
    method = "paired rows, Bonett and Price 2012"
    low, high = max(p - q - half, -1.0), min(p - q + half, 1.0)
    return Verdict(float(gained - lost) / n, float(low), float(high), confidence, method)


def paired_rows(metric: Metric, first: Array, second: Array, y: Array, confidence: float) -> Verdict:
    """Of any metric of outputs [n, O] for the same rows: the rows are drawn again with replacement, for both alike.

    The interval is from the quantiles of the differences: Efron 1979. The draw is always the same.
    """
    times = max(FEWEST, min(RESAMPLES, GATHERED // len(y)))
    found = [metric(second[rows], y[rows]) - metric(first[rows], y[rows]) for rows in _resamples(len(y), times)]
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    difference = metric(second, y) - metric(first, y)
    return Verdict(difference, float(low), float(high), confidence, f"paired rows, {times} bootstraps, Efron 1979")


def _resamples(n: int, times: int) -> Iterator[Array]:
    """Rows [n] drawn with replacement from 0 … n-1, so many times; the words for many draws are made at once."""
    many = max(1, BLOCK // n)
    for first in range(0, times, many):
        drawn = words(0, Purpose.RESAMPLE, many * n, step=first).astype(np.uint64) * np.uint64(n) >> np.uint64(32)
        yield from drawn.reshape(many, n)[: times - first]


def over_seeds(first: Array, second: Array, confidence: float) -> Verdict:
    """Of the means over seeds [m] and [k], each at least two; their spreads may differ.

    d ± t s with s² = v/m + w/k of the variances v and w, and the degrees of freedom of Welch 1947.
    """
    from scipy.special import stdtrit

    difference = float(second.mean() - first.mean())
    v, w = first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)
    if not v + w:
        return Verdict(difference, difference, difference, confidence, "seeds, which do not differ")
    freedom = (v + w) ** 2 / (v**2 / (len(first) - 1) + w**2 / (len(second) - 1))
    half = float(stdtrit(freedom, (1 + confidence) / 2) * math.sqrt(v + w))
    return Verdict(difference, difference - half, difference + half, confidence, "seeds, Welch 1947")


class Parting(NamedTuple):
    """How far two curves go together: epochs with the very same numbers, and the epoch they part at, None for never."""

    same: int
    apart: int | None


def parting(first: Array, second: Array) -> Parting:
    """Where two curves part, each [seeds, epochs]: NaN where a seed has ended.

    They part at the first epoch at which their medians are more than two standard deviations apart and stay so for
    `STAYS` epochs: s² = v + w of the variances over the seeds. A single curve has its own roughness instead, from the
    residuals r_t = y_t - (y_t-1 + y_t+1)/2, whose variance is 3/2 that of the noise: s = 1.4826 median |r| / sqrt(3/2).
    """
    n = min(first.shape[1], second.shape[1])
    if not (len(first) and len(second) and n):
        return Parting(0, None)
    a, b = first[:, :n], second[:, :n]
    alike = len(a) == len(b) and ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=0)
    same = int(np.argmin(alike)) if not np.all(alike) else n
    with np.errstate(invalid="ignore"):
        far = np.abs(np.median(a, axis=0) - np.median(b, axis=0)) > 2 * np.sqrt(_spread(a) + _spread(b))
    for epoch in np.flatnonzero(far):
        stays = far[epoch : epoch + STAYS]
        if stays.all() and len(stays) >= min(STAYS, 3):
            return Parting(same, int(epoch))
    return Parting(same, None)


def _spread(table: Array) -> Array:
    """The variance of a curve at each epoch [epochs]."""
    if len(table) > 1:
        return np.asarray(table.var(axis=0, ddof=1))
    y = table[0][np.isfinite(table[0])]
    if len(y) < 4:
        return np.zeros(table.shape[1])
    residuals = y[1:-1] - (y[:-2] + y[2:]) / 2
    return np.full(table.shape[1], (1.4826 * np.median(np.abs(residuals))) ** 2 / 1.5)

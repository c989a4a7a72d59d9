"""Histories: every point of a curve folded into at most 2,048 buckets, so that a run of any length fits a screen."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.worker.protocol import Curve

Array: TypeAlias = NDArray[Any]
BUCKETS = 2048


class History:
    """One curve: mean, lowest and highest of equal numbers of points in a row.

    When the buckets are full, neighbours are merged and each holds twice as many points. Points are only noted when
    they come and folded when somebody looks.
    """

    def __init__(self) -> None:
        self.stride = 1  # points in a bucket
        self.points = 0  # points folded so far
        self._new: list[tuple[Array, Array]] = []
        self._clear()

    def _clear(self, first: int = 0) -> None:
        """Empty buckets from `first` on."""
        if first == 0:
            self.sums = np.zeros((2, BUCKETS))
            self.low, self.high = np.full(BUCKETS, np.inf), np.full(BUCKETS, -np.inf)
        self.sums[:, first:] = 0
        self.low[first:], self.high[first:] = np.inf, -np.inf

    def add(self, x: Any, y: Any) -> None:
        """Note points: numbers, or arrays of one length."""
        self._new.append((x, y))
        if len(self._new) >= 4096:
            self.fold()

    def fold(self) -> None:
        """Put what was noted into buckets."""
        if not self._new:
            return
        x = np.concatenate([np.atleast_1d(x) for x, _ in self._new]).astype(np.float64)
        y = np.concatenate([np.atleast_1d(y) for _, y in self._new]).astype(np.float64)
        self._new.clear()
        while self.points + len(x) > BUCKETS * self.stride:
            self._merge()
        bucket = (self.points + np.arange(len(x))) // self.stride
        starts = np.flatnonzero(np.r_[True, bucket[1:] != bucket[:-1]])
        touched = bucket[starts]
        self.sums[0, touched] += np.add.reduceat(x, starts)
        self.sums[1, touched] += np.add.reduceat(y, starts)
        self.low[touched] = np.minimum(self.low[touched], np.minimum.reduceat(y, starts))
        self.high[touched] = np.maximum(self.high[touched], np.maximum.reduceat(y, starts))
        self.points += len(x)

    def _merge(self) -> None:
        half = BUCKETS // 2
        self.sums[:, :half] = self.sums[:, 0::2] + self.sums[:, 1::2]
        self.low[:half] = np.minimum(self.low[0::2], self.low[1::2])
        self.high[:half] = np.maximum(self.high[0::2], self.high[1::2])
        self._clear(half)
        self.stride *= 2

    def __len__(self) -> int:
        """Buckets in use."""
        return -(-self.points // self.stride)

    def since(self, name: str, number: int, seen: tuple[int, int]) -> tuple[Curve | None, tuple[int, int]]:
        """The buckets that changed since `seen` (stride, points), and what is seen now."""
        self.fold()
        stride, points = seen
        now = (self.stride, self.points)
        if now == seen or not self.points:  # a branch may begin before the first point of a curve
            return None, now
        first = points // stride if stride == self.stride else 0
        part = slice(first, len(self))
        counts = np.full(len(self) - first, float(self.stride))
        counts[-1] = self.points - (len(self) - 1) * self.stride
        x, y = self.sums[:, part] / counts
        return Curve(
            number=number, name=name, first=first, x=x, y=y, low=self.low[part].copy(), high=self.high[part].copy()
        ), now

    def at(self, x: float) -> float:
        """The mean of the last bucket that begins before x, or of the first."""
        self.fold()
        counts = np.minimum(self.stride, self.points - np.arange(len(self)) * self.stride)
        xs, ys = self.sums[:, : len(self)] / counts
        return float(ys[max(int(np.searchsorted(xs, x, side="right")) - 1, 0)])

    def until(self, x: float) -> History:
        """A copy of the curve up to a place: what a branch shares with its parent."""
        self.fold()
        copy = History()
        counts = np.minimum(self.stride, self.points - np.arange(len(self)) * self.stride)
        keep = int(np.searchsorted(self.sums[0, : len(self)] / counts, x, side="right"))
        copy.stride, copy.points = self.stride, min(keep * self.stride, self.points)
        copy.sums, copy.low, copy.high = self.sums.copy(), self.low.copy(), self.high.copy()
        copy._clear(keep) if keep else copy._clear()
        return copy

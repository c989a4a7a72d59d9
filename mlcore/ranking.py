"""How well a score puts the rows of a class in front: the ROC and the precision-recall curve, and what lies under them.

A curve has one point for each different score: there, every row whose score is at least as high is said to be of the
class.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import DataError

Array: TypeAlias = NDArray[Any]


class Roc(NamedTuple):
    """The receiver operating characteristic, from (0, 0) to (1, 1), float64 [m] each.

    false: of the rows of other classes, the share said to be of the class. true: of its own rows, the share found.
    thresholds: the score from which on a row is said to be of it; infinite at the first point.
    """

    false: Array
    true: Array
    thresholds: Array

    @property
    def area(self) -> float:
        """The chance that a row of the class has a higher score than another row (Hanley and McNeil 1982).

        By trapezoids, which counts a draw as half.
        """
        return float(np.trapezoid(self.true, self.false))

    def at(self, threshold: float) -> tuple[float, float]:
        """False and true share when rows with at least that score are said to be of the class."""
        place = int(np.flatnonzero(self.thresholds >= threshold)[-1])
        return float(self.false[place]), float(self.true[place])


class PrecisionRecall(NamedTuple):
    """Precision and recall float64 [m] by falling threshold, from recall 0 (precision 1) to recall 1.

    thresholds [m]: the score from which on a row is said to be of the class; infinite at the first point.
    """

    recall: Array
    precision: Array
    thresholds: Array

    @property
    def average(self) -> float:
        """Average precision: sum of (R_n - R_n-1) P_n. Trapezoids would be too good (Davis and Goadrich 2006)."""
        return float(np.sum(np.diff(self.recall) * self.precision[1:]))

    def at(self, threshold: float) -> tuple[float, float]:
        """Precision and recall when rows with at least that score are said to be of the class."""
        place = int(np.flatnonzero(self.thresholds >= threshold)[-1])
        return float(self.precision[place]), float(self.recall[place])


def roc(score: Array, positive: Array) -> Roc:
    """The ROC curve of scores [n] of rows of which some are `positive` [n] bool.

    Raises DataError where there are no rows of the class, or none but those.
    """
    false, true, thresholds = _counts(score, positive)
    if not false[-1] or not true[-1]:
        which = "every row is of this class" if true[-1] else "no row is of this class"
        raise DataError(f"a ROC curve takes rows of both kinds: {which}", code="DATA_TARGET")
    return Roc(false / false[-1], true / true[-1], thresholds)


def precision_recall(score: Array, positive: Array) -> PrecisionRecall:
    """The precision-recall curve of scores [n] of rows of which some are `positive` [n] bool.

    Raises DataError where no row is of the class.
    """
    false, true, thresholds = _counts(score, positive)
    if not true[-1]:
        raise DataError("a precision-recall curve takes rows of the class: there are none", code="DATA_TARGET")
    precision = np.ones(len(true))
    np.divide(true, true + false, out=precision, where=true + false > 0)
    return PrecisionRecall(true / true[-1], precision, thresholds)


def outline(x: Array, y: Array, count: int) -> Array:
    """Which points of a curve of steps to draw [m]: its corners, of more than `count` so many, equally far apart."""
    inner = (y[:-2] == y[1:-1]) & (y[1:-1] == y[2:]) | (x[:-2] == x[1:-1]) & (x[1:-1] == x[2:])
    kept = np.flatnonzero(np.concatenate([[True], ~inner, [True]])[: len(x)])
    if len(kept) <= count:
        return kept
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x[kept])) + np.abs(np.diff(y[kept])))])
    some: Array = kept[np.unique(np.searchsorted(way, np.linspace(0, way[-1], count)).clip(0, len(kept) - 1))]
    return some


def _counts(score: Array, positive: Array) -> tuple[Array, Array, Array]:
    """Rows of other classes and of this one with at least each different score, falling; nothing at infinity first."""
    score, positive = np.asarray(score, np.float64).ravel(), np.asarray(positive, bool).ravel()
    if not len(score):
        raise DataError("a curve takes rows: there are none", code="DATA_EMPTY")
    order = np.argsort(-score, kind="stable")
    sorted_score, hits = score[order], np.cumsum(positive[order])
    last = np.append(np.flatnonzero(np.diff(sorted_score)), len(score) - 1)
    true = hits[last].astype(np.float64)
    false = last + 1.0 - true
    zero, ends = np.zeros(1), np.full(1, np.inf)
    return np.append(zero, false), np.append(zero, true), np.append(ends, sorted_score[last])

"""The report of a network: everything that is usually said of its answers, in scikit-learn's numbers.

Each number is defined as the function of `sklearn.metrics` with its name, without weights of rows. What is not defined
on these rows (the ranking of a class that has none, a relative error where the truth is 0) is NaN.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore import information, metrics, ranking

Array: TypeAlias = NDArray[Any]


class ClassReport(NamedTuple):
    """How right class probabilities are.

    classes [K, 4]: precision, recall, F1 and support (rows) of each class. macro, weighted [3]: the means of the first
    three over classes, and weighted by support. areas, averages [K]: area under the ROC curve and average precision of
    each class against the rest, NaN where that has no meaning.
    """

    classes: Array
    macro: Array
    weighted: Array
    areas: Array
    averages: Array
    scores: dict[str, float]


class NumberReport(NamedTuple):
    """How far off numbers are. largest [m]: the rows whose largest error is largest, the worst first."""

    scores: dict[str, float]
    largest: Array


def of_classes(p: Array, y: Array) -> ClassReport:
    """The report of probabilities p [n, K] of rows whose classes are y [n].

    Two classes are ranked as one curve, that of class 1; of more the mean over classes that can be ranked is taken.
    """
    p, y = np.asarray(p, np.float64), np.asarray(y, np.int64)
    classes = p.shape[1]
    said = p.argmax(axis=1)
    support = np.bincount(y, minlength=classes)
    table = metrics.by_class(said, y, classes)
    areas, averages = np.array([_ranked(p[:, k], y == k) for k in range(classes)]).T
    one = slice(1, 2) if classes == 2 else slice(None)
    there = support > 0
    scores = {
        "accuracy": float((said == y).mean()),
        "balanced_accuracy": float(table[there, 1].mean()),
        "log_loss": log_loss(p, y),
        "brier": brier(p, y),
        "roc_auc": _mean(areas[one]),
        "average_precision": _mean(averages[one]),
        "calibration_error": information.calibration_error(p, y),
    }
    weighted = np.average(table, axis=0, weights=support)
    return ClassReport(np.column_stack([table, support]), table.mean(axis=0), weighted, areas, averages, scores)


def of_numbers(said: Array, truth: Array, largest: int = 5) -> NumberReport:
    """The report of numbers said [n, O] where the truth [n, O] is known; scores are means over outputs."""
    truth = np.asarray(truth, np.float64).reshape(len(truth), -1)
    said = np.asarray(said, np.float64).reshape(truth.shape)
    off = np.abs(said - truth)
    relative = off / np.abs(truth) if (truth != 0).all() else np.full(1, np.nan)
    scores = {
        "r2": metrics.r2(said, truth),
        "mae": float(off.mean()),
        "rmse": float(np.sqrt(np.square(off).mean(axis=0)).mean()),
        "median_absolute_error": float(np.median(off, axis=0).mean()),
        "mape": float(relative.mean()),
        "max_error": float(off.max()),
    }
    return NumberReport(scores, np.argsort(-off.max(axis=1), kind="stable")[:largest])


def log_loss(p: Array, y: Array) -> float:
    """Mean of -log of the probability of the class each row has, in nats; no probability counts as less than 2e-16."""
    own = p[np.arange(len(y)), y]
    return float(-np.log(own.clip(np.finfo(np.float64).eps, 1)).mean())


def brier(p: Array, y: Array) -> float:
    """Mean of the squared distance of p [n, K] from what was so (Brier 1950): 0 … 2, of two classes halved, 0 … 1."""
    target = np.zeros_like(p)
    target[np.arange(len(y)), y] = 1
    return float(np.square(p - target).sum(axis=1).mean() / (2 if p.shape[1] == 2 else 1))


def _ranked(score: Array, positive: Array) -> tuple[float, float]:
    """Area under the ROC curve and average precision of one class, NaN where one of them has no meaning."""
    if not positive.any():
        return np.nan, np.nan
    area = np.nan if positive.all() else ranking.roc(score, positive).area
    return area, ranking.precision_recall(score, positive).average


def _mean(values: Array) -> float:
    """The mean of what is defined, NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan

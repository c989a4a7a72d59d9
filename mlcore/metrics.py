"""Metrics: outputs and targets to numbers a person can judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.catalogue import Catalogue, Entry
from mlcore.errors import DataError

if TYPE_CHECKING:
    from mlcore.datasets.dataset import Task

Array: TypeAlias = NDArray[Any]

CATALOGUE = Catalogue(
    "metric",
    Entry("accuracy", "the share of rows whose class was right", "mlcore.metrics:accuracy"),
    Entry("mse", "the mean of the squared errors", "mlcore.metrics:mse"),
    Entry("mae", "the mean size of the errors", "mlcore.metrics:mae"),
    Entry("r2", "how much better than always answering the mean; 1 is perfect", "mlcore.metrics:r2"),
)


def evaluate(outputs: Array, y: Array, task: Task) -> dict[str, float]:
    """The metrics of a task: accuracy for classes; mse, mae and r2 for numbers.

    outputs [n, O] are the raw outputs of the network; y [n] class numbers of any integer type, or numbers [n, O].
    Raises DataError when there are no rows.
    """
    if not len(y):
        raise DataError("metrics: there are no rows to measure", code="DATA_EMPTY")
    return {name: CATALOGUE.find(name).load()(outputs, y) for name in names(task)}


def names(task: Task) -> tuple[str, ...]:
    """The metrics of a task."""
    return ("mse", "mae", "r2") if task.kind == "regression" else ("accuracy",)


def predicted(outputs: Array) -> Array:
    """The class each row of outputs [n, O] stands for, int64 [n].

    One output: class 1 if it is above zero; else the class of the largest. -1, no class, where an output is NaN.
    """
    found = _largest(outputs).astype(np.int64)
    if len(outputs) and np.isnan(outputs.min()):  # a minimum is NaN where anything is, in 1 us where rows take 26
        found[np.isnan(outputs).any(axis=1)] = -1
    return found


def _largest(outputs: Array) -> Array:
    """The class of each row. Two columns are compared at once: nine times as fast as looking along every row."""
    if outputs.shape[1] == 1:
        return outputs[:, 0] > 0
    return outputs[:, 1] > outputs[:, 0] if outputs.shape[1] == 2 else outputs.argmax(axis=1)


def accuracy(outputs: Array, y: Array) -> float:
    """The share of rows [n] whose class was right, 0 … 1."""
    return float(np.count_nonzero(predicted(outputs) == y) / len(y))


def mse(outputs: Array, y: Array) -> float:
    """The mean of (outputs - y)² over rows and outputs."""
    return float(np.square(_errors(outputs, y)).mean())


def mae(outputs: Array, y: Array) -> float:
    """The mean of |outputs - y| over rows and outputs."""
    return float(np.abs(_errors(outputs, y)).mean())


def r2(outputs: Array, y: Array) -> float:
    """The coefficient of determination: 1 - (sum of squared errors) / (sum of squares around the mean of y).

    Averaged over outputs. A target that never changes counts 1 when it was met exactly, else 0.
    """
    missed = np.square(_errors(outputs, y)).sum(axis=0)
    numbers = np.asarray(y, np.float64).reshape(outputs.shape)
    spread = np.square(numbers - numbers.mean(axis=0)).sum(axis=0)
    flat = spread == 0
    each = np.where(flat, missed == 0, 1 - missed / np.where(flat, 1, spread))
    return float(each.mean())


def confusion_matrix(y: Array, predicted: Array, classes: int) -> Array:
    """How often each class was taken for each other, int64 [classes, classes]: label down, prediction across.

    Raises DataError when a number is not a class.
    """
    for name, numbers in (("label", y), ("prediction", predicted)):
        wrong = np.flatnonzero((numbers < 0) | (numbers >= classes))
        if len(wrong):
            row = int(wrong[0])
            message = f"{name} of row {row}: expected a class from 0 to {classes - 1}, got {numbers[row]}"
            raise DataError(message, code="DATA_TARGET", where=f"row {row}")
    pairs = np.asarray(y, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _errors(outputs: Array, y: Array) -> Array:
    return np.asarray(outputs, np.float64) - np.asarray(y, np.float64).reshape(outputs.shape)

"""Metrics: outputs and targets to numbers a person can judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore import information
from mlcore.catalogue import Catalogue, Entry
from mlcore.errors import DataError
from mlcore.losses.numbers import own

if TYPE_CHECKING:
    from mlcore.datasets.dataset import Task

Array: TypeAlias = NDArray[Any]

CATALOGUE = Catalogue(
    "metric",
    Entry("accuracy", "the share of rows whose class was right", "mlcore.metrics:accuracy"),
    Entry("precision", "of the rows said to be of a class, the share that is", "mlcore.metrics:precision"),
    Entry("recall", "of the rows of a class, the share that was found", "mlcore.metrics:recall"),
    Entry("f1", "precision and recall as one number, low where either is", "mlcore.metrics:f1"),
    Entry("calibration_error", "how far confidence is from being right", "mlcore.metrics:calibration_error"),
    Entry("entropy", "how undecided the predictions are, in bits", "mlcore.metrics:entropy"),
    Entry("mutual_information", "what a prediction tells of the label, in bits", "mlcore.metrics:mutual_information"),
    Entry("mse", "the mean of the squared errors", "mlcore.metrics:mse"),
    Entry("mae", "the mean size of the errors", "mlcore.metrics:mae"),
    Entry("r2", "how much better than always answering the mean; 1 is perfect", "mlcore.metrics:r2"),
)


SHARES = ("accuracy", "precision", "recall", "f1")  # of rows: from 0 to 1
NUMBERS = ("mse", "mae", "r2")  # of a regression; every other one is of classes
GROWING = ("accuracy", "precision", "recall", "f1", "r2", "mutual_information")  # those that grow as they get better


def evaluate(outputs: Array, y: Array, task: Task, chosen: Sequence[str] = ()) -> dict[str, float]:
    """The metrics of a task: accuracy for classes; mse, mae and r2 for numbers; or the `chosen` ones.

    outputs [n, O] are the raw outputs of the network, of a regression in the units of its loss; y [n] class numbers of
    any integer type, or numbers [n, O]. With an answer at every step, outputs [n, T, O], each step counts as a row, but
    those where nothing is asked.
    Raises DataError when there are no rows.
    """
    if outputs.ndim == 3:
        asked = y.reshape(-1) >= 0 if task.kind != "regression" else slice(None)
        outputs = outputs.reshape(-1, outputs.shape[-1])[asked]
        y = y.reshape(len(y) * y.shape[1], *y.shape[2:])[asked]
    outputs = own(outputs, task.units)
    if not len(y):
        raise DataError("metrics: there are no rows to measure", code="DATA_EMPTY")
    return {name: CATALOGUE.find(name).load()(outputs, y) for name in chosen or names(task)}


def names(task: Task) -> tuple[str, ...]:
    """The metrics of a task that are measured after every epoch."""
    return NUMBERS if task.kind == "regression" else ("accuracy",)


def possible(task: Task) -> tuple[str, ...]:
    """Every metric of a task."""
    return NUMBERS if task.kind == "regression" else tuple(each for each in CATALOGUE.names() if each not in NUMBERS)


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


def precision(outputs: Array, y: Array) -> float:
    """Of the rows said to be of a class, the share that is: of class 1 where there are two, else the mean of classes.

    A class that is never said counts 0 (scikit-learn's zero_division).
    """
    return float(by_class(predicted(outputs), y, _classes(outputs))[_shown(outputs), 0].mean())


def recall(outputs: Array, y: Array) -> float:
    """Of the rows of a class, the share that was found: of class 1 where there are two, else the mean of classes.

    A class without rows counts 0.
    """
    return float(by_class(predicted(outputs), y, _classes(outputs))[_shown(outputs), 1].mean())


def f1(outputs: Array, y: Array) -> float:
    """2 precision recall / (precision + recall): of class 1 where there are two, else the mean of classes."""
    return float(by_class(predicted(outputs), y, _classes(outputs))[_shown(outputs), 2].mean())


def by_class(found: Array, y: Array, classes: int) -> Array:
    """Precision, recall and F1 of each class, float64 [classes, 3]; 0 where there is nothing to divide by.

    found and y [n] are class numbers; a found class of -1 is none.
    """
    right = np.bincount(y[found == y], minlength=classes).astype(np.float64)
    said, there = np.bincount(found[found >= 0], minlength=classes), np.bincount(y, minlength=classes)
    each = [right / np.maximum(said, 1), right / np.maximum(there, 1), 2 * right / np.maximum(said + there, 1)]
    return np.stack(each, axis=1)


def calibration_error(outputs: Array, y: Array) -> float:
    """The expected calibration error of the predictions, 0 … 1 (`information.calibration_error`)."""
    return information.calibration_error(probabilities(outputs), np.asarray(y))


def entropy(outputs: Array, y: Array) -> float:
    """The mean entropy of the predicted probabilities, in bits; log2 K where nothing is known."""
    return float(np.mean(information.entropy(probabilities(outputs))))


def mutual_information(outputs: Array, y: Array) -> float:
    """What the predicted class tells of the label, in bits: at most the entropy of the labels."""
    return information.mutual_information(predicted(outputs), np.asarray(y))


def probabilities(outputs: Array) -> Array:
    """Class probabilities [n, K] of raw outputs: one is the logit of class 1, more go through a softmax; float64."""
    z = np.asarray(outputs, np.float64)
    if z.shape[1] == 1:
        z = np.concatenate([np.zeros_like(z), z], axis=1)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p: Array = e / e.sum(axis=1, keepdims=True)
    return p


def _classes(outputs: Array) -> int:
    return max(2, int(outputs.shape[1]))


def _shown(outputs: Array) -> slice:
    """The classes a mean is made of: class 1 alone where there are two."""
    return slice(1, 2) if _classes(outputs) == 2 else slice(None)


def mse(outputs: Array, y: Array) -> float:
    """The mean of (outputs - y)² over rows and outputs."""
    return float(np.square(_errors(outputs, y)).mean())


def mae(outputs: Array, y: Array) -> float:
    """The mean of |outputs - y| over rows and outputs."""
    return float(np.abs(_errors(outputs, y)).mean())


def mape(outputs: Array, y: Array) -> float:
    """The mean of |outputs - y| / |y| over rows and outputs, as a share; infinite where a 0 was missed."""
    errors, sizes = np.abs(_errors(outputs, y)), np.abs(np.asarray(y, np.float64).reshape(outputs.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(errors == 0, 0.0, errors / sizes).mean())


def r2(outputs: Array, y: Array) -> float:
    """The coefficient of determination: 1 - (sum of squared errors) / (sum of squares around the mean of y).

    Averaged over outputs. A target that never changes counts 1 when it was met exactly, else 0.
    """
    missed = np.square(_errors(outputs, y)).sum(axis=0)
    numbers = np.asarray(y, np.float64).reshape(outputs.shape)
    return explained(missed, np.square(numbers - numbers.mean(axis=0)).sum(axis=0))


def explained(missed: Array, spread: Array) -> float:
    """`r2` from the sums of squared errors and of squares around the mean, both [outputs]."""
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

"""What C reads of each row beside its inputs: a class number or targets, and how much the row counts."""

from __future__ import annotations

import numpy as np

from mlcore.backends.lowering import LOSSES
from mlcore.errors import DataError
from mlcore.layers.layer import Array, Shape
from mlcore.losses import BinaryCrossEntropy, KLDivergence, Loss, steps_of


def targets_of(loss: Loss, y: Array, rows: int, output: Shape) -> tuple[Array | None, Array | None]:
    """Class numbers [B] int32, or targets [B, O] float32, as the loss reads them; one of the two is None.

    output: the shape of a row of z; with an answer at each of T steps they are [B T] and [B T, O]. Smoothing of what C
    takes as numbers is done here, once. Raises DataError where rows and targets do not fit.
    """
    y = np.asarray(y)
    if len(y) != rows:
        raise DataError(f"targets: expected one for each of {rows} rows, got {len(y)}")
    if len(output) == 2 and y.shape[1:2] != output[:1]:
        raise DataError(f"targets: expected one for each of {output[0]} steps, got an array of shape {list(y.shape)}")
    if len(output) == 2:
        y, rows = steps_of(y)[0], rows * output[0]
    outputs = output[-1]
    if isinstance(loss, KLDivergence):
        return None, _distributions(loss, y, outputs)
    if LOSSES[type(loss)].labels:
        return _labels(y, outputs), None
    if y.size != rows * outputs:
        raise DataError(f"targets: expected {outputs} numbers a row, got an array of shape {list(y.shape)}")
    targets = np.require(loss.compared(y).reshape(rows, outputs), np.float32, ("C", "A"))
    if isinstance(loss, BinaryCrossEntropy):
        _within(targets[:, 0], 0, 1, "probabilities between 0 and 1")
        targets = np.require(loss.targets(targets), np.float32)
    return None, targets


def weights_of(loss: Loss, y: Array, w: Array | None, output: Shape = (1,)) -> Array | None:
    """How much each row counts [B] float32, from its class and its own weight; None where all count the same.

    output: the shape of a row of z; with an answer at each of T steps it is how much each answer counts [B T].
    """
    y = np.asarray(y)
    if len(output) == 2:
        y, w = steps_of(y, w)
    found = loss.weights(y, w)
    if found is None:
        return None
    if found.shape != (len(y),):
        raise DataError(f"weights: expected one for each of {len(y)} rows, got an array of shape {list(found.shape)}")
    return np.require(found, np.float32, ("C", "A"))


def _labels(y: Array, classes: int) -> Array:
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise DataError(f"labels: expected class numbers, one a row, got {y.dtype} of shape {list(y.shape)}")
    _within(y, 0, classes - 1, f"class numbers 0 to {classes - 1}")
    return np.require(y, np.int32, ("C", "A"))


def _distributions(loss: KLDivergence, y: Array, classes: int) -> Array:
    if y.ndim != 2:
        return np.require(loss.targets(_labels(y, classes), classes), np.float32)
    if y.shape[1] != classes or y.dtype.kind != "f":
        raise DataError(f"targets: expected {classes} probabilities a row, got {y.dtype} of shape {list(y.shape)}")
    wrong = np.flatnonzero(~((y >= 0) & (y <= 1)).all(axis=1))
    if len(wrong):
        raise DataError(f"targets: expected probabilities between 0 and 1, got {y[wrong[0]]} in row {wrong[0]}")
    return np.require(y, np.float32, ("C", "A"))


def _within(y: Array, low: int, high: int, what: str) -> None:
    wrong = np.flatnonzero(~((y >= low) & (y <= high)))
    if len(wrong):
        raise DataError(f"labels: expected {what}, got {y[wrong[0]]} in row {wrong[0]}")

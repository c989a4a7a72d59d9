"""Losses of several outputs as scikit-learn has them. They are of its estimators: no configuration offers them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.losses.loss import Array, Loss


def bounds(dtype: Any) -> tuple[float, float]:
    """What scikit-learn tells the log-loss of a row as: probabilities are kept an eps of their type from 0 and 1."""
    eps = float(np.finfo(dtype).eps)
    return -math.log1p(-eps), -math.log(eps)


class MultilabelCrossEntropy(Loss, frozen=True, tag="multilabel_cross_entropy"):
    """Every output is a question of its own, answered by yes or no.

    loss = sum over O of max(z, 0) - z y + log(1 + exp(-|z|))      dz = sigmoid(z) - y      z, y [B, O], y 0 or 1

    Each is told within `bounds`.
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        y = y.astype(z.dtype, copy=False)
        e = np.exp(-np.abs(z))
        loss = np.clip(np.maximum(z, 0) - z * y + np.log1p(e), *bounds(z.dtype))
        return loss.sum(axis=1), np.where(z >= 0, 1, e) / (1 + e) - y

    def probabilities(self, z: Array) -> Array:
        e = np.exp(-np.abs(z))
        p: Array = np.where(z >= 0, 1, e) / (1 + e)
        return p


class HalfSquaredError(Loss, frozen=True, tag="half_squared_error"):
    """Half the squared error of several outputs. As scikit-learn has it the loss is their mean, the slope of their sum.

    loss = mean over O of (z - y)² / 2      dz = z - y      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = z - y.reshape(z.shape).astype(z.dtype, copy=False)
        return (error * error).mean(axis=1) / 2, error


class PoissonDeviance(Loss, frozen=True, tag="poisson_deviance"):
    """Half the deviance of counts whose mean is exp(z).

    loss = sum over O of y log(y / p) - y + p      dz = p - y      p = exp(z), z, y [B, O], y from 0; 0 log 0 is 0
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        y, p = y.reshape(z.shape).astype(z.dtype, copy=False), np.exp(z)
        counted = y * (np.log(np.where(y > 0, y, 1)) - z)
        return (counted - y + p).sum(axis=1), p - y

    def probabilities(self, z: Array) -> Array:
        return np.exp(z)

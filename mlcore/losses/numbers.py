"""Losses of numbers: each output has a target, and what counts is the error z - y."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta

from mlcore.losses.loss import Array, Loss


class MSE(Loss, frozen=True, tag="mse"):
    """The mean squared error, averaged over outputs as well.

    loss = mean over O of (z - y)²      dz = 2 (z - y) / O      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = z - y.reshape(z.shape).astype(z.dtype)
        return (error * error).mean(axis=1), error * z.dtype.type(2 / z.shape[1])


class MAE(Loss, frozen=True, tag="mae"):
    """The mean absolute error, also called L1 loss.

    loss = mean over O of |z - y|      dz = sign(z - y) / O      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = z - y.reshape(z.shape).astype(z.dtype)
        return np.abs(error).mean(axis=1), np.sign(error) / z.dtype.type(z.shape[1])


class Huber(Loss, frozen=True, tag="huber"):
    """Squared where errors are small, absolute where they are large: an outlier pulls no harder than `delta` does.

    loss = mean over O of    e²/2 where |e| <= delta, else delta (|e| - delta/2)        e = z - y      z, y [B, O]
    dz = e / O, no further from zero than delta / O

    Huber 1964, with the scale of PyTorch's HuberLoss: half the mean squared error where all errors are small.
    """

    delta: Annotated[float, Meta(gt=0, description="error from which on the loss grows in a straight line")] = 1.0

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        delta, half = z.dtype.type(self.delta), z.dtype.type(0.5)
        error = z - y.reshape(z.shape).astype(z.dtype)
        size = np.abs(error)
        bent = np.minimum(size, delta)
        return (bent * (size - half * bent)).mean(axis=1), np.clip(error, -delta, delta) / z.dtype.type(z.shape[1])

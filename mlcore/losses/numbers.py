"""Losses of numbers: each output has a target, and what counts is the error z - y.

Targets far from 1 are hard to learn, so the data may say in which units they are compared: y' = (y - shift) factor, or
y' = (log(y + offset) - shift) factor. What a network answers is z brought back, in the units of y.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta

from mlcore.errors import ConfigError
from mlcore.losses.loss import Array, Loss

FARTHEST = 88.0  # e to it is the last float32


class NumberLoss(Loss, frozen=True, kw_only=True):
    """What losses of numbers have in common: the units in which targets are compared."""

    units: Annotated[
        tuple[float, ...],
        Meta(description="shift and factor of targets, and an offset where of their logarithm; none: dataset says it"),
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.units and not (len(self.units) in (2, 3) and self.units[1] > 0):
            message = f"units: expected a shift, a factor above 0 and maybe an offset, got {list(self.units)}"
            raise ConfigError(message, where="loss.units")

    def compared(self, y: Array) -> Array:
        return compared(y, self.units)

    def probabilities(self, z: Array) -> Array:
        return own(z, self.units)

    def error(self, z: Array, y: Array) -> Array:
        """z - y [B, O], in the units in which they are compared and the type of z."""
        found: Array = z - self.compared(y).reshape(z.shape).astype(z.dtype)
        return found


def compared(y: Array, units: tuple[float, ...]) -> Array:
    """Targets in the units in which they are compared, float64; as they are where there are none."""
    if not units:
        return y
    shift, factor, *offset = units
    values = y.astype(np.float64)
    found: Array = ((np.log(values + offset[0]) if offset else values) - shift) * factor
    return found


def own(z: Array, units: tuple[float, ...]) -> Array:
    """Outputs in the units of the targets, in the type of z; as they are where there are none."""
    if not units:
        return z
    shift, factor, *offset = units
    values = z.astype(np.float64) / factor + shift
    if offset:
        values = np.exp(np.minimum(values, FARTHEST)) - offset[0]
    found: Array = values.astype(z.dtype)
    return found


class MSE(NumberLoss, frozen=True, tag="mse"):
    """The mean squared error, averaged over outputs as well.

    loss = mean over O of (z - y)²      dz = 2 (z - y) / O      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = self.error(z, y)
        return (error * error).mean(axis=1), error * z.dtype.type(2 / z.shape[1])


class MAE(NumberLoss, frozen=True, tag="mae"):
    """The mean absolute error, also called L1 loss.

    loss = mean over O of |z - y|      dz = sign(z - y) / O      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = self.error(z, y)
        return np.abs(error).mean(axis=1), np.sign(error) / z.dtype.type(z.shape[1])


class Huber(NumberLoss, frozen=True, tag="huber"):
    """Squared where errors are small, absolute where they are large: an outlier pulls no harder than `delta` does.

    loss = mean over O of    e²/2 where |e| <= delta, else delta (|e| - delta/2)        e = z - y      z, y [B, O]
    dz = e / O, no further from zero than delta / O

    Huber 1964, with the scale of PyTorch's HuberLoss: half the mean squared error where all errors are small.
    """

    delta: Annotated[float, Meta(gt=0, description="error from which on the loss grows in a straight line")] = 1.0

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        delta, half = z.dtype.type(self.delta), z.dtype.type(0.5)
        error = self.error(z, y)
        size = np.abs(error)
        bent = np.minimum(size, delta)
        return (bent * (size - half * bent)).mean(axis=1), np.clip(error, -delta, delta) / z.dtype.type(z.shape[1])

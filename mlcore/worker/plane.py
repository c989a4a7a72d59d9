"""The plane a picture shows: two features, or of more the two directions in which the rows differ most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mlcore.datasets.dataset import Data, Scaling
from mlcore.layers.layer import Array

ROWS = 400  # training rows the directions are found in, evenly taken
ROUNDS = 12  # of orthogonal iteration


class Plane(NamedTuple):
    """A plane through the inputs of a network: place (a, b) on it is the input center + a axes[0] + b axes[1].

    center [features], axes [2, features], both float64 and in the units the network sees. names: of both axes; spread:
    the share of all variance that lies on the plane, None where it is two features in data units. A place is in the
    units of the axes: data units of two features, else standard units of the projection. scaling: that of two features
    where it is not straight; then a place is what it takes.
    """

    center: Array
    axes: Array
    names: tuple[str, str]
    spread: float | None = None
    scaling: Scaling | None = None

    def inputs(self, places: Array) -> Array:
        """Inputs as the network sees them [n, features] float32 at places [n, 2]."""
        if self.scaling is not None:
            return self.scaling.apply(places)
        inputs: Array = (self.center + places @ self.axes).astype(np.float32)
        return inputs

    def places(self, inputs: Array) -> Array:
        """Where inputs [n, features] lie when they fall straight onto the plane: [n, 2] float64."""
        if self.scaling is not None:
            return self.scaling.undo(inputs)
        places: Array = (inputs - self.center) @ (self.axes / np.square(self.axes).sum(axis=1, keepdims=True)).T
        return places


def plane_of(data: Data) -> Plane | None:
    """The plane of a data set; None where its inputs are fewer than two numbers or no plain numbers at all."""
    if len(data.input_shape) != 1 or data.input_shape[0] < 2:
        return None
    if data.input_shape == (2,) and data.train.x.dtype != np.uint8:
        shift, factor = (np.asarray(part, np.float64) for part in data.scaling[:2])
        first, second = (*data.feature_names, "x1", "x2")[:2]
        return Plane(
            -shift * factor, np.diag(factor), (first, second), None, data.scaling if data.scaling.smooth else None
        )
    every = slice(None, None, -(-len(data.train) // ROWS))
    inputs = data.inputs(data.train.take(every))
    center = inputs.mean(axis=0, dtype=np.float64)
    axes, share = principal((inputs - center).astype(np.float32))
    return Plane(center, axes.astype(np.float64), ("1st direction", "2nd direction"), share)


def principal(x: Array) -> tuple[Array, float]:
    """The two directions [2, features] of most variance of centred rows x [n, features], and their share of all.

    Orthogonal iteration from a fixed start (Golub and Van Loan, 8.2.4): `PCA` finds every direction, and of 784
    features that takes a second, before the first step of training. The largest number of each direction is positive,
    so that a picture never turns over.
    """
    basis = np.random.default_rng(0).normal(size=(x.shape[1], 2)).astype(x.dtype)
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(x.T @ (x @ basis))
    spreads = np.square(x @ basis).sum(axis=0)
    basis = basis[:, np.argsort(-spreads, kind="stable")]
    largest = basis[np.abs(basis).argmax(axis=0), [0, 1]]
    total = float(np.square(x).sum())
    return (basis * np.where(largest < 0, -1.0, 1.0)).T, float(spreads.sum()) / total if total else 1.0

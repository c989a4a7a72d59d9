"""Flatten: the layer that only changes the shape."""

from __future__ import annotations

import math
from typing import ClassVar

from mlcore.layers.layer import Array, Layer, Mode, Saved, Shape


class Flatten(Layer, frozen=True, tag="flatten"):
    """Every row as one list of numbers, the last axis fastest.

    y = x with x [B, …] as y [B, F]      dx = dy with the shape of x
    """

    any_length: ClassVar[bool] = False

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        return x.reshape(len(x), -1), (x,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy.reshape(saved[0].shape), {}

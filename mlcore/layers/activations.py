"""Activations: the bends between layers. Without one, a stack of layers is a single straight line.

Each is y = f(x) element by element, and its derivative is written by means of y, so that backward keeps one array.
"""

from __future__ import annotations

import numpy as np

from mlcore.layers.layer import Array, Layer, Mode, Saved
from mlcore.spec import kind_of


class Activation(Layer, frozen=True):
    """y = f(x), dx = dy f'(x) with f' as a function of y. x, y, dy, dx [B, …]"""

    def value(self, x: Array) -> Array:
        """f(x), element by element."""
        raise NotImplementedError(type(self).__name__)

    def slope(self, y: Array) -> Array:
        """f'(x) where f(x) = y, element by element."""
        raise NotImplementedError(type(self).__name__)

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        y = self.value(x)
        return y, (y,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        (y,) = saved
        return (dy * self.slope(y)).astype(dy.dtype, copy=False), {}

    @property
    def word(self) -> str:
        return kind_of(self)


class ReLU(Activation, frozen=True, tag="relu"):
    """Positive numbers pass, negative ones become zero.

    f(x) = max(x, 0)      f' = 1 where x > 0, else 0 (0 at 0)
    """

    def value(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def slope(self, y: Array) -> Array:
        return y > 0


class ReLU6(Activation, frozen=True, tag="relu6"):
    """ReLU that stops growing at six.

    f(x) = min(max(x, 0), 6)      f' = 1 where 0 < x < 6, else 0
    """

    def value(self, x: Array) -> Array:
        return np.minimum(np.maximum(x, 0), 6)

    def slope(self, y: Array) -> Array:
        return (y > 0) & (y < 6)


class Sigmoid(Activation, frozen=True, tag="sigmoid"):
    """Squeezes any number into 0 to 1.

    f(x) = 1 / (1 + exp(-x))      f' = y (1 - y)
    """

    def value(self, x: Array) -> Array:
        return sigmoid(x)

    def slope(self, y: Array) -> Array:
        slope: Array = y * (1 - y)
        return slope


class Tanh(Activation, frozen=True, tag="tanh"):
    """Squeezes any number into -1 to 1.

    f(x) = tanh(x)      f' = 1 - y²
    """

    def value(self, x: Array) -> Array:
        y: Array = np.tanh(x)
        return y

    def slope(self, y: Array) -> Array:
        return 1 - y * y


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow: the exponential is only taken of numbers that are not positive."""
    e = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, e) / (1 + e)
    return y

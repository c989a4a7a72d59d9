"""Activations: the bends between layers. Without one, a stack of layers is a single straight line.

Each is y = f(x) element by element. Where f never turns back, its derivative is written by means of y, so that backward
keeps one array; GELU and SiLU dip below zero and rise again, so theirs takes x.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.layers.layer import Array, Layer, Mode, Saved


class Activation(Layer, frozen=True):
    """y = f(x), dx = dy f'(x), with f' told by y, or by x where `told_by_input`. x, y, dy, dx [B, …]"""

    told_by_input: ClassVar[bool] = False

    def value(self, x: Array) -> Array:
        """f(x), element by element."""
        raise NotImplementedError(type(self).__name__)

    def slope(self, told: Array) -> Array:
        """f'(x), element by element, from f(x) or from x itself."""
        raise NotImplementedError(type(self).__name__)

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        y = self.value(x).astype(x.dtype, copy=False)
        return y, (x if self.told_by_input else y,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        (told,) = saved
        return (dy * self.slope(told)).astype(dy.dtype, copy=False), {}


class ReLU(Activation, frozen=True, tag="relu"):
    """Positive numbers pass, negative ones become zero.

    f(x) = max(x, 0)      f' = 1 where x > 0, else 0 (0 at 0)
    """

    def value(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def slope(self, told: Array) -> Array:
        return told > 0


class ReLU6(Activation, frozen=True, tag="relu6"):
    """ReLU that stops growing at six.

    f(x) = min(max(x, 0), 6)      f' = 1 where 0 < x < 6, else 0
    """

    def value(self, x: Array) -> Array:
        return np.minimum(np.maximum(x, 0), 6)

    def slope(self, told: Array) -> Array:
        return (told > 0) & (told < 6)


class Sigmoid(Activation, frozen=True, tag="sigmoid"):
    """Squeezes any number into 0 to 1.

    f(x) = 1 / (1 + exp(-x))      f' = y (1 - y)
    """

    def value(self, x: Array) -> Array:
        return sigmoid(x)

    def slope(self, told: Array) -> Array:
        slope: Array = told * (1 - told)
        return slope


class Tanh(Activation, frozen=True, tag="tanh"):
    """Squeezes any number into -1 to 1.

    f(x) = tanh(x)      f' = 1 - y²
    """

    def value(self, x: Array) -> Array:
        y: Array = np.tanh(x)
        return y

    def slope(self, told: Array) -> Array:
        return 1 - told * told


class LeakyReLU(Activation, frozen=True, tag="leaky_relu"):
    """ReLU that lets a little of a negative number through, so that no unit dies.

    f(x) = x where x > 0, else a x      f' = 1 where x > 0, else a      a is negative_slope (Maas et al. 2013)
    """

    number: ClassVar[str] = "negative_slope"

    negative_slope: Annotated[float, Meta(ge=0, le=1, description="slope below zero")] = 0.01

    def value(self, x: Array) -> Array:
        y: Array = np.where(x > 0, x, x.dtype.type(self.negative_slope) * x)
        return y

    def slope(self, told: Array) -> Array:
        slope: Array = np.where(told > 0, told.dtype.type(1), told.dtype.type(self.negative_slope))
        return slope


class ELU(Activation, frozen=True, tag="elu"):
    """Positive numbers pass, negative ones bend smoothly towards -alpha.

    f(x) = x where x > 0, else alpha (exp(x) - 1)      f' = 1 where x > 0, else y + alpha      (Clevert et al. 2016)
    """

    number: ClassVar[str] = "alpha"

    alpha: Annotated[float, Meta(ge=0, le=10, description="how far below zero it goes")] = 1.0

    def value(self, x: Array) -> Array:
        y: Array = np.where(x > 0, x, x.dtype.type(self.alpha) * np.expm1(np.minimum(x, 0)))
        return y

    def slope(self, told: Array) -> Array:
        slope: Array = np.where(told > 0, told.dtype.type(1), told + told.dtype.type(self.alpha))
        return slope


class Softplus(Activation, frozen=True, tag="softplus"):
    """ReLU without the corner: a smooth bend from 0 to x.

    f(x) = log(1 + exp(x))      f' = sigmoid(x) = 1 - exp(-y)      (Dugas et al. 2001)
    """

    def value(self, x: Array) -> Array:
        y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        return y

    def slope(self, told: Array) -> Array:
        slope: Array = -np.expm1(-told)
        return slope


class SiLU(Activation, frozen=True, tag="silu"):
    """Each number times its own sigmoid; also called swish.

    f(x) = x s      f' = s (1 + x (1 - s))      s = sigmoid(x)      (Elfwing et al. 2018)
    """

    told_by_input: ClassVar[bool] = True

    def value(self, x: Array) -> Array:
        y: Array = x * sigmoid(x)
        return y

    def slope(self, told: Array) -> Array:
        s = sigmoid(told)
        slope: Array = s * (1 + told * (1 - s))
        return slope


class GELU(Activation, frozen=True, tag="gelu"):
    """Each number times the share of the normal distribution below it.

    f(x) = x Φ(x)      f' = Φ(x) + x φ(x)      φ(x) = exp(-x²/2) / sqrt(2π), Φ its integral

    Hendrycks and Gimpel 2016; the exact one, not its approximation by tanh.
    """

    told_by_input: ClassVar[bool] = True

    def value(self, x: Array) -> Array:
        y: Array = x * normal_share(x)
        return y

    def slope(self, told: Array) -> Array:
        x = told.astype(np.float64, copy=False)
        slope: Array = (normal_share(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)).astype(told.dtype)
        return slope


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow: the exponential is only taken of numbers that are not positive."""
    e = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, e) / (1 + e)
    return y


def normal_share(x: Array) -> Array:
    """Φ(x), the share of the normal distribution below x, within a few roundings of double precision; of x's type.

    Φ(-a) = exp(-a²/2) t g(t) for a >= 0 and t = 1 / (1 + a/4), with g a Chebyshev series in 2 t - 1, made from
    g(t) = erfcx(a / sqrt 2) / (2 t).
    """
    a = np.abs(x).astype(np.float64, copy=False)
    t = 1 / (1 + a / 4)
    below = np.exp(-a * a / 2) * t * np.polynomial.chebyshev.chebval(2 * t - 1, NORMAL_TAIL)
    share: Array = np.where(x < 0, below, 1 - below).astype(x.dtype)
    return share


NORMAL_TAIL = (
    *(0.2426128011415191, 0.1879272042098925, 0.05554838891881277, 0.01212943831511148, 1.731480124060608e-3),
    *(8.014961859954201e-5, -2.513684790802296e-5, -4.72584225493075e-6, 2.525892213794179e-7, 1.53633368778785e-7),
    *(-8.452550629623011e-10, -5.171627021724219e-9, -2.820657605087481e-11, 1.943503599884926e-10),
    *(-2.48534029891671e-12, -7.936215485259685e-12, 4.605936674935613e-13, 3.282016564985148e-13),
    *(-4.353587521972388e-14, -1.228612909708565e-14, 3.115199551941373e-15, 2.828357617889159e-16),
)

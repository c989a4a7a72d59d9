"""Activations, element by element, and their gradients told by their outputs or, from silu on, by their inputs."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mlcore.kernels.arrays import Array, apart, as_floats, result, value_and_slope
from mlcore.kernels.library import at, library

# By the numbers of mlj.h.
KINDS = ("linear", "relu", "relu6", "sigmoid", "tanh", "leaky_relu", "elu", "softplus", "silu", "gelu")
ACTIVATIONS = {kind: number for number, kind in enumerate(KINDS)}
WITH_A_NUMBER = ("leaky_relu", "elu")
SLOPE, ALPHA = 0.01, 1.0  # of leaky_relu and elu, as PyTorch has them


def relu(x: ArrayLike, out: Array | None = None) -> Array:
    """max(x, 0), element by element; NaN stays NaN."""
    return _activate("relu", x, out)


def relu6(x: ArrayLike, out: Array | None = None) -> Array:
    """min(max(x, 0), 6), element by element; NaN stays NaN."""
    return _activate("relu6", x, out)


def sigmoid(x: ArrayLike, out: Array | None = None) -> Array:
    """1 / (1 + exp(-x)), element by element, within two units in the last place."""
    return _activate("sigmoid", x, out)


def tanh(x: ArrayLike, out: Array | None = None) -> Array:
    """tanh(x), element by element, within two units in the last place."""
    return _activate("tanh", x, out)


def leaky_relu(x: ArrayLike, negative_slope: float = SLOPE, out: Array | None = None) -> Array:
    """x where x > 0, else negative_slope x, element by element; negative_slope is from 0 up."""
    return _activate("leaky_relu", x, out, negative_slope)


def elu(x: ArrayLike, alpha: float = ALPHA, out: Array | None = None) -> Array:
    """x where x > 0, else alpha (exp(x) - 1), element by element, within two units in the last place."""
    return _activate("elu", x, out, alpha)


def softplus(x: ArrayLike, out: Array | None = None) -> Array:
    """log(1 + exp(x)), element by element, within three units in the last place."""
    return _activate("softplus", x, out)


def silu(x: ArrayLike, out: Array | None = None) -> Array:
    """x sigmoid(x), element by element, within four units in the last place; below 1.2e-38 it is zero."""
    return _activate("silu", x, out)


def gelu(x: ArrayLike, out: Array | None = None) -> Array:
    """x Φ(x), element by element, within five units in the last place; below 1.2e-38 it is zero."""
    return _activate("gelu", x, out)


def relu_backward(y: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of relu from its output y and dy: dy where y > 0, else 0."""
    return _activate_backward("relu", y, dy, out)


def relu6_backward(y: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of relu6 from its output y and dy: dy where 0 < y < 6, else 0."""
    return _activate_backward("relu6", y, dy, out)


def sigmoid_backward(y: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of sigmoid from its output y and dy: dy y (1 - y)."""
    return _activate_backward("sigmoid", y, dy, out)


def tanh_backward(y: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of tanh from its output y and dy: dy (1 - y²)."""
    return _activate_backward("tanh", y, dy, out)


def leaky_relu_backward(y: ArrayLike, dy: ArrayLike, negative_slope: float = SLOPE, out: Array | None = None) -> Array:
    """dx of leaky_relu from its output y and dy: dy where y > 0, else negative_slope dy."""
    return _activate_backward("leaky_relu", y, dy, out, negative_slope)


def elu_backward(y: ArrayLike, dy: ArrayLike, alpha: float = ALPHA, out: Array | None = None) -> Array:
    """dx of elu from its output y and dy: dy where y > 0, else dy (y + alpha)."""
    return _activate_backward("elu", y, dy, out, alpha)


def softplus_backward(y: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of softplus from its output y and dy: dy (1 - exp(-y))."""
    return _activate_backward("softplus", y, dy, out)


def silu_backward(x: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of silu from its input x and dy: dy s (1 + x (1 - s)), s = sigmoid(x)."""
    return _activate_backward("silu", x, dy, out)


def gelu_backward(x: ArrayLike, dy: ArrayLike, out: Array | None = None) -> Array:
    """dx of gelu from its input x and dy: dy (Φ(x) + x φ(x))."""
    return _activate_backward("gelu", x, dy, out)


def _activate(kind: str, x: ArrayLike, out: Array | None, alpha: float = 0.0) -> Array:
    array = as_floats(x, "x")
    y = result(out, array.shape)
    array = array if out is None else apart(array, y)
    library().mlj_parallel_activate(ACTIVATIONS[kind], alpha, array.size, at(array), at(y))
    return y


def _activate_backward(kind: str, told: ArrayLike, dy: ArrayLike, out: Array | None, alpha: float = 0.0) -> Array:
    value, slope, dx = value_and_slope(told, dy, out)
    library().mlj_parallel_activate_backward(ACTIVATIONS[kind], alpha, value.size, at(value), at(slope), at(dx))
    return dx

"""Activations, element by element, and their gradients told by their outputs."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mlcore.kernels.arrays import Array, apart, as_floats, result, value_and_slope
from mlcore.kernels.library import at, library

ACTIVATIONS = {"linear": 0, "relu": 1, "relu6": 2, "sigmoid": 3, "tanh": 4}


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


def _activate(kind: str, x: ArrayLike, out: Array | None) -> Array:
    array = as_floats(x, "x")
    y = result(out, array.shape)
    array = array if out is None else apart(array, y)
    library().mlj_parallel_activate(ACTIVATIONS[kind], array.size, at(array), at(y))
    return y


def _activate_backward(kind: str, y: ArrayLike, dy: ArrayLike, out: Array | None) -> Array:
    value, slope, dx = value_and_slope(y, dy, out)
    library().mlj_parallel_activate_backward(ACTIVATIONS[kind], value.size, at(value), at(slope), at(dx))
    return dx

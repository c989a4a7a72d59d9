"""Convolution and pooling of images [B, H, W, C], channels last as the kernels have them, each with its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError, ShapeError
from mlcore.kernels.activations import ACTIVATIONS, WITH_A_NUMBER
from mlcore.kernels.arrays import Array, as_floats, same_shape
from mlcore.kernels.library import at, ffi, library

COLUMNS = 16  # filters or channels that lie together in a panel
MAX, MEAN = 1, 2  # MLJ_POOL_…


def conv2d(
    x: ArrayLike, w: ArrayLike, b: ArrayLike, stride: int = 1, padding: int = 0, activation: str | None = None
) -> Array:
    """activation of `layers.Conv2d`: x [B, H, W, C], filters w [O, C, k, k], b [O] -> [B, H', W', O]."""
    call = _Convolution(x, w, stride, padding)
    bias, kind = as_floats(b, "b", 1), activation or "linear"
    same_shape("b", bias, call.w.shape[:1])
    if kind not in ACTIVATIONS or kind in WITH_A_NUMBER:
        known = ", ".join(name for name in ACTIVATIONS if name not in WITH_A_NUMBER)
        raise DataError(f"activation {activation!r} is unknown", hint=f"there are {known}")
    y, panels = np.empty(call.made, np.float32), _in_panels(call.w)
    call.c.w, call.c.bias, call.c.y, call.c.activation = at(panels), at(bias), at(y), ACTIVATIONS[kind]
    library().mlj_ops_now().convolve(call.c, 0, len(y))
    return y


def conv2d_backward(
    x: ArrayLike, w: ArrayLike, dy: ArrayLike, stride: int = 1, padding: int = 0
) -> tuple[Array, Array, Array]:
    """dx, dw and db of `conv2d` without an activation, from dy [B, H', W', O]."""
    call = _Convolution(x, w, stride, padding)
    slope = as_floats(dy, "dy", 4)
    same_shape("dy", slope, call.made)
    filters, channels, k, _ = call.w.shape
    outputs, inputs = _whole(filters), _whole(channels)
    spread = np.zeros((*slope.shape[:3], outputs), np.float32)
    spread[..., :filters] = slope
    panels, turned = _in_panels(call.w), np.zeros((inputs // COLUMNS, k * k * outputs, COLUMNS), np.float32)
    dx, dw, db = np.empty_like(call.x), np.zeros_like(panels), np.zeros(filters, np.float32)
    c, ops, images = call.c, library().mlj_ops_now(), len(dx)
    c.w, c.wt, c.dy, c.dx, c.dw, c.db = at(panels), at(turned), at(spread), at(dx), at(dw), at(db)
    c.dy_pixel, c.dy_image = outputs, spread[:1].size
    ops.turn_filters(c, 0, k * k * channels)
    ops.convolve_back(c, 0, images)
    ops.convolve_gradient(c, 0, images)
    return dx, _from_panels(dw, call.w.shape), db


def max_pool2d(x: ArrayLike, size: int = 2, stride: int = 0) -> tuple[Array, Array]:
    """The largest number of each window of x [B, H, W, C] (`layers.MaxPool2d`), and which of its window it is."""
    call = _Pooling(as_floats(x, "x", 4), size, stride, MAX)
    where = np.empty_like(call.y)
    call.p.where = at(where)
    return call.forward(), where


def avg_pool2d(x: ArrayLike, size: int = 2, stride: int = 0) -> Array:
    """The mean of each window of x [B, H, W, C]."""
    return _Pooling(as_floats(x, "x", 4), size, stride, MEAN).forward()


def max_pool2d_backward(x: ArrayLike, where: ArrayLike, dy: ArrayLike, size: int = 2, stride: int = 0) -> Array:
    """dx of `max_pool2d` from dy and the places it found."""
    call, places = _Pooling(as_floats(x, "x", 4), size, stride, MAX), as_floats(where, "where", 4)
    same_shape("where", places, call.y.shape)
    call.p.where = at(places)
    return call.backward(as_floats(dy, "dy", 4))


def avg_pool2d_backward(x: ArrayLike, dy: ArrayLike, size: int = 2, stride: int = 0) -> Array:
    """dx of `avg_pool2d`; of x only the shape matters."""
    return _Pooling(as_floats(x, "x", 4), size, stride, MEAN).backward(as_floats(dy, "dy", 4))


class _Convolution:
    """A convolution checked and as C reads it, without its results."""

    def __init__(self, x: ArrayLike, w: ArrayLike, stride: int, padding: int) -> None:
        self.x, self.w = as_floats(x, "x", 4), as_floats(w, "w", 4)
        filters, channels, k, wide = self.w.shape
        if channels != self.x.shape[3] or k != wide or not min(filters, channels, k):
            raise ShapeError(f"w: expected [filters, {self.x.shape[3]}, k, k], got {list(self.w.shape)}")
        windows = _windows(self.x.shape, k, stride, padding)
        self.made = (len(self.x), windows["down"], windows["across"], filters)
        numbers = {"at": windows, "channels": channels, "filters": filters}
        self.c = ffi.new("mlj_convolution *", numbers | {"x": at(self.x)})


class _Pooling:
    """A pooling checked and as C reads it."""

    def __init__(self, x: Array, size: int, stride: int, kind: int) -> None:
        windows = _windows(x.shape, size, stride or size, 0)
        self.x, self.y = x, np.empty((len(x), windows["down"], windows["across"], x.shape[3]), np.float32)
        self.p = ffi.new("mlj_pooling *", {"at": windows, "channels": x.shape[3], "kind": kind, "x": at(x)})

    def forward(self) -> Array:
        self.p.y = at(self.y)
        library().mlj_ops_now().pool(self.p, 0, len(self.y))
        return self.y

    def backward(self, dy: Array) -> Array:
        same_shape("dy", dy, self.y.shape)
        dx = np.empty_like(self.x)
        self.p.dy, self.p.dx, self.p.dx_pixel, self.p.dx_image = at(dy), at(dx), self.x.shape[3], self.x[:1].size
        library().mlj_ops_now().pool_backward(self.p, 0, len(dy))
        return dx


def _windows(shape: tuple[int, ...], size: int, stride: int, padding: int) -> dict[str, int]:
    """mlj_windows of C. Raises ShapeError where the window does not fit."""
    _, height, width, _ = shape
    if size < 1 or stride < 1 or padding < 0:
        raise DataError(f"expected a window and steps of 1 or more, got {size} and {stride}, with padding {padding}")
    if min(height, width) + 2 * padding < size:
        raise ShapeError(f"x: expected images of {size} x {size} or more, got {list(shape)}")
    down, across = ((side + 2 * padding - size) // stride + 1 for side in (height, width))
    sides = {"height": height, "width": width, "down": down, "across": across, "tall": size, "wide": size}
    steps = {"step_down": stride, "step_across": stride, "pad_down": padding, "pad_across": padding}
    return sides | steps


def _whole(channels: int) -> int:
    return -(-channels // COLUMNS) * COLUMNS


def _in_panels(w: Array) -> Array:
    """Filters [O, C, k, k] as panels of sixteen, [O / 16, k k C, 16]."""
    matrix = np.zeros((w[:1].size, _whole(len(w))), np.float32)
    matrix[:, : len(w)] = w.transpose(2, 3, 1, 0).reshape(-1, len(w))
    return np.ascontiguousarray(matrix.reshape(len(matrix), -1, COLUMNS).swapaxes(0, 1))


def _from_panels(panels: Array, shape: tuple[Any, ...]) -> Array:
    filters, channels, k, _ = shape
    matrix = panels.swapaxes(0, 1).reshape(k, k, channels, -1)[..., :filters]
    return np.ascontiguousarray(matrix.transpose(3, 2, 0, 1))

"""Calls of the kernels of images between guard pages, made by `tests.kernels.guarded_calls`."""

from __future__ import annotations

from typing import Any

from mlcore._native import ffi, lib


def _windows(c: Any, pads: bool) -> dict[str, int]:
    """Any window that fits, over a small image."""
    found = {}
    for side, places, size, step, pad in (
        ("height", "down", "tall", "step_down", "pad_down"),
        ("width", "across", "wide", "step_across", "pad_across"),
    ):
        found[size], found[step] = int(c.rng.integers(1, 5)), int(c.rng.integers(1, 4))
        found[pad] = int(c.rng.integers(0, 3)) if pads else 0
        found[side] = max(1, found[size] - 2 * found[pad]) + int(c.rng.integers(0, 13))
        found[places] = (found[side] + 2 * found[pad] - found[size]) // found[step] + 1
    return found


def _pool_of(windows: dict[str, int]) -> dict[str, int]:
    """A pooling by twos of what windows make, or none where that is too small."""
    if min(windows["down"], windows["across"]) < 2:
        return {}
    own = {"height": windows["down"], "width": windows["across"], "tall": 2, "wide": 2, "step_down": 2}
    return own | {"step_across": 2, "down": windows["down"] // 2, "across": windows["across"] // 2}


def _convolution(c: Any) -> Any:
    p = ffi.new("mlj_convolution *", {"at": _windows(c, pads=True), "alpha": 0.5, "mask_alpha": 0.5})
    p.channels, p.filters = int(c.rng.integers(1, 20)), int(c.rng.integers(1, 50))
    p.activation, p.mask = c.kind(), c.kind()
    return p


def convolution(c: Any) -> None:
    images, p = int(c.rng.integers(0, 20)), _convolution(c)
    windows = {name: getattr(p.at, name) for name in ("down", "across")}
    pool = _pool_of(windows) if c.rng.random() < 0.5 else {}
    p.pool = pool
    places = pool["down"] * pool["across"] if pool else windows["down"] * windows["across"]
    p.x = c.read(images, p.at.height, p.at.width, p.channels)
    p.w, p.bias = c.read(-(-p.filters // 16), p.at.tall * p.at.wide * p.channels, 16), c.read(p.filters)
    p.y = c.write(images * places, p.filters)
    if pool:
        p.where = c.write(images * places, p.filters)
    middle = int(c.rng.integers(0, images + 1))
    lib.mlj_ops_now().convolve(p, 0, middle)
    lib.mlj_ops_now().convolve(p, middle, images)


def convolution_back(c: Any) -> None:
    images, p, ops = int(c.rng.integers(0, 9)), _convolution(c), lib.mlj_ops_now()
    rows, outputs = p.at.tall * p.at.wide * p.channels, -(-p.filters // 16) * 16
    p.x = c.read(images, p.at.height, p.at.width, p.channels)
    p.w, p.wt = c.read(outputs // 16, rows, 16), c.change(-(-p.channels // 16) * p.at.tall * p.at.wide * outputs * 16)
    p.dy_pixel, p.dy_image = outputs, p.at.down * p.at.across * outputs
    p.dy = c.read(images, p.dy_image)
    p.dx = c.write(images * p.at.height * p.at.width, p.channels)
    p.dw, p.db = c.change(outputs * rows), c.change(p.filters)
    middle = int(c.rng.integers(0, rows + 1))
    ops.turn_filters(p, 0, middle)
    ops.turn_filters(p, middle, rows)
    ops.convolve_back(p, 0, images)
    ops.convolve_gradient(p, 0, images)


def pooling(c: Any) -> None:
    images, channels = int(c.rng.integers(0, 5)), int(c.rng.integers(1, 40))
    p = ffi.new("mlj_pooling *", {"at": _windows(c, pads=False), "channels": channels})
    places, pixels = images * p.at.down * p.at.across, images * p.at.height * p.at.width
    p.kind, p.alpha = int(c.rng.integers(1, 3)), 0.5
    if c.rng.random() < 0.5:
        p.x, p.y, p.where = c.read(pixels, channels), c.write(places, channels), c.write(places, channels)
        lib.mlj_ops_now().pool(p, 0, images)
        return
    p.activation, p.y, p.where, p.dy = c.kind(), *(c.read(places, channels) for _ in range(3))
    p.dx, p.dx_pixel, p.dx_image = c.write(pixels, channels), channels, p.at.height * p.at.width * channels
    lib.mlj_ops_now().pool_backward(p, 0, images)


KERNELS = (convolution, convolution, convolution_back, convolution_back, pooling, pooling)

"""Augment: the layer that never shows the same picture twice, so that a network learns what does not change in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore import philox
from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Saved, Shape
from mlcore.philox import Purpose

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


class Augment(Layer, frozen=True, tag="augment"):
    """In training every image is moved, turned and perhaps mirrored a little, by chance; otherwise it is left alone.

    y[c, i, j] = x[c] at (u, v), straight between the four pixels around, 0 outside the image
    u = m + cos a (i - m - d) - sin a (j - n - e)      v = n + f (sin a (i - m - d) + cos a (j - n - e))
    dx: what each pixel gave to y, times dy, added up

    x, y [B, C, H, W] or [B, H, W]      m = (H - 1) / 2, n = (W - 1) / 2, the middle of the image

    Of each image d and e lie within `shift` pixels, a within `rotate` degrees, and f is -1 half of the time where
    `flip` is set, else 1: from four numbers of (seed, epoch, step, layer, place in the batch), the same on every
    backend, for any number of threads and after a restart (Simard, Steinkraus and Platt 2003 did so with digits).
    """

    number: ClassVar[str] = "shift"
    letters: ClassVar[Mapping[str, str]] = {"r": "rotate"}
    flags: ClassVar[tuple[str, ...]] = ("flip",)
    takes_images: ClassVar[bool] = True
    any_length: ClassVar[bool] = False

    shift: Annotated[float, Meta(ge=0, le=64, description="pixels it is moved at most, each way")] = 1.0
    rotate: Annotated[float, Meta(ge=0, le=180, description="degrees it is turned at most, either way")] = 0.0
    flip: Annotated[bool, Meta(description="mirror it, left for right, half of the time")] = False

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (2, 3):
            hint = "let it be the first layer, on data of pictures"
            raise ShapeError(
                f"Augment({self.shift:g}): needs an image [channels, height, width], got {list(shape)}", hint=hint
            )
        return shape

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        if not mode.training:
            return x, ()
        places, shares = self.seen(x.shape, mode)
        pixels = x.reshape(len(x), -1, x.shape[-2] * x.shape[-1])
        y = sum(
            np.take_along_axis(pixels, place[:, None], axis=2) * share[:, None].astype(x.dtype)
            for place, share in zip(places, shares, strict=True)
        )
        return np.asarray(y, x.dtype).reshape(x.shape), (places, shares)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        if not saved:
            return dy, {}
        each = dy.reshape(len(dy), -1, dy.shape[-2] * dy.shape[-1])
        dx, rows, channels = np.zeros_like(each), *(np.arange(n) for n in each.shape[:2])
        for place, share in zip(*saved, strict=True):
            np.add.at(
                dx,
                (rows[:, None, None], channels[None, :, None], place[:, None]),
                each * share[:, None].astype(dy.dtype),
            )
        return dx.reshape(dy.shape), {}

    def seen(self, shape: Shape, mode: Mode) -> tuple[Array, Array]:
        """Where every pixel of images looks [4, B, H W], and how much of each place it takes, 0 outside the image."""
        height, width = shape[-2:]
        where = {"epoch": mode.epoch, "step": mode.step, "layer": mode.layer}
        drawn = philox.uniform(mode.seed, Purpose.AUGMENT, 4 * shape[0], **where).reshape(-1, 4, 1)
        down, across, turn = (2 * drawn[:, k] - 1 for k in range(3))
        mirror = np.where((drawn[:, 3] < 0.5) & self.flip, -1.0, 1.0)
        cos, sin = np.cos(turn * np.radians(self.rotate)), np.sin(turn * np.radians(self.rotate))
        middle = (height - 1) / 2, (width - 1) / 2
        i, j = (each.reshape(-1) for each in np.mgrid[:height, :width])
        i, j = i - middle[0] - self.shift * down, j - middle[1] - self.shift * across
        u, v = middle[0] + cos * i - sin * j, middle[1] + mirror * (sin * i + cos * j)
        above, left = np.floor(u), np.floor(v)
        places, shares = [], []
        for one, two in CORNERS:
            row, column = above + one, left + two
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            places.append(np.where(inside, row * width + column, 0).astype(np.int64))
            shares.append((1 - np.abs(u - row)) * (1 - np.abs(v - column)) * inside)
        return np.stack(places), np.stack(shares)

    @property
    def word(self) -> str:
        return f"augment {self.shift:g}" + f" r{self.rotate:g}" * (self.rotate != 0) + " flip" * self.flip

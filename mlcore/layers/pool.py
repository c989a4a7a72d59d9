"""Pooling: the layers that keep one number of each neighbourhood, and so shrink an image or a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.layers.layer import Array, Layer, Mode, Saved, Shape
from mlcore.layers.windows import along, pixels, places, stretches, with_channels


class Pool(Layer, frozen=True):
    """One number for each window of size k, in steps of s; what does not fill a last window is left out.

    Images x [B, C, H, W] or [B, H, W], y [B, C, H', W'], windows k high and wide; sequences x [B, T, C], y [B, T', C].
    """

    number: ClassVar[str] = "size"
    letters: ClassVar[Mapping[str, str]] = {"s": "stride"}
    short: ClassVar[str] = ""  # its word in the architecture line
    any_length: ClassVar[bool] = False

    size: Annotated[int, Meta(ge=1, le=64, description="height and width of a window in pixels, or its steps")] = 2
    stride: Annotated[int, Meta(ge=0, le=64, description="from one window to the next; 0: as many as its size")] = 0

    def output_shape(self, shape: Shape) -> Shape:
        who, stride = f"{type(self).__name__}({self.size})", self.stride or self.size
        if self.takes_sequences:
            return along(who, shape, self.size, stride), shape[-1]
        return places(who, shape, self.size, stride)

    def windows(self, x: Array, y: Array) -> Iterator[Array]:
        """Views of x in the shape of y: the first number of every window, then the second, and so on."""
        if self.takes_sequences:
            return stretches(x, self.size, self.stride or self.size, y.shape[1])
        return pixels(with_channels(x), self.size, self.stride or self.size, *y.shape[2:])

    @property
    def word(self) -> str:
        return f"{self.short} {self.size}" + f" s{self.stride}" * (self.stride != 0)


class MaxPool(Pool, frozen=True):
    """The largest number of each window; dx goes to where it was found, of equal ones to the first."""

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        y = np.full((len(x), *self.output_shape(x.shape[1:])), -np.inf, x.dtype)
        where = np.zeros(y.shape, np.int16)  # which number of its window y is
        for place, seen in enumerate(self.windows(x, y)):
            larger = ~(seen <= y) & (y == y)  # a number that is none is the largest of all
            np.copyto(y, seen, where=larger)
            np.copyto(where, place, where=larger, casting="unsafe")
        return y, (x, where)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, where = saved
        dx = np.zeros_like(x)
        for place, seen in enumerate(self.windows(dx, dy)):
            seen += dy * (where == place)
        return dx, {}


class AvgPool(Pool, frozen=True):
    """The mean of each window; every number of it has the same share of dx."""

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        y = np.zeros((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        for seen in self.windows(x, y):
            y += seen
        return y * self._share(x), (x,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx = np.zeros_like(saved[0])
        share = self._share(dx)
        for seen in self.windows(dx, dy):
            seen += dy * share
        return dx, {}

    def _share(self, x: Array) -> np.floating:
        share: np.floating = x.dtype.type(1 / self.size ** (1 if self.takes_sequences else 2))
        return share


class MaxPool2d(MaxPool, frozen=True, tag="max_pool2d"):
    """The largest number of each window, channel by channel: where a pattern is, give or take a pixel.

    y[c, i, j] = max of x[c, s i + u, s j + v] over u, v
    dx[c, s i + u, s j + v] = sum of dy[c, i, j] over all i, j whose largest number lies there

    x [B, C, H, W] or [B, H, W]   y [B, C, H', W']   u, v < k   H' = (H - k) // s + 1, W' likewise

    Windows of size k in steps of s. Of equal numbers the first counts, row by row, as in PyTorch (Ranzato et al. 2007).
    """

    short: ClassVar[str] = "pool"
    takes_images: ClassVar[bool] = True


class AvgPool2d(AvgPool, frozen=True, tag="avg_pool2d"):
    """The mean of each window, channel by channel: how much of a pattern there is around here.

    y[c, i, j] = mean of x[c, s i + u, s j + v] over u, v
    dx[c, s i + u, s j + v] = sum of dy[c, i, j] / k² over all i, j that lead there

    x [B, C, H, W] or [B, H, W]   y [B, C, H', W']   u, v < k   H' = (H - k) // s + 1, W' likewise

    Windows of size k in steps of s (LeCun et al. 1998, whose subsampling also learns a factor and a bias).
    """

    short: ClassVar[str] = "avgpool"
    takes_images: ClassVar[bool] = True


class MaxPool1d(MaxPool, frozen=True, tag="max_pool1d"):
    """The largest number of each stretch of a sequence, channel by channel: what happens, give or take a step.

    y[t, c] = max of x[s t + u, c] over u
    dx[s t + u, c] = sum of dy[t, c] over all t whose largest number lies there

    x [B, T, C]   y [B, T', C]   u < k   T' = (T - k) // s + 1

    Stretches of size k in steps of s. Time comes first, where PyTorch has [B, C, T].
    """

    short: ClassVar[str] = "pool1d"
    takes_sequences: ClassVar[bool] = True


class AvgPool1d(AvgPool, frozen=True, tag="avg_pool1d"):
    """The mean of each stretch of a sequence, channel by channel.

    y[t, c] = mean of x[s t + u, c] over u      dx[s t + u, c] = sum of dy[t, c] / k over all t that lead there

    x [B, T, C]   y [B, T', C]   u < k   T' = (T - k) // s + 1

    Stretches of size k in steps of s. Time comes first, where PyTorch has [B, C, T].
    """

    short: ClassVar[str] = "avgpool1d"
    takes_sequences: ClassVar[bool] = True

"""MaxPool2d: the layer that keeps the strongest answer of each neighbourhood and shrinks the image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.layers.layer import Array, Layer, Mode, Saved, Shape
from mlcore.layers.windows import pixels, places, with_channels


class MaxPool2d(Layer, frozen=True, tag="max_pool2d"):
    """The largest number of each window, channel by channel: where a pattern is, give or take a pixel.

    y[c, i, j] = max of x[c, s i + u, s j + v] over u, v
    dx[c, s i + u, s j + v] = sum of dy[c, i, j] over all i, j whose largest number lies there

    x [B, C, H, W] or [B, H, W]   y [B, C, H', W']   u, v < k   H' = (H - k) // s + 1, W' likewise

    Windows of size k in steps of s. Of equal numbers the first counts, row by row, as in PyTorch (Ranzato et al. 2007).
    """

    number: ClassVar[str] = "size"
    letters: ClassVar[Mapping[str, str]] = {"s": "stride"}
    takes_images: ClassVar[bool] = True

    size: Annotated[int, Meta(ge=1, le=64, description="height and width of a window, in pixels")] = 2
    stride: Annotated[
        int, Meta(ge=0, le=64, description="pixels from one window to the next; 0: as many as its size")
    ] = 0

    def output_shape(self, shape: Shape) -> Shape:
        return places(f"MaxPool2d({self.size})", shape, self.size, self.stride or self.size)

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        y = np.full((len(x), *self.output_shape(x.shape[1:])), -np.inf, x.dtype)
        where = np.zeros(y.shape, np.int16)  # of which of its k² pixels a window has y
        for place, pixel in enumerate(self._pixels(x, y)):
            larger = ~(pixel <= y) & (y == y)  # a number that is none is the largest of all
            np.copyto(y, pixel, where=larger)
            np.copyto(where, place, where=larger, casting="unsafe")
        return y, (x, where)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, where = saved
        dx = np.zeros_like(x)
        for place, pixel in enumerate(self._pixels(dx, dy)):
            pixel += dy * (where == place)
        return dx, {}

    def _pixels(self, x: Array, y: Array) -> Iterator[Array]:
        return pixels(with_channels(x), self.size, self.stride or self.size, *y.shape[2:])

    @property
    def word(self) -> str:
        return f"pool {self.size}" + f" s{self.stride}" * (self.stride != 0)

"""Conv2d: the layer that looks for the same small patterns everywhere in an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape
from mlcore.layers.windows import pixels, places, with_channels


class Conv2d(Layer, frozen=True, tag="conv2d"):
    """Each filter is a small pattern; it slides over the image and says at every place how well the two fit.

    y[o, i, j] = b[o] + sum of w[o, c, u, v] x[c, s i + u, s j + v] over c, u, v
    dw[o, c, u, v] = sum of dy[o, i, j] x[c, s i + u, s j + v] over B, i, j      db = sum of dy over B, i, j
    dx[c, s i + u, s j + v] = sum of w[o, c, u, v] dy[o, i, j] over o and all i, j that lead there

    x [B, C, H, W] or [B, H, W]   w [O, C, k, k]   b [O]   y [B, O, H', W']   H' = (H + 2 p - k) // s + 1, W' likewise

    O filters, kernel k, stride s; p is the padding, a border of zeros around x. What the windows see stands in the
    columns of a matrix, so that each line above is one matrix product (LeCun et al. 1989; Chellapilla et al. 2006).
    """

    number: ClassVar[str] = "filters"
    letters: ClassVar[Mapping[str, str]] = {"k": "kernel", "s": "stride", "p": "padding"}
    takes_images: ClassVar[bool] = True
    any_length: ClassVar[bool] = False

    filters: Annotated[int, Meta(ge=1, le=4096, description="patterns it looks for, the channels that come out")] = 16
    kernel: Annotated[int, Meta(ge=1, le=64, description="height and width of a pattern, in pixels")] = 3
    stride: Annotated[int, Meta(ge=1, le=64, description="pixels from one place to the next")] = 1
    padding: Annotated[int, Meta(ge=0, le=64, description="pixels of zeros around the image")] = 0

    def output_shape(self, shape: Shape) -> Shape:
        who = f"Conv2d({self.filters})"
        return (self.filters, *places(who, shape, self.kernel, self.stride, self.padding)[1:])

    def params(self, shape: Shape) -> dict[str, Param]:
        channels, k = (shape[0] if len(shape) == 3 else 1), self.kernel
        fans = channels * k * k, self.filters * k * k  # in, out
        return {
            "w": Param((self.filters, channels, k, k), "weight", *fans),
            "b": Param((self.filters,), "bias", *fans),
        }

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        border, shape = (self.padding,) * 2, self.output_shape(x.shape[1:])
        padded = np.pad(with_channels(x), ((0, 0), (0, 0), border, border))
        seen = np.stack(list(pixels(padded, self.kernel, self.stride, *shape[1:])), axis=2)  # [B, C, k², H', W']
        columns = seen.reshape(len(x), -1, shape[1] * shape[2])  # [B, C k², H' W']
        y = p["w"].reshape(self.filters, -1) @ columns + p["b"][:, None]
        return y.reshape(len(x), *shape), (x, columns)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, columns = saved
        k, border, w = self.kernel, self.padding, p["w"].reshape(self.filters, -1)
        (batch, channels, height, width), (down, across) = with_channels(x).shape, dy.shape[2:]
        dy = dy.reshape(batch, self.filters, -1)
        own = {"w": (dy @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(p["w"].shape), "b": dy.sum(axis=(0, 2))}
        seen = (w.T @ dy).reshape(batch, channels, k * k, down, across)
        padded = np.zeros((batch, channels, height + 2 * border, width + 2 * border), dy.dtype)
        for place, pixel in enumerate(pixels(padded, k, self.stride, down, across)):
            pixel += seen[:, :, place]
        return padded[:, :, border : border + height, border : border + width].reshape(x.shape), own

    @property
    def word(self) -> str:
        more = f" s{self.stride}" * (self.stride != 1) + f" p{self.padding}" * (self.padding != 0)
        return f"conv {self.filters} k{self.kernel}{more}"

"""Conv1d: the layer that looks for the same small patterns everywhere in a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape
from mlcore.layers.windows import along, stretches


class Conv1d(Layer, frozen=True, tag="conv1d"):
    """Each filter is a short pattern; it slides along the sequence and says at every place how well the two fit.

    y[t, o] = b[o] + sum of w[o, c, u] x[s t + u, c] over c, u
    dw[o, c, u] = sum of dy[t, o] x[s t + u, c] over B, t      db = sum of dy over B, t
    dx[s t + u, c] = sum of w[o, c, u] dy[t, o] over o and all t that lead there

    x [B, T, C]   w [O, C, k]   b [O]   y [B, T', O]   T' = (T + 2 p - k) // s + 1

    O filters, kernel k, stride s; p is the padding, so many steps of zeros at both ends. Time comes first and the
    channels last, where PyTorch has [B, C, T]; w is as PyTorch has it (Waibel et al. 1989).
    """

    number: ClassVar[str] = "filters"
    letters: ClassVar[Mapping[str, str]] = {"k": "kernel", "s": "stride", "p": "padding"}
    takes_sequences: ClassVar[bool] = True
    any_length: ClassVar[bool] = False

    filters: Annotated[int, Meta(ge=1, le=4096, description="patterns it looks for, the channels that come out")] = 16
    kernel: Annotated[int, Meta(ge=1, le=1024, description="steps of a pattern")] = 3
    stride: Annotated[int, Meta(ge=1, le=1024, description="steps from one place to the next")] = 1
    padding: Annotated[int, Meta(ge=0, le=1024, description="steps of zeros at both ends")] = 0

    def output_shape(self, shape: Shape) -> Shape:
        return along(f"Conv1d({self.filters})", shape, self.kernel, self.stride, self.padding), self.filters

    def params(self, shape: Shape) -> dict[str, Param]:
        channels, k = shape[-1], self.kernel
        fans = channels * k, self.filters * k
        return {"w": Param((self.filters, channels, k), "weight", *fans), "b": Param((self.filters,), "bias", *fans)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        count = self.output_shape(x.shape[1:])[0]
        padded = np.pad(x, ((0, 0), (self.padding, self.padding), (0, 0)))
        seen = np.stack(list(stretches(padded, self.kernel, self.stride, count)), axis=3)  # [B, T', C, k]
        seen = seen.reshape(len(x), count, -1)
        return seen @ p["w"].reshape(self.filters, -1).T + p["b"], (x, seen)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, seen = saved
        (batch, steps, channels), border, w = x.shape, self.padding, p["w"].reshape(self.filters, -1)
        dw = np.tensordot(dy, seen, ((0, 1), (0, 1)))
        own = {"w": dw.reshape(p["w"].shape), "b": dy.sum(axis=(0, 1))}
        back = (dy @ w).reshape(batch, -1, channels, self.kernel)
        padded = np.zeros((batch, steps + 2 * border, channels), dy.dtype)
        for place, step in enumerate(stretches(padded, self.kernel, self.stride, dy.shape[1])):
            step += back[..., place]
        return padded[:, border : border + steps], own

    @property
    def word(self) -> str:
        more = f" s{self.stride}" * (self.stride != 1) + f" p{self.padding}" * (self.padding != 0)
        return f"conv1d {self.filters} k{self.kernel}{more}"

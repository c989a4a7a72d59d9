"""Dropout: the layer that forgets at random while it learns, so that no unit can rely on another."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore import philox
from mlcore.layers.layer import Array, Layer, Mode, Saved, written
from mlcore.philox import Purpose


class Dropout(Layer, frozen=True, tag="dropout"):
    """In training each number is zero with probability `rate`, and the others grow so that the mean stays.

    y = x m      dx = dy m      m = 1 / (1 - rate) where u < 1 - rate, else 0      x, m [B, …]

    u in [0, 1) is the random number of (seed, epoch, step, layer, place in the batch): the same on every backend, for
    any number of threads and after a restart. Outside training y = x (Srivastava et al. 2014, scaled in training).
    """

    number: ClassVar[str] = "rate"

    rate: Annotated[float, Meta(ge=0, lt=1, description="share of the numbers set to zero in training")] = 0.5

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        if not mode.training:
            return x, ()
        where = {"epoch": mode.epoch, "step": mode.step, "layer": mode.layer}
        kept = philox.uniform(mode.seed, Purpose.DROPOUT, x.size, **where) < 1 - self.rate
        m = np.where(kept, x.dtype.type(1 / (1 - self.rate)), x.dtype.type(0)).reshape(x.shape)
        return x * m, (m,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        return (dy * saved[0] if saved else dy), {}

    @property
    def word(self) -> str:
        return f"drop {written(self.rate)}"

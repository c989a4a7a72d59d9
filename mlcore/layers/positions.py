"""Positions: the layer that tells each step of a sequence where it stands."""

from __future__ import annotations

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape


class Positions(Layer, frozen=True, tag="positions"):
    """Numbers of its own are added to each step: attention sees a set, and learns by them what comes first.

    y = x + w      dx = dy      dw = sum of dy over B      x, y [B, T, D]   w [T, D]

    w starts at zero: a place means nothing before something was learned about it, and each is told apart from the
    others by its own gradient at the first step (Gehring et al. 2017; Radford et al. 2018 begin at N(0, 0.02)).
    """

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            hint = "it takes the steps of a sequence, as in embed 24 | positions"
            raise ShapeError(f"Positions(): needs a sequence, got {list(shape)}", hint=hint)
        return shape

    def params(self, shape: Shape) -> dict[str, Param]:
        return {"w": Param(shape, "weight", fan_in=1, fan_out=1, start=0.0)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        return x + p["w"], ()

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {"w": dy.sum(axis=0)}

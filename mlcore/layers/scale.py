"""Scale: the layer that learns how much each feature counts."""

from __future__ import annotations

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape


class Scale(Layer, frozen=True, tag="scale"):
    """Every feature is multiplied by a number of its own, which is learned.

    y = x gain      dx = dy gain      dgain = sum of dy x over B      x, y [B, F]   gain [F], from 1

    Of sequences [B, T, D] each step is a row. A dense layer behind it could hold the same factors in its weights; as
    numbers of their own they learn faster than these, and decay does not touch them: in front of a network for tables
    it is a soft choice of columns (Holzmüller, Grinsztajn and Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs
    and Boosted Trees on Tabular Data", section 3; there with a greater learning rate of its own).
    """

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (1, 2):
            hint = "put flatten before it; batch_norm has a gain for each channel of an image"
            raise ShapeError(f"Scale(): needs rows or sequences, got {list(shape)}", hint=hint)
        return shape

    def params(self, shape: Shape) -> dict[str, Param]:
        return {"gain": Param(shape[-1:], "gain", start=1.0)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        return x * p["gain"], (x,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        (x,) = saved
        return dy * p["gain"], {"gain": (dy * x).sum(axis=tuple(range(dy.ndim - 1)))}

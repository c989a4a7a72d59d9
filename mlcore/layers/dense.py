"""Dense: the layer in which every output sees every input."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape


class Dense(Layer, frozen=True, tag="dense"):
    """Every output is a weighted sum of every input.

    y = x W + b              x [B, I]   W [I, O]   b [O]   y [B, O]
    dx = dy Wᵀ   dW = xᵀ dy   db = sum of dy over B

    Of a sequence x [B, T, I] each step is taken by itself, with the same W and b: y [B, T, O], sums over B and T.

    Weights start as the experiment's initializer says (He normal unless it names another), biases at zero.
    """

    units: Annotated[int, Meta(ge=1, le=65536, description="outputs of the layer")] = 10

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (1, 2):
            raise ShapeError(
                f"Dense({self.units}): needs a flat input, got {list(shape)}", hint="put Flatten() before it"
            )
        return (*shape[:-1], self.units)

    def params(self, shape: Shape) -> dict[str, Param]:
        inputs = shape[-1]
        return {
            "w": Param((inputs, self.units), "weight", fan_in=inputs, fan_out=self.units),
            "b": Param((self.units,), "bias", fan_in=inputs, fan_out=self.units),
        }

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        return x @ p["w"] + p["b"], (x,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy @ p["w"].T, self.slopes(p, saved, dy)

    def slopes(self, p: dict[str, Array], saved: Saved, dy: Array) -> dict[str, Array]:
        (x,) = saved
        rows, each = x.reshape(-1, x.shape[-1]), dy.reshape(-1, self.units)
        return {"w": rows.T @ each, "b": each.sum(axis=0)}

    @property
    def word(self) -> str:
        return str(self.units)

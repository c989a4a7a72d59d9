"""Normalisation: the layers that keep the numbers between layers near zero mean and unit size."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape

Small = Annotated[float, Meta(gt=0, le=1, description="added to the variance, keeps the division from zero")]


class BatchNorm(Layer, frozen=True, tag="batch_norm"):
    """Every feature with mean 0 and variance 1 over the rows of a batch, then scaled and shifted as is learned.

    y = gain n + bias    n = (x - mean) / sqrt(variance + eps)    mean, variance over B    x, y [B, F]    gain, bias [F]
    dbias = sum of dy    dgain = sum of dy n    dx = gain / sqrt(variance + eps) (dy - dbias / B - n dgain / B)

    Training moves the statistics, running = (1 - momentum) running + momentum batch, where a batch's variance is that
    of B - 1; everywhere else they take the place of the batch's own, also for a batch of one row, which has no
    variance. Statistics neither decay nor have a gradient (Ioffe and Szegedy 2015, as PyTorch has it).
    """

    eps: Small = 1e-5
    momentum: Annotated[float, Meta(ge=0, le=1, description="share of a batch in the running statistics")] = 0.1

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(f"BatchNorm(): needs a flat input, got {list(shape)}", hint="put Flatten() before it")
        return shape

    def params(self, shape: Shape) -> dict[str, Param]:
        return {
            "gain": Param(shape, "gain", start=1.0),
            "bias": Param(shape, "bias", start=0.0),
            "mean": Param(shape, "statistic", start=0.0),
            "variance": Param(shape, "statistic", start=1.0),
        }

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        count = len(x) if mode.training and len(x) > 1 else 0  # rows that share their statistics
        mean, variance = (x.mean(axis=0), x.var(axis=0)) if count else (p["mean"], p["variance"])
        if count:
            self._move(p["mean"], mean)
            self._move(p["variance"], variance * x.dtype.type(count / (count - 1)))
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.eps))
        n = (x - mean) * inverse
        return n * p["gain"] + p["bias"], (n, inverse, np.array(count))

    def _move(self, running: Array, batch: Array) -> None:
        momentum = running.dtype.type(self.momentum)
        running[...] = (1 - momentum) * running + momentum * batch

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        n, inverse, count = saved
        own = {"gain": (dy * n).sum(axis=0), "bias": dy.sum(axis=0)}
        if count:
            share = dy.dtype.type(1 / int(count))
            dy = dy - share * (own["bias"] + n * own["gain"])
        return dy * (p["gain"] * inverse), own


class LayerNorm(Layer, frozen=True, tag="layer_norm"):
    """Every row with mean 0 and variance 1 over its own numbers, then scaled and shifted as is learned.

    y = gain n + bias    n = (x - mean) / sqrt(variance + eps)    mean, variance over F    x, y [B, F]    gain, bias [F]
    dbias = sum of dy over B    dgain = sum of dy n over B    with g = dy gain:
    dx = (g - mean of g - n mean of (g n)) / sqrt(variance + eps)

    F is every number of a row, whatever its shape, but of a sequence [B, T, D] the D numbers of each step by itself, as
    in a transformer. The same in training and outside (Ba, Kiros and Hinton 2016).
    """

    eps: Small = 1e-5

    def params(self, shape: Shape) -> dict[str, Param]:
        own = shape[1:] if len(shape) == 2 else shape
        return {"gain": Param(own, "gain", start=1.0), "bias": Param(own, "bias", start=0.0)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        axes = _own(x)
        mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.eps))
        n = (x - mean) * inverse
        return n * p["gain"] + p["bias"], (n, inverse)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        n, inverse = saved
        axes, g = _own(dy), dy * p["gain"]
        inner = g - g.mean(axis=axes, keepdims=True) - n * (g * n).mean(axis=axes, keepdims=True)
        rows = tuple(range(axes[0]))
        return inverse * inner, {"gain": (dy * n).sum(axis=rows), "bias": dy.sum(axis=rows)}


def _own(x: Array) -> tuple[int, ...]:
    """The axes whose numbers share a mean: all but the rows', of a sequence [B, T, D] the last."""
    return (2,) if x.ndim == 3 else tuple(range(1, x.ndim))

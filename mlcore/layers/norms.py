"""Normalisation: the layers that keep the numbers between layers near zero mean and unit size."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape

Small = Annotated[float, Meta(gt=0, le=1, description="added to the variance, keeps the division from zero")]


class BatchNorm(Layer, frozen=True, tag="batch_norm"):
    """Every feature with mean 0 and variance 1 over the rows of a batch, then scaled and shifted as is learned.

    y = gain n + bias    n = (x - mean) / sqrt(variance + eps)    mean, variance over N    gain, bias [F]
    dbias = sum of dy    dgain = sum of dy n    dx = gain / sqrt(variance + eps) (dy - dbias / N - n dgain / N)

    x, y [B, F]: N = B. Images [B, C, H, W]: a channel is a feature, N = B H W. Sequences [B, T, D]: N = B T.

    Training moves the statistics, running = (1 - momentum) running + momentum batch, where a batch's variance is that
    of N - 1; everywhere else they take the place of the batch's own, also where N is 1, as one number has no variance.
    Statistics neither decay nor have a gradient (Ioffe and Szegedy 2015, as PyTorch has it).
    """

    eps: Small = 1e-5
    momentum: Annotated[float, Meta(ge=0, le=1, description="share of a batch in the running statistics")] = 0.1

    any_length: ClassVar[bool] = False

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (1, 2, 3):
            raise ShapeError(f"BatchNorm(): needs rows, sequences or images, got {list(shape)}")
        return shape

    def params(self, shape: Shape) -> dict[str, Param]:
        own = (shape[0] if len(shape) == 3 else shape[-1],)
        return {
            "gain": Param(own, "gain", start=1.0),
            "bias": Param(own, "bias", start=0.0),
            "mean": Param(own, "statistic", start=0.0),
            "variance": Param(own, "statistic", start=1.0),
        }

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        x = _features_last(x)
        axes, numbers = tuple(range(x.ndim - 1)), x.size // x.shape[-1]
        count = numbers if mode.training and numbers > 1 else 0  # numbers that share their statistics
        mean, variance = (x.mean(axis=axes), x.var(axis=axes)) if count else (p["mean"], p["variance"])
        if count:
            self._move(p["mean"], mean)
            self._move(p["variance"], variance * x.dtype.type(count / (count - 1)))
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.eps))
        n = (x - mean) * inverse
        return _features_first(n * p["gain"] + p["bias"]), (n, inverse, np.array(count))

    def _move(self, running: Array, batch: Array) -> None:
        momentum = running.dtype.type(self.momentum)
        running[...] = (1 - momentum) * running + momentum * batch

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        n, inverse, count = saved
        dy = _features_last(dy)
        axes = tuple(range(dy.ndim - 1))
        own = {"gain": (dy * n).sum(axis=axes), "bias": dy.sum(axis=axes)}
        if count:
            share = dy.dtype.type(1 / int(count))
            dy = dy - share * (own["bias"] + n * own["gain"])
        return _features_first(dy * (p["gain"] * inverse)), own


def _features_last(x: Array) -> Array:
    """Images [B, C, H, W] as [B, H, W, C]; of everything else the last axis is that of the features already."""
    return np.moveaxis(x, 1, -1) if x.ndim == 4 else x


def _features_first(x: Array) -> Array:
    """The way back: [B, H, W, C] as [B, C, H, W]."""
    return np.moveaxis(x, -1, 1) if x.ndim == 4 else x


class LayerNorm(Layer, frozen=True, tag="layer_norm"):
    """Every row with mean 0 and variance 1 over its own numbers, then scaled and shifted as is learned.

    y = gain n + bias    n = (x - mean) / sqrt(variance + eps)    mean, variance over F    x, y [B, F]    gain, bias [F]
    dbias = sum of dy over B    dgain = sum of dy n over B    with g = dy gain:
    dx = (g - mean of g - n mean of (g n)) / sqrt(variance + eps)

    F is every number of a row or of an image; in a sequence [B, T, D] each step is a row of its own, F the D numbers of
    it. What has two axes is a sequence: an image (H, W) without channels is read as H steps of W numbers. The same in
    training and outside (Ba, Kiros and Hinton 2016).
    """

    eps: Small = 1e-5

    def params(self, shape: Shape) -> dict[str, Param]:
        own = shape[-1:] if len(shape) == 2 else shape
        return {"gain": Param(own, "gain", start=1.0), "bias": Param(own, "bias", start=0.0)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        axes = tuple(range(-p["gain"].ndim, 0))
        mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.eps))
        n = (x - mean) * inverse
        return n * p["gain"] + p["bias"], (n, inverse)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        n, inverse = saved
        axes, g = tuple(range(-p["gain"].ndim, 0)), dy * p["gain"]
        inner = g - g.mean(axis=axes, keepdims=True) - n * (g * n).mean(axis=axes, keepdims=True)
        rows = tuple(range(dy.ndim - p["gain"].ndim))
        return inverse * inner, {"gain": (dy * n).sum(axis=rows), "bias": dy.sum(axis=rows)}

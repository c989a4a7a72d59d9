"""Attention: the layer in which every step of a sequence asks all others, and weighs what they answer."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.errors import ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape, real


class Attention(Layer, frozen=True, tag="attention"):
    """Every step asks a question (q), offers a key (k) and has something to say (v); who has the fitting key is heard.

    q, k, v = x Wqkv + bqkv      a = softmax(q kᵀ / sqrt(d)) over the keys      y = o Wo + bo      o = a v, heads joined
    do = dy Woᵀ   dv = aᵀ do   da = do vᵀ   ds = a (da - sum of a da)   dq = ds k / sqrt(d)   dk = dsᵀ q / sqrt(d)
    dx = dqkv Wqkvᵀ   dWqkv = xᵀ dqkv   dbqkv = sum of dqkv   dWo = oᵀ dy   dbo = sum of dy

    x, y [B, T, D]   Wqkv [D, 3 D]   bqkv [3 D]   Wo [D, D]   bo [D]   q, k, v [B, h, T, d]   a [B, h, T, T]   d = D / h

    h heads look at d numbers each. causal: a step hears itself and those before it, for what is to predict what comes
    next. Steps that only fill the batch are not heard and say 0 (Vaswani et al. 2017).
    """

    number: ClassVar[str] = "heads"
    flags: ClassVar[tuple[str, ...]] = ("causal",)

    heads: Annotated[int, Meta(ge=1, le=1024, description="how many look at once, each at a part of the numbers")] = 4
    causal: Annotated[bool, Meta(description="whether a step hears only itself and those before it")] = False

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            hint = "it takes the steps of a sequence, as in embed 24 | positions | attention 4"
            raise ShapeError(f"Attention({self.heads}): needs a sequence, got {list(shape)}", hint=hint)
        if shape[1] % self.heads:
            hint = "take a number of heads that divides them"
            message = f"Attention({self.heads}): {self.heads} heads cannot share {shape[1]} numbers, got {list(shape)}"
            raise ShapeError(message, hint=hint)
        return shape

    def params(self, shape: Shape) -> dict[str, Param]:
        d = shape[1]
        fans = d, d  # Wqkv is three matrices beside each other
        return {
            "wqkv": Param((d, 3 * d), "weight", *fans),
            "bqkv": Param((3 * d,), "bias", *fans),
            "wo": Param((d, d), "weight", *fans),
            "bo": Param((d,), "bias", *fans),
        }

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        counted = np.ones(x.shape[:2], bool) if mode.lengths is None else real(x, mode.lengths)
        x = np.where(counted[..., None], x, x.dtype.type(0))
        q, k, v = self._heads(x @ p["wqkv"] + p["bqkv"])
        s = q @ k.swapaxes(2, 3) * self._scale(q)
        s = np.where(self._heard(counted), s, x.dtype.type(-np.inf))
        a = np.exp(s - s.max(axis=3, keepdims=True))
        a /= a.sum(axis=3, keepdims=True)
        o = self._joined(a @ v)
        return (o @ p["wo"] + p["bo"]) * counted[..., None], (x, q, k, v, a, o, counted)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, q, k, v, a, o, counted = saved
        dy = np.where(counted[..., None], dy, dy.dtype.type(0))
        (do,) = self._heads(dy @ p["wo"].T, 1)
        da = do @ v.swapaxes(2, 3)
        ds = a * (da - (a * da).sum(axis=3, keepdims=True)) * self._scale(q)
        parts = (ds @ k, ds.swapaxes(2, 3) @ q, a.swapaxes(2, 3) @ do)
        dqkv = np.concatenate([self._joined(part) for part in parts], axis=2)
        own = {
            "wqkv": np.tensordot(x, dqkv, ((0, 1), (0, 1))),
            "bqkv": dqkv.sum(axis=(0, 1)),
            "wo": np.tensordot(o, dy, ((0, 1), (0, 1))),
            "bo": dy.sum(axis=(0, 1)),
        }
        return dqkv @ p["wqkv"].T, own

    @property
    def word(self) -> str:
        return f"attention {self.heads}" + " causal" * self.causal

    def _heads(self, x: Array, parts: int = 3) -> tuple[Array, ...]:
        """Columns [B, T, parts D] taken apart: each of the parts [B, h, T, d]."""
        batch, steps, _ = x.shape
        return tuple(x.reshape(batch, steps, parts, self.heads, -1).transpose(2, 0, 3, 1, 4))

    def _joined(self, x: Array) -> Array:
        """Heads [B, h, T, d] beside each other [B, T, D]."""
        return x.transpose(0, 2, 1, 3).reshape(len(x), x.shape[2], -1)

    def _scale(self, q: Array) -> np.floating:
        scale: np.floating = q.dtype.type(q.shape[3] ** -0.5)
        return scale

    def _heard(self, counted: Array) -> Array:
        """Who hears whom [B, 1, T, T]: real steps, each hears itself as well, so that nobody hears nothing."""
        steps = counted.shape[1]
        heard: Array = counted[:, None, None, :] | np.eye(steps, dtype=bool)
        return heard & np.tril(np.ones((steps, steps), bool)) if self.causal else heard

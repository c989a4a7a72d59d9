"""Embedding: the layer that turns names of things (letters, words) into numbers that mean something."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.errors import DataError, ShapeError
from mlcore.layers.layer import Array, Layer, Mode, Param, Saved, Shape, real
from mlcore.spec import changed


class Embedding(Layer, frozen=True, tag="embedding"):
    """Every token has D numbers of its own, a row of w, and these are learned.

    y[t] = w[x[t]]      dw[v] = sum of dy[t] over all t with x[t] = v      dx = 0: a name has no slope

    x [B, T] whole numbers from 0 below V, held as floating ones   w [V, D]   y [B, T, D]

    It is a dense layer on inputs of which one is 1 and all others are 0, written as a look-up (Bengio et al. 2003).
    One input is on at a time, so V does not matter to the size of y; an initializer is told of D: a token starts as
    D numbers of variance 2 / D (He), of the same length whatever D. PyTorch's N(0, 1) is larger and learns slower.
    """

    number: ClassVar[str] = "dim"
    tokens: ClassVar[bool] = True

    dim: Annotated[int, Meta(ge=1, le=65536, description="numbers of each token")] = 24
    vocabulary: Annotated[int, Meta(ge=0, le=1 << 24, description="different tokens; 0: as many as the data have")] = 0

    def sized(self, vocabulary: int) -> Embedding:
        return self if self.vocabulary else changed(self, vocabulary=vocabulary)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            hint = "let it be the first layer, on data of tokens"
            raise ShapeError(f"Embedding({self.dim}): needs a row of tokens, got {list(shape)}", hint=hint)
        if not self.vocabulary:
            hint = f"names and copy have tokens; embed {self.dim} vocabulary=50 takes any whole numbers below 50"
            raise ShapeError(f"Embedding({self.dim}): needs tokens, got numbers {list(shape)}", hint=hint)
        return (*shape, self.dim)

    def params(self, shape: Shape) -> dict[str, Param]:
        # Of 500 new rows of 12 tokens (embed 16 | flatten | 64 relu, 500 steps of SGD) 99.0 % were right beginning at a
        # deviation of 0.35, 97.0 % at 1; Adam and a transformer say the same, with less between them.
        return {"w": Param((self.vocabulary, self.dim), "weight", fan_in=self.dim, fan_out=self.dim)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        if mode.lengths is not None:
            x = np.where(real(x, mode.lengths), x, 0)
        return p["w"][self._tokens(x, len(p["w"]))], (x,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        (x,) = saved
        dw = np.zeros_like(p["w"])
        np.add.at(dw, x.astype(np.intp), dy)
        return np.zeros(x.shape, dy.dtype), {"w": dw}

    @property
    def word(self) -> str:
        return f"embed {self.dim}" + f" vocabulary={self.vocabulary}" * bool(self.vocabulary)

    def _tokens(self, x: Array, vocabulary: int) -> Array:
        """The rows of w. Raises DataError for a number that is no token."""
        wrong = ~((x >= 0) & (x < vocabulary) & (x == np.floor(x)))
        if wrong.any():
            message = f"Embedding({self.dim}): expected tokens from 0 to {vocabulary - 1:,}, got {x[wrong][0]:g}"
            raise DataError(message, hint="tokens are whole numbers, and are not scaled: dataset.scale = none")
        return x.astype(np.intp)

"""Embedding: the layer that turns names of things (letters, words, cities) into numbers that mean something."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
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
    In front of a table whose last columns are tokens it becomes a ColumnEmbedding of the same D.
    One input is on at a time, so V does not matter to the size of y; an initializer is told of D: a token starts as
    D numbers of variance 2 / D (He), of the same length whatever D. PyTorch's N(0, 1) is larger and learns slower.
    """

    number: ClassVar[str] = "dim"
    tokens: ClassVar[bool] = True

    dim: Annotated[int, Meta(ge=1, le=65536, description="numbers of each token")] = 24
    vocabulary: Annotated[int, Meta(ge=0, le=1 << 24, description="different tokens; 0: as many as the data have")] = 0

    def sized(self, vocabulary: int, columns: tuple[int, ...] = ()) -> Layer:
        if self.vocabulary:
            return self
        return ColumnEmbedding(self.dim, columns) if columns else changed(self, vocabulary=vocabulary)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            hint = "let it be the first layer, on data of tokens"
            raise ShapeError(f"Embedding({self.dim}): needs a row of tokens, got {list(shape)}", hint=hint)
        if not self.vocabulary:
            hint = (
                f"names and copy have tokens, a table has with dataset.categories = token; embed {self.dim} "
                "vocabulary=50 takes any whole numbers below 50"
            )
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
        return whole(x, vocabulary, f"Embedding({self.dim})")


class ColumnEmbedding(Layer, frozen=True, tag="column_embedding"):
    """The last columns of a row name things, each of its own kind; every such name has D numbers, which are learned.

    y = [x_1 … x_N, w_1[x_N+1], …, w_k[x_N+k]]      x [B, N + k]   y [B, N + k D]
    dx = [dy_1 … dy_N, 0 … 0]      dw_j[v] = sum of the D numbers of dy for column j over all rows with x_N+j = v

    The N numbers pass through. Column j holds whole numbers below V_j, as floating ones, and has a table w_j [V_j, D];
    w [V_1 + … + V_k, D] holds these one below the other. Entity embeddings (Guo and Berkhahn 2016): categories that
    mean the same to the answer come to lie near each other. `embed D` in front of a table with dataset.categories =
    token becomes this layer; 0 is any text that no training row had, or one too rare for a token: it
    begins at zero, as all features of such a text are in one-hot, and stays there where no training row has it.
    """

    number: ClassVar[str] = "dim"

    dim: Annotated[int, Meta(ge=1, le=65536, description="numbers of each token")] = 8
    vocabularies: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1 << 24)], ...],
        Meta(description="different tokens of each of the last columns; none: as the data have"),
    ] = ()

    def sized(self, vocabulary: int, columns: tuple[int, ...] = ()) -> ColumnEmbedding:
        return self if self.vocabularies else changed(self, vocabularies=columns)

    @property
    def token_columns(self) -> int:
        return len(self.vocabularies)

    @property
    def first(self) -> tuple[int, ...]:
        """The row of w with which the table of each column begins."""
        return (0, *itertools.accumulate(self.vocabularies))[:-1] if self.vocabularies else ()

    def output_shape(self, shape: Shape) -> Shape:
        many = self.token_columns
        if not many:
            hint = "a table has them with dataset.categories = token"
            raise ShapeError(f"ColumnEmbedding({self.dim}): needs columns of tokens, got {list(shape)}", hint=hint)
        if len(shape) != 1 or shape[0] < many:
            hint = "let it be the first layer, on rows of a table"
            message = f"ColumnEmbedding({self.dim}): needs rows whose last {many} numbers are tokens, got {list(shape)}"
            raise ShapeError(message, hint=hint)
        return (shape[0] + many * (self.dim - 1),)

    def params(self, shape: Shape) -> dict[str, Param]:
        own = (sum(self.vocabularies), self.dim)
        return {"w": Param(own, "weight", fan_in=self.dim, fan_out=self.dim, blank=self.first)}

    def forward(self, p: dict[str, Array], x: Array, mode: Mode) -> tuple[Array, Saved]:
        numbers, rows = x[:, : -self.token_columns], self._rows(x)
        return np.concatenate([numbers, p["w"][rows].reshape(len(x), -1)], axis=1), (rows,)

    def backward(self, p: dict[str, Array], saved: Saved, dy: Array) -> tuple[Array, dict[str, Array]]:
        (rows,), many = saved, self.token_columns * self.dim
        dw = np.zeros_like(p["w"])
        np.add.at(dw, rows, dy[:, -many:].reshape(*rows.shape, self.dim))
        return np.concatenate([dy[:, :-many], np.zeros(rows.shape, dy.dtype)], axis=1), {"w": dw}

    @property
    def word(self) -> str:
        several = ",".join(map(str, self.vocabularies)) + "," * (len(self.vocabularies) == 1)
        return f"embed_cols {self.dim}" + f" vocabularies={several}" * bool(several)

    def _rows(self, x: Array) -> Array:
        """The rows of w [B, k]. Raises DataError for a number that is no token of its column."""
        tokens = x[:, -self.token_columns :]
        named = [
            whole(tokens[:, place], many, f"ColumnEmbedding({self.dim}), column {place + 1} of tokens")
            for place, many in enumerate(self.vocabularies)
        ]
        rows: Array = np.stack(named, axis=1) + np.array(self.first)
        return rows


def check_columns(body: Sequence[Layer], columns: tuple[int, ...]) -> None:
    """Raises ShapeError where rows end with tokens and the first layer would take these for numbers."""
    if not columns or (body and body[0].token_columns == len(columns)):
        return
    word = body[0].word if body else "output layer"
    last = f"the last {len(columns)} features are tokens" if len(columns) > 1 else "the last feature is a token"
    hint = "put embed 8 in front, as in embed 8 | 64 silu, or train with dataset.categories = one_hot"
    raise ShapeError(f"layer 1, {word}: needs numbers, but {last}", where="layer 1", hint=hint)


def whole(x: Array, vocabulary: int, where: str) -> Array:
    """Tokens held as floating numbers as whole ones. Raises DataError for a number that is none."""
    wrong = ~((x >= 0) & (x < vocabulary) & (x == np.floor(x)))
    if wrong.any():
        message = f"{where}: expected tokens from 0 to {vocabulary - 1:,}, got {x[wrong][0]:g}"
        raise DataError(message, hint="tokens are whole numbers, and are not scaled: dataset.scale = none")
    return x.astype(np.intp)

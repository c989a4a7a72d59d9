"""Sequences made from a seed: small problems that ask what a network remembers, each in its purest form."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from mlcore.datasets.dataset import Array, Data, Dataset, Rows, Sequence, SplitSpec, Task
from mlcore.datasets.scaling import arrange, constant
from mlcore.datasets.split import shuffled
from mlcore.errors import DataError

Random = np.random.RandomState
Steps = Annotated[int, Meta(ge=2, le=1000, description="steps of a sequence")]
Samples = Annotated[int, Meta(ge=10, le=1_000_000, description="sequences to make, all parts together")]
AsTheyAre = Annotated[Literal["none"], Meta(description="none: the numbers are of a good size as they are made")]


class PlainSplit(SplitSpec, frozen=True):
    """Rows drawn at random, without a look at what is asked of them."""

    stratify: Annotated[bool, Meta(description="means nothing here: rows are not of one class each")] = False


class Made(Dataset, frozen=True):
    """Sequences of which any number can be made."""

    scale: AsTheyAre = "none"
    n_samples: Samples = 2000

    def load(self) -> Data:
        x, y = self.drawn(self.n_samples, np.random.RandomState(self.seed))
        sequence = self.sequence()
        classes = y if y.dtype.kind == "i" and y.ndim == 1 else np.zeros(len(y), np.int64)
        parts = shuffled(classes, self.split, self.seed)
        scaling = constant(x[0].size, 1.0)
        return arrange(x.reshape(len(x), -1), y, parts, self.task(), _names(sequence), scaling, sequence=sequence)

    def fresh(self, n: int, seed: int) -> Rows:
        if n < 1:
            raise DataError(f"fresh rows: expected at least 1, got {n}", code="DATA_EMPTY")
        x, y = self.drawn(n, np.random.RandomState([seed, self.seed]))
        return Rows(np.ascontiguousarray(x.reshape(n, -1), np.float32), y)

    def drawn(self, n: int, random: Random) -> tuple[Array, Array]:
        """n sequences [n, T, D], or tokens [n, T], and what is asked of each."""
        raise NotImplementedError(type(self).__name__)

    def sequence(self) -> Sequence:
        """What a row is."""
        raise NotImplementedError(type(self).__name__)

    def task(self) -> Task:
        """What is asked."""
        raise NotImplementedError(type(self).__name__)


class Adding(Made, frozen=True, tag="adding"):
    """Two of many numbers are marked; their sum is asked (Hochreiter and Schmidhuber 1997).

    Each step has a number from 0 to 1 and a mark, 1 at one step of the first half and one of the second, else 0. Always
    answering 1 has a mean squared error of 1/6 = 0.167; below that a network remembers.
    """

    steps: Steps = 30

    def drawn(self, n: int, random: Random) -> tuple[Array, Array]:
        x = np.zeros((n, self.steps, 2), np.float32)
        x[..., 0] = random.uniform(size=(n, self.steps))
        half, rows = self.steps // 2, np.arange(n)
        first, second = random.randint(0, half, size=n), random.randint(half, self.steps, size=n)
        x[rows, first, 1] = x[rows, second, 1] = 1
        return x, (x[rows, first, 0] + x[rows, second, 0])[:, None]

    def sequence(self) -> Sequence:
        return Sequence(self.steps, 2)

    def task(self) -> Task:
        return Task("regression", 1)


class Copy(Made, frozen=True, tag="copy"):
    """Say again what was said some steps ago, at every step: as much memory as the delay is long.

    y[t] = x[t - delay]; before there is anything to say, nothing is asked. Symbols are tokens, each as likely as any
    other, so that a network which remembers nothing has the loss log(symbols).
    """

    steps: Steps = 20
    delay: Annotated[int, Meta(ge=0, le=999, description="steps between hearing and saying")] = 5
    symbols: Annotated[int, Meta(ge=3, le=26, description="different symbols")] = 6

    def drawn(self, n: int, random: Random) -> tuple[Array, Array]:
        if self.delay >= self.steps:
            message = f"dataset.delay: expected less than the {self.steps} steps, got {self.delay}"
            raise DataError(message, where="dataset.delay", hint="make steps larger or delay smaller")
        x = random.randint(0, self.symbols, size=(n, self.steps)).astype(np.int32)
        y = np.full_like(x, -1)
        y[:, self.delay :] = x[:, : self.steps - self.delay]
        return x.astype(np.float32), y

    def sequence(self) -> Sequence:
        return Sequence(self.steps, vocabulary=self.symbols)

    def task(self) -> Task:
        return Task("multiclass", self.symbols, tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: self.symbols]), self.steps)


class Parity(Made, frozen=True, tag="parity"):
    """Is the number of ones odd? One bit to remember, and every step may turn it over.

    x[t] is -1 or 1; y is 1 where an odd number of them is 1. Nothing short of the whole sequence tells anything. With
    `every_step` it is asked at each step, of the steps so far, which is far easier to learn.
    """

    steps: Steps = 12
    every_step: Annotated[bool, Meta(description="ask at every step, not only at the end")] = False

    def drawn(self, n: int, random: Random) -> tuple[Array, Array]:
        ones = random.randint(0, 2, size=(n, self.steps))
        odd = (ones.cumsum(axis=1) % 2).astype(np.int32)
        return (2.0 * ones[..., None] - 1).astype(np.float32), odd if self.every_step else odd[:, -1]

    def sequence(self) -> Sequence:
        return Sequence(self.steps)

    def task(self) -> Task:
        return Task("binary", 2, ("even", "odd"), self.steps if self.every_step else 0)


class Sine(Made, frozen=True, tag="sine"):
    """Waves of different lengths and phases, with noise; what comes next is asked.

    x[t] = sin(2 pi t / period + phase) + noise, period from 8 to 32 steps; y are the `horizon` values that follow, or
    with `every_step` at each step the value that follows it. Noise cannot be foreseen: of the variance 0.5 + noise² of
    a value 0.5 can be explained at best.
    """

    steps: Steps = 40
    horizon: Annotated[int, Meta(ge=1, le=100, description="values that are asked for")] = 1
    noise: Annotated[float, Meta(ge=0, le=10, description="standard deviation of the noise")] = 0.1
    every_step: Annotated[bool, Meta(description="ask for the next value at every step, not only at the end")] = False

    def drawn(self, n: int, random: Random) -> tuple[Array, Array]:
        t = np.arange(self.steps + self.horizon)
        period, phase = random.uniform(8, 32, size=(n, 1)), random.uniform(0, 2 * np.pi, size=(n, 1))
        wave = np.sin(2 * np.pi * t / period + phase) + self.noise * random.normal(size=(n, len(t)))
        wave = wave.astype(np.float32)
        y = wave[:, 1 : self.steps + 1, None] if self.every_step else wave[:, self.steps :]
        return wave[:, : self.steps, None], np.ascontiguousarray(y)

    def sequence(self) -> Sequence:
        return Sequence(self.steps)

    def task(self) -> Task:
        return Task("regression", 1, steps=self.steps) if self.every_step else Task("regression", self.horizon)


def _names(sequence: Sequence) -> tuple[str, ...]:
    """Features by step: step_0, or step_0_0 where a step has several numbers."""
    if len(sequence.shape) == 1 or sequence.numbers == 1:
        return tuple(f"step_{step}" for step in range(sequence.steps))
    return tuple(f"step_{step}_{number}" for step in range(sequence.steps) for number in range(sequence.numbers))

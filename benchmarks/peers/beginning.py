"""What every contender starts from: weights, batches, targets; and mlj's own session, stepped like the others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore import philox
from mlcore.backends.backend import Problem, Session, Weights
from mlcore.layers.layer import Array
from mlcore.losses import BinaryCrossEntropy


def first_weights(p: Problem) -> Weights:
    """He-normal weights from the problem's seed, no moments."""
    vector = p.network.init(p.seed, "he_normal")
    return Weights(vector, np.zeros((p.optimizer.moments, len(vector)), np.float32), 0)


def orders(p: Problem, epochs: int = 50) -> Iterator[Array]:
    """The rows of one epoch after another for ever; made beforehand, repeating after `epochs`."""
    made = [philox.order(p.seed, epoch, len(p.rows)).astype(np.int64) for epoch in range(epochs)]
    return itertools.cycle(made)


def batches(p: Problem) -> Iterator[Any]:
    """The rows of one batch after another for ever. A batch of all rows is a slice, so that nobody copies them."""
    n, size = len(p.rows), p.batch_size
    if size >= n:
        yield from itertools.repeat(slice(None))
    for order in orders(p):
        for start in range(0, n, size):
            yield order[start : start + size]


def binary(p: Problem) -> bool:
    """Whether the network has one output and the loss is the binary cross-entropy."""
    return isinstance(p.loss, BinaryCrossEntropy)


class OurSession:
    """A session of mlj, stepped like the others."""

    def __init__(self, p: Problem, session: Session, rate: float) -> None:
        self.session, self.rate, self.losses, self.step = session, rate, list[float](), 0
        session.restore(first_weights(p))

    def __call__(self, steps: int) -> None:
        self.losses += self.session.train(self.step, steps, np.full(steps, self.rate)).tolist()
        self.step += steps

"""The order of the rows in every epoch, drawn from a RandomState as scikit-learn draws it."""

from __future__ import annotations

import numpy as np

from mlcore.layers.layer import Array


class Orders:
    """Each epoch shuffles the order of the one before: scikit-learn's `sample_idx = shuffle(sample_idx, random_state)`.

    Call it with an epoch, from 0, and it gives that order [n] int32; those before the last call's are forgotten.
    Shuffling in place moves the same rows to the same places as drawing a permutation and taking the rows by it.
    """

    def __init__(self, rows: int, random: np.random.RandomState) -> None:
        self._random, self._now = random, np.arange(rows, dtype=np.int32)
        self._made: dict[int, Array] = {}
        self._next = 0

    def __call__(self, epoch: int) -> Array:
        while self._next <= epoch:
            self._random.shuffle(self._now)
            self._made[self._next] = self._now.copy()
            self._next += 1
        return self._made[epoch]

    def forget(self, epoch: int) -> None:
        """Orders before this epoch are not asked for again."""
        self._made = {each: order for each, order in self._made.items() if each >= epoch}


def in_order(rows: int) -> Array:
    """The rows as they lie, for `shuffle=False`."""
    return np.arange(rows, dtype=np.int32)

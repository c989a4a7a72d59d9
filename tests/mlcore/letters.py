"""A few names as a data set, letter by letter, for tests."""

from __future__ import annotations

import numpy as np

from mlcore.datasets.dataset import Data, Rows, Scaling, Sequence, Task

ALPHABET = ".abcdefghijklmnopqrstuvwxyz"


def rows_of(names: list[str], steps: int) -> Rows:
    """Rows [length, 0, letters …] and what comes next at each step."""
    x, y = np.zeros((len(names), 1 + steps), np.float32), np.full((len(names), steps), -1, np.int32)
    for row, name in enumerate(names):
        tokens = [0, *(ALPHABET.index(letter) for letter in name)]
        x[row, 0], x[row, 1 : 1 + len(tokens)] = len(tokens), tokens
        y[row, : len(tokens)] = [*tokens[1:], 0]
    return Rows(x, y)


def letters(names: list[str]) -> Data:
    """The data set of those names, all of which are trained on and held back."""
    steps = 1 + max(map(len, names))
    rows, features = rows_of(names, steps), tuple(f"t{step}" for step in range(steps + 1))
    task = Task("multiclass", len(ALPHABET), tuple(ALPHABET), steps)
    scaling, sequence = Scaling(np.zeros(steps + 1), np.ones(steps + 1)), Sequence(steps, 1, len(ALPHABET), True)
    return Data(rows, rows, rows, task, features, scaling, sequence=sequence)

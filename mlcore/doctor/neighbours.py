"""Neighbours and intervals: what can be said about rows without a network, and how sure it is."""

from __future__ import annotations

import math

import numpy as np

from mlcore.doctor.case import Case
from mlcore.layers.layer import Array

NEAREST = 5
RIDGE = 0.05  # of the size of a feature, so that more features than rows do no harm
Z = 1.96  # standard deviations on either side of a 95 % interval


def interval(right: float, n: int, z: float = Z) -> tuple[float, float]:
    """The 95 % interval of a share of which `right` was seen in n rows (Wilson 1927): it holds for few rows too."""
    middle = (right + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(right * (1 - right) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def nearest(x: Array) -> Array:
    """The numbers of the nearest rows of each row, itself left out, int64 [n, 5]; every feature is given deviation 1.

    Rows at the same place are no neighbours: a copy of a row knows nothing new.
    """
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    squares = np.square(x).sum(axis=1)
    distance = squares[:, None] + squares - 2 * (x @ x.T)
    distance[distance < 1e-6 * max(float(squares.mean()), 1e-12)] = np.inf
    found: Array = np.argsort(distance, axis=1)[:, :NEAREST]
    return found


def agreement(case: Case, x: Array) -> float:
    """How well the nearest rows tell a row's target: the share of them of its class, or the R² of their mean."""
    y = case.sample.y
    near = y[nearest(np.asarray(x, np.float64))]
    if case.classes:
        return float((near == y[:, None]).mean())
    y = y.reshape(len(y), -1)
    guess = near.reshape(len(y), NEAREST, -1).mean(axis=1)
    spread = float(np.square(y - y.mean(axis=0)).sum())
    return 1 - float(np.square(y - guess).sum()) / spread if spread else 1.0


def linear(case: Case) -> float:
    """How well a straight line tells targets of rows it was not fitted to: accuracy, or R² (ridge, in two halves)."""
    x, y, n = case.sample.x.reshape(len(case.sample), -1).astype(np.float64), case.sample.y, len(case.sample)
    spread = x.std(axis=0)
    x = np.column_stack([(x - x.mean(axis=0)) / np.where(spread > 0, spread, 1), np.ones(n)])
    wanted = np.eye(case.classes)[y] if case.classes else y.reshape(n, -1).astype(np.float64)
    guess, half = np.empty_like(wanted), np.arange(n) % 2 == 0
    for part in (half, ~half):
        pull = RIDGE * part.sum() * np.eye(x.shape[1])
        guess[~part] = x[~part] @ np.linalg.solve(x[part].T @ x[part] + pull, x[part].T @ wanted[part])
    if case.classes:
        return float((guess.argmax(axis=1) == y).mean())
    return 1 - float(np.square(wanted - guess).sum() / np.square(wanted - wanted.mean(axis=0)).sum())


def by_chance(case: Case) -> float:
    """The same where targets and inputs have nothing to do with each other."""
    if case.classes:
        return float(np.square(np.bincount(case.sample.y, minlength=case.classes) / len(case.sample)).sum())
    return -1 / NEAREST

"""Whether groups of numbers differ by more than chance, told by their ranks (Kruskal and Wallis 1952)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

FEW = 5  # numbers in the smallest group from which on the chi-squared distribution is good enough
SHUFFLES = 9_999  # of fewer: so many shuffles say what chance does


class Difference(NamedTuple):
    """H of some groups, and how often chance alone gives one as large."""

    h: float
    p: float


def kruskal_wallis(groups: Sequence[Array], seed: int = 0) -> Difference:
    """Whether groups of numbers come from one distribution.

    H = 12 / (N (N + 1)) sum_i R_i² / n_i - 3 (N + 1), divided by 1 - sum (t³ - t) / (N³ - N) for ties t; R_i is the sum
    of the ranks of group i. p is of the chi-squared distribution with one degree of freedom less than there are
    groups; where a group has fewer than five numbers, of 9,999 shuffles of the ranks.
    """
    every = np.concatenate(groups)
    n, sizes = len(every), np.array([len(each) for each in groups])
    _, place, counts = np.unique(every, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ties = 1 - float((counts.astype(np.float64) ** 3 - counts).sum()) / max(float(n) ** 3 - n, 1.0)
    if ties <= 1e-12 or len(groups) < 2:  # all numbers are the same
        return Difference(0.0, 1.0)
    starts = np.cumsum(sizes) - sizes
    h = float(_h(ranks, starts, sizes)) / ties
    if sizes.min() >= FEW:
        from scipy.special import chdtrc

        return Difference(h, float(chdtrc(len(groups) - 1, max(h, 0.0))))
    shuffled = np.random.default_rng(seed).permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
    reached = _h(shuffled, starts, sizes) / ties >= h - 1e-9
    return Difference(h, float(1 + reached.sum()) / (SHUFFLES + 1))


def _h(ranks: Array, starts: Array, sizes: Array) -> Array:
    """H without ties of ranks [..., N] whose groups stand one after the other."""
    n = ranks.shape[-1]
    sums = np.add.reduceat(ranks, starts, axis=-1)
    found: Array = 12 / (n * (n + 1)) * (sums**2 / sizes).sum(axis=-1) - 3 * (n + 1)
    return found

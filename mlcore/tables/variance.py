"""Whether the means of groups of numbers differ by more than chance: analysis of variance (Fisher 1925)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Difference(NamedTuple):
    """F of some groups, and how often chance alone gives one as large."""

    f: float
    p: float


def f_test(groups: Sequence[Array]) -> Difference:
    """Whether groups of numbers [n_i] have one mean.

    F = (sum_i n_i (mean_i - mean)² / (k - 1)) / (sum_i sum (x - mean_i)² / (N - k)) of k groups of N numbers in all;
    p is of the F distribution with k - 1 and N - k degrees of freedom. Groups that never vary differ by more than
    chance, unless all numbers are the same.
    """
    every = np.concatenate(groups)
    free, rest = len(groups) - 1, len(every) - len(groups)
    between = sum(len(each) * float(each.mean() - every.mean()) ** 2 for each in groups)
    within = sum(float(np.square(each - each.mean()).sum()) for each in groups)
    if free < 1 or rest < 1 or between <= 1e-24 * float(np.square(every).sum()):
        return Difference(0.0, 1.0)
    if within == 0:
        return Difference(np.inf, 0.0)
    from scipy.special import fdtrc

    f = between / free / (within / rest)
    return Difference(f, float(fdtrc(free, rest, f)))

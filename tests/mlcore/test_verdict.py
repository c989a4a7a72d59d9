"""Which of two is better: intervals against other libraries, and against chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from mlcore import metrics, verdict


def test_shares_of_the_same_rows_are_compared_by_where_they_disagree() -> None:
    first, second = np.array([1, 1, 0, 0] * 5, bool), np.array([1, 0, 1, 1] * 5, bool)
    found = verdict.paired_shares(first, second, 0.95)
    assert found.difference == pytest.approx(5 / 20)
    p, q = 11 / 22, 6 / 22  # 10 rows gained and 5 lost of 20, one added to each and two to all
    half = 1.959964 * np.sqrt((p + q - (p - q) ** 2) / 22)
    assert (found.low, found.high) == pytest.approx((p - q - half, p - q + half), abs=1e-6) and not found.told
    assert verdict.paired_shares(~second, second, 0.95).told


@pytest.mark.parametrize(("n", "gain", "loss"), [(50, 0.05, 0.05), (200, 0.12, 0.04), (1000, 0.02, 0.01)])
def test_the_interval_of_paired_shares_holds_the_truth_as_often_as_it_says(n: int, gain: float, loss: float) -> None:
    random, held = np.random.default_rng(7), 0
    for _ in range(600):
        kind = random.choice(3, size=n, p=[gain, loss, 1 - gain - loss])
        found = verdict.paired_shares(kind == 1, kind == 0, 0.95)
        held += found.low <= gain - loss <= found.high
    assert held / 600 > 0.93


def test_seeds_are_compared_as_scipy_s_welch_test_does() -> None:
    random = np.random.default_rng(3)
    first, second = random.normal(0.8, 0.02, size=5), random.normal(0.85, 0.05, size=8)
    found = verdict.over_seeds(first, second, 0.95)
    theirs = ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    same = verdict.over_seeds(np.full(3, 0.5), np.full(4, 0.5), 0.95)
    assert (same.difference, same.low, same.high, same.told) == (0, 0, 0, False)


def test_rows_drawn_again_give_the_interval_of_the_mean_and_the_same_one_each_time() -> None:
    random = np.random.default_rng(5)
    y = random.normal(size=(400, 1))
    first, second = y + random.normal(size=y.shape), y + random.normal(scale=0.7, size=y.shape)
    found = verdict.paired_rows(metrics.mse, first, second, y, 0.95)
    each = ((second - y) ** 2 - (first - y) ** 2)[:, 0]
    half = 1.96 * each.std() / 20
    assert found.difference == pytest.approx(each.mean()) and found.told
    assert (found.low, found.high) == pytest.approx((each.mean() - half, each.mean() + half), abs=0.15 * half)
    assert found == verdict.paired_rows(metrics.mse, first, second, y, 0.95)
    reverse = verdict.paired_rows(metrics.mse, second, first, y, 0.95)
    assert (reverse.low, reverse.high) == pytest.approx((-found.high, -found.low))

"""Entropy, divergence, mutual information and calibration: closed forms and scikit-learn's figures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from mlcore import information
from mlcore.errors import DataError

RANDOM = np.random.RandomState(3)


def test_entropies_in_closed_form() -> None:
    assert information.entropy([0.5, 0.25, 0.25]) == 1.5
    assert information.entropy([1.0, 0.0]) == 0.0
    assert information.entropy(np.full((4, 8), 1 / 8)).tolist() == [3.0] * 4
    assert information.entropy([0.5, 0.5], base=np.e) == pytest.approx(np.log(2))
    assert information.label_entropy([0, 1, 2, 3, 0, 1, 2, 3]) == 2.0


def test_cross_entropy_is_entropy_and_divergence() -> None:
    p, q = RANDOM.dirichlet(np.ones(7), 20), RANDOM.dirichlet(np.ones(7), 20)
    parts = information.entropy(p) + information.kl_divergence(p, q)
    np.testing.assert_allclose(information.cross_entropy(p, q), parts, rtol=1e-12)
    np.testing.assert_allclose(information.kl_divergence(p, p), 0, atol=1e-15)
    assert information.kl_divergence([0.5, 0.5], [1.0, 0.0]) == np.inf


def test_mutual_information_is_scikit_learn_s() -> None:
    a = RANDOM.randint(0, 5, 400)
    b = np.where(RANDOM.uniform(size=400) < 0.7, a, RANDOM.randint(0, 5, 400))
    assert information.mutual_information(a, b, np.e) == pytest.approx(mutual_info_score(a, b))
    assert information.mutual_information(a, a) == pytest.approx(information.label_entropy(a))
    assert information.mutual_information(a, np.zeros(400)) == 0
    x = RANDOM.normal(size=4000)
    counts = np.bincount(information.binned(x, 8))
    assert len(counts) == 8 and counts.min() == counts.max() == 500


def test_confidence_that_is_earned_has_no_calibration_error() -> None:
    p = np.array([[0.25, 0.75]] * 4 + [[1.0, 0.0]] * 3)
    assert information.calibration_error(p, np.array([1, 1, 1, 0, 0, 0, 0])) == pytest.approx(0)
    assert information.calibration_error(p, np.array([0, 0, 0, 1, 1, 1, 1])) == pytest.approx((4 * 0.5 + 3) / 7)
    rows, confidence, right = information.calibration(p, np.array([1, 1, 1, 0, 0, 0, 0]), bins=4).T
    assert rows.tolist() == [0, 0, 4, 3] and confidence[2:].tolist() == right[2:].tolist() == [0.75, 1.0]


@pytest.mark.parametrize("p", [[0.5, 0.6], [-0.1, 1.1], [np.nan, 1.0], []])
def test_what_is_no_distribution_is_refused(p: list[float]) -> None:
    with pytest.raises(DataError, match="add up to 1"):
        information.entropy(p)

"""Every loss of the catalogue: its gradient is its derivative, and its probabilities are probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import losses
from mlcore.differences import differences
from tests.contracts.problems import LOSSES, made, targets, task_of
from tests.contracts.test_every_layer import between_kinks

ROWS, OUTPUTS = 4, 3
MORE = {
    "smoothed": ("softmax_cross_entropy", {"label_smoothing": 0.1}),
    "all a loss can do": (
        "softmax_cross_entropy",
        {"label_smoothing": 0.1, "confidence_penalty": 0.2, "class_weight": (0.2, 1, 3)},
    ),
    "all it can do with one output": (
        "binary_cross_entropy",
        {"label_smoothing": 0.1, "confidence_penalty": 0.2, "class_weight": (0.2, 3)},
    ),
    "a smoothed divergence": ("kl_div", {"label_smoothing": 0.1}),
    "a narrow bend": ("huber", {"delta": 0.3}),
    "in other units": ("mse", {"units": (0.5, 2.0)}),
    "of logarithms": ("huber", {"units": (0.2, 1.5, 9.0)}),
}
EVERY = (*LOSSES, *MORE)


def setting(name: str):
    kind, fields = MORE.get(name, (name, {}))
    loss = made(losses.CATALOGUE, kind, **fields)
    outputs = loss.outputs(OUTPUTS)
    z = between_kinks((ROWS, outputs), 3)
    y = targets(loss, ROWS, outputs)
    if task_of(loss) == "regression":
        y = np.round(y).astype(np.float64)  # outputs keep their distance from whole numbers
    return loss, z, y


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_the_gradient_of_a_loss_equals_central_differences(name: str, weighted: bool) -> None:
    loss, z, y = setting(name)
    w = np.array([0.5, 1.0, 0.0, 2.0]) if weighted else None
    _, dz = loss(z, y, w)
    np.testing.assert_allclose(dz, differences(lambda changed: loss(changed, y, w)[0], z), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", EVERY)
def test_the_loss_of_a_batch_is_the_mean_of_its_rows(name: str) -> None:
    loss, z, y = setting(name)
    rows, _ = loss.rows(z, y)
    assert rows.shape == (ROWS,)
    weights = loss.weights(y)
    each = [loss(z[i : i + 1], y[i : i + 1])[0] for i in range(ROWS)]
    assert each == pytest.approx(rows) and loss(z, y)[0] == pytest.approx(np.average(each, weights=weights))


@pytest.mark.parametrize("name", EVERY)
def test_huge_outputs_give_finite_losses_and_gradients(name: str) -> None:
    loss, z, y = setting(name)
    value, dz = loss((z * 1e4).astype(np.float32), y)
    assert np.isfinite(value) and np.isfinite(dz).all() and dz.dtype == np.float32


@pytest.mark.parametrize("name", EVERY)
def test_probabilities_of_classes_sum_to_one(name: str) -> None:
    loss, z, _ = setting(name)
    p = loss.probabilities(z * 100)
    if loss.fits("regression"):
        np.testing.assert_allclose(loss.compared(loss.probabilities(z)), z, rtol=1e-9)
        assert np.isfinite(loss.probabilities((z * 1e4).astype(np.float32))).all()
    else:
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        assert (p >= 0).all()

"""The gradient check itself: every layer and loss passes, what is wrong fails, and a kink is neither."""

from __future__ import annotations

import numpy as np
import pytest

import mlcore
from mlcore import gradients, layers
from mlcore.backends.backend import Problem
from mlcore.config import Config, load_recipe
from mlcore.datasets.dataset import Rows
from mlcore.differences import relative_error
from mlcore.errors import DataError
from mlcore.layers.activations import ReLU
from mlcore.layers.dense import Dense
from mlcore.layers.line import parse
from mlcore.losses import MAE, MSE
from mlcore.network import Network
from mlcore.optimizers import SGD
from tests.contracts.problems import LAYERS, LOSSES, first_weights, made, problem


@pytest.mark.parametrize("part", [*(f"layer {name}" for name in LAYERS), *(f"loss {name}" for name in LOSSES)])
def test_every_layer_and_loss_has_the_gradient_it_should_have(part: str) -> None:
    what, _, name = part.partition(" ")
    p = problem(body=made(layers.CATALOGUE, name), rows=6) if what == "layer" else problem(loss=name, rows=6)
    found = gradients.check(p, first_weights(p).vector)
    assert found.ok and found.error < 1e-7, found.arrays[0]
    assert {array.name for array in found.arrays} == {s.path for s in p.network.slots if s.param.role != "statistic"}
    assert found.skipped or found.native is not None


def test_dropout_forgets_the_same_units_whenever_a_number_is_moved() -> None:
    config = Config().with_settings({"layers": "30 tanh | drop .5 | 20 bn gelu", "seed": 3})
    found, calm = (gradients.gradcheck(c, native=False) for c in (config, config.with_settings({"layers": "30 tanh"})))
    again = gradients.gradcheck(config, native=False)
    assert found.ok and found == again and found.loss != calm.loss
    assert "3.mean" not in {array.name for array in found.arrays}


def test_a_model_is_checked_on_rows_of_ones_own() -> None:
    *_, ended = mlcore.train(load_recipe("circles").with_settings({"epochs": 2}))
    random = np.random.default_rng(0)
    found = mlcore.gradcheck(ended.model, random.normal(size=(5, 2)), [0, 1, 1, 0, 1])
    assert found.ok and found.rows == 5 and found.native is not None
    for x, y in (
        ([[1.0]], [0]),
        ([[1.0, 2.0]], [2]),
        ([[1.0, 2.0]], [0.5]),
        ([[1.0, 2.0]], None),
        ([[1.0, 2.0]], [0, 1]),
    ):
        with pytest.raises(DataError):
            mlcore.gradcheck(ended.model, x, y)


def test_an_error_of_one_in_a_thousand_is_found_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Dense.backward

    def wrong(self, p, saved, dy):
        dx, own = exact(self, p, saved, dy)
        if self.units == 7:
            own["w"][0, 3] *= 1.001
        return dx, own

    monkeypatch.setattr(Dense, "backward", wrong)
    found = gradients.gradcheck(Config().with_settings({"layers": "5 tanh | 7 tanh"}), native=False)
    worst = found.arrays[0]
    assert not found.ok and (worst.name, worst.place, worst.layer) == ("2.w", (0, 3), 3)
    assert worst.error == pytest.approx(1e-3, rel=0.02)
    assert [array.ok for array in found.arrays] == [False, *[True] * 5]


@pytest.mark.parametrize(("kind", "at"), [("relu", 0.0), ("relu", 5e-8), ("relu6", 6.0)])
def test_a_number_on_a_kink_is_told_apart_and_not_counted(kind: str, at: float) -> None:
    network = Network([Dense(1), *parse(kind)], (1,))
    p = Problem(network, MSE(), SGD(), Rows(np.ones((1, 1)), np.array([[3.0]])), 1.0, 1, 0)
    found = gradients.check(p, np.array([at, 0.0]), native=False)
    assert found.ok and [(array.moved, array.kinks) for array in found.arrays] == [(1, 1), (1, 1)]
    away = gradients.check(p, np.array([2.0, 0.1]), native=False)
    assert away.ok and not any(array.kinks for array in away.arrays)


def test_a_kink_beside_the_number_is_passed_by_a_smaller_step() -> None:
    network = Network([Dense(1), ReLU()], (1,))
    p = Problem(network, MSE(), SGD(), Rows(np.ones((1, 1)), np.array([[3.0]])), 1.0, 1, 0)
    found = gradients.check(p, np.array([5e-5, 0.0]), native=False)
    assert found.ok and not any(array.kinks for array in found.arrays)
    assert found.arrays[0].numeric == pytest.approx(-6, rel=1e-3)


def test_the_kink_of_an_absolute_error_is_one_too() -> None:
    network = Network([Dense(1)], (1,))
    p = Problem(network, MAE(), SGD(), Rows(np.ones((1, 1)), np.array([[0.5]])), 1.0, 1, 0)
    assert [array.kinks for array in gradients.check(p, np.array([0.5 + 5e-8, 0.0]), native=False).arrays] == [1, 1]


def test_the_relative_error_is_that_of_the_notes() -> None:
    analytic, numeric = np.array([1.0, 2.0, 0.0, -1.0, np.nan]), np.array([1.0, 1.0, 0.0, 1.0, 1.0])
    assert relative_error(analytic, numeric).tolist() == [0, 0.5, 0, 2, np.inf]
    assert relative_error(analytic, numeric, 1.5).tolist() == [0, 0, 0, 0.5, np.inf]


def test_an_array_that_is_wrong_in_the_kernels_alone_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcore.backends.native import NativeSession

    exact = NativeSession.inspect

    def wrong(self, x, y):
        found = exact(self, x, y)
        found.gradient[2] += 1e-2
        return found

    monkeypatch.setattr(NativeSession, "inspect", wrong)
    found = gradients.gradcheck(Config())
    if found.skipped:
        pytest.skip(found.skipped)
    assert not found.ok and found.error <= gradients.LIMIT and found.arrays[0].name == "0.w"

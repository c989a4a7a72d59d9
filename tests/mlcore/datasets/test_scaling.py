"""Scaling is learnt from training rows alone."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.datasets import scaling
from mlcore.datasets.dataset import Task
from mlcore.datasets.line import Line
from mlcore.datasets.split import Parts
from mlcore.datasets.toys import Circles, Moons

RAW = np.random.RandomState(0).normal([3.0, -50.0, 0.0], [2.0, 0.1, 9.0], (200, 3))
PARTS = Parts(np.arange(100), np.arange(100, 150), np.arange(150, 200))
TASK = Task("binary", 2, ("0", "1"))


def arranged(raw, scale):
    found = scaling.fit(raw[PARTS.train], scale)
    return scaling.arrange(raw, np.zeros(len(raw), np.int32), PARTS, TASK, ("a", "b", "c"), found)


@pytest.mark.parametrize("scale", ["standard", "minmax", "div255", "none"])
def test_validation_and_test_rows_do_not_influence_the_scaling(scale):
    poisoned = RAW.copy()
    poisoned[100:] = 1e6 * poisoned[100:] + 1e9
    clean, other = arranged(RAW, scale), arranged(poisoned, scale)
    assert np.array_equal(clean.train.x, other.train.x)
    assert np.array_equal(clean.scaling.shift, other.scaling.shift)
    assert np.array_equal(clean.scaling.factor, other.scaling.factor)


def test_standard_training_rows_have_mean_zero_and_deviation_one():
    x = arranged(RAW, "standard").train.x.astype(np.float64)
    assert np.allclose(x.mean(axis=0), 0, atol=1e-6) and np.allclose(x.std(axis=0), 1, atol=1e-5)
    assert abs(arranged(RAW, "standard").test.x.mean()) > 1e-3  # they were not centred themselves


def test_minmax_training_rows_reach_from_zero_to_one():
    x = arranged(RAW, "minmax").train.x
    assert np.allclose(x.min(axis=0), 0) and np.allclose(x.max(axis=0), 1)


def test_div255_and_none_do_what_they_say():
    assert np.allclose(arranged(RAW, "div255").test.x, RAW[150:] / 255)
    assert np.array_equal(arranged(RAW, "none").test.x, RAW[150:].astype(np.float32))


@pytest.mark.parametrize("scale", ["standard", "minmax"])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e12])
def test_a_feature_that_never_changes_gets_the_factor_one(scale, value):
    found = scaling.fit(np.full((50, 2), value), scale)
    assert found.factor.tolist() == [1.0, 1.0]
    assert np.isfinite(found.apply(np.full((3, 2), value))).all()


@pytest.mark.parametrize("data", [Circles().load(), Moons(scale="minmax").load(), Line(scale="standard").load()])
def test_undoing_a_scaling_gives_the_raw_numbers_back(data):
    raw = data.scaling.undo(data.train.x)
    assert np.allclose(data.scaling.apply(raw), data.train.x, atol=1e-6)
    assert data.inputs(data.train) is data.train.x


@pytest.mark.parametrize("scale", ["standard", "robust", "minmax"])
def test_what_was_nothing_comes_back_as_nothing(scale):
    raw = RAW + 0
    raw[:20, 0] = 0
    found = scaling.fit(raw, scale)
    back = found.undo(found.apply(raw))
    assert (back[:20, 0] == 0).all() and np.allclose(back, raw, rtol=1e-5, atol=1e-6) and np.count_nonzero(back) > 570

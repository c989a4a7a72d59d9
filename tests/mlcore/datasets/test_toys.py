"""The toys are the same numbers as their sources give, and fresh rows are new ones of the same kind."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_circles, make_moons

from mlcore import datasets
from mlcore.config import Config, from_dict
from mlcore.datasets.dataset import Rows
from mlcore.datasets.split import shuffled
from mlcore.datasets.toy import FEATURES
from mlcore.datasets.toys import Blobs, Circles, Moons, Spirals
from mlcore.errors import ConfigError, DataError

SEEDS = [0, 1, 42, 43, 2**32 - 1]
ODD = 101


def made(toy):
    return toy.points(toy._rows(), np.random.RandomState(toy.seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "noise", "factor"), [(1000, 0.05, 0.8), (ODD, 0.2, 0.5), (20, 0.0, 0.0)])
def test_circles_are_the_numbers_of_scikit_learn(seed, n, noise, factor):
    x, y = made(Circles(seed=seed, n_samples=n, noise=noise, factor=factor))
    expected_x, expected_y = make_circles(n, noise=noise, factor=factor, random_state=seed)
    assert np.array_equal(x, expected_x)
    assert np.array_equal(y, expected_y)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "noise"), [(3000, 0.5), (ODD, 0.3), (20, 0.0)])
def test_moons_are_the_numbers_of_scikit_learn(seed, n, noise):
    x, y = made(Moons(seed=seed, n_samples=n, noise=noise))
    expected_x, expected_y = make_moons(n, noise=noise, random_state=seed)
    assert np.array_equal(x, expected_x)
    assert np.array_equal(y, expected_y)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "centers", "std"), [(1000, 4, 1.7), (ODD, 3, 0.5), (20, 7, 30.0)])
def test_blobs_are_the_numbers_of_scikit_learn(seed, n, centers, std):
    x, y = made(Blobs(seed=seed, n_samples=n, centers=centers, std=std))
    expected_x, expected_y = make_blobs(n, n_features=2, centers=centers, cluster_std=std, random_state=seed)
    assert np.array_equal(x, expected_x)
    assert np.array_equal(y, expected_y)


def test_spirals_are_the_numbers_of_the_course():
    n, k = 1000, 6
    np.random.seed(42)  # the published loop, as it is written there
    expected_x, expected_y = np.zeros((n * k, 2)), np.zeros(n * k, dtype="uint8")
    for j in range(k):
        ix = range(n * j, n * (j + 1))
        r = np.linspace(0.0, 1, n)
        t = np.linspace(j * 4, (j + 1) * 4, n) + np.random.randn(n) * 0.2
        expected_x[ix] = np.c_[r * np.sin(t), r * np.cos(t)]
        expected_y[ix] = j
    x, y = made(Spirals())
    assert np.array_equal(x, expected_x)
    assert np.array_equal(y, expected_y)


def test_the_defaults_of_circles_are_the_article_s():
    x, y = made(Circles())
    expected_x, expected_y = make_circles(1000, noise=0.05, random_state=42)
    assert np.array_equal(x, expected_x) and np.array_equal(y, expected_y)


@pytest.mark.parametrize("toy", [Circles(), Moons(), Blobs(), Spirals(per_class=100), Blobs(centers=2)])
def test_a_loaded_toy_holds_every_row_once_as_float32_and_int32(toy):
    data = toy.load()
    x, y = made(toy)
    parts = shuffled(y, toy.split, toy.seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(x)))
    for part, rows in zip((data.train, data.validation, data.test), parts, strict=True):
        assert np.allclose(data.scaling.undo(part.x), x[rows], atol=1e-5)
        assert np.array_equal(part.y, y[rows])
        assert part.x.dtype == np.float32 and part.y.dtype == np.int32
    assert data.task.kind == ("binary" if data.task.outputs == 2 else "multiclass")
    assert len(data.task.class_names) == data.task.outputs == len(np.unique(y))


def test_loading_twice_gives_the_same_bytes():
    one, other = Spirals(per_class=50).load(), Spirals(per_class=50).load()
    assert one.train.x.tobytes() == other.train.x.tobytes() and one.test.y.tobytes() == other.test.y.tobytes()


@pytest.mark.parametrize("toy", [Circles(), Moons(), Blobs(), Spirals(), Circles(features=("x1", "x2^2"))])
def test_fresh_rows_are_new_and_lie_where_the_others_lie(toy):
    data, fresh = toy.load(), toy.fresh(20_000, seed=toy.seed)
    assert isinstance(fresh, Rows) and len(fresh) == 20_000
    assert fresh.x.dtype == np.float32 and fresh.y.dtype == np.int32
    known = {row.tobytes() for row in data.train.x}
    shared = sum(row.tobytes() in known for row in fresh.x)
    assert shared <= 20  # every spiral begins at the same point
    for k in range(data.task.outputs):
        ours, theirs = fresh.x[fresh.y == k], data.train.x[data.train.y == k]
        assert np.allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=0.15)
        assert abs(len(ours) - 20_000 / data.task.outputs) <= 200


def test_fresh_rows_depend_on_their_seed_and_on_nothing_else():
    toy = Moons()
    assert np.array_equal(toy.fresh(100, 1).x, toy.fresh(100, 1).x)
    assert not np.array_equal(toy.fresh(100, 1).x, toy.fresh(100, 2).x)
    assert [len(Spirals().fresh(n, 0)) for n in (1, 5, 6, 7, 100)] == [1, 5, 6, 7, 100]
    with pytest.raises(DataError):
        toy.fresh(0, 1)


def test_features_are_what_their_names_say():
    toy = Circles(features=tuple(FEATURES), scale="none", n_samples=100)
    data = toy.load()
    assert data.feature_names == tuple(FEATURES) == ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
    rows = data.train.x.astype(np.float64)
    x1, x2 = rows[:, 0], rows[:, 1]
    assert np.allclose(rows[:, 2:], np.c_[x1 * x1, x2 * x2, x1 * x2, np.sin(x1), np.sin(x2)], atol=1e-6)


HOSTILE = [
    (Circles, "n_samples", [9, 0, -1, 10**9, 1.5, "many", True]),
    (Circles, "noise", [-0.1, math.nan, math.inf, 1e9, "loud"]),
    (Circles, "factor", [1.0, -0.1, math.nan]),
    (Circles, "seed", [-1, 2**32, 0.5]),
    (Circles, "scale", ["log", ""]),
    (Circles, "features", [(), ("x3",), ("x1",) * 8, "x1"]),
    (Blobs, "centers", [1, 21]),
    (Blobs, "std", [0, math.nan, math.inf, -1]),
    (Spirals, "classes", [1, 21]),
    (Spirals, "per_class", [4, 10**7]),
]


@pytest.mark.parametrize(("toy", "field", "value"), [(t, f, v) for t, f, values in HOSTILE for v in values])
def test_a_hostile_value_is_refused_by_name(toy, field, value):
    with pytest.raises(ConfigError, match=field):
        toy(**{field: value})


@pytest.mark.parametrize("entry", datasets.CATALOGUE, ids=lambda entry: entry.name)
def test_every_line_of_the_catalogue_is_a_data_set_that_survives_its_file(entry):
    kind = entry.load()
    assert datasets.resolve(entry.name) is kind
    assert kind.__struct_config__.tag == entry.name
    config = Config().with_settings({"dataset.kind": entry.name})
    assert config.dataset == kind() and from_dict(config.to_dict()) == config


def test_a_name_that_is_not_there_gets_the_nearest():
    with pytest.raises(ConfigError) as caught:
        datasets.resolve("circels")
    assert "circles" in caught.value.hint


def test_toys_and_digits_load_without_scikit_learn_and_other_heavy_imports():
    code = """
import json, sys
from mlcore import datasets
before = "numpy" in sys.modules
for name in ("circles", "moons", "blobs", "spirals", "xor", "hills", "line", "digits", "iris", "diabetes"):
    datasets.resolve(name)().load()
print(json.dumps([before] + [m for m in ("sklearn", "scipy", "pandas", "torch", "urllib.request") if m in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False]

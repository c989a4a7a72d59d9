"""A split has the rows scikit-learn's train_test_split has, and every row once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from mlcore.datasets.dataset import SplitSpec
from mlcore.datasets.split import ordered, shuffled
from mlcore.datasets.toys import Blobs, Circles
from mlcore.errors import ConfigError, DataError

GENERATOR = np.random.RandomState(7)
LABELS = {
    "even": np.arange(1000) % 2,
    "skewed": GENERATOR.choice(4, 997, p=[0.7, 0.2, 0.07, 0.03]),
    "tied": np.arange(105) % 7,
    "gaps": GENERATOR.choice([3, 8, 20], 60),
}


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 42, 43])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("test", [0.2, 0.1, 0.33, 20])
def test_test_and_training_rows_are_scikit_learn_s_in_their_order(labels, seed, stratify, test):
    y = LABELS[labels]
    parts = shuffled(y, SplitSpec(test=test, validation=0, stratify=stratify), seed)
    rows = np.arange(len(y))
    train, held = train_test_split(rows, test_size=test, random_state=seed, stratify=y if stratify else None)
    assert np.array_equal(parts.test, held)
    assert np.array_equal(parts.train, train)
    assert not len(parts.validation)


@pytest.mark.parametrize("stratify", [True, False])
def test_validation_rows_are_split_off_the_training_rows_in_the_same_way(stratify):
    y = LABELS["skewed"]
    parts = shuffled(y, SplitSpec(stratify=stratify), 42)
    pick = {"random_state": 42}
    train, held = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y if stratify else None, **pick)
    train, watched = train_test_split(train, test_size=100, stratify=y[train] if stratify else None, **pick)
    assert np.array_equal(parts.validation, watched) and np.array_equal(parts.train, train)
    assert np.array_equal(parts.test, held)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 200),
    classes=st.integers(1, 12),
    test=st.floats(0, 0.5),
    validation=st.floats(0, 0.4),
    stratify=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_row_is_in_exactly_one_part(n, classes, test, validation, stratify, seed):
    y = np.random.RandomState(seed).randint(0, classes, n)
    try:
        parts = shuffled(y, SplitSpec(test, validation, stratify), seed)
    except DataError:
        assert np.ceil(test * n) + np.ceil(validation * n) >= n
        return
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    assert len(parts.test) == np.ceil(test * n) and len(parts.validation) == np.ceil(validation * n)


def test_classes_keep_their_mix_in_every_part():
    y = np.repeat([0, 1], [900, 100])
    for part in shuffled(y, SplitSpec(), 3):
        assert (y[part] == 1).mean() == pytest.approx(0.1, abs=0.006)


def test_an_ordered_split_keeps_the_last_rows_for_the_test():
    parts = ordered(50, SplitSpec(test=0.2, validation=5))
    assert parts.train.tolist() == list(range(35))
    assert parts.validation.tolist() == list(range(35, 40))
    assert parts.test.tolist() == list(range(40, 50))


@pytest.mark.parametrize("spec", [SplitSpec(test=0.5, validation=0.5), SplitSpec(test=1000), SplitSpec(test=10**9)])
def test_a_split_that_leaves_nothing_to_train_on_is_refused_with_the_numbers(spec):
    with pytest.raises(DataError, match="leave none of 1,000") as caught:
        Circles(split=spec).load()
    assert caught.value.code == "DATA_EMPTY" and "dataset.split.test" in caught.value.hint


def test_parts_of_no_rows_are_absent():
    data = Circles(split=SplitSpec(test=0, validation=0)).load()
    assert data.test is None and data.validation is None and len(data.train) == 1000


def test_more_classes_than_test_rows_is_no_reason_to_stop():
    data = Blobs(n_samples=20, centers=15).load()
    assert (len(data.train), len(data.validation), len(data.test)) == (14, 2, 4)


@pytest.mark.parametrize("value", [1.0, 1.5, -0.1, -1, float("nan"), float("inf"), "half", True])
def test_a_share_that_is_none_is_refused(value):
    with pytest.raises(ConfigError, match="test"):
        SplitSpec(test=value)

"""Folds have the rows scikit-learn's StratifiedKFold and KFold have, and what cannot be folded says so."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedKFold

from mlcore import datasets
from mlcore.config import Config
from mlcore.datasets.dataset import SplitSpec
from mlcore.datasets.split import folds, shuffled
from mlcore.errors import ConfigError, DataError, MljError


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 12), st.integers(1, 6), st.integers(12, 150), st.booleans(), st.integers(0, 2**32 - 1))
def test_the_test_rows_of_each_fold_are_scikit_learn_s(count, classes, n, stratify, seed):
    y = np.random.RandomState(seed).randint(0, classes, n) * 3 - 4
    assume(not stratify or np.unique(y, return_counts=True)[1].min() >= count)
    fold = (StratifiedKFold if stratify else KFold)(count, shuffle=True, random_state=seed)
    number = folds(y, SplitSpec(folds=count, stratify=stratify), seed)
    for k, (rest, held) in enumerate(fold.split(np.zeros((n, 1)), y)):
        assert np.array_equal(np.flatnonzero(number == k), held)
        parts = shuffled(y, SplitSpec(validation=0, folds=count, fold=k, stratify=stratify), seed)
        assert np.array_equal(parts.test, held) and np.array_equal(parts.train, rest)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 8), st.integers(0, 7), st.floats(0, 0.3), st.integers(30, 150), st.booleans(), st.integers(0, 99))
def test_validation_rows_are_split_off_what_a_fold_leaves(count, fold, validation, n, stratify, seed):
    assume(fold < count)
    y = np.arange(n) % 3
    spec = SplitSpec(validation=validation, folds=count, fold=fold, stratify=stratify)
    parts = shuffled(y, spec, seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    assert len(parts.validation) == int(np.ceil(validation * n))


def test_the_whole_share_of_a_test_split_means_nothing_with_folds():
    y = np.arange(40) % 2
    with_share = shuffled(y, SplitSpec(test=30, folds=4), 1)
    assert all(np.array_equal(*both) for both in zip(with_share, shuffled(y, SplitSpec(folds=4), 1), strict=True))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"folds": 1}, "no row to train on"),
        ({"folds": 3, "fold": 3}, "the last of 3 is fold 2"),
        ({"fold": 2}, "there are no folds"),
        ({"folds": -1}, "from 0"),
        ({"folds": 2.5}, "whole number"),
    ],
)
def test_a_number_of_folds_that_cannot_be_is_one_sentence(values, words):
    with pytest.raises(ConfigError, match=words) as caught:
        SplitSpec(**values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("y", "stratify", "words"),
    [
        (np.zeros(5), False, "6 folds are more than the 5 rows"),
        (np.array([0] * 20 + [1]), True, "6 folds are more than the 1 row of the rarest class"),
        (np.array([0] * 20 + [1] * 4), True, "6 folds are more than the 4 rows of the rarest class"),
    ],
)
def test_more_folds_than_rows_or_than_rows_of_a_class_are_refused(y, stratify, words):
    with pytest.raises(DataError, match=words) as caught:
        shuffled(y, SplitSpec(validation=0, folds=6, stratify=stratify), 0)
    assert caught.value.hint


def test_validation_rows_that_leave_nothing_beside_a_fold_are_refused():
    with pytest.raises(DataError, match="leave none of 20"):
        shuffled(np.arange(20) % 2, SplitSpec(validation=10, folds=2), 0)


@pytest.mark.parametrize("kind", [name for name in datasets.CATALOGUE.names() if name != "file"])
def test_every_data_set_is_folded_or_says_why_not(kind):
    try:
        config = Config().with_settings({"dataset": kind, "dataset.split.folds": 2, "dataset.split.validation": 0})
    except ConfigError as error:
        told = kind in ("line", "sales", "mnist", "series") and "folds" in str(error)
        if not told:
            raise
        return
    both = [config, config.with_settings({"dataset.split.fold": 1})]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            first, second = (each.dataset.load() for each in both)
    except MljError as error:
        pytest.skip(str(error))
    assert abs(len(first.test) - len(second.test)) <= max(1, first.task.outputs)
    assert len(first.train) == len(second.test) and len(second.train) == len(first.test)

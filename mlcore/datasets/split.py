"""Which rows train, which are watched, which are kept for the end: the same rows scikit-learn would choose.

A split of n rows in two, as `sklearn.model_selection.train_test_split(random_state=seed)` makes it. Validation rows are
split off the training rows in the same way. With folds the test rows are those of one fold of
`StratifiedKFold(folds, shuffle=True, random_state=seed)`, or of `KFold` where classes do not count.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mlcore.datasets.dataset import Array, Share, SplitSpec
from mlcore.errors import DataError


class Parts(NamedTuple):
    """Row numbers of each part, int64, in the order the parts have them."""

    train: Array
    validation: Array
    test: Array


def shuffled(classes: Array, spec: SplitSpec, seed: int) -> Parts:
    """Parts drawn at random; `classes` [n] keep their mix in every part if the spec says so.

    Raises DataError when nothing is left to train on, or there are more folds than rows or than rows of a class.
    """
    if spec.folds:
        return _folded(classes, spec, seed)
    test, validation = _sizes(len(classes), spec)
    rest, kept = _draw(np.arange(len(classes)), test, classes, spec, seed)
    train, watched = _draw(rest, validation, classes, spec, seed)
    return Parts(train, watched, kept)


def ordered(n: int, spec: SplitSpec) -> Parts:
    """The first rows train, the last are the test, validation lies between. Raises DataError as `shuffled` does."""
    test, validation = _sizes(n, spec)
    train, watched, kept = np.split(np.arange(n), [n - test - validation, n - test])
    return Parts(train, watched, kept)


def folds(classes: Array, spec: SplitSpec, seed: int) -> Array:
    """The fold each row is in, int64 [n]: the rows scikit-learn deals into it. Raises DataError for too many folds."""
    n, random = len(classes), np.random.RandomState(seed)
    found = np.empty(n, np.int64)
    if not spec.stratify:
        _enough(n, spec.folds, "")
        order = np.arange(n)
        random.shuffle(order)
        for fold, places in enumerate(np.array_split(order, spec.folds)):
            found[places] = fold
        return found
    _, first, number, counts = np.unique(classes, return_index=True, return_inverse=True, return_counts=True)
    rarest = int(counts.argmin())
    _enough(int(counts[rarest]), spec.folds, " of the rarest class")
    number = np.argsort(np.argsort(first))[number]  # classes in the order in which they appear, as there
    dealt = np.sort(number)
    shares = np.array([np.bincount(dealt[fold :: spec.folds], minlength=len(first)) for fold in range(spec.folds)])
    for k, share in enumerate(shares.T):
        places = np.repeat(np.arange(spec.folds), share)
        random.shuffle(places)
        found[number == k] = places
    return found


def _folded(classes: Array, spec: SplitSpec, seed: int) -> Parts:
    """Parts of which the test rows are a fold; they keep the order all rows have."""
    number = folds(classes, spec, seed)
    kept, rest = np.flatnonzero(number == spec.fold), np.flatnonzero(number != spec.fold)
    validation = _rows(spec.validation, len(classes))
    _left(len(classes), len(kept), validation)
    train, watched = _draw(rest, validation, classes, spec, seed)
    return Parts(train, watched, kept)


def _enough(there: int, wanted: int, of: str) -> None:
    if wanted > there:
        raise DataError(
            f"split: {wanted:,} folds are more than the {there:,} row{'s' * (there != 1)}{of}",
            code="DATA_EMPTY",
            where="dataset.split.folds",
            hint=f"take at most {there:,} folds" if there > 1 else "leave dataset.split.folds out",
        )


def _sizes(n: int, spec: SplitSpec) -> tuple[int, int]:
    test, validation = _rows(spec.test, n), _rows(spec.validation, n)
    _left(n, test, validation)
    return test, validation


def _left(n: int, test: int, validation: int) -> None:
    """Raise DataError where nothing is left to train on."""
    if test + validation >= n:
        raise DataError(
            f"split: {test:,} test rows and {validation:,} validation rows leave none of {n:,} to train on",
            code="DATA_EMPTY",
            where="dataset.split",
            hint="make dataset.split.test or dataset.split.validation smaller, or take more rows",
        )


def _rows(share: Share, n: int) -> int:
    """A share as a number of rows; a fraction is rounded up."""
    return share if isinstance(share, int) else math.ceil(share * n)


def _draw(rows: Array, size: int, classes: Array, spec: SplitSpec, seed: int) -> tuple[Array, Array]:
    """The rows that stay and the `size` rows drawn."""
    if not size:
        return rows, rows[:0]
    random = np.random.RandomState(seed)
    if spec.stratify:
        stay, drawn = _stratified(classes[rows], size, random)
    else:
        drawn, stay = np.split(random.permutation(len(rows)), [size])
    return rows[stay], rows[drawn]


def _stratified(classes: Array, size: int, random: np.random.RandomState) -> tuple[Array, Array]:
    """The places that stay and the `size` places drawn, classes in proportion."""
    _, number, counts = np.unique(classes, return_inverse=True, return_counts=True)
    stay = _apportion(counts, len(classes) - size, random)
    draw = _apportion(counts - stay, size, random)
    kept, drawn = [], []
    for k, places in enumerate(np.split(np.argsort(number, kind="stable"), np.cumsum(counts)[:-1])):
        places = places[random.permutation(len(places))]
        kept.append(places[: stay[k]])
        drawn.append(places[stay[k] : stay[k] + draw[k]])
    return random.permutation(np.concatenate(kept)), random.permutation(np.concatenate(drawn))


def _apportion(counts: Array, total: int, random: np.random.RandomState) -> Array:
    """`total` seats shared out in proportion to `counts`: whole seats first, then by largest remainder, ties by lot."""
    exact = counts / counts.sum() * total
    seats = np.floor(exact)
    remainder, left = exact - seats, int(total - seats.sum())
    for value in np.unique(remainder)[::-1]:
        if not left:
            break
        tied = np.flatnonzero(remainder == value)
        lucky = random.choice(tied, size=min(len(tied), left), replace=False)
        seats[lucky] += 1
        left -= len(lucky)
    whole: Array = seats.astype(np.int64)
    return whole

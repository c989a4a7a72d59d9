"""Suspects: a column that alone tells the target is more often the answer in other words than a stroke of luck.

The rule. Half of the training rows (every second one) make a table for each column alone: of categories the answer of
each value, of numbers and dates the answer of each of 32 bins between quantiles (dates are not asked for numbers); and
where a target rises or falls with a number (rank correlation 0.99), the line from one to the next. The other half
judges it: the share of rows that are right, of each class alike (balanced accuracy), or R². Then the halves change
places, and the mean of both is the score: of few rows a single stroke of luck says little. A column is a suspect when

    its score is at least 0.98,
    no more than a quarter of all columns, or a single one, score so high, and
    those that are none come nowhere near: the best of them, and all of them together, as random trees over the same
    tables have it, score at most 0.95 and miss at least three times as much.

So a task that is easy by several columns, such as telling penguins by their bills and their weight, makes none of them
a suspect. There must be 40 training rows and a column besides; classes with fewer than five of the judging rows are
not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from mlcore.datasets.dataset import Array, Notice, Task
from mlcore.datasets.preparing.kinds import Kind
from mlcore.datasets.preparing.missing import missing, named
from mlcore.tables.spelling import option

SURE, NEAR, TIMES = 0.98, 0.95, 3.0  # a suspect's score; the most any other may have; how much more the others miss
FEWEST, RAREST = 40, 5  # training rows, and rows of a class among those that judge
ORDERED = 0.99  # rank correlation from which on a target rises or falls with a number
MOST = 20_000  # training rows looked at
BINS = 32
TREES, SEEN = 16, 2_000  # trees that look at columns together, and training rows they see: 0.2 s of 50 columns


def find(values: Mapping[str, Array], kinds: Mapping[str, Kind], y: Array, task: Task) -> dict[str, float]:
    """The suspects among columns, each with its score; values [n] by name and targets y of the training rows alone."""
    if len(y) < FEWEST or len(values) < 2 or (task.kind == "regression" and y.reshape(len(y), -1).shape[1] > 1):
        return {}
    y = y[:MOST].reshape(-1)
    classes = 0 if task.kind == "regression" else task.outputs
    if classes and any((np.bincount(y[half::2], minlength=classes) >= RAREST).sum() < 2 for half in (1, 2)):
        return {}
    scores = {name: score(own[:MOST], kinds[name], y, classes) for name, own in values.items()}
    sure = {name: value for name, value in scores.items() if value >= SURE}
    if not sure or len(sure) > max(1, len(values) // 4):
        return {}
    others = [name for name in values if name not in sure]
    farthest = min(NEAR, 1 - TIMES * (1 - min(sure.values())))
    if max(scores[name] for name in others) > farthest:
        return {}
    others = [name for name in others if classes or kinds[name] != "date"]
    codes = [_codes(values[name][:SEEN], kinds[name]) for name in others]
    return {} if codes and _together(np.column_stack(codes), y[:SEEN], classes) > farthest else sure


def score(values: Array, kind: Kind, y: Array, classes: int) -> float:
    """How well a column [n] alone tells targets y [n]: balanced accuracy, or R² where classes are 0."""
    return (_half(values, kind, y, classes) + _half(values[1:], kind, y[1:], classes)) / 2


def _half(values: Array, kind: Kind, y: Array, classes: int) -> float:
    """The score of every second row by the others, the first one among these."""
    codes = _codes(values, kind)
    known, judged = slice(0, None, 2), slice(1, None, 2)
    found = _looked_up(codes[known], y[known], codes[judged], classes)
    if not classes and kind == "date":
        return 0.0  # what grows with time tells nothing of where it is from
    told = _judged(y[judged], found, classes)
    if classes or kind != "number":
        return told
    return max(told, _in_order(values[known], y[known], values[judged], y[judged]))


def _judged(y: Array, found: Array, classes: int) -> float:
    """How right answers [n] to targets y [n] are: balanced accuracy, or R² where classes are 0."""
    if not classes:
        return _explained(y, found)
    right, there = found == y, np.bincount(y, minlength=classes)
    return float(np.mean([right[y == k].mean() for k in np.flatnonzero(there >= RAREST)]))


def _together(codes: Array, y: Array, classes: int) -> float:
    """How well the bins and categories of several columns [n, columns] tell targets y [n]."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    trees = (ExtraTreesClassifier if classes else ExtraTreesRegressor)(TREES, max_features=1.0, random_state=0)
    return _judged(y[1::2], trees.fit(codes[::2], y[::2]).predict(codes[1::2]), classes)


def _in_order(x: Array, y: Array, asked: Array, answers: Array) -> float:
    """R² of the line from known value to known value, for others, where targets rise or fall with them; else 0.

    It is what finds a target in another unit or its logarithm. Of a missing value it says the mean.
    """
    there = ~np.isnan(x)
    different, place = np.unique(x[there], return_inverse=True)
    if len(different) < FEWEST // 4:
        return 0.0
    means = np.bincount(place, y[there].astype(np.float64)) / np.bincount(place)
    ranks = np.argsort(np.argsort(means))
    if abs(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1]) < ORDERED:
        return 0.0
    said = np.interp(asked, different, means)
    return _explained(answers, np.where(np.isnan(asked), y.mean(dtype=np.float64), said))


def _codes(values: Array, kind: Kind) -> Array:
    """A whole number from 0 for each value: which category, or which bin; 0 where it is missing."""
    absent = missing(values)
    if kind == "category":
        _, codes = np.unique(np.where(absent, "", values).astype(str), return_inverse=True)
        return codes + 1
    known = values[::2][~absent[::2]]
    with np.errstate(invalid="ignore"):  # between infinities, which are refused later, with their rows
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else known
    return np.where(absent, 0, np.searchsorted(edges, np.nan_to_num(values), side="right") + 1)


def _looked_up(known: Array, y: Array, asked: Array, classes: int) -> Array:
    """The answer of each code: the commonest class, or the mean; of a code that is not known, that of all rows."""
    size = int(max(known.max(), asked.max())) + 1
    counts = np.bincount(known, minlength=size)
    if classes:
        table = np.zeros((size, classes), np.int64)
        np.add.at(table, (known, y), 1)
        answer = np.where(counts > 0, table.argmax(axis=1), np.bincount(y).argmax())
    else:
        sums = np.bincount(known, y.astype(np.float64), minlength=size)
        answer = np.where(counts > 0, sums / np.maximum(counts, 1), y.mean(dtype=np.float64))
    found: Array = answer[asked]
    return found


def _explained(y: Array, answers: Array) -> float:
    """R² of answers [n] to numbers y [n]."""
    y = y.astype(np.float64)
    spread = float(np.square(y - y.mean()).sum())
    return 1 - float(np.square(y - answers).sum()) / spread if spread else 0.0


def notices(suspects: Mapping[str, float], target: str, task: Task) -> tuple[Notice, ...]:
    """One that names the suspects, if there are any."""
    if not suspects:
        return ()
    name, value = max(suspects.items(), key=lambda each: each[1])
    how = f"R² {value:.3f}" if task.kind == "regression" else f"{value:.1%} right"
    others = f"; so do {named(other for other in suspects if other != name)}" if len(suspects) > 1 else ""
    message = (
        f"{name} alone tells {target} ({how}), and all others together do not come near{others}: "
        f"it may be the answer itself, and is left out; {option('dataset.keep', json.dumps([name]))} keeps it"
    )
    return (Notice("DATA_LEAK", message),)

"""What a network's answers rest on: how much worse they get when one column of the rows is shuffled.

Everything that came of one column of a table (a feature for each of its texts, one for where it was missing) is
shuffled together: a row must not have two ports it embarked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore import examining, metrics
from mlcore.datasets import columns
from mlcore.datasets.dataset import Column, Data, Rows
from mlcore.errors import DataError, Diverged
from mlcore.examining import Forward
from mlcore.layers.layer import Array
from mlcore.model import Model
from mlcore.philox import Purpose, words

ROWS = 10_000  # rows answered again and again, evenly taken
FEWEST = 200
ANSWERS = 20_000_000  # rows answered in all, at most; never fewer than FEWEST rows

Score: TypeAlias = Callable[[Array], float]  # of raw outputs [n, O]


class Source(NamedTuple):
    """A column of what a person sees: its name, and the features that came of it.

    column: how it became features; None where it was a feature already.
    """

    name: str
    features: slice
    column: Column | None = None


class Importance(NamedTuple):
    """By how much the score of some rows falls when a column of theirs is shuffled.

    metric: "accuracy", or "r2" of numbers. score: with every column as it is. names [C] of columns. falls [C, repeats]:
    score minus the score with the column shuffled. rows: how many were looked at.
    """

    split: str
    metric: str
    score: float
    names: tuple[str, ...]
    falls: Array
    rows: int

    @property
    def mean(self) -> Array:
        """The mean fall of each column [C]."""
        found: Array = self.falls.mean(axis=1)
        return found

    @property
    def spread(self) -> Array:
        """The standard deviation of the falls of each column over the repeats [C]."""
        found: Array = self.falls.std(axis=1)
        return found

    @property
    def order(self) -> Array:
        """The columns, the most important first [C]."""
        return np.argsort(-self.mean, kind="stable")


def sources(data: Data) -> tuple[Source, ...]:
    """The columns of rows, in order. Raises DataError where features are no columns: pixels and steps."""
    if data.image_shape or data.sequence:
        what = "pixels of a picture" if data.image_shape else "steps of a sequence"
        hint = "mlj predict --rows 0:3 --show draws rows; the Analyse screen shows what pulls at an answer"
        raise DataError(f"its features are {what}: one of them means little by itself", code="DATA_SCHEMA", hint=hint)
    if not data.columns:
        return tuple(Source(name, slice(k, k + 1)) for k, name in enumerate(data.feature_names))
    found, place = [], 0
    for column in data.columns:
        width = len(columns.names((column,)))
        found.append(Source(column.name, slice(place, place + width), column))
        place += width
    return tuple(found)


def permutation(
    model: Model,
    data: Data,
    split: str,
    *,
    repeats: int = 10,
    seed: int = 0,
    answer: Forward | None = None,
    answers: int = ANSWERS,
) -> Importance:
    """The permutation importance of each column on the rows of a split (Breiman 2001; Fisher, Rudin, Dominici 2019).

    answers: how many rows may be answered in all; of more rows some are taken. Shuffles of one seed are the same on
    every machine. Raises DataError where there are no such rows, or no columns.
    Columns that tell the same share what they are worth: the network still has the other when one is shuffled.
    """
    found, rows = sources(data), examining.split_of(data, split)
    most = max(FEWEST, min(ROWS, answers // (len(found) * repeats)))
    rows = rows.take(slice(None, None, -(-len(rows) // most)))
    x = data.inputs(rows).copy()
    metric, score = scoring(model, data, rows)
    answer = answer or examining.forward(model)
    base = score(finite(examining.outputs(model, x, answer)))
    falls = np.zeros((len(found), repeats))
    for place, source in enumerate(found):
        own = x[:, source.features].copy()
        for repeat in range(repeats):
            stream = words(seed, Purpose.PERMUTE, len(x), epoch=repeat, layer=place)
            x[:, source.features] = own[np.argsort(stream, kind="stable")]
            falls[place, repeat] = base - score(examining.outputs(model, x, answer))
        x[:, source.features] = own
    return Importance(split, metric, base, tuple(source.name for source in found), falls, len(rows))


def finite(z: Array) -> Array:
    """Raw outputs [n, O] as they are. Raises Diverged where some are no numbers."""
    if lost := len(z) - int(np.isfinite(z).all(axis=1).sum()):
        raise Diverged(f"{lost:,} of {len(z):,} outputs are not finite: it diverged")
    return z


def scoring(model: Model, data: Data, rows: Rows) -> tuple[str, Score]:
    """What answers about rows are judged by: accuracy, or R² of numbers; its name and how it is found."""
    name = "r2" if data.task.kind == "regression" else "accuracy"
    return name, lambda z: metrics.evaluate(*rows.own(z), data.task, (name,))[name]

"""How a network's answer goes with one column: what it says on average when every row has one value there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mlcore import examining
from mlcore.datasets import columns
from mlcore.datasets.dataset import Column, Data
from mlcore.datasets.preparing import categories, numbers
from mlcore.errors import UsageError
from mlcore.examining import Forward
from mlcore.importance import Source, finite, sources
from mlcore.layers.layer import Array
from mlcore.model import Model

POINTS = 25  # values of a number, at most
ENDS = (0.02, 0.98)  # quantiles between which they lie: of what is rarer the network knows little
ROWS = 2000  # rows answered at each value, evenly taken
BAND = (0.1, 0.9)  # quantiles of the answers of single rows: eight of ten lie between them
BINS = 50  # of the distribution of the column
SHOWN = 12  # names in a sentence


class Dependence(NamedTuple):
    """The partial dependence of a network's answers on one column (Friedman 2001), over some rows.

    values [G]: numbers in data units, ascending, or the texts of the column. mean, low, high [G, K]: of probabilities
    of classes, or of numbers; between low and high lie eight of ten rows (Goldstein et al. 2015 draw each of them).
    counts [B]: how many rows have each text, or lie in each of B equal parts from the first to the last value.
    outputs [K]: what is answered: names of classes, or of numbers.
    """

    split: str
    name: str
    values: Array
    mean: Array
    low: Array
    high: Array
    counts: Array
    outputs: tuple[str, ...]
    rows: int

    @property
    def texts(self) -> bool:
        """Whether the column holds texts."""
        return self.values.dtype == object


def partial(model: Model, data: Data, split: str, column: str, answer: Forward | None = None) -> Dependence:
    """The partial dependence on a column, or on one of the features that came of it.

    Raises UsageError naming the columns there are, DataError where there are no such rows, or no columns.
    A value is tried with rows it never came with; where columns go together, that is a guess (Apley and Zhu 2020).
    """
    source, rows = find(data, column), examining.split_of(data, split)
    rows = rows.take(slice(None, None, -(-len(rows) // ROWS)))
    x = data.inputs(rows).copy()
    raw = data.scaling.undo(x)[:, source.features] if x.size else np.zeros((0, 1))
    values, inputs, counts = _tried(source, raw)
    scaled = data.scaling.undo(np.repeat(x[:1], len(values), axis=0))
    scaled[:, source.features] = inputs
    told = []
    for each in data.scaling.apply(scaled)[:, source.features]:
        x[:, source.features] = each
        p = model.loss.probabilities(finite(examining.outputs(model, x, answer))).astype(np.float64)
        told.append((p.mean(axis=0), *np.quantile(p, BAND, axis=0)))
    mean, low, high = np.array(told).swapaxes(0, 1)
    outputs = data.task.class_names or tuple(f"output {k + 1}" for k in range(mean.shape[1]))
    return Dependence(split, source.name, values, mean, low, high, counts, outputs, len(x))


def whole(data: Data, name: str) -> bool:
    """Whether there is a column of that name which is one number or texts, and so has a dependence."""
    return any(source.name == name and _one(source) for source in sources(data))


def _one(source: Source) -> bool:
    return source.column is None or columns.kind_of(source.column) != "date"


def find(data: Data, name: str) -> Source:
    """The column of that name, or the feature. Raises UsageError naming what there is."""
    there = sources(data)
    for source in there:
        if source.name == name and _one(source):
            return source
    for place, feature in enumerate(data.feature_names):
        if feature == name:
            return Source(name, slice(place, place + 1))
    known = [source.name for source in there]
    if name in known:
        source = there[known.index(name)]
        message = f"--column {name:.80} became {source.features.stop - source.features.start} features"
        known = list(data.feature_names[source.features])
    else:
        message = f"--column: there is no column {name!r:.80}"
    more = ", …" if len(known) > SHOWN else ""
    raise UsageError(message, hint=f"name one of {', '.join(known[:SHOWN])}{more}")


def _tried(source: Source, raw: Array) -> tuple[Array, Array, Array]:
    """Values to try, the features [G, F] each makes where it is not missing, and how many rows lie where."""
    column = source.column
    if column is not None and columns.kind_of(column) == "category":
        return _texts(column, raw)
    values, counts = _numbers(_rounded(_numbers_of(column, raw)))
    made = values[:, None] if column is None else numbers.encode(column, values)
    return values, _beside(made, raw), counts


def _numbers(own: Array) -> tuple[Array, Array]:
    """Values to try among those of rows [n], and how many rows lie in each part between the first and the last."""
    different = np.unique(own)
    if len(different) <= POINTS:
        values = different
    else:
        values = np.unique(np.quantile(own, np.linspace(*ENDS, POINTS), method="nearest"))
    low, high = values[0], values[-1]
    counts, _ = np.histogram(own, min(BINS, max(len(different), 1)), (low, high) if low < high else None)
    return values, counts


def _numbers_of(column: Column | None, raw: Array) -> Array:
    """The numbers [n] of which features [n, F] were made."""
    if column is None or not column.way:
        found: Array = raw[:, 0]
    elif column.way == "quantile":
        found = np.interp(raw[:, 0], column.levels, column.knots)
    else:
        edges = np.array(column.knots)
        found = edges[0] + raw[:, : len(edges) - 1] @ np.diff(edges)
    return found


def _beside(made: Array, raw: Array) -> Array:
    """Features [G, F] with those that were made first, and nothing missing."""
    found = np.zeros((len(made), raw.shape[1]))
    found[:, : made.shape[1]] = made
    return found


def _rounded(values: Array) -> Array:
    """Numbers as they were before they were scaled to float32: to a millionth of how far they reach."""
    wide = float(np.ptp(values)) or 1.0
    digits = 6 - int(np.floor(np.log10(wide)))
    return np.round(values, digits) + 0.0


def _texts(column: Column, raw: Array) -> tuple[Array, Array, Array]:
    """The texts of a column, the features [G, F] each makes, and how many rows have it."""
    texts = np.array(column.categories, object)
    made, _ = categories.encode(column, texts, np.zeros(len(texts), bool))
    if column.rest and not column.way:  # all that are no category, as one
        texts, made = np.append(texts, "other"), np.vstack([made, np.eye(made.shape[1])[-1]])
    there = np.rint(raw[:, : made.shape[1]])
    counts = np.array([int((there == each).all(axis=1).sum()) for each in made])
    return texts, _beside(made, raw), counts

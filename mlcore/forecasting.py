"""A series and what a network says of it: the rows held back in their order, and how far off it usually is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mlcore import examining, metrics
from mlcore.datasets.dataset import Data, Rows
from mlcore.layers.layer import Array
from mlcore.model import Model

LONGEST = 512  # rows of the series drawn, the last ones
BEFORE = 64  # rows in front of them
JUDGED = 1000  # rows the band is found on, evenly taken
BAND = (0.1, 0.9)  # quantiles of what it was off by: eight of ten fall between them


class Forecast(NamedTuple):
    """The first number of each target, or a series in its own unit, one horizon after the other.

    before [m]: in front of the rows held back; truth and said [n]: of these.

    split: which rows those are. low, high: the truth lies between said + low and said + high in eight of ten
    validation rows.
    """

    split: str
    before: Array
    truth: Array
    said: Array
    low: float
    high: float


def forecasts(data: Data) -> bool:
    """Whether these data are a series whose next numbers are asked for."""
    sequence, task = data.sequence, data.task
    series = sequence is not None and sequence.numbers == 1 and not sequence.vocabulary and not sequence.lengths
    return task.kind == "regression" and series and not task.steps


@np.errstate(all="ignore")
def forecast(model: Model, data: Data) -> Forecast:
    """What a network says of the test rows in their order (of the validation or training rows where there are none)."""
    split, rows = data.held
    if rows.growth is not None:
        return _foretold(model, data, split, rows)
    earlier = data.validation if split == "test" and data.validation is not None else None
    shown = rows.take(slice(-LONGEST, None))
    held = data.train if data.validation is None or not len(data.validation) else data.validation
    some = held.take(slice(None, None, -(-len(held) // JUDGED)))
    off = _first(some.y) - _said(model, data, some)
    finite = off[np.isfinite(off)]
    low, high = np.quantile(finite, BAND).tolist() if len(finite) else (float("nan"),) * 2
    front = rows.y[: len(rows) - len(shown)] if earlier is None or len(rows) > len(shown) else earlier.y
    before = _first(front[-BEFORE:])
    return Forecast(split, before, _first(shown.y), _said(model, data, shown), low, high)


def _foretold(model: Model, data: Data, split: str, rows: Rows) -> Forecast:
    """Of growths, in the unit of the series: horizon after horizon, each from what was known before it."""
    held = data.train if split == "train" else rows
    truth, said = values(model, data, held)
    if split == "train":  # rows that overlap
        truth, said = truth[:, 0], said[:, 0]
    judged = data.train if data.validation is None or split == "validation" else data.validation
    true, guess = values(model, data, judged)
    low, high = np.quantile(true - guess, BAND).tolist() if np.isfinite(guess).all() else (float("nan"),) * 2
    before = np.empty(0)
    if split != "train":
        first, earlier = _own(data.train), data.validation if split == "test" else None
        before = np.concatenate([first[:, 0], first[-1, 1:], np.ravel(_own(earlier)) if earlier else []])
    return Forecast(split, before[-BEFORE:], truth.ravel()[-LONGEST:], said.ravel()[-LONGEST:], low, high)


def _own(rows: Rows) -> Array:
    """The targets of rows of growths as values [n, outputs]."""
    assert rows.growth is not None
    return rows.growth.values(rows.y)


def values(model: Model, data: Data, rows: Rows) -> tuple[Array, Array]:
    """Truth and what is said of it [n, outputs], in the unit of the series."""
    assert rows.growth is not None
    said = model.loss.probabilities(examining.outputs(model, data.inputs(rows)))
    return _own(rows), rows.growth.values(said.reshape(rows.y.shape))


class Errors(NamedTuple):
    """How far off a forecast is: mean absolute percentage error as a share, mean absolute error, and R²."""

    mape: float
    mae: float
    r2: float


def errors(truth: Array, said: Array) -> Errors:
    """Of values of the series, all of them together."""
    said, truth = said.reshape(-1, 1), truth.reshape(-1, 1)
    return Errors(metrics.mape(said, truth), metrics.mae(said, truth), metrics.r2(said, truth))


def naive(data: Data, rows: Rows) -> dict[str, Array]:
    """What is said without learning, and by least squares on the same growths: names, and values [n, outputs]."""
    growth, own = rows.growth, data.train
    assert growth is not None
    ago = growth.growing.ago
    found = {ago: growth.base, f"{ago}, with the growth since": growth.trend}
    x, asked = (np.column_stack([data.inputs(each), np.ones(len(each))]) for each in (own, rows))
    return found | {"linear regression": growth.values(asked @ np.linalg.lstsq(x, own.y)[0])}


def _first(y: Array) -> Array:
    """The first number of each row [n], float64."""
    return y.reshape(len(y), -1)[:, 0].astype(np.float64) if len(y) else np.empty(0)


def _said(model: Model, data: Data, rows: Rows) -> Array:
    return _first(model.loss.probabilities(examining.outputs(model, data.inputs(rows))))

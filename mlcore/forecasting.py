"""A series and what a network says of it: the rows held back in their order, and how far off it usually is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mlcore import examining
from mlcore.datasets.dataset import Data, Rows
from mlcore.layers.layer import Array
from mlcore.model import Model

LONGEST = 512  # rows of the series drawn, the last ones
BEFORE = 64  # rows in front of them
JUDGED = 1000  # rows the band is found on, evenly taken
BAND = (0.1, 0.9)  # quantiles of what it was off by: eight of ten fall between them


class Forecast(NamedTuple):
    """The first number of each target: before [m] in front of the rows held back, truth and said [n] of these.

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


def _first(y: Array) -> Array:
    """The first number of each row [n], float64."""
    return y.reshape(len(y), -1)[:, 0].astype(np.float64) if len(y) else np.empty(0)


def _said(model: Model, data: Data, rows: Rows) -> Array:
    return _first(model.loss.probabilities(examining.outputs(model, data.inputs(rows))))

"""A network at one moment of a run."""

from __future__ import annotations

from typing import NamedTuple

from mlcore.events import Metrics
from mlcore.layers.layer import Array
from mlcore.model import Model


class Moment(NamedTuple):
    """A network at one moment; `moments` [M, P] are what its optimizer remembered after the last whole epoch.

    metrics: of an epoch of the film.
    """

    model: Model
    epoch: int
    step: int
    moments: Array
    metrics: Metrics = {}  # noqa: RUF012 (nobody writes into it)

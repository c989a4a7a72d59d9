"""Scaling: shift and stretch every feature, by what the training rows say and nobody else."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from mlcore.datasets.dataset import Array, Data, Notice, Rows, Scale, Scaling, Task
from mlcore.datasets.split import Parts

NAMED = 5  # features named in a notice
LEAST = 1e-300  # what a feature must change by: one over less is no number


def fit(train: Array, scale: Scale | Literal["robust", "smooth"], tokens: int = 0) -> Scaling:
    """The scaling training rows [n, features] ask for; the last `tokens` features are left as they are.

    standard: mean 0, deviation 1      minmax: 0 … 1      div255: / 255      none: as they are
    robust: median 0, from quartile to quartile 1      smooth: the same, bent so that nothing is beyond 3
    A feature that never changes keeps its size: its factor is 1.
    """
    if tokens:
        known = fit(train[:, :-tokens], scale)
        own = constant(tokens, 1.0)
        shift, factor = (np.concatenate(both) for both in zip(known[:2], own[:2], strict=True))
        return Scaling(shift, factor, known.smooth)
    features = train.shape[1]
    if scale in ("robust", "smooth"):
        return _robust(train, features if scale == "smooth" else 0)
    low, high = train.min(axis=0), train.max(axis=0)
    changes = high - low > LEAST
    if scale == "standard":
        return Scaling(train.mean(axis=0), 1 / np.where(changes, train.std(axis=0), 1.0))
    if scale == "minmax":
        return Scaling(low, 1 / np.where(changes, high - low, 1.0))
    return constant(features, 1 / 255 if scale == "div255" else 1.0)


def _robust(train: Array, smooth: int) -> Scaling:
    """Median and range between the quartiles; where that is nothing, half the range between the ends.

    Holzmüller, Grinsztajn and Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular
    Data", section 3 (robust scale and smooth clip); there a feature that never changes is 0.
    """
    low, first, middle, third, high = np.quantile(train, (0, 0.25, 0.5, 0.75, 1), axis=0)
    width = np.where(third > first, third - first, (high - low) / 2)
    return Scaling(middle, 1 / np.where(width > LEAST, width, 1.0), smooth)


def constant(features: int, factor: float) -> Scaling:
    """The scaling that multiplies every feature by the same factor."""
    return Scaling(np.zeros(features), np.full(features, factor))


def constant_features(train: Array, names: tuple[str, ...]) -> tuple[Notice, ...]:
    """A notice that names the features which never change in the training rows [n, features], if there are any."""
    same = np.flatnonzero(train.max(axis=0) == train.min(axis=0))
    if not len(same):
        return ()
    named = ", ".join(names[place] for place in same[:NAMED])
    rest = f" and {len(same) - NAMED:,} more" if len(same) > NAMED else ""
    verb = "never changes in the training rows: it says nothing, and is scaled by 1"
    return (Notice("DATA_CONSTANT", f"{named}{rest} {verb}"),)


def arrange(
    raw: Array,
    y: Array,
    parts: Parts,
    task: Task,
    names: tuple[str, ...],
    scaling: Scaling,
    *,
    factor: float | None = None,
    w: Array | None = None,
    **more: Any,
) -> Data:
    """The data set of raw inputs [n, features] and targets, scaled and cut into its parts; empty parts are None.

    factor: leave the inputs as they are, to be multiplied by it when a batch is gathered. w [n]: how much each row
    counts. `more` are fields of Data.
    """
    rows = Rows(scaling.apply(raw) if factor is None else raw, y, None if w is None else w.astype(np.float32))
    train, validation, test = (rows.take(part) if len(part) else None for part in parts)
    assert train is not None
    return Data(train, validation, test, task, names, scaling, 1.0 if factor is None else factor, **more)

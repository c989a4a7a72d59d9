"""Numbers as features: as they are, by their quantiles, or piecewise linear.

quantile    the normal score of a number's place among the training rows: as even as any scale can be, and no outlier
            is far away.
piecewise   a feature for each of T bins between quantiles b of the training rows (Gorishniy, Rubachev and Babenko 2022,
            "On Embeddings for Numerical Features in Tabular Deep Learning", eq. 1):
            (x - b[t]) / (b[t+1] - b[t]), no less than 0 but in the first bin, no more than 1 but in the last.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from mlcore.datasets.dataset import Array, Column

BINS = 16  # of the piecewise linear encoding
LEVELS = 100  # quantiles a number's place is told by


def fit_quantile(column: Column, values: Array) -> Column:
    """The column with the quantiles of its training values [n], and their normal scores."""
    count = min(LEVELS, len(values))
    shares = (np.arange(count) + 0.5) / count
    knots, place = np.unique(np.quantile(values, shares), return_inverse=True)
    if len(knots) < 3:
        return column
    middle = np.bincount(place, shares) / np.bincount(place)
    levels = tuple(NormalDist().inv_cdf(share) for share in middle.tolist())
    return column._replace(way="quantile", knots=tuple(knots.tolist()), levels=levels)


def fit_piecewise(column: Column, values: Array) -> Column:
    """The column with the edges of its bins, of training values [n]; one of two values stays as it is."""
    knots = np.unique(np.quantile(values, np.linspace(0, 1, min(BINS, len(values)) + 1)))
    return column._replace(way="piecewise", knots=tuple(knots.tolist())) if len(knots) > 2 else column


def names(column: Column) -> list[str]:
    """What the features of a column of numbers are called."""
    if column.way != "piecewise":
        return [column.name]
    return [f"{column.name} {low:.6g}..{high:.6g}" for low, high in zip(column.knots, column.knots[1:], strict=False)]


def encode(column: Column, values: Array) -> Array:
    """The features [n, F] of numbers [n] of which none is missing."""
    if column.way == "quantile":
        return np.interp(values, column.knots, column.levels)[:, None]
    if column.way != "piecewise":
        return values[:, None]
    edges = np.array(column.knots)
    found: Array = (values[:, None] - edges[:-1]) / np.diff(edges)
    found[:, 1:] = np.maximum(found[:, 1:], 0)
    found[:, :-1] = np.minimum(found[:, :-1], 1)
    return found

"""Rows told apart: by the values of a column, or by bands of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.tables import lookup
from mlcore.tables.views.view import shown

if TYPE_CHECKING:
    from pandas import DataFrame

Array: TypeAlias = NDArray[Any]

CLASSES = 16  # that points are told apart by
BANDS = 5  # of numbers, drawn as if they were classes
MISSING = "(missing)"
LONG = (1e3, 1e6)  # numbers from and to which every digit before the point is shown


def labels(frame: DataFrame, name: str) -> tuple[Array, tuple[str, ...]]:
    """The class of each row and what the classes are called; many numbers are bands, the rarest of many texts one."""
    import pandas as pd

    values = frame[name]
    numbers = lookup.kind(values) == "number"
    if numbers and values.nunique() > CLASSES:
        return _banded(values.to_numpy(np.float64, na_value=np.nan))
    codes, different = pd.factorize(values, sort=numbers, use_na_sentinel=False)
    names = tuple(shown(lookup.plain(value), MISSING) for value in different)
    if len(names) <= CLASSES:
        return np.asarray(codes, np.int64), names
    counts = np.bincount(codes)
    often = np.argsort(-counts, kind="stable")[: CLASSES - 1]
    place = np.full(len(counts), CLASSES - 1)
    place[often] = np.arange(CLASSES - 1)
    return place[codes], (*(names[each] for each in often.tolist()), "others")


def bands(y: Array) -> tuple[Array, tuple[str, ...]]:
    """Finite numbers as one of a few bands of equal width, and what the bands are called."""
    share = np.linspace(0, 1, BANDS + 1)
    edges = float(y.min()) * (1 - share) + float(y.max()) * share  # their difference may be no number
    return np.searchsorted(edges[1:-1], y), tuple(f"from {_edge(each)}" for each in edges[:-1].tolist())


def _banded(y: Array) -> tuple[Array, tuple[str, ...]]:
    """Bands of the numbers that are finite; what is not is a class of its own."""
    there = np.isfinite(y)
    found, names = bands(y[there])
    label = np.full(len(y), len(names))
    label[there] = found
    return label, names if there.all() else (*names, MISSING)


def _edge(value: float) -> str:
    return f"{value:,.0f}" if LONG[0] <= abs(value) < LONG[1] else f"{value:.3g}"

"""Facts of one column: what is missing, how many values are distinct, how they are spread, which are frequent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlcore.sanitize import sanitize
from mlcore.tables import lookup, shown

if TYPE_CHECKING:
    from pandas import DataFrame

BINS = 40  # of a histogram
FREQUENT = 40  # values told of
ROUNDING = 1e-15  # of the largest number, as a sum of many of them has it
QUARTERS = (("lowest", 0.0), ("25 %", 0.25), ("median", 0.5), ("75 %", 0.75), ("highest", 1.0))


class Facts(NamedTuple):
    """What there is to know of a column.

    told: pairs of a word and a figure. counts [BINS] int64 of finite values from low to high, None where there are
    none or they are texts. often: the most frequent values, the most frequent first, ties by the first row.
    """

    kind: lookup.Kind
    rows: int
    missing: int
    distinct: int
    told: tuple[tuple[str, str], ...]
    counts: np.ndarray[Any, Any] | None
    low: str
    high: str
    often: tuple[tuple[str, int], ...]


def facts(frame: DataFrame, name: str) -> Facts:
    """The facts of a column. std is that of the sample (n - 1), quartiles lie between neighbours in proportion."""
    column = frame[name]
    there = column[column.notna()]
    kind = lookup.kind(column)
    counted = there.value_counts()
    told: tuple[tuple[str, str], ...] = ()
    counts, low, high = None, "", ""
    if kind == "number":
        told, counts, low, high = _numbers(there.to_numpy(dtype=float))
    elif kind == "date" and len(there):
        low, _, high = (str(each) for each in shown.texts(there.iloc[[there.argmin(), 0, there.argmax()]]))
        counts = _histogram(there.astype("int64").to_numpy(dtype=float))
        days = (there.max() - there.min()).days
        told = (("first", low), ("last", high), ("days between", f"{days:,}"))
    elif kind == "text" and len(there):
        shares = counted.to_numpy() / len(there)
        lengths = there.astype(str).str.len()
        bits = float(-(shares * np.log2(shares)).sum())
        told = (("entropy", f"{abs(bits):.3f} bit"), ("shortest", f"{lengths.min()}"), ("longest", f"{lengths.max()}"))
    top = counted.head(FREQUENT)
    written = shown.texts(top.index.to_series())
    often = tuple((str(text), int(count)) for text, count in zip(written, top.tolist(), strict=True))
    return Facts(kind, len(column), len(column) - len(there), len(counted), told, counts, low, high, often)


def line(name: str, kind: str) -> str:
    """The pandas that says the same."""
    quoted = sanitize(repr(name), 80)
    return f"df[{quoted}].value_counts()" if kind in ("text", "truth") else f"df[{quoted}].describe()"


def _numbers(
    values: np.ndarray[Any, Any],
) -> tuple[tuple[tuple[str, str], ...], np.ndarray[Any, Any] | None, str, str]:
    finite = values[np.isfinite(values)]
    odd = (("infinite", f"{len(values) - len(finite):,}"),) if len(values) > len(finite) else ()
    if not len(finite):
        return odd, None, "", ""
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the largest there are, inf is the answer
        mean, spread = average(finite), float(finite.std(ddof=1)) if len(finite) > 1 else 0.0
        points = np.quantile(finite, [at for _, at in QUARTERS]).tolist()
    quarters = [(word, shown.number(point)) for (word, _), point in zip(QUARTERS, points, strict=True)]
    told = (("mean", _figure(mean)), ("std", _figure(spread)), *quarters, *odd)
    return told, _histogram(finite), quarters[0][1], quarters[-1][1]


def average(values: np.ndarray[Any, Any]) -> float:
    """The mean of numbers [n]; 0 where they cancel but for the rounding of a sum."""
    mean = float(values.mean())
    return 0.0 if abs(mean) <= ROUNDING * float(np.abs(values).max()) else mean


def _figure(value: float) -> str:
    """A number that was computed, to six digits."""
    return f"{value:.6g}"


def _histogram(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many values lie in each of BINS equal parts of their range [BINS] int64; one value alone: in the middle."""
    low, high = float(values.min()), float(values.max())
    half = high / 2 - low / 2  # the range itself may be past the largest number
    if not half:
        counts = np.zeros(BINS, np.int64)
        counts[BINS // 2] = len(values)
        return counts
    places = ((values / 2 - low / 2) / half * BINS).astype(np.int64)
    return np.bincount(np.minimum(places, BINS - 1), minlength=BINS).astype(np.int64)

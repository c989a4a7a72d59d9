"""What columns hold: their figures, what is missing, and how classes are mixed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcore import information
from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup
from mlcore.tables.facts import average
from mlcore.tables.views.view import View, rows_in_words

if TYPE_CHECKING:
    from pandas import DataFrame, Series

QUARTILES = (0.25, 0.5, 0.75)
LISTED = 40  # classes that are shown


def describe(frame: DataFrame) -> tuple[View, ...]:
    """What each column holds; then the figures of the numbers, and of the dates, where there are any."""
    found = [_contents(frame)]
    if lookup.of_kind(frame, "number"):
        found.append(_figures(frame))
    if lookup.of_kind(frame, "date"):
        found.append(_spans(frame))
    return tuple(found)


def _contents(frame: DataFrame) -> View:
    """Values, gaps and different values of each column, and of texts how much a guess leaves open, in bits."""
    rows = []
    for name in map(str, frame.columns):
        values, kind = frame[name], lookup.kind(frame[name])
        counts = values.value_counts()
        open_ = _entropy(counts) if kind in ("text", "truth") else None
        often = lookup.plain(counts.index[0]) if kind in ("text", "truth") and len(counts) else None
        rows.append(
            (name, lookup.HOLDS[kind], int(values.count()), int(values.isna().sum()), len(counts), often, open_)
        )
    title = f"{rows_in_words(len(frame))} of {rows_in_words(len(frame.columns), 'column')}"
    header = ("column", "holds", "count", "missing", "distinct", "most frequent", "entropy")
    return View(title, header, tuple(rows), "df.describe(include='all')", texts=(header[0], header[1], header[5]))


def _figures(frame: DataFrame) -> View:
    """Mean, standard deviation (n - 1), least, quartiles and largest of each column of numbers, of what is there."""
    names = lookup.of_kind(frame, "number")
    rows = []
    for name in names:
        values = frame[name].dropna().to_numpy(np.float64)
        rows.append((name, *(float(each) if math.isfinite(each) else None for each in _of_numbers(values))))
    header = ("column", "mean", "std", "min", "25%", "50%", "75%", "max")
    return View("numbers", header, tuple(rows), "df.describe()", texts=("column",), missing="-", digits=5)


def _of_numbers(values: Any) -> tuple[float, ...]:
    if not len(values):
        return (math.nan,) * 7
    with np.errstate(invalid="ignore", over="ignore"):
        std = values.std(ddof=1) if len(values) > 1 else math.nan
        return (average(values), std, values.min(), *np.quantile(values, QUARTILES), values.max())


def _spans(frame: DataFrame) -> View:
    """The first and the last date of each column of dates, and the days between."""
    rows = []
    for name in lookup.of_kind(frame, "date"):
        first, last = frame[name].min(), frame[name].max()
        days = None if lookup.plain(first) is None else int((last - first).days)
        rows.append((name, lookup.plain(first), lookup.plain(last), days))
    header = ("column", "first", "last", "days between")
    return View("dates", header, tuple(rows), "df.select_dtypes('datetime').agg(['min', 'max'])", texts=header[:3])


def missing(frame: DataFrame, stands: dict[str, str] | None = None) -> View:
    """How many values of each column are missing, and how many rows lack any.

    stands: what would stand for the missing values of some columns, shown beside them.
    """
    count = len(frame)
    holes = {name: int(frame[name].isna().sum()) for name in map(str, frame.columns)}
    lacking = int(frame.isna().any(axis=1).sum())
    more = (lambda name: ((stands or {}).get(name),)) if stands is not None else (lambda name: ())
    rows = tuple((name, number, number / count if count else None, *more(name)) for name, number in holes.items())
    header = ("column", "missing", "share", *(("filled with",) if stands is not None else ()))
    answer = f"{lacking:,} of {rows_in_words(count)} lack a value ({lacking / max(count, 1):.1%})"
    if not lacking:
        answer = f"nothing is missing in {rows_in_words(count)}"
    code = "df.isna().sum()\ndf.isna().any(axis=1).sum()"
    return View("missing values", header, rows, code, texts=("column", "filled with"), bars="missing", answer=answer)


def balance(frame: DataFrame, column: str, most: int | None = LISTED) -> View:
    """How often each value of a column stands there, the most frequent first; missing ones are a value too.

    most: values that are listed; None: all.
    """
    name = lookup.named(frame, column)
    counts = frame[name].value_counts(dropna=False)
    if not len(counts):
        raise DataError(f"{sanitize(name)!r} has no rows", code="DATA_EMPTY", where=sanitize(name))
    count = int(counts.sum())
    rows = tuple(
        (lookup.plain(value), int(number), int(number) / count) for value, number in list(counts.items())[:most]
    )
    bits, even = _entropy(counts), math.log2(len(counts))
    often = "missing" if rows[0][0] is None else sanitize(rows[0][0], 40)
    answer = f"guessing {often!r} is right {rows[0][2]:.1%} of the time; entropy {bits:.4g} bits of {even:.4g}"
    code = f"df[{name!r}].value_counts(dropna=False)"
    left = len(counts) - len(rows)
    texts = (name,) if lookup.kind(frame[name]) != "number" else ()
    header = (name, "rows" if name != "rows" else "count", "share" if name != "share" else "part")
    title = f"values of {sanitize(name, 40)}"
    return View(title, header, rows, code, texts, header[1], answer, left_out=left, missing="(missing)")


def _entropy(counts: Series) -> float:
    """The entropy of values that stand there so often, in bits."""
    each = counts.to_numpy(np.float64)
    return float(information.entropy(each / each.sum())) if each.sum() else 0.0

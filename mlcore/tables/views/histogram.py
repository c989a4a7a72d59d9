"""How the numbers of a column are spread: how many lie in each of some intervals of equal width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup
from mlcore.tables.views.view import View, rows_in_words

if TYPE_CHECKING:
    from pandas import DataFrame

MOST = 20  # intervals
FEWEST = 5


def histogram(frame: DataFrame, column: str, bins: int | None = None) -> View:
    """The rows in each interval of a column of numbers; the last one holds its upper end too.

    Without `bins` as many as Sturges (1926) advises: log2(n) + 1, from 5 to 20.
    """
    values = lookup.numbers(frame, column, "histogram").to_numpy(np.float64, na_value=np.nan)
    there = values[np.isfinite(values)]
    if not len(there):
        message = f"histogram: {sanitize(column)!r} has no finite number"
        raise DataError(message, code="DATA_EMPTY", where=sanitize(column), hint="name another column")
    bins = bins or min(max(round(np.log2(len(there)) + 1), FEWEST), MOST)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # ends near the largest number there is
            counts, edges = np.histogram(there, bins)
    except ValueError:  # so close together that there is no number between them
        counts, edges = np.array([len(there)]), np.array([there.min(), there.max()])
    lower, upper = edges[:-1].tolist(), edges[1:].tolist()
    rows = tuple(zip(lower, upper, counts.tolist(), strict=True))
    lacking = len(values) - len(there)
    notes = (f"{rows_in_words(lacking)} without a finite number left out",) if lacking else ()
    code = f"pd.cut(df[{column!r}], {bins}, right=False).value_counts(sort=False)"
    title = f"how {sanitize(column, 40)} is spread"
    return View(title, ("from", "to", "rows"), rows, code, bars="rows", notes=notes)

"""Rows of a table that are left: behind the steps taken before anything is learned, and behind dropped gaps."""

from __future__ import annotations

from mlcore.datasets.dataset import Array
from mlcore.datasets.preparing.missing import WAYS
from mlcore.errors import DataError
from mlcore.tables.chain import Chain
from mlcore.tables.steps import AnyStep, Group, Top
from mlcore.tables.table import Table


def behind(table: Table, steps: tuple[AnyStep, ...]) -> Table:
    """The table behind its steps. Raises DataError where one cannot be taken, or no row is left."""
    if not steps:
        return table
    frame = Chain(steps).apply(table.frame)
    if not len(frame):
        message = f"{table.where}: no row is left behind its {len(steps)} step{'s' * (len(steps) > 1)}"
        raise DataError(message, code="DATA_EMPTY", where=table.where, hint="dataset.steps says which rows are kept")
    rows: Array = frame.index.to_numpy()
    made = any(isinstance(step, Group | Top) for step in steps)  # rows of its own, which no line of the file is
    return table._replace(frame=frame.reset_index(drop=True), rows=rows if made else table.rows[rows])


def kept(table: Table, rows: Array) -> Table:
    """The rows of a table that are left when those with missing values are dropped. Raises DataError for none."""
    if not len(rows):
        message = f"{table.where} has no row in which nothing is missing"
        raise DataError(message, code="DATA_EMPTY", where=table.where, hint=WAYS)
    return table.take(rows)

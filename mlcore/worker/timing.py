"""Whether a column of a table is a series: a value for each date, as the data set `series` learns it from the file."""

from __future__ import annotations

from mlcore.datasets.series import Series
from mlcore.errors import DataError
from mlcore.tables import monthly
from mlcore.tables.table import Table
from mlcore.worker.commands import Tabled
from mlcore.worker.tabled import TableSeries

FARTHEST = 1000  # what `dataset.horizon` takes
YEARS = 5  # foretold to begin with where no season returns


def series(of: Tabled, table: Table, target: str) -> TableSeries:
    """The series a column of the file is; one without a horizon where it is none.

    It is learnt from the file alone: steps that leave other rows, and a format somebody gave, are not in it.
    """
    if of.format or any(step.get("kind") != "sort" for step in of.steps) or not monthly.timed(table.frame):
        return TableSeries()
    asked = Series(path=of.path, target=target)
    try:
        line = asked.line(table)
    except DataError:  # two rows of one date, a gap, a value missing, no numbers
        return TableSeries()
    usual = line.step.period if line.step.period > 1 else YEARS
    horizon, most = asked.farthest(line, usual), asked.farthest(line, min(FARTHEST, len(line.values)))
    return TableSeries(len(line.values), line.step.name, horizon, most)

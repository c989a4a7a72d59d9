"""Whether a column of a table is a series: a value for each date, as the data set `series` learns it from the file."""

from __future__ import annotations

import numpy as np

from mlcore.datasets import stepped
from mlcore.datasets.series import Series
from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import monthly
from mlcore.tables.chain import Chain
from mlcore.tables.table import Table
from mlcore.worker.commands import Tabled
from mlcore.worker.tabled import TableSeries

FARTHEST = 1000  # what `dataset.horizon` takes
YEARS = 5  # foretold to begin with where no season returns


def series(of: Tabled, table: Table, target: str) -> TableSeries:
    """The series a column of the table is behind its steps; without a horizon where it is none.

    Then the reason is told where there are dates.
    """
    try:
        table = stepped.behind(table, Chain.of(of.steps).steps)
    except DataError as error:
        return TableSeries(why=_told(error, table))
    if not monthly.timed(table.frame) and not _yearly(table):
        return TableSeries()
    asked = Series(path=of.path, target=target)
    try:
        line = asked.line(table)
    except DataError as error:  # two rows of one date, a gap, a value missing, no numbers
        return TableSeries(why=_told(error, table))
    usual = line.step.period if line.step.period > 1 else YEARS
    horizon, most = asked.farthest(line, usual), asked.farthest(line, min(FARTHEST, len(line.values)))
    why = "" if horizon else f"{len(line.values)} {line.step.name}s are too few, {asked.fewest} are the least"
    return TableSeries(len(line.values), line.step.name, horizon, most, why)


def _yearly(table: Table) -> bool:
    """Whether there is a row for each year of a column called year."""
    years = next((table.column(name) for name in table.names if name.lower().strip() == "year"), None)
    if years is None or years.dtype.kind != "f" or len(np.unique(years)) < len(years):
        return False
    return monthly.dates(years, np.ones(len(years))) is not None


def _told(error: DataError, table: Table) -> str:
    """What is wrong, without the place of the table."""
    return sanitize(str(error).removeprefix(f"{table.where}: "), 300)

"""Whether a column of a table is a series: a value for each date, as the data set `series` learns it from the file."""

from __future__ import annotations

from mlcore.datasets.series import Series
from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import monthly
from mlcore.tables.table import Table
from mlcore.worker.commands import Tabled
from mlcore.worker.tabled import TableSeries

FARTHEST = 1000  # what `dataset.horizon` takes
YEARS = 5  # foretold to begin with where no season returns


STEPS = "a series is read from a file without steps; mlj data … -o NEW.csv writes what these give"
FORMAT = "a series is read from a file as it is, not in the way that was said here"


def series(of: Tabled, table: Table, target: str) -> TableSeries:
    """The series a column of the file is; one without a horizon where it is none, with the reason where it has dates.

    It is learnt from the file alone: steps that leave other rows, and a format somebody gave, are not in it.
    """
    if not monthly.timed(table.frame):
        return TableSeries()
    if of.format or any(step.get("kind") != "sort" for step in of.steps):
        return TableSeries(why=FORMAT if of.format else STEPS)
    asked = Series(path=of.path, target=target)
    try:
        line = asked.line(table)
    except DataError as error:  # two rows of one date, a gap, a value missing, no numbers
        return TableSeries(why=sanitize(str(error).removeprefix(f"{table.where}: "), 300))
    usual = line.step.period if line.step.period > 1 else YEARS
    horizon, most = asked.farthest(line, usual), asked.farthest(line, min(FARTHEST, len(line.values)))
    why = "" if horizon else f"{len(line.values)} {line.step.name}s are too few, {asked.fewest} are the least"
    return TableSeries(len(line.values), line.step.name, horizon, most, why)

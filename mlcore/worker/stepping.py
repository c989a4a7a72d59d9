"""Steps and views of a table, as `mlcore.tables` does them, for who asks over the wire."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcore.errors import UsageError
from mlcore.worker.commands import DrawView, Tabled
from mlcore.worker.tabled import TableText, TableView

if TYPE_CHECKING:
    from pandas import DataFrame


def read(path: Path, format: dict[str, Any]) -> tuple[str, DataFrame]:
    """The table in a file, as it is called, and its rows."""
    import pandas

    from mlcore.datasets import delimited

    table = delimited.read(path)
    return table.where, pandas.DataFrame(dict(zip(table.names, table.columns, strict=True)))


def applied(frame: DataFrame, step: dict[str, Any]) -> DataFrame:
    """The table behind one more step."""
    raise UsageError("steps are not there yet")


def lines(of: Tabled) -> tuple[str, ...]:
    """Pandas that does the same, a line for each step."""
    return ()


def view(frame: DataFrame, asked: DrawView) -> TableView:
    """A view by its name."""
    raise UsageError("views are not there yet")


def written(of: Tabled, frame: DataFrame, target: str) -> TableText:
    """The steps as text."""
    raise UsageError("steps are not there yet")

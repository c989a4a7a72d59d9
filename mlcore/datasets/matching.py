"""Rows of a table as a model takes them: its columns found by name, prepared as in training."""

from __future__ import annotations

from collections.abc import Sequence

from mlcore.datasets import columns
from mlcore.datasets.column import Column, Notice
from mlcore.datasets.dataset import Array
from mlcore.datasets.preparing.missing import missing
from mlcore.errors import DataError
from mlcore.tables.table import Table

SHOWN = 20  # names in a sentence


def raw(table: Table, wanted: Sequence[Column]) -> tuple[Array, tuple[Notice, ...]]:
    """Raw inputs [n, features] of a table's rows, and what should be known of them.

    Columns are found by name where the table has names, and others are left out. Raises DataError saying which are not
    there.
    """
    table = _matched(table, tuple(column.name for column in wanted))
    found, notices = columns.encode(wanted, table)
    return found, notices + _filled(table, wanted)


def _filled(table: Table, wanted: Sequence[Column]) -> tuple[Notice, ...]:
    """That values are missing, and filled in as they were in training."""
    holes = {column.name: int(missing(table.column(column.name)).sum()) for column in wanted}
    torn = [f"{name} ({count:,})" for name, count in holes.items() if count]
    if not torn:
        return ()
    total = sum(holes.values())
    what = "1 missing value is" if total == 1 else f"{total:,} missing values are"
    return (Notice("DATA_MISSING", f"{what} filled in as in training: {listed(torn)}"),)


def _matched(table: Table, names: tuple[str, ...]) -> Table:
    """The table under the names a model knows: by name where it has a header, else by place."""
    if not table.named:
        if len(table.names) != len(names):
            message = f"{table.where}: expected {len(names)} columns, found {len(table.names)} and no header"
            raise DataError(message, code="DATA_SCHEMA", where=table.where, hint=_parted(table, names))
        return table.renamed(names)
    missing = [name for name in names if name not in table.names]
    if missing:
        extra = [name for name in table.names if name not in names]
        also = f"; it has {listed(extra)}, which the model does not read" if extra else ""
        message = f"{table.where}: no column called {listed(missing)}{also}"
        folded = {name.casefold(): name for name in extra}
        alike = [f"{folded[name.casefold()]} to {name}" for name in missing if name.casefold() in folded]
        hint = f"names are told apart by capitals: rename {listed(alike)}" if alike else ""
        raise DataError(message, code="DATA_SCHEMA", where=table.where, hint=hint or _parted(table, names))
    return table


def _parted(table: Table, names: Sequence[str]) -> str:
    """What the columns are called; and of a table that seems to have a single one, how to say what parts them."""
    told = f"the columns are {listed(names)}"
    if len(names) < 2 or len(table.names) > 1:
        return told
    return f"{told}; where something else parts the fields: --set dataset.format.delimiter=auto"


def listed(names: Sequence[str]) -> str:
    """The first names, as a sentence has them."""
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")

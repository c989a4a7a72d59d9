"""What a worker answers about a table that is looked at, as plain values. Texts in it are harmless to print.

Names of columns are the exception: they are what a column is asked for by, so they come as they are.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Words: TypeAlias = tuple[str, ...]


class TableHead(msgspec.Struct, frozen=True, tag="table_head", kw_only=True):
    """A table behind some steps: what it is called and how large, before any of its cells.

    where: the file. of: rows of the file. rows: behind the steps. names, kinds: of its columns; a kind is number, text,
    date or truth. lines: pandas that does the same, a line for each step. notes: what was found out about the file.
    """

    where: str
    of: int
    rows: int
    names: Words
    kinds: Words
    lines: Words = ()
    notes: Words = ()


class TableRows(msgspec.Struct, frozen=True, tag="table_rows", kw_only=True):
    """Some cells: rows from `first` on of the columns from `left` on, as texts; None where nothing stands.

    numbers [n] int64: what each row is called: its number in the file, as long as rows of the file are shown.
    """

    first: int
    left: int
    numbers: Array
    cells: tuple[tuple[str | None, ...], ...]


class ColumnFacts(msgspec.Struct, frozen=True, tag="column_facts", kw_only=True):
    """One column: how many values are missing, how many are distinct, how they are spread.

    facts: pairs of a word and a figure. counts [bins] int64 from low to high, of numbers and dates. often: the most
    frequent values and how often each is there. line: pandas that says the same.
    """

    name: str
    kind: str
    rows: int
    missing: int
    distinct: int
    facts: tuple[tuple[str, str], ...] = ()
    counts: Array | None = None
    low: str = ""
    high: str = ""
    often: tuple[tuple[str, int], ...] = ()
    line: str = ""


class TablePoints(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table on their first two principal components: x, y [n] float32, y 0 where there is only one.

    places [n] int64: which row of the table behind its steps each point is.
    kinds [n] uint8: which of `names` each row is of, all 0 where they are not told apart and `names` is empty.
    shares [C] float64: of the variance, of each component.
    """

    x: Array
    y: Array
    places: Array
    kinds: Array
    shares: Array
    names: Words = ()


class TableView(msgspec.Struct, frozen=True, tag="table_view", kw_only=True):
    """A view of a table: a title, a sentence that says what is to be seen, and rows under a header.

    bars [n] float64: how long the bar of each row is, -1 … 1, where there are bars; matrix [n, n] float64, -1 … 1,
    where there are correlations, with `labels`; points: rows of a plane, where it is drawn. line: pandas that does the
    same, of one line or several.
    """

    name: str
    title: str
    sentence: str
    header: Words = ()
    rows: tuple[Words, ...] = ()
    bars: Array | None = None
    matrix: Array | None = None
    labels: Words = ()
    points: TablePoints | None = None
    line: str = ""


class TableText(msgspec.Struct, frozen=True, tag="table_text"):
    """The steps of a table as a part of a recipe (TOML), and as a Python script."""

    toml: str
    script: str


class TableSeries(msgspec.Struct, frozen=True, tag="table_series"):
    """A column of a table as a series. values: how many there are. step: what lies between two of them: month, day.

    horizon: how far it may be foretold to begin with, 0 where the column is no series. most: how far at most.
    why: it is none although the table has dates, in words.
    """

    values: int = 0
    step: str = ""
    horizon: int = 0
    most: int = 0
    why: str = ""


AnyTabled: TypeAlias = TableHead | TableRows | ColumnFacts | TableView | TableText | TableSeries

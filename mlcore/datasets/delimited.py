"""Tables in text files, read strictly: the same number of fields in every line, every quote closed, nothing guessed.

Fields are parted by commas, semicolons or tabs, whichever the first line has most of, and may stand in double quotes
(RFC 4180). A column whose fields are all numbers, or missing, is numbers; any other is texts.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.datasets.regular import whole
from mlcore.errors import DataError

Header: TypeAlias = Literal["auto", "yes", "no"]

LARGEST = 256 << 20  # bytes of a file
WIDEST = 10_000  # columns
BATCH = 4096  # rows turned into numbers at once
SMALL = 1 << 20  # characters up to which speed is no matter
MISSING = frozenset(("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "NULL", "null", "None", "?"))
SEPARATORS = ",;\t"
CODES = {b"\x80": "a pickle", b"\x89HDF": "an HDF5 file", b"PAR1": "a Parquet file", b"\xd0\xcf": "an Excel file"}


class Table(NamedTuple):
    """Columns by name: numbers are float64 [n] with NaN where missing, texts objects [n] with None where missing.

    `rows` [n] are the numbers of its rows in the file, counted from 0 without the header. named: it has a header.
    """

    where: str
    names: tuple[str, ...]
    columns: Sequence[Array]
    rows: Array
    named: bool = True

    def column(self, name: str) -> Array:
        """The values of a column."""
        return self.columns[self.names.index(name)]

    def take(self, index: Array) -> Table:
        """The rows at `index`."""
        return self._replace(columns=[column[index] for column in self.columns], rows=self.rows[index])


class _Words(dict[str, str | None]):
    """What a field says as a text: one copy of each, without the blanks around it; None where it is missing."""

    def __missing__(self, cell: str) -> str | None:
        word = cell.strip()
        found = None if word in MISSING else word if word == cell else self[word]
        self[cell] = found
        return found


def read(path: Path, header: Header = "auto", texts: Collection[str] = ()) -> Table:
    """The table in a text file. A first line without any number names the columns; else they are column_0, column_1, …

    texts: columns that are texts whatever they hold. Raises DataError naming the line.
    """
    text, where = _text(path), str(path)
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    _, head = next(_records(text, separator, where), (0, []))
    if not head:
        raise _error("has no rows", "DATA_EMPTY", where)
    if len(head) > WIDEST:
        raise _error(f"has {len(head):,} columns, more than the {WIDEST:,} allowed", "DATA_LIMIT", where)
    names = _names([cell.strip() for cell in head], header, where)
    heading = 0 if names is None else 1
    names = names or tuple(f"column_{place}" for place in range(len(head)))
    numbers = _all_numbers(text, separator, heading) if len(text) > SMALL and not texts else None
    if numbers is not None and numbers.shape[1] == len(head):
        return Table(where, names, list(np.ascontiguousarray(numbers.T)), np.arange(len(numbers)), bool(heading))
    known = {place for place, name in enumerate(names) if name in texts}
    while True:  # three times at most
        columns, strange = _columns(_batches(text, separator, where, heading), len(head), known)
        if not strange:
            break
        known |= strange
    if not len(columns[0]):
        raise _error("has a header and no rows", "DATA_EMPTY", where, hint="write rows under it")
    return Table(where, names, columns, np.arange(len(columns[0])), bool(heading))


def _text(path: Path) -> str:
    """What a file says, line ends as they are. Raises DataError where it is no text in UTF-8, or too large."""
    found = whole(path, LARGEST)
    for start, what in CODES.items():
        if found.startswith(start):
            code = "DATA_UNSAFE" if start == b"\x80" else "DATA_FORMAT"
            message, hint = f"{path} is {what}, which is not read", "write it as CSV, or as numbers with numpy.savez"
            raise DataError(message, code=code, where=str(path), hint=hint)
    nul = found.find(b"\0")
    if nul >= 0:
        raise _error(
            "has a NUL in it: it is no text, or not in UTF-8",
            "DATA_NUL",
            _place(path, found, nul),
            hint="save it as CSV in UTF-8",
        )
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(f"is not UTF-8 at byte {error.start}", "DATA_ENCODING", _place(path, found, error.start)) from None


def _place(path: Path, found: bytes, byte: int) -> str:
    """The line of a byte."""
    return f"{path}:{found.count(10, 0, byte) + 1}"


def _all_numbers(text: str, separator: str, heading: int) -> Array | None:
    """The numbers [n, columns] of a table that holds nothing else and no quotes, three times as fast; else None.

    None too where some lines end with a carriage return alone, as on very old Macintoshes.
    """
    body = text.partition("\n")[2] if heading else text
    if '"' in text or not body.strip() or text.count("\r") != text.count("\r\n"):
        return None
    try:
        found: Array = np.loadtxt(io.StringIO(body), delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    return found


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)


def _batches(text: str, separator: str, where: str, skip: int) -> Iterator[list[list[str]]]:
    """Rows of fields, some thousand at a time, without empty lines and the first `skip` rows."""
    reader, width = _reader(text, separator), 0
    try:
        while batch := list(itertools.islice(reader, BATCH)):
            rows = [cells for cells in batch if cells]
            widths = set(map(len, rows)) | ({width} if width else set())
            if len(widths) > 1:
                break
            width = max(widths, default=0)
            skip, rows = max(0, skip - len(rows)), rows[skip:]
            if rows:
                yield rows
        else:
            return
    except csv.Error:
        pass
    for _ in _records(text, separator, where):  # once more, slowly: it says which line it is
        pass


def _records(text: str, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """The line each row begins at, and its fields. Raises DataError naming the first line that is wrong."""
    reader, width, begins = _reader(text, separator), 0, 1
    try:
        for cells in reader:
            width = width or len(cells)
            if cells and len(cells) != width:
                message = f": expected {width} fields, found {len(cells)}"
                raise _error(message, "DATA_RAGGED", f"{where}:{begins}")
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        message = "a quote is never closed" if "end of data" in str(error) else str(error)
        raise _error(f": {message}", "DATA_QUOTE", f"{where}:{begins}") from None


def _names(first: list[str], header: Header, where: str) -> tuple[str, ...] | None:
    """The names a first row gives, or None where it is a row like the others."""
    if header == "no" or (header == "auto" and any(_number(cell) is not None for cell in first if cell)):
        return None
    for place, name in enumerate(first):
        if not name:
            hint = "name it; a table pandas wrote has its row numbers there: write it with index=False"
            raise _error(f"has no name for column {place} in its first line", "DATA_SCHEMA", where, hint=hint)
        if first.index(name) != place:
            raise _error(f"has more than one column called {name!r:.80}", "DATA_SCHEMA", where)
    return tuple(first)


def _columns(batches: Iterator[list[list[str]]], width: int, texts: set[int]) -> tuple[list[Array], set[int]]:
    """The columns of rows, and the places of those that were taken for numbers and are none.

    When the first rows show some, the others are not looked at; else all that there are, are found.
    """
    parts: list[list[Array]] = [[] for _ in range(width)]
    words, strange = _Words(), set[int]()
    for number, rows in enumerate(batches):
        if number == 1 and strange:
            break
        for place, cells in enumerate(zip(*rows, strict=True)):
            if place in texts:
                part = np.empty(len(cells), object)
                part[:] = list(map(words.__getitem__, cells))
                parts[place].append(part)
            elif place not in strange:
                try:
                    parts[place].append(_numbers(cells))
                except ValueError:
                    strange.add(place)
    return [np.concatenate(part) if part else np.empty(0) for part in parts], strange


def _numbers(cells: Sequence[str]) -> Array:
    """Fields as numbers, NaN where missing. Raises ValueError where one is a text."""
    if "_" in "".join(cells):
        raise ValueError("Python's own 1_000 is no number")
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        stripped = [cell.strip() for cell in cells]
        return np.array([np.nan if cell in MISSING else float(cell) for cell in stripped])


def _number(cell: str) -> float | None:
    """What a field says, if that is a number."""
    try:
        return None if "_" in cell or cell in MISSING else float(cell)
    except ValueError:
        return None


def strays(values: Array) -> tuple[int, int]:
    """How many of a column's texts are numbers, and the first row that is none: it may be a slip in numbers."""
    numbers = [value is not None and _number(value) is not None for value in values.tolist()]
    first = next((row for row, value in enumerate(values.tolist()) if value is not None and not numbers[row]), 0)
    return sum(numbers), first


def _error(what: str, code: str, where: str, **more: Any) -> DataError:
    return DataError(f"{where}{'' if what.startswith(':') else ' '}{what}", code=code, where=where, **more)

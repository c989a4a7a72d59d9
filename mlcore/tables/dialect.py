"""What parts the fields and the fractions of a table, found out from its first records."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import Literal

from mlcore.tables.format import BETWEEN, WRITTEN, Dialect, Format

SAMPLE = 1 << 16  # bytes that are looked at
ROWS = 200
CANDIDATES = (",", ";", "\t", "|")
COMMA = re.compile(rf"[-+]?(?:\d*|\d{{1,3}}(?:[{BETWEEN[' ']}]\d{{3}})+),\d+(?:[eE][-+]?\d+)?")
POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")


def sense(start: bytes, more: bool, format: Format) -> Dialect:
    """How a text that starts so, with `more` behind, is written: as `format` says, and else as its records look."""
    quote = '"' if format.quote == "auto" else WRITTEN.get(format.quote, format.quote)
    sample = start.decode(errors="replace")
    if more:  # a record cut off says nothing
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    delimiter = WRITTEN.get(format.delimiter, format.delimiter)
    if delimiter == "auto":
        delimiter = _delimiter(sample, quote)
    decimal, thousands = format.decimal, WRITTEN.get(format.thousands, format.thousands)
    if decimal == "auto":
        comma = "," not in (delimiter, thousands) and (thousands == "." or _commas(records(sample, delimiter, quote)))
        decimal = "," if comma else "."
    return Dialect(delimiter, quote, decimal, thousands, format.words())


def records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first records of a text, without empty lines; up to the first that is no CSV."""
    mode: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=mode, skipinitialspace=True)
    found = list[list[str]]()
    try:
        for cells in reader:
            if any(cells):
                found.append(cells)
            if len(found) == ROWS:
                break
    except csv.Error:
        pass
    return found


def _delimiter(text: str, quote: str) -> str:
    """The candidate that cuts every record alike; among several, or none, the one the first record has most of.

    Where a semicolon cuts alike too and every comma between is that of a number, the comma is a decimal one.
    """
    cut = {each: records(text, each, quote) for each in CANDIDATES}
    alike = [each for each, rows in cut.items() if len(set(map(len, rows))) == 1 and len(rows[0]) > 1]
    best = max(alike or CANDIDATES, key=lambda each: len(cut[each][0]) if cut[each] else 0)
    if best == ",":
        for other in (";", "\t", "|"):
            if other in alike and _commas(cut[other]) and all(map(_plain, itertools.chain(*cut[other]))):
                return other
    return best


def _plain(cell: str) -> bool:
    """Whether the commas of a field are none but a number's."""
    return "," not in cell or COMMA.fullmatch(cell.strip()) is not None


def _commas(rows: list[list[str]]) -> bool:
    """Whether there are numbers with a decimal comma, and none with a point."""
    cells = [cell.strip() for row in rows for cell in row]
    return any(map(COMMA.fullmatch, cells)) and not any(map(POINT.fullmatch, cells))

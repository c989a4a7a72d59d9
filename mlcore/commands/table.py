"""Rows of words in aligned columns, safe to print whatever they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mlcore.sanitize import sanitize

CELL = 100  # characters of one cell


def lines(rows: Iterable[Sequence[Any]], header: Sequence[str] = (), right: Sequence[int] = ()) -> Iterator[str]:
    """Each row as a line, its cells two spaces apart; the columns whose numbers are in `right` end at one place."""
    cells = [[sanitize(cell, CELL) for cell in row] for row in ([header] if header else [])]
    cells += [[sanitize(cell, CELL) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        placed = (
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(placed).rstrip()

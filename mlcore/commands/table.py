"""Rows of words in aligned columns, safe to print whatever they came from."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from mlcore.sanitize import sanitize

CELL = 300  # characters of one cell
NARROWEST = 10  # cells a column keeps when it is folded
INDENT = 2  # cells left free for who indents a table


def lines(rows: Iterable[Sequence[Any]], header: Sequence[str] = (), right: Sequence[int] = ()) -> Iterator[str]:
    """Each row as a line, its cells two spaces apart; the columns whose numbers are in `right` end at one place.

    What is too wide for the terminal is folded in its widest columns; into a pipe a row is always one line.
    """
    cells = [[sanitize(cell, CELL) for cell in row] for row in ([header] if header else [])]
    cells += [[sanitize(cell, CELL) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while room() and sum(widths) + 2 * len(widths) > room() and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for row in cells:
        folded = [fold(cell, width) for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*folded, fillvalue=""):
            placed = (
                part.rjust(width) if number in right else part.ljust(width)
                for number, (part, width) in enumerate(zip(parts, widths, strict=True))
            )
            yield "  ".join(placed).rstrip()


def room() -> int:
    """The cells a line may have: those of the terminal, or 0 where there is none and lines have no end."""
    return shutil.get_terminal_size().columns - INDENT if sys.stdout.isatty() else 0


def fold(text: str, width: int) -> list[str]:
    """A text as lines of at most `width` cells."""
    return textwrap.wrap(text, width, break_on_hyphens=False) if len(text) > width else [text]

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


def lines(
    rows: Iterable[Sequence[Any]], header: Sequence[str] = (), right: Sequence[int] = (), width: int = 0
) -> Iterator[str]:
    """Each row as a line, its cells two spaces apart; the columns whose numbers are in `right` end at one place.

    What is too wide for the terminal, or for `width`, is folded in its widest headers, then columns;
    into a pipe, without a `width`, a row is always one line.
    """
    cells = [[sanitize(cell, CELL) for cell in row] for row in ([header] if header else [])]
    cells += [[sanitize(cell, CELL) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    limit = min(filter(None, (room(), width)), default=0)
    bodies = [max(map(len, column[len(cells) > 1 :])) for column in zip(*cells, strict=True)]
    while limit and sum(widths) + 2 * len(widths) > limit and max(widths) > NARROWEST:
        spare = [own - max(body, NARROWEST) for own, body in zip(widths, bodies, strict=True)]  # of headers
        widths[spare.index(max(spare)) if max(spare) > 0 else widths.index(max(widths))] -= 1
    for row in cells:
        folded = [fold(cell, own) for cell, own in zip(row, widths, strict=True)]
        for parts in zip_longest(*folded, fillvalue=""):
            placed = (
                part.rjust(own) if number in right else part.ljust(own)
                for number, (part, own) in enumerate(zip(parts, widths, strict=True))
            )
            yield "  ".join(placed).rstrip()


def room() -> int:
    """The cells a line may have: those of the terminal, or 0 where there is none and lines have no end."""
    return shutil.get_terminal_size().columns - INDENT if sys.stdout.isatty() else 0


def fold(text: str, width: int) -> list[str]:
    """A text as lines of at most `width` cells."""
    return textwrap.wrap(text, width, break_on_hyphens=False) if len(text) > width else [text]

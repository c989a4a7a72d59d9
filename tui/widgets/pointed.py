"""Rows of a table as points, and the row of the one that is chosen by the names of its columns. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip

from tui.cells import NOTHING
from tui.terminal import Terminal
from tui.theme import paint, palette
from tui.widgets import charted, rows
from tui.widgets.ledger import fitted
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from tui.exploration import Exploration

BESIDE, LIST = 60, 34  # columns from which a row stands beside its point, and cells it takes there at most
NARROW = 16  # columns below which no row is shown


def plane(of: Exploration, width: int, height: int, terminal: Terminal) -> list[Strip]:
    """Rows as points; of the one chosen its values by the names of their columns, beside the points or below."""
    assert of.chart is not None
    if of.point is None:
        return charted.points(of.chart, width, height, terminal)
    wide, high, lines = _sizes(of, width, height)
    drawn = charted.points(of.chart, wide, high, terminal, of.point)
    if not lines:
        return drawn
    if wide == width:
        return rows.block([*drawn, *chosen(of, width, lines, terminal)], width, height)
    return [Strip.join(pair) for pair in zip(drawn, chosen(of, width - wide, lines, terminal), strict=True)]


def _sizes(of: Exploration, width: int, height: int) -> tuple[int, int, int]:
    """Cells and lines of the points, and lines of the row beside them, or below them, or 0."""
    if of.point is None:
        return width, height, 0
    if width >= BESIDE:
        return width - min(LIST, width * 3 // 7), height, height
    below = min(len(of.kinds) + 1, height // 2) if width >= NARROW else 0
    return (width, height - below, below) if below > 1 else (width, height, 0)


def spot(of: Exploration, width: int, height: int, terminal: Terminal) -> tuple[int, int, int]:
    """Where the points are drawn: the first line, and how many cells and lines."""
    assert of.chart is not None
    wide, high, _ = _sizes(of, width, height)
    above, below = charted.around(of.chart, wide, high, terminal, of.point is not None)
    return len(above), wide, high - len(above) - len(below)


def end(of: Exploration, width: int, height: int) -> int:
    """How many columns of the row can be scrolled away."""
    lines = _sizes(of, width, height)[2]
    return max(0, len(of.kinds) - max(1, lines - 1)) if lines else 0


def sentence(of: Exploration) -> str:
    """The row in words."""
    if of.row is None:
        return "asking"
    cells = of.row.cells[0] if of.row.cells else ()
    told = (f"{name} {'-' if cell is None else cell}" for name, cell in zip(of.kinds, cells, strict=False))
    return f"row {_number(of)}: {', '.join(told)}"


def _number(of: Exploration) -> int:
    """What the row is called: its number in the file."""
    return int(of.row.numbers[0]) if of.row is not None and len(of.row.numbers) else of.place or 0


def chosen(of: Exploration, width: int, height: int, terminal: Terminal) -> list[Strip]:
    """A row by the names of its columns, from `top` on; the column to be learned is marked."""
    colors, row, names = palette(terminal), of.row, list(of.kinds)
    quiet, loud = paint(colors.muted), paint(colors.text)
    if row is None:
        return rows.block([rows.row([(" asking", quiet)], width)], width, height)
    cells = row.cells[0] if row.cells else ()
    wide = min(max((cell_len(rows.clean(name)) for name in names), default=0) + 2, max(4, (width - 3) // 2))
    room, first = max(1, height - 1), of.top[0]
    more = len(names) - first - room
    counted = f", columns {first + 1}-{min(first + room, len(names))} of {len(names)}" if first or more > 0 else ""
    lines = [rows.row([(f" row {_number(of)}", paint(colors.accent, bold=True)),
                       (counted, quiet)], width)]  # fmt: skip
    for name, cell in zip(names[first : first + room], cells[first : first + room], strict=False):
        learned = name == of.target
        text = NOTHING[terminal.glyphs] if cell is None else rows.clean(cell)
        label = fitted(rows.clean(name) + (" *" if learned else ""), wide)
        pieces: list[Piece] = [(f" {label} ", loud if learned else quiet)]
        pieces.append((fitted(text, max(0, width - wide - 2)), quiet if cell is None else loud))
        lines.append(rows.row(pieces, width))
    return rows.block(lines, width, height)

"""A view of a table as rows of cells: figures with bars, a square of correlations, points. Pure functions."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from tui.terminal import Terminal
from tui.theme import paint, palette
from tui.widgets import rows
from tui.widgets.bars import bar, signed
from tui.widgets.ledger import fitted
from tui.widgets.rows import Piece
from tui.widgets.scatter import axes, legend, scatter, signs_of

if TYPE_CHECKING:
    from mlcore.worker.protocol import TableView

WIDEST = 24  # cells of a column
BAR = 8  # cells of the shortest bar
NAME, PAIR = 12, 12  # cells of a name beside a square, and of a number in it
STRONG = 0.5  # a correlation that stands out
ASIDE = 8  # lines of a plane of which one may be of the legend, and one of the sentence


class Columns(NamedTuple):
    """Which columns have room: their places, how wide each is, which are numbers; cells left for bars."""

    kept: list[int]
    widths: list[int]
    right: list[bool]
    bar: int


def table(view: TableView, top: tuple[int, int], width: int, height: int, terminal: Terminal) -> list[Strip]:
    """The sentence, a heading, and rows with bars where there are some, from `top` on: lines and columns."""
    colors = palette(terminal)
    said = _said(view, width, height // 3, terminal)
    room = _room(height, said)
    first = max(0, min(top[0], len(view.rows) - room))
    fits = _fitted(view, top[1], width)
    lines = [_line(view.header, fits, width, paint(colors.muted), len(view.header) - len(fits.kept))]
    for place, line in enumerate(view.rows[first : first + room], start=first):
        drawn = _line(line, fits, width - fits.bar, paint(colors.text))
        if fits.bar and view.bars is not None:
            pieces = _barred(float(view.bars[place]), bool((view.bars < 0).any()), fits.bar - 1, terminal)
            drawn = Strip.join([drawn, rows.row(pieces, fits.bar)])
        lines.append(drawn)
    if not view.rows:
        lines.append(rows.row([(" no row is left to show", paint(colors.muted))], width))
    return rows.block([*said, *lines], width, height)


def _said(view: TableView, width: int, most: int, terminal: Terminal) -> list[Strip]:
    look = paint(palette(terminal).text)
    lines = wrap(view.sentence, max(width - 2, 8))
    return [rows.row([(f" {line}", look)], width) for line in lines[: max(1, most)]]


def _room(height: int, said: list[Strip]) -> int:
    """Lines below the sentence and the heading."""
    return max(0, height - len(said) - 1)


def ends(view: TableView, width: int, height: int, terminal: Terminal) -> tuple[int, int]:
    """How many lines and columns a view can be scrolled."""
    if view.matrix is not None:
        down, across = _square(view, width, height, _said(view, width, 2, terminal))[2:]
        return max(0, len(view.labels) - down), max(0, len(view.labels) - across)
    room = _room(height, _said(view, width, height // 3, terminal))
    last = next((n for n in range(len(view.header)) if _fitted(view, n, width).kept[-1:] == [len(view.header) - 1]), 0)
    return max(0, len(view.rows) - room), last


def _fitted(view: TableView, skipped: int, width: int) -> Columns:
    """The first column always has room; behind it those from `skipped` on, as far as they fit."""
    count = len(view.header)
    cells = (view.header, *view.rows)
    widths = [min(max(cell_len(rows.clean(line[place])) for line in cells), WIDEST) for place in range(count)]
    right = [_numeric([line[place] for line in view.rows]) for place in range(count)]
    kept = [0, *range(1 + max(0, min(skipped, count - 2)), count)] if count else []
    bars = view.bars is not None and len(view.bars) == len(view.rows) > 0
    while len(kept) > 1 and sum(widths[place] + 2 for place in kept) + 1 + BAR * bars > width:
        kept.pop()
    if kept:
        widths[kept[0]] = max(1, min(widths[kept[0]], width - 3))
    left = width - sum(widths[place] + 2 for place in kept) - 1
    return Columns(kept, widths, right, left if bars and left > 1 else 0)


def _line(line: tuple[str, ...], fits: Columns, width: int, look: Style, more: int = 0) -> Strip:
    pieces: list[Piece] = [(" ", paint())]
    for place in fits.kept:
        pieces.append((fitted(rows.clean(line[place]), fits.widths[place], fits.right[place]) + "  ", look))
    if more > 0:
        pieces.append((f"{more} more: tab, right", look))
    return rows.row(pieces, width)


def _barred(value: float, both: bool, cells: int, terminal: Terminal) -> list[Piece]:
    """A bar from the left, or from the middle where some lead left."""
    colors = palette(terminal)
    if not both:
        return [(bar(value, cells, terminal), paint(colors.train))]
    below, above = signed(value, max(1, (cells - 1) // 2), terminal)
    line = "│" if terminal.glyphs == "braille" else "|"
    return [(below, paint(colors.negative[-1])), (line, paint(colors.muted)), (above, paint(colors.positive[-1]))]


def matrix(view: TableView, top: tuple[int, int], width: int, height: int, terminal: Terminal) -> list[Strip]:
    """Correlations: a number for each pair, its sign and size in colour, as far as there is room."""
    assert view.matrix is not None
    quiet, size = paint(palette(terminal).muted), len(view.labels)
    said = _said(view, width, 2, terminal)
    name, each, high, wide = _square(view, width, height, said)
    down, across = max(0, min(top[0], size - high)), max(0, min(top[1], size - wide))
    there = view.labels[across : across + wide]
    heading: list[Piece] = [(" " * (name + 2), quiet)]
    heading += [(fitted(rows.clean(label), each - 1, True) + " ", quiet) for label in there]
    lines = [*said, rows.row(heading, width)]
    for row in range(down, min(down + high, size)):
        pieces: list[Piece] = [(f" {fitted(rows.clean(view.labels[row]), name)} ", quiet)]
        for column in range(across, min(across + wide, size)):
            pieces.append(_pair(float(view.matrix[row, column]), row == column, each, terminal))
        lines.append(rows.row(pieces, width))
    return rows.block(lines, width, height)


def _square(view: TableView, width: int, height: int, said: list[Strip]) -> tuple[int, int, int, int]:
    """Cells of a name and of a number, and how many lines and columns of numbers have room."""
    longest = max((cell_len(rows.clean(label)) for label in view.labels), default=4)
    name = min(longest, NAME)
    each = max(6, min(longest + 2, PAIR, (width - name - 2) // max(len(view.labels), 1)))
    return name, each, max(1, height - len(said) - 1), max(1, (width - name - 2) // each)


def points(view: TableView, width: int, height: int, terminal: Terminal, chosen: int | None = None) -> list[Strip]:
    """Rows as points of the plane of two components, what its directions hold, and the sign of each kind.

    The sentence gives way to a point that is chosen.
    """
    assert view.points is not None
    found, signs = view.points, signs_of(view.points.names)
    said, below = around(view, width, height, terminal, chosen is not None)
    kinds, right = found.kinds.tolist(), [False] * len(found.kinds)
    high = height - len(said) - len(below)
    drawn = scatter(found.x, found.y, kinds, right, width, high, terminal, signs=signs, chosen=chosen)
    return rows.block([*said, *drawn, *below], width, height)


def around(
    view: TableView, width: int, height: int, terminal: Terminal, chosen: bool
) -> tuple[list[Strip], list[Strip]]:
    """The lines above and below the points."""
    assert view.points is not None
    found, some = view.points, height // ASIDE
    said = _said(view, width, max(2, some), terminal) if not chosen else []
    alike = rows.row([(" t on a column: a sign for each of its values", paint(palette(terminal).muted))], width)
    kept = legend(found.names, signs_of(found.names), width, terminal, max(1, some)) if found.names else [alike]
    return said, [axes(found.shares, width, terminal, "" if chosen else "tab, arrows: a row"), *kept]


def _pair(value: float, itself: bool, cells: int, terminal: Terminal) -> Piece:
    colors = palette(terminal)
    if itself or value != value:
        return ("1" if itself else "-").rjust(cells - 1) + " ", paint(colors.faint)
    ramp = colors.positive if value > 0 else colors.negative
    shade = ramp[min(max(int(abs(value) * len(ramp)), 1), len(ramp) - 1)]  # the weakest is too dim to read
    return f"{value:z{cells - 1}.2f} ", paint(shade, bold=abs(value) >= STRONG)


def _numeric(cells: list[str]) -> bool:
    """Whether a column of texts is numbers."""
    there = [cell for cell in cells if cell and cell != "-"]
    return bool(there) and all(cell[0] in "+-.0123456789" and cell[-1] in "0123456789.%" for cell in there)

"""Runs beside each other: their curves over one another, a table of what differs, and what can be told of them."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.feed import safe
from tui.frame import Frame
from tui.terminal import Terminal
from tui.text import plural
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.ledger import GAP, fitted
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from mlcore.plots import Line
    from mlcore.worker.protocol import Band, Compared

AXES = ("epoch", "step", "seconds")
INDEXED = (79, 221, 176, 75, 203, 114, 252, 215)  # colours of the runs in turn
SIXTEEN = (14, 11, 13, 12, 10, 9, 15, 7)
APART = 9  # cells between two digits on a curve
FIRST, NARROWEST = 26, 8  # cells of the names of a table, of a run's column at least
SHARE = 0.5  # of the height, for the curves, at least; what is below them scrolls


class Overlay(Drawing):
    """Curves with a digit for each run, in colours where there are any; below them the table and the sentences."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.found: Compared | None = None
        self.words = "reading"
        self.axis, self.log_scale, self.top = "epoch", False, 0

    def take(self, found: Compared | None, words: str = "") -> None:
        """Show this, or only words."""
        self.found, self.words = found or (None if words else self.found), words
        self.again()

    def summary(self) -> str:
        """All that can be told, in a sentence or two."""
        found = self.found
        if found is None:
            return self.words
        ends = (
            f"{safe(name)} {band.y[-1]:.4g}"
            for name, band in zip(found.names, found.bands, strict=False)
            if len(band.y)
        )
        told = "; ".join(safe(each, 400) for each in (*found.verdicts, *found.parted))
        return f"{found.curve.replace('_', ' ')}: {', '.join(ends)}. {told}".strip()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """Legend, curves, the names of the runs, then as much of table and sentences as there is room for."""
        found = self.found
        if width < 10 or height < 3:
            return rows.block([], width, height)
        if found is None:
            return rows.block(
                [rows.row((), width), rows.centred(self.words, width, paint(self.palette.muted))], width, height
            )
        head, *table = self._table(found, width)
        below = [*table, *self._told(found, width)]
        tall = max(int(height * SHARE), height - 2 - len(below))
        curves = self._curves(found, width, tall) if tall >= 4 else []
        left = max(0, height - 2 - len(curves))
        self.top = max(0, min(self.top, len(below) - left))
        shown = below[self.top : self.top + left]
        if (more := len(below) - self.top - left) > 0 and shown:
            arrow = "↓" if self.unicode else "down"
            shown[-1] = rows.row([(f" {arrow} {plural(more + 1, 'more line')}", paint(self.palette.muted))], width)
        return rows.block([self._legend(found, width), *curves, head, *shown], width, height)

    def _color(self, place: int) -> int | None:
        if self.terminal.colors == "none":
            return None
        colors = SIXTEEN if self.terminal.colors == "16" else INDEXED
        return colors[place % len(colors)]

    def _paint(self, place: int, bold: bool = False) -> Piece:
        color = self._color(place)
        return f"{place + 1}", paint("" if color is None else f"color({color})", bold=bold)

    def _legend(self, found: Compared, width: int) -> Strip:
        quiet = paint(self.palette.muted)
        pieces: list[Piece] = [
            (f" {found.curve.replace('_', ' ') or 'no curve that all have'}  ", paint(self.palette.text, bold=True))
        ]
        for place, (name, band) in enumerate(zip(found.names, found.bands, strict=False)):
            pieces += [self._paint(place, bold=True), (f" {safe(name)} ", paint(self.palette.text))]
            pieces.append((f"{band.y[-1]:.4g}  " if len(band.y) else "  ", quiet))
        axis = found.unit if self.axis == "epoch" else self.axis
        right: list[Piece] = [(" log" if self.log_scale else "", quiet), (f" by {axis} ", quiet)]
        return rows.row(rows.spread(pieces, right, width), width)

    def _curves(self, found: Compared, width: int, height: int) -> list[Strip]:
        from mlcore import plots

        lines: list[Line] = []
        for place, band in enumerate(found.bands):
            lines += self._lines(band, place, len(found.bands), width)
        text = plots.curve(
            lines,
            width,
            height,
            log=self.log_scale,
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(self.palette.faint),
        )
        return strips(text, width)

    def _lines(self, band: Band, place: int, many: int, width: int) -> list[Line]:
        """A run's curve: a line where there are colours, its digit along it, dots at the edges of its range."""
        from mlcore import plots

        x, color = getattr(band, self.axis), self._color(place)
        lines = [] if color is None else [plots.Line("", x, band.y, color)]
        every = max(1, len(x) * (APART if color is not None else 2) // max(width, 1))
        start = min(place * every // many, max(0, len(x) - 1))  # or digits of curves that lie on each other would, too
        digits = slice(start, None, every)
        edges = [plots.Line("", x, edge, color, ".") for edge in (band.low, band.high) if edge is not None]
        return [*edges, *lines, plots.Line("", x[digits], band.y[digits], color, f"{place + 1}")]

    def _table(self, found: Compared, width: int) -> list[Strip]:
        """A heading with the runs, then a row for each thing that differs or was reached."""
        quiet, text = paint(self.palette.muted), paint(self.palette.text)
        names = [safe(row[0], 40).replace("_", " ") for row in found.rows]
        first = min(FIRST, max(map(len, names), default=0))
        each = max(NARROWEST, min(30, (width - first - 1) // max(1, len(found.names)) - GAP))
        head: list[Piece] = [(" " + " " * (first + GAP), quiet)]
        for place, name in enumerate(found.names):
            sign, style = self._paint(place, bold=True)
            head += [(sign, style), (fitted(f" {safe(name)}", each - 1) + " " * GAP, text)]
        lines = [rows.row(head, width)]
        for name, row in zip(names, found.rows, strict=True):
            cells = [(fitted(safe(cell, 80), each) + " " * GAP, text) for cell in row[1:]]
            lines.append(rows.row([(" " + fitted(name, first) + " " * GAP, quiet), *cells], width))
        return lines

    def _told(self, found: Compared, width: int) -> list[Strip]:
        """The sentences, folded."""
        style = paint(self.palette.text)
        said = [safe(each, 600) for each in (*found.verdicts, *found.parted)]
        if not found.verdicts:
            said.append("the verdict is being worked out")
        mark = ("▎" if self.unicode else "|", paint(self.palette.accent))
        return [rows.row([mark, (line, style)], width) for each in said for line in wrap(each, max(10, width - 2))]

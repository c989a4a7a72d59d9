"""The first weights of the network that learns: what each unit looks for, as pictures, or a table of colours."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from tui.frame import Frame, Patterns
from tui.theme import paint
from tui.widgets import canvas, images, rows
from tui.widgets.pane import Pane
from tui.widgets.passing import layout, sheet, values
from tui.widgets.rows import Piece, padded

NAME = 12  # cells of an input's name


class FiltersPane(Pane):
    """Pictures of the weights between the inputs and the first units."""

    NAME = "filters"
    NUMBER = 9
    HELP: ClassVar[str] = """\
**Filters.** The weights of the first layer, what each of its units looks for: orange counts for it, blue against it. Of
a convolution every little square is one pattern that is looked for all over the image (of several channels one below
the other); of neurons on pixels it is as large as the image. Where inputs are no pixels there is a line for each input
and a column for each unit: of an embedding the numbers that stand for each letter. They begin as noise; watch the noise
go.
"""

    def title(self, frame: Frame) -> str:
        """Of which layer; says when they are of the past."""
        past = frame.patterns and frame.shown_epoch < frame.epoch
        name = f"{self.NAME} of {frame.patterns.words}" if frame.patterns else self.NAME
        return f"{name} at epoch {frame.inside_epoch}" if past else name

    def legend(self, frame: Frame) -> list[Piece]:
        """How many there are."""
        found = frame.patterns
        return [(f"{found.of}", paint(self.palette.text, bold=True))] if found else []

    def summary(self, frame: Frame) -> str:
        """How many units there are and how large their pictures."""
        found = frame.patterns
        if found is None:
            return self._nothing(frame) or "no weights yet"
        _, high, wide = found.maps.shape
        if len(found.maps) == 1 and found.of > 1:
            return f"{found.words}: the weights of {high} inputs to {found.of} units"
        empty = int((found.maps == 128).all(axis=(1, 2)).sum())
        return f"{found.words}: {found.of} patterns of {high} x {wide} pixels" + (f", {empty} empty" if empty else "")

    def _nothing(self, frame: Frame) -> str:
        if frame.loop:
            return self.lacking(frame)
        return "" if frame.message or frame.state in ("loading", "running") else "no weights to draw"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """As many pictures as fit, or the table."""
        found = frame.patterns
        if width < 4 or height < 2 or found is None:
            return self.waiting(frame, width, height, self._nothing(frame)) if width > 0 else rows.block([], 0, height)
        drawn = self._table if len(found.maps) == 1 and found.of > 1 else self._pictures
        return rows.block([rows.row(line, width) for line in drawn(found, width, height)], width, height)

    def _pictures(self, found: Patterns, width: int, height: int) -> list[list[Piece]]:
        count, high, wide = found.maps.shape
        grid = layout(count, wide, high, width - 1, height - 1)
        shown = min(count, grid.across * grid.down)
        return [*sheet(found.maps, grid, shown, self.terminal)[: height - 1], self._more(shown, found.of, "filter")]

    def _table(self, found: Patterns, width: int, height: int) -> list[list[Piece]]:
        """A line for each input, two where there are no names and a cell has two pixels."""
        table, high = found.maps[0], 1 if found.inputs else canvas.pixels_high(self.terminal)
        edge = min(NAME, max(map(len, found.inputs), default=0))
        inputs, units = min(len(table), (height - 1) * high), min(table.shape[1], width - edge - 2)
        wide = units * max(1, (width - edge - 2) // max(1, units))
        shares = values(table[:inputs, :units])
        fine = canvas.pixels_high(self.terminal) // high
        drawn = images.signed(shares.repeat(fine, axis=0), wide, -(-inputs // high), self.terminal)
        names = found.inputs or ("",) * len(drawn)
        lines = [
            [(f" {padded(name, edge, right=True)} " if edge else " ", paint(self.palette.muted)), *line]
            for name, line in zip(names, drawn, strict=False)
        ]
        return [*lines, self._more(inputs, len(table), "input")]

    def _more(self, shown: int, of: int, word: str) -> list[Piece]:
        plural = word if of == 1 else f"{word}s"
        told = f" {of} {plural}" if shown >= of else f" {shown} of {of} {plural}"
        return [(told, paint(self.palette.muted))]

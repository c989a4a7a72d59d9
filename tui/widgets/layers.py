"""The network layer by layer, in numbers: how large weights, gradients and steps are, and which units do nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.style import Style
from textual.strip import Strip

from tui.frame import Frame, LayerRow
from tui.terminal import Glyphs
from tui.text import count, figure
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece, clean

if TYPE_CHECKING:
    from tui.frame import Array

HEIGHTS: dict[Glyphs, str] = {"braille": " ▁▂▃▄▅▆▇█", "blocks": " ..▄▄███", "ascii": " .:-=+*#%"}
HEALTHY = -4.0, -2.0  # log10 of update to weight; around 1e-3 learns well (CS231n, "Ratio of weights:updates")
BINS, TALLEST, FLATTEST = 16, 6, 2  # bars of a histogram; rows of a large one
MANY = 0.5  # of the units of a layer dead or at a flat end: worth a colour


class Column(NamedTuple):
    """One column: its heading, its cells, how wanted it is (0 stays longest), what stands there."""

    head: str
    width: int
    rank: int
    cell: Callable[[LayersPane, LayerRow], Piece]


class LayersPane(Pane):
    """A table: one row for each layer with parameters."""

    NAME = "layers"
    NUMBER = 5
    HELP: ClassVar[str] = """\
**Layers.** Each layer in numbers. `upd:w` is the size of one step beside the size of the weights, as a power of ten:
around -3 learns well, above -2 the steps are too long, below -4 it hardly moves. Dead units answer the same to every
row and no longer learn; flat ones sit at the ends of tanh or sigmoid, where hardly any gradient gets through. `|w|` and
`|g|` are the sizes of weights and of their gradient on one batch, and the little pictures show how both are spread
around zero. The step is one that the optimizer would make now on a batch, without dropout.
"""

    def title(self, frame: Frame) -> str:
        """Says when the numbers are of the past."""
        past = frame.layers and frame.shown_epoch < frame.epoch
        return f"{self.NAME} at epoch {frame.inside_epoch}" if past else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """What is healthy."""
        return [("upd:w is log10, ", paint(self.palette.muted)), ("healthy -4..-2", paint(self.palette.muted))]

    def summary(self, frame: Frame) -> str:
        """Every layer's step, and what is wrong where something is."""
        if not frame.layers:
            return "nothing is known of the layers yet"
        return "; ".join(said(row) for row in frame.layers)

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The table, as many columns as there is room for."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if not frame.layers:
            return self.waiting(frame, width, height)
        columns, quiet = fitting(width), paint(self.palette.muted)
        lines = [rows.row([(f" {c.head:{align(c)}{c.width}}", quiet) for c in columns], width)]
        room = height - 1
        shown = frame.layers if len(frame.layers) <= room else frame.layers[: max(room - 1, 0)]
        lines += [rows.row(self._cells(columns, layer), width) for layer in shown]
        left = len(frame.layers) - len(shown)
        if left:
            lines.append(rows.row([(f" and {left} more: z", quiet)], width))
        elif room > len(shown) + 1:
            words = f" {verdict(frame.layers)}", self._verdict(frame.layers)
            lines += [rows.row((), width), rows.row([words], width)]
            lines += self._spreads(frame.layers, width, height - len(lines) - 1)
        return rows.block(lines, width, height)

    def _spreads(self, layers: Sequence[LayerRow], width: int, height: int) -> list[Strip]:
        """Where there is room below the table: how the weights and gradients of each layer are spread, large."""
        rise, half = min(height // len(layers) - 1, TALLEST), (width - 3) // 2
        if rise < FLATTEST or half < BINS:
            return []
        lines = [rows.row((), width)]
        for layer in layers:
            titles = (f"{clean(layer.name)[: half - 10]} weights", "gradients")
            lines.append(rows.row([(f" {title:<{half}}", paint(self.palette.muted)) for title in titles], width))
            left = self._bars(layer.weights, self.palette.train, half, rise)
            right = self._bars(layer.gradients, self.palette.validation, half, rise)
            lines += [
                rows.row([(" ", rows.PLAIN), a, (" ", rows.PLAIN), b], width) for a, b in zip(left, right, strict=True)
            ]
        return lines

    def _bars(self, heights: Array, color: str, width: int, rise: int) -> Iterator[Piece]:
        """A histogram of `rise` rows, from top to bottom."""
        signs = HEIGHTS[self.terminal.glyphs]
        full, wide = len(signs) - 1, width // BINS
        levels = [-(-value * full * rise // 255) for value in heights.tolist()]
        for row in reversed(range(rise)):
            text = "".join(signs[min(max(level - row * full, 0), full)] * wide for level in levels)
            yield f"{text:<{width}}", paint(color)

    def _cells(self, columns: Sequence[Column], layer: LayerRow) -> Iterator[Piece]:
        for column in columns:
            text, style = column.cell(self, layer)
            yield " ", rows.PLAIN
            yield f"{clean(text)[: column.width]:{align(column)}{column.width}}", style

    def _verdict(self, layers: tuple[LayerRow, ...]) -> Style:
        return paint(self.palette.muted if all(healthy(row) for row in layers) else self.palette.validation)

    def quiet(self, text: str) -> Piece:
        """Text that is there to be looked up."""
        return text, paint(self.palette.muted)

    def loud(self, text: str) -> Piece:
        """A number."""
        return text, paint(self.palette.text)

    def ratio(self, row: LayerRow) -> Piece:
        """log10 of update to weight, marked where it is not healthy."""
        if not math.isfinite(row.ratio):
            return "-", paint(self.palette.muted)
        good = HEALTHY[0] <= round(row.ratio, 1) <= HEALTHY[1]
        color = self.palette.good if good else self.palette.bad
        return f"{row.ratio:.1f}{' ' if good else '!'}", paint(color, bold=not good)

    def share(self, share: float, units: int = 0) -> Piece:
        """A share as so many of the units, or in per cent."""
        if not math.isfinite(share):
            return "-", paint(self.palette.muted)
        loud = share >= MANY
        color = self.palette.bad if loud else self.palette.text if share else self.palette.muted
        return f"{round(share * units)}/{units}" if units else f"{100 * share:.0f}%", paint(color, bold=loud)

    def histogram(self, heights: Array, color: str) -> Piece:
        """Sixteen bars."""
        signs = HEIGHTS[self.terminal.glyphs]
        last = len(signs) - 1
        return "".join(signs[-(-value * last // 255)] for value in heights.tolist()), paint(color)


def align(column: Column) -> str:
    """Names and pictures stand at the left, numbers at the right."""
    return "<" if column.head in ("layer", "weights", "gradients") else ">"


COLUMNS = (
    Column("layer", 15, 0, lambda pane, row: pane.loud(f"{row.name} {row.bend}")),
    Column("shape", 9, 6, lambda pane, row: pane.quiet("x".join(map(str, row.shape)))),
    Column("params", 6, 7, lambda pane, row: pane.quiet(count(row.parameters))),
    Column("upd:w", 6, 1, lambda pane, row: pane.ratio(row)),
    Column("dead", 7, 2, lambda pane, row: pane.share(row.dead, row.units)),
    Column("flat", 5, 8, lambda pane, row: pane.share(row.stuck)),
    Column("|w|", 6, 5, lambda pane, row: pane.loud(figure(row.weight))),
    Column("|g|", 6, 4, lambda pane, row: pane.loud(figure(row.gradient))),
    Column("weights", 16, 3, lambda pane, row: pane.histogram(row.weights, pane.palette.train)),
    Column("gradients", 16, 9, lambda pane, row: pane.histogram(row.gradients, pane.palette.validation)),
)


def fitting(width: int) -> list[Column]:
    """The columns there is room for, the most wanted first; always the first two."""
    kept: list[Column] = []
    for column in sorted(COLUMNS, key=lambda column: column.rank):
        if column.rank < 2 or sum(c.width + 1 for c in (*kept, column)) <= width:
            kept.append(column)
    return [column for column in COLUMNS if column in kept]


def healthy(row: LayerRow) -> bool:
    """Whether nothing about a layer is worth a word."""
    off = math.isfinite(row.ratio) and not HEALTHY[0] <= round(row.ratio, 1) <= HEALTHY[1]
    return not (off or row.dead >= MANY or row.stuck >= MANY)


def said(row: LayerRow) -> str:
    """One layer in words."""
    if not math.isfinite(row.weight):
        return f"{row.name} holds numbers that are none"
    words = f"{row.name}: update to weight 10^{row.ratio:.1f}"
    if not math.isfinite(row.ratio):
        words = f"{row.name} does not move"
    elif round(row.ratio, 1) > HEALTHY[1]:
        words += ", steps too long"
    elif round(row.ratio, 1) < HEALTHY[0]:
        words += ", it hardly moves"
    if row.dead > 0:
        words += f", {round(row.dead * row.units)} of {row.units} {row.bend} units dead"
    if row.stuck >= MANY:
        words += f", {100 * row.stuck:.0f} % of the answers of its {row.bend} at the flat ends"
    return words


def verdict(layers: tuple[LayerRow, ...]) -> str:
    """The table in a few words."""
    wrong = [row for row in layers if not healthy(row)]
    return "every layer moves at a healthy pace" if not wrong else said(wrong[0])

"""A canvas of coloured pixels: two above each other in a cell, as ▀ in one colour on another."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from rich.style import Style

from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets.rows import PLAIN, Piece

if TYPE_CHECKING:
    from tui.frame import Array

HALF = "▀"


def pixels_high(terminal: Terminal) -> int:
    """Pixels above each other in one cell: two, or one where there is neither ▀ nor a colour to put it on."""
    return 1 if terminal.glyphs == "ascii" or terminal.colors == "none" else 2


def sampled(count: int, room: int) -> list[int]:
    """Which of `count` rows or columns stand at the middles of `room` pixels."""
    return [(2 * place + 1) * count // (2 * room) for place in range(room)]


def averaged(image: Array, high: int, wide: int) -> Array:
    """A grey picture [rows, columns] with `high` rows and `wide` columns, each the mean of what it covers, 0..255."""
    up, across = max(1, -(-image.shape[0] // high)), max(1, -(-image.shape[1] // wide))
    fine = image[sampled(image.shape[0], high * up)][:, sampled(image.shape[1], wide * across)]
    mean: Array = fine.reshape(high, up, wide, across).mean(axis=(1, 3)).astype("uint8")
    return mean


def paint_cells(pixels: Sequence[Sequence[str]], high: int) -> list[list[Piece]]:
    """Rows of colours as rows of cells, `high` pixels above each other in each."""
    if high == 1:
        return [[(" ", paint("", color)) for color in line] for line in pixels]
    pairs = zip(pixels[::2], pixels[1::2], strict=True)
    return [[pair(top, bottom) for top, bottom in zip(*lines, strict=True)] for lines in pairs]


def pair(top: str, bottom: str) -> Piece:
    """One cell of two pixels."""
    return (" ", paint("", top)) if top == bottom else (HALF, paint(top, bottom))


def below(cell: Piece, lower: bool) -> str:
    """The colour of the upper or the lower pixel of a cell."""
    style: Style = cell[1]
    color = style.color if cell[0] == HALF and not lower else style.bgcolor
    return color.name if color is not None else ""


class Braille:
    """Lines of dots, two wide and four high in a cell; where lines cross, the strongest gives its colour."""

    BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._lines: list[tuple[float, str, tuple[float, float], tuple[float, float], int]] = []

    def line(self, start: tuple[float, float], end: tuple[float, float], color: str, strength: float, gap: int) -> None:
        """A line between two places in dots (column, row); gap: one dot in so many is left out, 0 for none."""
        self._lines.append((strength, color, start, end, gap))

    def cells(self) -> list[list[Piece]]:
        """The dots as cells."""
        cells: list[list[Piece]] = [[(" ", PLAIN)] * self.width for _ in range(self.height)]
        if not self._lines or not self.width or not self.height:
            return cells
        import numpy as np

        lines = sorted(self._lines, key=itemgetter(0))  # what is written last stays
        ends = np.array([(*start, *end, gap) for _, _, start, end, gap in lines])
        steps = np.maximum(1, np.abs(ends[:, 2:4] - ends[:, :2]).max(axis=1).round().astype(int))
        owner = np.repeat(np.arange(len(lines)), steps + 1)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
        share, gap = place / steps[owner], ends[owner, 4].astype(int)
        x = (ends[owner, 0] + (ends[owner, 2] - ends[owner, 0]) * share).round().astype(int)
        y = (ends[owner, 1] + (ends[owner, 3] - ends[owner, 1]) * share).round().astype(int)
        drawn = (x >= 0) & (x < 2 * self.width) & (y >= 0) & (y < 4 * self.height)
        drawn &= (gap == 0) | (place % np.maximum(gap, 1) != gap - 1)
        x, y, owner = x[drawn], y[drawn], owner[drawn]
        cell = y // 4 * self.width + x // 2
        dots, strongest = (np.zeros(self.width * self.height, int) for _ in range(2))
        np.bitwise_or.at(dots, cell, np.array(self.BITS)[y % 4, x % 2])
        strongest[cell] = owner
        for here in np.flatnonzero(dots).tolist():
            piece = chr(0x2800 + int(dots[here])), paint(lines[int(strongest[here])][1])
            cells[here // self.width][here % self.width] = piece
        return cells

"""A sequence over its steps: its letters or its curve, and what a layer makes of every step, below each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.frame import Made, Seen
from tui.terminal import Terminal
from tui.theme import paint, palette
from tui.widgets import canvas, images
from tui.widgets.network import Dashes
from tui.widgets.rows import PLAIN, Piece

if TYPE_CHECKING:
    from tui.frame import Array

CURVE = 4  # rows of a curve, where there is room
TALLEST = 12
INFINITE = float("inf")


class Unrolled:
    """Draws over `columns` cells, so that what belongs to a step stands below it."""

    def __init__(self, terminal: Terminal, seen: Seen, width: int, columns: int) -> None:
        self.terminal, self.palette, self.seen = terminal, palette(terminal), seen
        self.width, self.columns = width, max(1, min(columns, width - 1))

    def example(self, height: int) -> list[list[Piece]]:
        """The sequence itself."""
        seen = self.seen
        if seen.letters:
            return [self._letters()]
        if seen.series is None or height < 4:
            return []
        lines = self._curve(seen.series, min(TALLEST, max(2, min(height // 4, CURVE + height // 8))))
        return lines if seen.saliency is None else [*lines, self._slopes(seen.saliency)]

    def steps(self, made: Made, height: int) -> list[list[Piece]]:
        """What becomes of each step: units down, steps across."""
        image = made.maps[0]
        high = canvas.pixels_high(self.terminal)
        rise = max(1, min(height, -(-image.shape[0] // high)))
        some = image[: rise * high]
        shares = (some.astype(float) - 128) / 127
        thick = max(1, min(rise * high // len(some), 2)) if len(some) else 1
        rise = max(1, -(-len(some) * thick // high))
        drawn = images.signed(_padded(shares.repeat(thick, axis=0), rise * high), self.columns, rise, self.terminal)
        return [[(" ", PLAIN), *line] for line in drawn]

    def _letters(self) -> list[Piece]:
        """The letters, each in the middle of its step; the more they move the answer, the brighter."""
        letters, saliency = self.seen.letters, self.seen.saliency
        line: list[Piece] = [(" ", PLAIN)]
        for column in range(self.columns):
            step = column * len(letters) // self.columns
            first = -(-step * self.columns // len(letters))
            last = -(-(step + 1) * self.columns // len(letters))
            letter = letters[step][:1] if column == (first + last - 1) // 2 else " "
            known = saliency is not None and len(saliency) == len(letters)
            ground = self._warm(int(saliency[step])) if known and saliency is not None else ""
            line.append((letter, paint(self.palette.text, ground, bold=True)))
        return line

    def _warm(self, level: int) -> str:
        if self.terminal.colors == "none":
            return ""
        ramp = images.signed_ramp(self.terminal)
        half = len(ramp) // 2
        return ramp[half + level * half // 255]

    def _slopes(self, saliency: Array) -> list[Piece]:
        """How much each step moves the answer."""
        return [(" ", PLAIN), *images.signed(saliency[None] / 255.0, self.columns, 1, self.terminal)[0]]

    def _curve(self, series: Array, height: int) -> list[list[Piece]]:
        """The numbers of the sequence between their lowest and their highest."""
        known = series[abs(series) < INFINITE]  # NaN is not below either
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        fine = self.terminal.glyphs == "braille"
        paper = canvas.Braille(self.columns, height) if fine else Dashes(self.columns, height)
        across, up = 2 * self.columns / max(1, series.shape[1]), 4 * height - 1
        for place, numbers in enumerate(series.tolist()):
            dots = [
                ((step + 0.5) * across, (1 - (y - low) / ((high - low) or 1)) * up) for step, y in enumerate(numbers)
            ]
            color = self.palette.train if not place else self.palette.points[place % len(self.palette.points)]
            for start, end in zip(dots, dots[1:] or dots, strict=False):
                if abs(start[1]) < INFINITE and abs(end[1]) < INFINITE:
                    paper.line(start, end, color, -place, 0)
        return [[(" ", PLAIN), *line] for line in paper.cells()]


def _padded(shares: Array, high: int) -> Array:
    """Rows filled up to `high` with zeros, so that no row is stretched."""
    import numpy as np

    return np.pad(shares, ((0, max(0, high - len(shares))), (0, 0)))

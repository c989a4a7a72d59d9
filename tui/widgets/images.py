"""Images in cells: grey ones, and signed ones in two colours around zero."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tui.terminal import Terminal
from tui.theme import blend, palette
from tui.widgets import canvas
from tui.widgets.rows import PLAIN, Piece

if TYPE_CHECKING:
    from tui.frame import Array

SHADES = " .:+#"
SIGNS = "%=- +*#"  # from far below zero to far above it, without colours
STEPS = 8  # of each colour where there are many
SCALES = (4.0, 3.0, 2.0, 1.0, 1 / 2, 1 / 3, 1 / 4)  # cells for each pixel across: whole ones keep every pixel a square


def grey(image: Array, wide: int, rise: int, terminal: Terminal) -> list[list[Piece]]:
    """An image [h, w] uint8 as `rise` rows of `wide` cells."""
    high = canvas.pixels_high(terminal)
    values = canvas.averaged(image, rise * high, wide).tolist()
    if terminal.colors == "none":
        return [[(SHADES[value * len(SHADES) // 256], PLAIN) for value in line] for line in values]
    greys = palette(terminal).greys
    return canvas.paint_cells([[greys[v * len(greys) // 256] for v in line] for line in values], high)


def signed(values: Array, wide: int, rise: int, terminal: Terminal) -> list[list[Piece]]:
    """Numbers [h, w] from -1 to 1 as `rise` rows of `wide` cells: one colour below zero, another above it."""
    high = canvas.pixels_high(terminal)
    bytes_ = ((values.clip(-1, 1) + 1) * 127.5).round().astype("uint8")
    found = [[value / 127.5 - 1 for value in line] for line in canvas.averaged(bytes_, rise * high, wide).tolist()]
    if terminal.colors == "none":
        return [[(SIGNS[round(value * 3) + 3], PLAIN) for value in line] for line in found]
    ramp = signed_ramp(terminal)
    half = len(ramp) // 2
    return canvas.paint_cells([[ramp[half + round(value * half)] for value in line] for line in found], high)


@lru_cache
def signed_ramp(terminal: Terminal) -> tuple[str, ...]:
    """Colours from far below zero to far above it, that of zero in the middle."""
    colors = palette(terminal)
    ground = colors.greys[0]
    below, above = colors.negative, colors.positive
    if terminal.colors == "full":
        below, above = (
            tuple(blend(ground, ramp[-1], step / STEPS) for step in range(1, STEPS + 1)) for ramp in (below, above)
        )
    return (*reversed(below), ground, *above)


def scale(wide: int, high: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the largest image of `wide` x `high` pixels that fits, two pixels above each other in a cell.

    At least one cell.
    """
    for factor in SCALES:
        across, rise = max(1, round(wide * factor)), max(1, -(-round(high * factor) // 2))
        if across <= width and rise <= height:
            return across, rise
    return max(1, min(across, width)), max(1, min(rise, height))

"""Images as they are and as a network learns from them: moved, turned, mirrored a little, another way each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.terminal import Terminal
from tui.theme import paint, palette
from tui.widgets import images
from tui.widgets.passing import SCALES
from tui.widgets.rows import PLAIN, Piece

if TYPE_CHECKING:
    from tui.frame import Array

FEWEST = 3  # of an image beside each other: itself and two ways it is learned


def varied(found: Array, width: int, height: int, terminal: Terminal) -> list[list[Piece]]:
    """Lines of images [n, m, h, w] uint8: each image one row, as it is and then epoch by epoch, words below."""
    _, ways, high, wide = found.shape
    across, rise = 1, 1
    for scale in SCALES:
        across, rise = max(1, round(wide * scale)), max(1, -(-round(high * scale) // 2))
        if width // (across + 1) >= FEWEST and rise < height:
            break
    columns, quiet = min(ways, max(1, width // (across + 1))), paint(palette(terminal).muted)
    lines: list[list[Piece]] = []
    for image in found[: max(1, (height - 1) // rise), :columns]:
        drawn = [images.grey(each, across, rise, terminal) for each in image]
        lines += [[cell for part in parts for cell in ((" ", PLAIN), *part)] for parts in zip(*drawn, strict=True)]
    words = ("as it is", *(f"epoch {epoch}" if across > 7 else str(epoch) for epoch in range(1, columns)))
    below: list[Piece] = [(f" {word[:across].ljust(across)}", quiet) for word in words]
    return [*lines[: max(height - 1, 1)], below][:height]

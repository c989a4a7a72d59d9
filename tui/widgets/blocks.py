"""What comes before the neurons of a network of images or sequences: a line for each block, its shape at the end."""

from __future__ import annotations

from tui.frame import Net
from tui.terminal import Terminal
from tui.theme import paint, palette
from tui.widgets.rows import PLAIN, Piece, clean

NEURONS = 18  # cells the neurons need beside the blocks
LEAST = 12  # cells of a line
GAP = 2  # cells between words and shape, at least


def wide(net: Net, width: int) -> int:
    """Cells the blocks take, with the blank behind them; 0 where there are none, or no room for them."""
    if not net.blocks:
        return 0
    wanted = max(len(words) + len(shape) for words, shape in net.blocks) + 2 + GAP
    room = min(wanted, width - NEURONS)
    return room + 1 if room >= LEAST else 0


def lines(net: Net, width: int, height: int, terminal: Terminal) -> list[list[Piece]]:
    """Exactly `height` lines of exactly `width` cells, one character each; of many blocks the middle is left out."""
    shown = list(net.blocks)
    if len(shown) > height:
        kept = max(1, height - 1)
        head, tail = (kept + 1) // 2, kept // 2
        more = f"and {len(shown) - head - tail} more"
        shown = [*shown[:head], (more, ""), *shown[len(shown) - tail :]][:height]
    above = (height - len(shown)) // 2
    drawn = [_line(*block, place, width - 1, terminal) for place, block in enumerate(shown)]
    blank: list[Piece] = [(" ", PLAIN)] * width
    return [*[blank] * above, *([*line, (" ", PLAIN)] for line in drawn), *[blank] * (height - above - len(shown))]


def _line(words: str, shape: str, place: int, width: int, terminal: Terminal) -> list[Piece]:
    colors, fine = palette(terminal), terminal.glyphs == "braille"
    sign = " " if not place else "↓" if fine else "v"
    words, shape = clean(words), clean(shape)
    room = width - 2 - len(shape) - bool(shape)
    text = words if len(words) <= room else words[: max(0, room - 2)] + ".."[: max(0, room)]
    styles = paint(colors.faint), paint(colors.text if place else colors.muted), paint(colors.muted)
    line: list[Piece] = [(sign, styles[0]), (" ", PLAIN), *((cell, styles[1]) for cell in text)]
    line += [(" ", PLAIN)] * (width - len(line) - len(shape))
    return [*line, *((cell, styles[2]) for cell in shape)][:width]

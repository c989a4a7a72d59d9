"""Paper to draw a digit on with the mouse or the keys, a pixel a cell across and two cells' halves down."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets import canvas, rows
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

SIDE = 28  # pixels of the paper, as many as MNIST's pictures have
SHADES = " .:+#"
CURSOR = {"braille": "╋", "blocks": "╋", "ascii": "@"}
PEN = ((0, 0, 255), (0, 1, 190), (1, 0, 190), (0, -1, 190), (-1, 0, 190))  # rows, columns and ink of one touch


class PaperPane(Pane, can_focus=True):
    """A picture of 28 x 28 greys. Shown as large as whole cells allow; what is drawn is in `pixels`, row by row."""

    NAME = "your digit"
    HELP: ClassVar[str] = """\
**Your digit.** Draw with the mouse: the left button draws, the right one rubs out. Or move the cursor with the arrows
while the pen is down; space lifts it and puts it down. The network reads while you draw.
"""

    class Drawn(Message):
        """Something was drawn or rubbed out."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.pixels = bytearray(SIDE * SIDE)
        self.at = SIDE // 2, SIDE // 2  # row and column of the pen
        self.down = False
        self._button = 0
        self._last: tuple[int, int] | None = None

    def summary(self, frame: Frame) -> str:
        """How much is drawn."""
        inked = sum(pixel > 50 for pixel in self.pixels)
        return f"{inked} of {SIDE * SIDE} pixels are drawn" if inked else "nothing is drawn yet"

    def _cell(self, width: int, height: int) -> int:
        """Cells across of one pixel: two cells are as wide as one is high, so a pixel is as wide as half a cell."""
        return max(1, min(width // SIDE, 2 * height // SIDE))

    def _origin(self, width: int, height: int) -> tuple[int, int, int]:
        """Column and row of the paper's corner, and the cells of a pixel."""
        cell = self._cell(width, height)
        return max(0, (width - SIDE * cell) // 2), max(0, (height - SIDE * cell // 2) // 2), cell

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The paper in the middle, the pen on it."""
        left, top, cell = self._origin(width, height)
        lines: list[list[Piece]] = [[(" ", rows.PLAIN)] * width for _ in range(height)]
        half = canvas.pixels_high(self.terminal) == 2
        grey = self.palette.greys
        for row in range(top, min(height, top + SIDE * cell // 2)):
            for column in range(left, min(width, left + SIDE * cell)):
                upper, lower = (self._ink(2 * (row - top) + part, column - left, cell) for part in (0, 1))
                if half:
                    lines[row][column] = canvas.pair(grey[_level(upper, len(grey))], grey[_level(lower, len(grey))])
                else:
                    lines[row][column] = SHADES[_level((upper + lower) // 2, len(SHADES))], rows.PLAIN
        self._corners(lines, left, top, cell)
        row, column = top + self.at[0] * cell // 2, left + self.at[1] * cell
        if row < height and column < width:
            color = self.palette.good if self.down else self.palette.accent
            lines[row][column] = CURSOR[self.terminal.glyphs], paint(color, bold=True)
        return rows.block([rows.cells(line, width) for line in lines], width, height)

    def _corners(self, lines: list[list[Piece]], left: int, top: int, cell: int) -> None:
        """Where the paper ends, just beyond it."""
        signs = "┌┐└┘" if self.unicode else "++++"
        places = ((y, x) for y in (top - 1, top + SIDE * cell // 2) for x in (left - 1, left + SIDE * cell))
        for sign, (y, x) in zip(signs, places, strict=True):
            if 0 <= y < len(lines) and 0 <= x < len(lines[y]):
                lines[y][x] = sign, paint(self.palette.muted)

    def _ink(self, half: int, column: int, cell: int) -> int:
        place = min(half // cell, SIDE - 1) * SIDE + min(column // cell, SIDE - 1)
        return self.pixels[place]

    def touch(self, rub: bool = False) -> None:
        """Leave ink where the pen is, or take it away."""
        for down, right, ink in PEN:
            row, column = self.at[0] + down, self.at[1] + right
            if 0 <= row < SIDE and 0 <= column < SIDE:
                place = row * SIDE + column
                self.pixels[place] = 0 if rub else max(self.pixels[place], ink)
        self.again()
        self.post_message(self.Drawn())

    def move(self, down: int, right: int) -> None:
        """Move the pen by a pixel; when it is down it leaves ink."""
        self.at = max(0, min(self.at[0] + down, SIDE - 1)), max(0, min(self.at[1] + right, SIDE - 1))
        if self.down:
            self.touch()
        else:
            self.again()

    def lift(self) -> None:
        """Put the pen down, or lift it."""
        self.down = not self.down
        if self.down:
            self.touch()
        else:
            self.again()

    def clear(self) -> None:
        """New paper."""
        self.pixels = bytearray(SIDE * SIDE)
        self.again()
        self.post_message(self.Drawn())

    def _to(self, event: events.MouseEvent) -> bool:
        """Take the pen to the mouse; False when it is beside the paper."""
        width, height = self.canvas
        edge = (self.size.width - width) // 2
        left, top, cell = self._origin(width, height)
        row, column = 2 * (event.y - edge - top) // cell, (event.x - edge - left) // cell
        if not (0 <= row < SIDE and 0 <= column < SIDE):
            return False
        self.at = row, column
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a stroke; the right button rubs out."""
        if self._to(event):
            self._button, self._last = event.button, self.at
            self.capture_mouse()
            self.touch(rub=event.button == 3)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go on with the stroke, through the pixels in between."""
        before = self._last
        if not self._button or before is None or not self._to(event):
            return
        end = self.at
        steps = max(abs(end[0] - before[0]), abs(end[1] - before[1]))
        for step in range(1, steps + 1):
            self.at = tuple(round(a + (b - a) * step / steps) for a, b in zip(before, end, strict=True))  # type: ignore[assignment]
            self.touch(rub=self._button == 3)
        self._last = end

    def on_mouse_up(self) -> None:
        """The stroke is over."""
        self._button, self._last = 0, None
        self.release_mouse()


def _level(ink: int, levels: int) -> int:
    return min(ink * levels // 256, levels - 1)

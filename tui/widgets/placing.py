"""A plane to place points on, over what the network makes of those already there."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame, Points
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets.boundary import BoundaryPane, sign
from tui.widgets.rows import Piece

PLANE = (-1.05, 1.05, -1.05, 1.05)  # x from, x to, y from, y to: that of the data set `drawn`
CURSOR = {"braille": "╋", "blocks": "╋", "ascii": "@"}


class Dot(NamedTuple):
    """One point: where it is, and its class."""

    x: float
    y: float
    label: int


class PlacingPane(BoundaryPane):
    """The decision map with the points placed so far; arrows move a cursor, the mouse is one."""

    NAME = "your points"
    NUMBER = 0  # it is alone
    HELP: ClassVar[str] = """\
**Your points.** Every point you place is learned at once, and the colours show what the network makes of the plane. The
arrows move the cursor and space places a point there; so does a click, and a drag places many.
"""

    class Placed(Message):
        """A point was asked for at x, y; `moving` while the mouse is dragged."""

        def __init__(self, x: float, y: float, moving: bool = False) -> None:
            super().__init__()
            self.x, self.y, self.moving = x, y, moving

    class Removed(Message):
        """The point nearest to x, y is to go."""

        def __init__(self, x: float, y: float) -> None:
            super().__init__()
            self.x, self.y = x, y

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.dots: list[Dot] = []
        self.cursor: tuple[int, int] | None = None  # column and row; None: the middle, until a key moves it
        self.label = 0
        self._drawing = False

    def title(self, frame: Frame) -> str:
        """What the pane is for."""
        return self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """How many points of each class."""
        quiet, pieces = paint(self.palette.muted), list[Piece]()
        for label in sorted({dot.label for dot in self.dots} | {self.label}):
            count = sum(dot.label == label for dot in self.dots)
            here = paint(self.palette.text, bold=True) if label == self.label else quiet
            pieces += [("  ", quiet), (sign(label), self._point(label)), (f" {count}", here)]
        return pieces

    def summary(self, frame: Frame) -> str:
        """How many points there are, and how well they are learned."""
        classes = len({dot.label for dot in self.dots})
        accuracy = frame.metrics.get("train_accuracy")
        learned = f"; {100 * accuracy:.0f} % of them are learned" if accuracy is not None and classes > 1 else ""
        return f"{len(self.dots)} points of {classes} classes{learned}"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The map where there is one, the points, the cursor."""
        if width < 1 or height < 1:
            return super().draw(frame, width, height)
        from tui.widgets import rows

        boundary = frame.boundary if len({dot.label for dot in self.dots}) > 1 else None
        if boundary is not None and boundary.winner.size:
            lines = self._map(boundary, width, height, len(frame.class_names) <= 2)
        else:
            lines = [[(" ", rows.PLAIN)] * width for _ in range(height)]
        if self.dots:
            self._mark(lines, self._points(), PLANE)
        column, row = self._cursor(width, height)
        if self.has_focus or self.cursor is not None:
            lines[row][column] = CURSOR[self.terminal.glyphs], paint(self.palette.accent, bold=True)
        return rows.block([rows.cells(line, width) for line in lines], width, height)

    def _points(self) -> Points:
        import numpy as np

        x, y, label = (np.array(column) for column in zip(*self.dots, strict=True))
        return Points(x, y, label)

    def _cursor(self, width: int, height: int) -> tuple[int, int]:
        column, row = self.cursor or (width // 2, height // 2)
        return min(column, width - 1), min(row, height - 1)

    def move(self, right: int, down: int) -> None:
        """Move the cursor by cells; it stops at the edges."""
        width, height = self.canvas
        column, row = self._cursor(width, height)
        self.cursor = max(0, min(column + right, width - 1)), max(0, min(row + down, height - 1))
        self.again()

    @property
    def here(self) -> tuple[float, float]:
        """Where the cursor is on the plane."""
        return self.place(*self._cursor(*self.canvas))

    def place(self, column: int, row: int) -> tuple[float, float]:
        """The middle of a cell of the canvas on the plane."""
        width, height = self.canvas
        a, b, c, d = PLANE
        return a + (column + 0.5) * (b - a) / max(width, 1), d - (row + 0.5) * (d - c) / max(height, 1)

    def _at(self, event: events.MouseEvent) -> tuple[float, float] | None:
        width, height = self.canvas
        edge = (self.size.width - width) // 2
        column, row = event.x - edge, event.y - edge
        if not (0 <= column < width and 0 <= row < height):
            return None
        self.cursor = column, row
        return self.place(column, row)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Place a point, or with the other button take one away."""
        there = self._at(event)
        if there is None:
            return
        if event.button == 3:
            self.post_message(self.Removed(*there))
        else:
            self._drawing = True
            self.capture_mouse()
            self.post_message(self.Placed(*there))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """A drag places one point after another."""
        if self._drawing and (there := self._at(event)) is not None:
            self.post_message(self.Placed(*there, moving=True))

    def on_mouse_up(self) -> None:
        """The drag is over."""
        self._drawing = False
        self.release_mouse()

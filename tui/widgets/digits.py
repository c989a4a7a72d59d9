"""Pictures the network never saw, with what it takes them for; wrong answers are marked."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.strip import Strip

from tui.frame import Frame, Pictures
from tui.theme import paint
from tui.widgets import images, rows
from tui.widgets.pane import Pane
from tui.widgets.rows import PLAIN, Piece

WANTED = 8  # pictures there should be at least; what is left over makes them larger
SCALES = (3.0, 2.0, 1.0, 1 / 2, 1 / 3, 1 / 4)  # cells for each pixel across: whole ones keep every pixel a square


class Grid(NamedTuple):
    """How many pictures there are in a row and a column, and the cells of each without its words."""

    across: int
    down: int
    width: int
    height: int


class DigitsPane(Pane):
    """Pictures in half blocks, below each the answer and how sure it is; a wrong one also says what it is."""

    NAME = "what it reads"
    NUMBER = 2
    HELP: ClassVar[str] = """\
**What it reads.** Pictures of the test rows, which the network never learned from. Below each is its answer and how
sure it is of it. `7≠2` in a wrong one: it says 7, the picture is a 2.
"""

    def title(self, frame: Frame) -> str:
        """Says when the answers are of the past."""
        return f"{self.NAME} at epoch {frame.shown_epoch}" if frame.shown_epoch < frame.epoch else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """How many of those shown are wrong."""
        if frame.pictures is None or not frame.pictures.images.size:
            return []
        shown = self._shown(frame.pictures)
        quiet = paint(self.palette.muted)
        right = f"{self._right(shown)}", paint(self.palette.text, bold=True)
        return [right, (f" of {len(shown.label)} right", quiet)]

    def _shown(self, pictures: Pictures) -> Pictures:
        """Those there is room for; a few more may have come."""
        grid = layout(len(pictures.images), pictures.images.shape[2], pictures.images.shape[1], *self.canvas)
        return Pictures(*(column[: grid.across * grid.down] for column in pictures))

    @staticmethod
    def _right(pictures: Pictures) -> int:
        return int((pictures.predicted == pictures.label).sum())

    def summary(self, frame: Frame) -> str:
        """How many are right, and the first that is not."""
        if frame.pictures is None:
            return "no pictures"
        pairs = zip(frame.pictures.predicted.tolist(), frame.pictures.label.tolist(), strict=True)
        wrong = [f"one {label} is taken for {answer}" for answer, label in pairs if answer != label]
        return ", ".join([f"{self._right(frame.pictures)} of {len(frame.pictures.label)} right", *wrong[:1]])

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """As many pictures as fit, at least one."""
        pictures = frame.pictures
        if width < 1 or height < 2 or pictures is None or not pictures.images.size:
            return self.waiting(frame, width, height) if width > 0 else rows.block([], width, height)
        grid = layout(len(pictures.images), pictures.images.shape[2], pictures.images.shape[1], width, height)
        lines = [rows.row((), width)] * ((height - grid.down * (grid.height + 1)) // 2)
        gap = (width - grid.across * grid.width) // (grid.across + 1)
        for row in range(grid.down):
            places = range(row * grid.across, min((row + 1) * grid.across, len(pictures.images)))
            drawn = [self._picture(pictures, place, grid) for place in places]
            between = [(" ", PLAIN)] * gap
            for parts in zip(*drawn, strict=True):
                line = [cell for part in parts for cell in [*between, *part]]
                lines.append(rows.cells(line, width))
        return rows.block(lines, width, height)

    def _picture(self, pictures: Pictures, place: int, grid: Grid) -> list[list[Piece]]:
        """One picture and the line below it, every row of `grid.width` cells."""
        lines = images.grey(pictures.images[place], grid.width, grid.height, self.terminal)
        return [*lines, self._words(pictures, place, grid.width)]

    def _words(self, pictures: Pictures, place: int, width: int) -> list[Piece]:
        answer, label = int(pictures.predicted[place]), int(pictures.label[place])
        wrong = answer != label
        word = f"{answer}{'≠' if self.unicode else '!'}{label}" if wrong else str(answer)
        sure = float(pictures.probability[place])
        share = f" {100 * sure:.0f}%" if 0 <= sure <= 1 and width >= 8 else ""
        text = f"{word}{share}"[:width].center(width)
        return [(cell, paint(self.palette.bad if wrong else self.palette.muted, bold=wrong)) for cell in text]


def layout(count: int, wide: int, high: int, width: int, height: int) -> Grid:
    """The largest pictures of which enough fit, else the smallest of which one does."""
    for scale in SCALES:
        across, rise = max(1, round(wide * scale)), max(1, round(high * scale / 2))
        grid = Grid((width + 1) // (across + 1), height // (rise + 1), across, rise)
        if grid.across * grid.down >= min(count, WANTED):
            return grid
    across, rise = min(across, width), min(rise, height - 1)
    return Grid(max(1, (width + 1) // (across + 1)), max(1, height // (rise + 1)), across, rise)

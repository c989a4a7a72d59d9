"""A view of Analyse: one way to look at a network under examination."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.terminal import Terminal
from tui.theme import Palette, paint, palette
from tui.widgets import rows
from tui.widgets.rows import Piece


class View:
    """Draws an analysis whose judgement is there. Pure: of the analysis, a size, and what the terminal can show."""

    NAME: ClassVar[str] = ""
    HELP: ClassVar[str] = ""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    @property
    def palette(self) -> Palette:
        """The colours of this terminal."""
        return palette(self.terminal)

    @property
    def unicode(self) -> bool:
        """Whether signs beyond ASCII may be used."""
        return self.terminal.glyphs == "braille"

    def title(self, analysis: Analysis) -> str:
        """The words at the beginning of the upper edge."""
        return self.NAME

    def legend(self, analysis: Analysis) -> list[Piece]:
        """What stands at the end of the upper edge, the least important first."""
        return []

    def sentence(self, analysis: Analysis) -> str:
        """The view in one sentence, for those who do not see it."""
        raise NotImplementedError

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """Exactly `height` rows of exactly `width` cells."""
        raise NotImplementedError

    def picked(self, analysis: Analysis, width: int, height: int, column: int, line: int) -> Analysis | None:
        """What a click on a cell of the drawing means; nothing where it means nothing."""
        return None

    def high(self, analysis: Analysis, width: int) -> int:
        """Rows in which everything shows, when it is written into a file."""
        return 40

    def words(self, text: str, width: int, height: int) -> list[Strip]:
        """One sentence in the middle."""
        above = [rows.row((), width)] * max(0, (height - 1) // 2)
        return rows.block([*above, rows.centred(text, width, paint(self.palette.muted))], width, height)

    def quiet(self, text: str) -> Piece:
        """Words that matter less."""
        return text, paint(self.palette.muted)

    def loud(self, text: str) -> Piece:
        """Words that matter."""
        return text, paint(self.palette.text)

"""The key line: the keys most needed, made from the list of commands."""

from __future__ import annotations

from textual.strip import Strip

from tui.commands import key_line
from tui.frame import Frame
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece


class KeyLine(Drawing):
    """Keys and what they do in a mode, as many as fit."""

    def __init__(self, mode: str = "lab", terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self._mode = mode

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line."""
        pieces: list[Piece] = []
        for key, word in key_line(self._mode, width - 2, ascii_only=not self.unicode):
            pieces += [(f" {key}", paint(self.palette.accent, bold=True)), (f" {word} ", paint(self.palette.muted))]
        return rows.block([rows.row(pieces, width)], width, height)

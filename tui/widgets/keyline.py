"""The key line: the keys most needed, made from the list of commands."""

from __future__ import annotations

from textual import events
from textual.strip import Strip

from tui.frame import Frame
from tui.keys import key_places
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece


class KeyLine(Drawing):
    """Keys and what they do in a mode, as many as fit; a click on one does it."""

    def __init__(self, terminal: Terminal | None = None, mode: str = "lab") -> None:
        super().__init__(terminal)
        self._mode = mode

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line."""
        pieces: list[Piece] = []
        for _, key, word in self._shown(width):
            pieces += [(f" {key}", paint(self.palette.accent, bold=True)), (f" {word} ", paint(self.palette.muted))]
        return rows.block([rows.row(pieces, width)], width, height)

    def _shown(self, width: int) -> tuple[tuple[str, str, str], ...]:
        return key_places(self._mode, width - 2, ascii_only=not self.unicode)

    async def on_click(self, event: events.Click) -> None:
        """Do what was clicked."""
        end = 0
        for identity, key, word in self._shown(self.size.width):
            end += len(f" {key} {word} ")
            if event.x < end:
                await self.run_action(f"screen.do('{identity}')")
                return

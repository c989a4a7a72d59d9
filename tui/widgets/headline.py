"""The first line of a screen over the Lab: where one is, its parts as tabs, and what it comes to."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece


class Headline(Drawing):
    """The name of the screen, its parts with their numbers, the open one lit; words at the end."""

    class Opened(Message):
        """A part was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, name: str, parts: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._heading, self._parts = name, parts
        self.open = 0
        self.words = ""
        self.odd = False

    def tell(self, words: str, odd: bool = False) -> None:
        """What stands at the end; odd: it is something wrong."""
        self.words, self.odd = words, odd
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line."""
        colors = self.palette
        left: list[Piece] = [(f" {self._heading}  ", paint(colors.accent, bold=True))]
        for place, part in enumerate(self._parts):
            lit = place == self.open
            text = f"[{place + 1} {part}]" if lit else f" {place + 1} {part} "
            left.append((text, paint(colors.text if lit else colors.muted, colors.selected * lit, lit)))
        color = colors.validation if self.odd else colors.muted
        right: list[Piece] = [(f"{self.words} ", paint(color))]
        return rows.block([rows.row(rows.spread(left, right, width), width)], width, height)

    def on_click(self, event: events.Click) -> None:
        """Open the part clicked on."""
        start = len(self._heading) + 3
        for place, part in enumerate(self._parts):
            end = start + len(part) + 4
            if start <= event.x < end:
                self.post_message(self.Opened(place))
            start = end

"""The upper lines of the Data screen: which table, how large, what is to be learned; and the steps behind it."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.exploration import Exploration
from tui.frame import Frame
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.ledger import fitted
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece

LONGEST = 30  # cells of a step, where not all have room


class Title(Drawing):
    """The table and its size; the column to be learned."""

    exploration = Exploration()

    def look(self, exploration: Exploration) -> None:
        """Show where we are."""
        self.exploration = exploration
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line."""
        colors, of = self.palette, self.exploration
        quiet, loud = paint(colors.muted), paint(colors.text, bold=True)
        left: list[Piece] = [(" mlj ", paint(colors.accent, bold=True)), ("DATA ", loud)]
        left.append((f" {fitted(rows.clean(of.crumbs[0]), min(cell_len(rows.clean(of.crumbs[0])), 32))} ", quiet))
        if of.head is not None:
            left.append((f" {of.size if not of.steps else of.part}", quiet))
        target = rows.clean(of.target)
        right: list[Piece] = [(f"learn {fitted(target, min(cell_len(target), 20))} " if target else "", loud)]
        return rows.block([rows.row(rows.spread(left, right, width), width)], width, height)


class CrumbLine(Drawing):
    """The file and the steps behind it, the last one lit; the first give way where there is no room."""

    exploration = Exploration()

    class Chosen(Message):
        """A step was clicked, by its place; 0 is the file."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def look(self, exploration: Exploration) -> None:
        """Show these steps."""
        self.exploration = exploration
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line."""
        colors = self.palette
        pieces: list[Piece] = [(" ", paint())]
        places = self._places(width)
        for place, word in places:
            last = place == len(self.exploration.steps)
            if place:
                pieces.append((self._arrow, paint(colors.faint)))
            pieces.append((word, paint(colors.accent if last else colors.muted, bold=last)))
        if not self.exploration.steps and self.exploration.head is not None:
            pieces.append(("  each step stands here: / filter, s sort, g group, n top, i fill", paint(colors.faint)))
        return rows.block([rows.row(pieces, width)], width, height)

    @property
    def _arrow(self) -> str:
        return " › " if self.unicode else " > "

    def _places(self, width: int) -> list[tuple[int, str]]:
        """Which steps stand there, and as what."""
        crumbs = [rows.clean(each) for each in self.exploration.crumbs]
        if sum(cell_len(each) + 3 for each in crumbs) > width:
            crumbs = [fitted(each, min(cell_len(each), LONGEST)) for each in crumbs]
        first = 0
        while first < len(crumbs) - 1 and sum(cell_len(each) + 3 for each in crumbs[first:]) + 6 > width:
            first += 1
        found = list(enumerate(crumbs))[first:]
        return [(0, ".."), *found] if first else found

    def on_click(self, event: events.Click) -> None:
        """Back to that step."""
        x = 1
        for place, word in self._places(self.size.width):
            x += 3 if place else 0
            if x <= event.x < x + cell_len(word) and word != "..":
                self.post_message(self.Chosen(place))
            x += cell_len(word)

"""The ledger: a long table of which only the rows in sight are drawn, so that ten thousand cost what ten do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece


class Column(NamedTuple):
    """A column: its heading, the cells it takes, whether numbers stand at its right; `rank` 0 is never left out.

    The widest of those without a width of their own (0) takes what room is left.
    """

    title: str
    width: int = 0
    right: bool = False
    rank: int = 0


class Line(NamedTuple):
    """A row: what it is known by, its cells, a mark in front of it, whether it is drawn quietly."""

    key: str
    cells: tuple[str, ...]
    mark: str = " "
    quiet: bool = False


GAP = 2  # cells between two columns
NARROW = 8  # cells the column without a width gets at least, before another is left out


def layout(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """Which columns fit a row of `width` cells and how wide each is: (place, cells); the highest ranks go first."""
    kept = list(range(len(columns)))
    while True:
        fixed = sum((columns[i].width or NARROW) + GAP for i in kept)
        worst = max(kept, key=lambda i: (columns[i].rank, i), default=0)
        if fixed <= width or len(kept) < 2 or not columns[worst].rank:
            break
        kept.remove(worst)
    spare = max(0, width - fixed)
    return [(i, columns[i].width or NARROW + spare) for i in kept]


class Ledger(Drawing, can_focus=True):
    """A heading and rows, one of them under the cursor. `chosen` are the keys of those picked for something."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)"),
        Binding("down", "move(1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("home", "move(-1000000000)"),
        Binding("end", "move(1000000000)"),
        Binding("enter", "open"),
    ]

    class Opened(Message):
        """enter, or a click on the row under the cursor."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Moved(Message):
        """Another row is under the cursor."""

    class Headed(Message):
        """A click on the heading of a column, by its place."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(
        self, columns: Sequence[Column], empty: str = "", terminal: Terminal | None = None, *, id: str | None = None
    ) -> None:
        super().__init__(terminal, id=id)
        self.columns, self.empty = tuple(columns), empty
        self.lines: tuple[Line, ...] = ()
        self.chosen: set[str] = set()
        self.sorted_by, self.reversed = -1, False
        self.cursor = self.top = 0

    @property
    def here(self) -> Line | None:
        """The row under the cursor."""
        return self.lines[self.cursor] if self.lines else None

    def put(self, lines: Sequence[Line], empty: str = "") -> None:
        """Other rows; the cursor stays on its row where that is still there."""
        key = self.here.key if self.here else ""
        self.lines, self.empty = tuple(lines), empty or self.empty
        place = next((i for i, line in enumerate(self.lines) if line.key == key), self.cursor)
        self.cursor = max(0, min(place, len(self.lines) - 1))
        self.again()

    def go(self, key: str) -> None:
        """The cursor to the row of that key."""
        self._to(next((i for i, line in enumerate(self.lines) if line.key == key), self.cursor))

    def action_move(self, step: int) -> None:
        """So many rows on."""
        self._to(self.cursor + step)

    def action_page(self, step: int) -> None:
        """A screenful on."""
        self._to(self.cursor + step * max(1, self.size.height - 2))

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.here:
            self.post_message(self.Opened(self.here.key))

    def _to(self, place: int) -> None:
        place = max(0, min(place, len(self.lines) - 1))
        if place != self.cursor:
            self.cursor = place
            self.again()
            self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """A row: the cursor there, and a second time opens it; the heading: sort by that column."""
        if event.y == 0:
            x = 2
            for place, width in layout(self.columns, self.size.width - 2):
                if x <= event.x < x + width + GAP:
                    self.post_message(self.Headed(place))
                x += width + GAP
            return
        place = self.top + event.y - 1
        if place == self.cursor:
            self.action_open()
        elif place < len(self.lines):
            self._to(place)

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self._to(self.cursor + 3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self._to(self.cursor - 3)

    def on_focus(self) -> None:
        """The cursor is lit."""
        self.again()

    def on_blur(self) -> None:
        """The cursor is dim."""
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The heading, and the rows around the cursor."""
        shown = max(0, height - 1)
        self.top = max(min(self.top, self.cursor), self.cursor - shown + 1, 0)
        fits = layout(self.columns, width - 2)
        drawn = [self._head(fits, width)]
        for place in range(self.top, min(self.top + shown, len(self.lines))):
            drawn.append(self._row(self.lines[place], place == self.cursor, fits, width))
        if not self.lines:
            drawn.append(rows.row([(f"  {self.empty}", paint(self.palette.muted))], width))
        return rows.block(drawn, width, height)

    def _head(self, fits: list[tuple[int, int]], width: int) -> Strip:
        pieces: list[Piece] = [("  ", paint())]
        for place, cells in fits:
            column, lit = self.columns[place], place == self.sorted_by
            arrow = ("v" if self.reversed else "^") if not self.unicode else ("▾" if self.reversed else "▴")
            title = f"{column.title} {arrow}" if lit and cells > len(column.title) + 1 else column.title
            style = paint(self.palette.text if lit else self.palette.muted, bold=lit)
            pieces.append((fitted(title, cells, column.right) + " " * GAP, style))
        return rows.row(pieces, width)

    def _row(self, line: Line, here: bool, fits: list[tuple[int, int]], width: int) -> Strip:
        colors, picked = self.palette, line.key in self.chosen
        lit = here and self.has_focus
        ground = colors.selected if here else ""
        text = paint(colors.muted if line.quiet else colors.text, ground, bold=lit)
        cursor = (("▸" if self.unicode else ">") if here else " ", paint(colors.accent, ground, bold=True))
        mark = (
            "*" if picked else line.mark,
            paint(colors.validation if picked else colors.accent, ground, bold=picked),
        )
        cells = [
            (fitted(rows.clean(line.cells[place]), size, self.columns[place].right) + " " * GAP, text)
            for place, size in fits
        ]
        return rows.row([cursor, mark, *cells], width, Style(bgcolor=ground or None))


def fitted(text: str, width: int, right: bool = False) -> str:
    """Text in exactly `width` cells; what is cut off is marked."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)) + ("~" if width else "")
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks

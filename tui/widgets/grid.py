"""The grid: a table of any length and width of which only the cells on the screen are known, as texts of the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.cells import NOTHING, Cells
from tui.frame import Frame
from tui.terminal import Terminal
from tui.text import exact
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.ledger import fitted
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from mlcore.worker.protocol import TableHead, TableRows

NARROW, BROAD = 4, 26  # cells of a column
USUAL = {"number": 8, "date": 10, "truth": 5, "text": 12}  # before any of its values is known
GAP = 2
FAR = 10**12
LOOKED = 100  # columns that may stand left of the cursor


class Grid(Pane):
    """Rows and columns around a cursor. `missing` says which block of cells is lacking; `take` is given it."""

    NAME = "table"
    HELP: ClassVar[str] = """\
**The table.** Arrows move, page up and down too; home and end go to the first and the last row, `<` and `>` to the
first and the last column. Row numbers are those of the file. A dot is a missing value; the column to be learned is
marked `*`. A click on a heading sorts by it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1, 0)"),
        Binding("down", "go(1, 0)"),
        Binding("left", "go(0, -1)"),
        Binding("right", "go(0, 1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("home", f"go(-{FAR}, 0)"),
        Binding("end", f"go({FAR}, 0)"),
        Binding("less_than_sign", f"go(0, -{FAR})"),
        Binding("greater_than_sign", f"go(0, {FAR})"),
    ]

    class Moved(Message):
        """The cursor or what is on the screen is elsewhere. column: whether it is another column."""

        def __init__(self, column: bool) -> None:
            super().__init__()
            self.column = column

    class Headed(Message):
        """The heading of a column was clicked; the cursor is there already."""

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None) -> None:
        super().__init__(terminal, id=id)
        self.head: TableHead | None = None
        self.row = self.column = self.top = self.left = 0
        self.target = ""
        self.sorted_by: dict[str, bool] = {}
        self.words = "reading"  # where there is no table
        self.cells = Cells()
        self._widths: dict[int, int] = {}

    # what is known --------------------------------------------------------------------------------------------------

    def open(self, head: TableHead, column: str = "", stay: bool = False) -> None:
        """Another table. The cursor keeps its column where that is left, its row only where it is to `stay`."""
        same = self.head is not None and self.head.names == head.names
        name = column or self.here
        self.head = head
        self.cells = Cells()
        if not same:
            self._widths.clear()
            self.column = head.names.index(name) if name in head.names else 0
        self.row = max(0, min(self.row, head.rows - 1)) if same and stay else 0
        self.again()

    @property
    def here(self) -> str:
        """The name of the column under the cursor."""
        return self.head.names[self.column] if self.head is not None and self.head.names else ""

    def take(self, block: TableRows) -> None:
        """Some cells came."""
        self.cells.take(block)
        for place, cells in enumerate(zip(*block.cells, strict=True), start=block.left):
            widest = max((cell_len(cell) for cell in cells if cell), default=0)
            self._widths[place] = max(self._widths.get(place, 0), min(widest, BROAD))
        self.again()

    def missing(self) -> tuple[int, int] | None:
        """First row and column of a block that is lacking, those on the screen before those beside it."""
        if self.head is None or not self.head.rows or not self.head.names:
            return None
        down = range(self.top, self.top + max(1, self.canvas.height - 1))
        wide = max(1, len(self._fits(self.canvas.width)))
        across = range(self.left, min(self.left + wide, len(self.head.names)))
        return self.cells.lacking(down, across, self.head.rows)

    # moving ---------------------------------------------------------------------------------------------------------

    def action_go(self, down: int, across: int) -> None:
        """So many rows and columns on."""
        self.to(self.row + down, self.column + across)

    def action_page(self, step: int) -> None:
        """A screenful on."""
        self.to(self.row + step * max(1, self.canvas.height - 2), self.column)

    def to(self, row: int, column: int) -> None:
        """The cursor to a cell, or the nearest there is."""
        if self.head is None:
            return
        before = self.row, self.column
        self.row = max(0, min(row, self.head.rows - 1))
        self.column = max(0, min(column, len(self.head.names) - 1))
        if (self.row, self.column) != before:
            self.again()
            self.post_message(self.Moved(self.column != before[1]))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel; with shift or ctrl across."""
        self._turn(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel; with shift or ctrl across."""
        self._turn(event, -1)

    def _turn(self, event: events.MouseEvent, step: int) -> None:
        self.action_go(0, step) if event.shift or event.ctrl else self.action_go(3 * step, 0)

    def on_click(self, event: events.Click) -> None:
        """A cell: the cursor there; a heading: sort by that column."""
        inside = event.get_content_offset(self)
        box = 1 if self._has_box(*self.size) else 0
        if inside is None or self.head is None:
            return
        x, y = self._gutter() + GAP, inside.y - box
        for place, width in self._fits(self.canvas.width):
            if x <= inside.x - box < x + width + GAP:
                self.to(self.row if y <= 0 else self.top + y - 1, place)
                if y <= 0:
                    self.post_message(self.Headed())
                return
            x += width + GAP

    # drawing --------------------------------------------------------------------------------------------------------

    def summary(self, frame: Frame) -> str:
        """The row under the cursor in words."""
        if self.head is None:
            return self.words
        names = self.head.names[self.column : self.column + 6]
        cells = (f"{name} {self.cells.cell(self.row, self.column + n) or '-'}" for n, name in enumerate(names))
        return (
            f"row {self.cells.number(self.row, self.left) or self.row} of {exact(self.head.rows)}: {', '.join(cells)}"
        )

    def legend(self, frame: Frame) -> list[Piece]:
        """Which rows and columns stand on the screen."""
        if self.head is None:
            return []
        self._settle(self.canvas.height - 1)
        quiet, shown = paint(self.palette.muted), self._fits(self.canvas.width)
        last = min(self.top + max(self.canvas.height - 1, 1), self.head.rows)
        pieces = [(f"{exact(min(self.top + 1, self.head.rows))}-{exact(last)} of {exact(self.head.rows)}", quiet)]
        if shown and len(shown) < len(self.head.names):
            across = f"columns {shown[0][0] + 1}-{shown[-1][0] + 1} of {exact(len(self.head.names))}  "
            pieces.insert(0, (across, quiet))
        return pieces

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The heading, and the rows around the cursor."""
        if width < 8 or height < 2:
            return rows.block([], max(width, 0), height)
        if self.head is None or not self.head.names:
            return self.waiting(frame, width, height, self.words if self.head is None else "no column is left")
        shown = height - 1
        self._settle(shown)
        fits = self._fits(width)
        gutter = self._gutter()
        lines = [self._heading(fits, gutter, width)]
        for row in range(self.top, min(self.top + shown, self.head.rows)):
            lines.append(self._line(row, fits, gutter, width))
        if not self.head.rows:
            lines.append(rows.row([("  no row is left: u takes the last step back", paint(self.palette.muted))], width))
        return rows.block(lines, width, height)

    def _settle(self, shown: int) -> None:
        """The first of `shown` rows, so that the cursor stands among them."""
        if self.head is not None and shown > 0:
            self.top = max(min(self.top, self.row, max(0, self.head.rows - shown)), self.row - shown + 1, 0)

    def _gutter(self) -> int:
        """Cells of the row numbers."""
        return max(4, len(str(max(self.head.of, self.head.rows)))) if self.head is not None else 4

    def _wide(self, place: int) -> int:
        assert self.head is not None
        name = min(cell_len(rows.clean(self.head.names[place])) + self._marked(place), BROAD)
        known = self._widths.get(place, USUAL.get(self.head.kinds[place], NARROW))
        return max(NARROW, name, known)

    def _marked(self, place: int) -> int:
        """Cells of the signs behind a name."""
        assert self.head is not None
        name = self.head.names[place]
        return 2 * (name in self.sorted_by) + 2 * (name == self.target)

    def _fits(self, width: int) -> list[tuple[int, int]]:
        """Which columns stand on the screen and how wide; the one under the cursor always does."""
        if self.head is None or not self.head.names:
            return []
        room = max(1, width - self._gutter() - GAP)
        self.left = max(min(self.left, self.column), self.column - LOOKED)
        across = [self._wide(place) + GAP for place in range(self.left, self.column + 1)]
        while len(across) > 1 and sum(across) - GAP > room:
            self.left += 1
            across.pop(0)
        fits, used = list[tuple[int, int]](), 0
        for place in range(self.left, len(self.head.names)):
            wide = min(self._wide(place), room)
            if used + wide > room and (fits and room - used < NARROW + GAP):
                break
            fits.append((place, min(wide, room - used)))
            used += wide + GAP
            if used >= room:
                break
        return fits

    def _heading(self, fits: list[tuple[int, int]], gutter: int, width: int) -> Strip:
        assert self.head is not None
        colors = self.palette
        pieces: list[Piece] = [(fitted("row", gutter, True) + " " * GAP, paint(colors.faint))]
        up, down = ("▴", "▾") if self.unicode else ("^", "v")
        for place, cells in fits:
            name, here = self.head.names[place], place == self.column
            signs = f" {down if self.sorted_by[name] else up}" if name in self.sorted_by else ""
            signs += " *" if name == self.target else ""
            word = fitted(rows.clean(name), max(1, min(cells, cell_len(rows.clean(name)) + len(signs)) - len(signs)))
            ink = colors.accent if here else colors.text if signs else colors.muted
            text = fitted(f"{word}{signs}", cells, self.head.kinds[place] == "number")
            pieces += [(text, paint(ink, bold=here or bool(signs))), (" " * GAP, paint())]
        return rows.row(pieces, width)

    def _line(self, row: int, fits: list[tuple[int, int]], gutter: int, width: int) -> Strip:
        assert self.head is not None
        colors, here = self.palette, row == self.row
        ground = colors.selected if here else ""
        sign = ">" if here and not colors.selected else " "
        pieces: list[Piece] = [
            (fitted(self.cells.number(row, self.left), gutter, True), paint(colors.faint, ground)),
            (sign + " ", paint("", ground)),
        ]
        for place, cells in fits:
            text, lit = self.cells.cell(row, place), here and place == self.column
            ink = colors.faint if text is None else colors.text
            shown = NOTHING[self.terminal.glyphs] if text is None else text
            look = paint(colors.accent if lit else ink, ground, bold=lit and self.has_focus)
            drawn = fitted(rows.clean(shown), cells, self.head.kinds[place] == "number")
            if lit:
                drawn = drawn if drawn.strip() else drawn[:-1] + "_"
            pieces += [(drawn, look), (" " * GAP, paint("", ground))]
        return rows.row(pieces, width, paint("", ground))

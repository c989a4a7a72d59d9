"""The panel beside the grid: what there is to know of the column under the cursor, or a view of the whole table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.exploration import TABS, VIEWS, Exploration
from tui.frame import Frame
from tui.text import exact, percent
from tui.theme import paint
from tui.widgets import charted, pointed, rows
from tui.widgets.bars import bar
from tui.widgets.ledger import fitted
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece
from tui.widgets.scatter import nearest

if TYPE_CHECKING:
    from mlcore.worker.protocol import ColumnFacts

LEVELS = {"braille": " ▁▂▃▄▅▆▇█", "blocks": " ▁▂▃▄▅▆▇█", "ascii": " .:-=+*#@"}
BESIDE = 64  # columns from which figures stand beside the histogram
WORD, FIGURE = 14, 12  # cells of a fact
BAR = 8  # cells of the shortest bar
FAR = 10**6
DIGITS = 30  # cells of the upper edge besides the title: the numbers of the views


class Panel(Pane):
    """Draws an exploration: the facts of its column, or its view."""

    NAME = "column"
    HELP: ClassVar[str] = """\
**The panel.** The column under the cursor: how many values are missing and distinct, how numbers are spread from the
lowest to the highest, which values are frequent. `1` to `9` choose other views; the same key once more gives the next
of its kind: another measure, month or weekday; of the PCA rows as points, what components hold, what they are made of.
`tab` leads the arrows here, and back: they scroll, and of points they choose one, whose row is shown by the names of
its columns and stands under the cursor of the table. A click chooses the nearest. `esc`: no point.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1, 0)"),
        Binding("down", "go(1, 0)"),
        Binding("left", "go(0, -1)"),
        Binding("right", "go(0, 1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("home", f"scroll(-{FAR}, 0)"),
        Binding("end", f"scroll({FAR}, 0)"),
    ]

    exploration = Exploration()

    class Chosen(Message):
        """A view was chosen with the mouse."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    class Moved(Message):
        """The arrows: this is to be shown now."""

        def __init__(self, exploration: Exploration) -> None:
            super().__init__()
            self.exploration = exploration

    class Aimed(Message):
        """A point is to be chosen: the next one down or to the right of the one there is."""

        def __init__(self, down: int, across: int) -> None:
            super().__init__()
            self.down, self.across = down, across

    def look(self, exploration: Exploration) -> None:
        """Show an exploration."""
        self.exploration = exploration
        self.again()

    # moving ---------------------------------------------------------------------------------------------------------

    def action_go(self, down: int, across: int) -> None:
        """The next point in a direction, or the view a line or a column on."""
        chart = self.exploration.chart
        if self.exploration.view != "column" and chart is not None and chart.points is not None:
            self.post_message(self.Aimed(down, across))
        else:
            self.action_scroll(down, across)

    def action_page(self, step: int) -> None:
        """A screenful on; beside points, of the row that is chosen."""
        self.action_scroll(step * max(1, self.canvas.height - 3), 0)

    def action_scroll(self, down: int, across: int) -> None:
        """So many lines and columns on, as far as there are some."""
        self.post_message(self.Moved(self.exploration.scrolled(down, across, self._ends())))

    def _ends(self) -> tuple[int, int]:
        """How many lines and columns what is shown can be scrolled."""
        of, (width, height) = self.exploration, self.canvas
        if of.view == "column":
            return max(0, len(of.facts.often) - 1) if of.facts is not None else 0, 0
        if of.chart is None:
            return 0, 0
        if of.chart.points is not None:
            return pointed.end(of, width, height), 0
        return charted.ends(of.chart, width, height, self.terminal)

    def title(self, frame: Frame) -> str:
        """The column and what it holds, or what the view says it is."""
        of = self.exploration
        if of.view == "column":
            learned = ", to be learned" if of.target and of.column == of.target else ""
            said = f": {of.kinds.get(of.column, '')}{learned}"
            room = max(8, self.size.width - DIGITS - len(said))
            name = rows.clean(of.column)
            return f"{fitted(name, min(cell_len(name), room))}{said}" if of.column else "column"
        said = rows.clean(of.chart.title if of.chart is not None else TABS[of.view])
        return fitted(said, min(cell_len(said), max(8, self.size.width - DIGITS)))

    def legend(self, frame: Frame) -> list[Piece]:
        """The views by number, the one shown lit; with their names where there is room."""
        of, colors = self.exploration, self.palette
        if of.head is None:
            return []
        room = self.size.width - cell_len(rows.clean(self.title(frame))) - 12
        named = sum(len(word) + 3 for word in TABS.values()) <= room
        pieces: list[Piece] = []
        for number, (view, word) in enumerate(TABS.items(), start=1):
            lit = view == of.view
            pieces.append((f"{number}", paint(colors.accent if lit else colors.faint, bold=lit)))
            if named:
                pieces.append((f" {word}", paint(colors.text if lit else colors.muted, bold=lit)))
            pieces.append((" " if number < len(TABS) else "", paint()))
        return pieces

    def on_click(self, event: events.Click) -> None:
        """A number or a name in the upper edge: that view."""
        drawn = "".join(text for text, _ in self.legend(self._frame))
        x = event.x - (self.size.width - 3 - len(drawn))
        if event.y == 0 and 0 <= x < len(drawn) and self._has_box(*self.size):
            digits = [each for each in drawn[: x + 1] if each.isdigit()]
            self.post_message(self.Chosen(VIEWS[int(digits[-1]) - 1]))
            return
        inside, of = event.get_content_offset(self), self.exploration
        if inside is None or of.chart is None or of.chart.points is None or of.view == "column":
            return
        box, (width, height) = 1 if self._has_box(*self.size) else 0, self.canvas
        top, wide, high = pointed.spot(of, width, height, self.terminal)
        column, line = inside.x - box, inside.y - box - top
        if 0 <= column < wide and 0 <= line < high:
            found = of.chart.points
            self.post_message(self.Moved(of.pointed(nearest(found.x, found.y, wide, high, column, line, of.point))))

    def summary(self, frame: Frame) -> str:
        """The facts, or the finding of the view, in one sentence."""
        of = self.exploration
        if of.message:
            return of.message
        if of.point is not None:
            return pointed.sentence(of)
        if of.view != "column":
            return of.chart.sentence or of.chart.title if of.chart is not None else "asking"
        facts = of.facts
        if facts is None:
            return "asking"
        told = ", ".join(f"{word} {figure}" for word, figure in facts.facts)
        return f"{facts.name}: {exact(facts.missing)} missing, {exact(facts.distinct)} distinct, {told}".rstrip(", ")

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The column or the view."""
        of = self.exploration
        if width < 8 or height < 1:
            return rows.block([], max(width, 0), height)
        if of.view == "column":
            if of.facts is None:
                return rows.block([], width, height)
            return self._facts(of.facts, width, height)
        if of.chart is None:
            return self.waiting(frame, width, height, of.message or "asking")
        if of.chart.points is not None:
            return pointed.plane(of, width, height, self.terminal)
        draw = charted.matrix if of.chart.matrix is not None else charted.table
        return draw(of.chart, of.top, width, height, self.terminal)

    # a column -------------------------------------------------------------------------------------------------------

    def _facts(self, facts: ColumnFacts, width: int, height: int) -> list[Strip]:
        """Missing and distinct, the spread, figures, frequent values; beside each other where there is no height."""
        if width < BESIDE:
            lines = [*self._counted(facts, width), *self._spread(facts, width, 4 if height > 16 else 2)]
            lines += [self._fact(*each, width) for each in facts.facts]
            return rows.block([*lines, *self._often(facts, width, height - len(lines))], width, height)
        left = width * 3 // 5
        here = [*self._counted(facts, left), *self._spread(facts, left, 2 if height < 9 else 4)]
        pairs = [each for each in facts.facts if facts.counts is None or each[1] not in (facts.low, facts.high)]
        each = max(1, left // 22)
        for start in range(0, len(pairs), each):
            pieces: list[Piece] = [(" ", paint())]
            for word, figure in pairs[start : start + each]:
                pieces += [self._quiet(f"{word} "), self._loud(f"{figure}  ")]
            here.append(rows.row(pieces, left))
        there = self._often(facts, width - left - 1, height)
        both = zip(rows.block(here, left, height), rows.block(there, width - left - 1, height), strict=True)
        blank = rows.row([(" ", paint())], 1)
        return [Strip.join([one, blank, other]) for one, other in both]

    def _counted(self, facts: ColumnFacts, width: int) -> list[Strip]:
        share = facts.missing / facts.rows if facts.rows else 0.0
        gone = paint(self.palette.validation if facts.missing else self.palette.muted)
        missing = f" {exact(facts.missing)} missing ({percent(share)})" if facts.missing else " none missing"
        distinct = f"  {exact(facts.distinct)} distinct"
        return [rows.row([(missing, gone), self._loud(distinct), self._quiet(f"  of {exact(facts.rows)}")], width)]

    def _spread(self, facts: ColumnFacts, width: int, high: int) -> list[Strip]:
        """A histogram of `high` rows, and its ends below it."""
        if facts.counts is None or not len(facts.counts):
            return []
        cells = min(len(facts.counts), width - 2)
        sums = [0.0] * cells
        for place, number in enumerate(facts.counts.tolist()):
            sums[place * cells // len(facts.counts)] += number
        most, levels = max(sums) or 1.0, LEVELS[self.terminal.glyphs]
        top = len(levels) - 1
        full = [max(round(each / most * high * top), int(each > 0)) for each in sums]
        lines = []
        for line in range(high - 1, -1, -1):
            drawn = "".join(levels[max(0, min(each - line * top, top))] for each in full)
            lines.append(rows.row([(f" {drawn}", paint(self.palette.train))], width))
        gap = " " * max(1, cells - cell_len(facts.low) - cell_len(facts.high))
        return [*lines, rows.row([self._quiet(f" {facts.low}{gap}{facts.high}")], width)]

    def _fact(self, word: str, figure: str, width: int) -> Strip:
        return rows.row([self._quiet(f" {word:<{WORD}}"), self._loud(f"{figure:>{FIGURE}}")], width)

    def _often(self, facts: ColumnFacts, width: int, height: int) -> list[Strip]:
        """The most frequent values with bars."""
        if height < 1 or not facts.often:
            return []
        there = max(1, facts.rows - facts.missing)
        shown = facts.often[self.exploration.top[0] :][:height] or facts.often[-height:]
        number = max(len(exact(each)) for _, each in shown)
        name = min(max(cell_len(text) for text, _ in shown), max(6, width - number - BAR - 4))
        cells = max(0, width - name - number - 4)
        lines = []
        for text, often in shown:
            drawn = bar(often / max(facts.often[0][1], 1), cells, self.terminal)
            share = self._quiet(f" {exact(often):>{number}} ")
            lines.append(rows.row([self._loud(f" {fitted(rows.clean(text), name)}"), share, self._bar(drawn)], width))
        rest = there - sum(each for _, each in facts.often)
        if rest > 0 and len(shown) < height:
            lines.append(rows.row([self._quiet(f" and {exact(rest)} other values")], width))
        return lines

    def _bar(self, drawn: str) -> Piece:
        return drawn, paint(self.palette.train)

    def _quiet(self, text: str) -> Piece:
        return text, paint(self.palette.muted)

    def _loud(self, text: str) -> Piece:
        return text, paint(self.palette.text)

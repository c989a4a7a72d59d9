"""A form in a pane: a line for each thing to choose, one of them under the cursor; each part of it can be clicked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame
from tui.plan import COUNT, Line
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

NAMES = 19  # cells of a name at most
LAYER = 11  # and of a layer's
SPACE = 2  # in front of a name, where the cursor stands
WIDEST = 64  # cells of a line: in a wide pane its end would be too far from its beginning
WHOLE = ("add", "step")  # lines that are one thing to click on
BUTTONS = 6  # cells of the three signs that move and remove a layer


class Signs(NamedTuple):
    """What the line under the cursor shows to click on."""

    here: str
    back: str
    on: str
    up: str
    down: str
    gone: str


FINE = Signs("▸", "‹", "›", "↑", "↓", "×")
COARSE = Signs(">", "<", ">", "^", "v", "x")


class Spot(NamedTuple):
    """Columns of a row that do something when clicked: from, to, what."""

    start: int
    end: int
    deed: str


class FormPane(Pane):
    """Lines of a form. What keys do to them is the screen's; a click says what was clicked."""

    class Clicked(Message):
        """A part of a line was clicked. deed: here, back, on, choose, up, down or gone."""

        def __init__(self, form: FormPane, line: Line, deed: str) -> None:
            super().__init__()
            self.form, self.line, self.deed = form, line, deed

    class Carried(Message):
        """A layer was carried with the mouse to where another stands: their places."""

        def __init__(self, form: FormPane, place: int, to: int) -> None:
            super().__init__()
            self.form, self.place, self.to = form, place, to

    def __init__(self, name: str, number: int, help: str, terminal: Terminal | None = None) -> None:
        super().__init__(terminal, classes="form")
        self.NAME, self.NUMBER, self.HELP = name, number, help  # type: ignore[misc]  # three forms are one class
        self.lines: tuple[Line, ...] = ()
        self.cursor = 0
        self._top = 0
        self._grabbed: int | None = None  # the line of the layer that the mouse carries, and the one it is over
        self._over: int | None = None
        self._carried = False  # the click that follows means no more
        self._places: list[tuple[int, tuple[Spot, ...]]] = []  # for each row drawn: its line, what can be clicked

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    @property
    def signs(self) -> Signs:
        """The signs of this terminal."""
        return FINE if self.unicode else COARSE

    def fill(self, lines: tuple[Line, ...]) -> None:
        """Other lines; the cursor stays with the one it stands on, or as near as it can."""
        here = self.line
        self.lines = lines
        same = [n for n, line in enumerate(lines) if here is not None and line.live and line.name == here.name]
        if same:
            self.cursor = same[0]
        self._settle(1)
        self.again()

    def go(self, name: str) -> None:
        """Put the cursor on the line of that name, if there is one."""
        self.cursor = next((n for n, line in enumerate(self.lines) if line.name == name and line.live), self.cursor)
        self.again()

    def on_blur(self) -> None:
        """Dim the line and the box; the box once its style is known."""
        self.again()
        self.call_after_refresh(self.again)

    def move(self, step: int) -> None:
        """The next line that can be changed, or the one before; at an end it stays."""
        live = [n for n, line in enumerate(self.lines) if line.live]
        beyond = [n for n in live if (n - self.cursor) * step > 0]
        if beyond:
            self.cursor = min(beyond) if step > 0 else max(beyond)
        self.again()

    def _settle(self, step: int) -> None:
        """The cursor on a line that can be changed."""
        live = [n for n, line in enumerate(self.lines) if line.live]
        self.cursor = min(live, key=lambda n: abs(n - self.cursor)) if live else 0

    def summary(self, frame: Frame) -> str:
        """The line under the cursor in words."""
        line = self.line
        return f"{self.NAME}: {line.label} {line.value}".strip() if line else f"{self.NAME}: nothing to choose yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The lines there is room for, the one under the cursor among them."""
        if width < 8 or height < 1:
            return rows.block([], max(width, 0), height)
        drawn = [
            (n, strip, spots) for n, line in enumerate(self.lines) for strip, spots in self._rows_of(n, line, width)
        ]
        marked = [place for place, (n, _, _) in enumerate(drawn) if n == self.cursor]
        first, last = (marked[0], marked[-1]) if marked else (0, 0)
        first = 0 if not any(line.live for line in self.lines[: self.cursor]) else first  # with the title above it
        self._top = min(max(self._top, last - height + 1), first, max(0, len(drawn) - height))
        shown = drawn[self._top : self._top + height]
        self._places = [(n, spots) for n, _, spots in shown]
        return rows.block([strip for _, strip, _ in shown], width, height)

    def _rows_of(self, number: int, line: Line, width: int) -> Iterator[tuple[Strip, tuple[Spot, ...]]]:
        colors = self.palette
        if line.role == "title":
            yield rows.row([(f" {line.label} ", paint(colors.accent))], width), ()
        elif line.role in ("note", "odd"):
            mark = "! " if line.role == "odd" else "  "
            style = paint(colors.validation if line.role == "odd" else colors.muted)
            for place, text in enumerate(textwrap.wrap(rows.clean(line.label), max(4, width - SPACE - 1))):
                yield rows.row([(mark if not place else "  ", style), (text, style)], width), ()
        else:
            yield self._choice(number, line, width)

    def _choice(self, number: int, line: Line, width: int) -> tuple[Strip, tuple[Spot, ...]]:
        """A name, its value between the signs that turn it, and what follows from it."""
        colors, signs, here = self.palette, self.signs, number == self.cursor
        lit = here and self.has_focus
        ground = colors.selected if lit else ""
        names = self._names(line, width)
        value = _cut(line.value, width - SPACE - names - 4)
        arrows = paint(colors.accent if lit else colors.faint, ground, bold=lit)
        mark = signs.here if here else " "
        if number == self._over and self._grabbed not in (None, number):
            mark, arrows = signs.up if number < (self._grabbed or 0) else signs.down, paint(colors.accent, bold=True)
        plain = paint(colors.text if line.live else colors.muted, ground, bold=line.own)
        quiet = paint(colors.text if line.own or here else colors.muted, ground, bold=line.own)
        turns = here and line.role in ("field", "layer")
        before, behind = (signs.back, signs.on) if turns else (" ", " ")
        left: list[Piece] = [
            (f"{mark} ", arrows),
            (_cut(line.label, names - 1).ljust(names), quiet),
        ]
        left += [(before, arrows), (value, plain), (behind, arrows)]
        at, end = SPACE + names, SPACE + names + 1 + cell_len(value)
        spots = [Spot(at + 1, max(end, at + 2), "choose")] if line.role not in WHOLE else [Spot(0, width, "choose")]
        spots += [Spot(at, at + 1, "back"), Spot(end, end + 1, "on")] if turns else []
        room = min(width, WIDEST)
        right, more = self._tail(line, room - rows.length(left), room, paint(colors.muted, ground), arrows, here)
        pieces = rows.spread(left, right, room, (" ", paint("", ground)))
        return rows.row(pieces, width, paint("", ground)), (*spots, *more)

    def _names(self, line: Line, width: int) -> int:
        """Cells of a name."""
        if not line.value and not line.tail and line.role != "field":
            return width - SPACE
        if line.role in ("layer", "end"):
            return max([LAYER, *(len(each.label) + 1 for each in self.lines if each.role == "layer")])
        return min(NAMES, max(6, (width - SPACE) * 45 // 100))

    def _tail(
        self, line: Line, room: int, end: int, quiet: Style, arrows: Style, here: bool
    ) -> tuple[list[Piece], list[Spot]]:
        """What follows from a line, and of a layer under the cursor the signs that move and remove it."""
        if line.role not in ("layer", "end"):
            return [(f" {_cut(line.tail, room - 2)} ", quiet)] if line.tail and room > 4 else [], []
        signs = self.signs
        buttons = f"{signs.up} {signs.down} {signs.gone} " if here and line.role == "layer" else " " * BUTTONS
        places = enumerate(("up", "down", "gone"))
        spots = [Spot(end - BUTTONS + 2 * n, end - BUTTONS + 2 * n + 1, deed) for n, deed in places]
        shorter = (line.tail, line.tail[:-COUNT], " ".join(line.tail.split()[:2]))
        tail = next((text for text in shorter if len(text) + BUTTONS < room), "")
        return [(f" {tail}", quiet), (buttons, arrows)], spots if here and room > BUTTONS else []

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there, and say what was clicked; a click on the line under the cursor opens it."""
        inside, box = event.get_content_offset(self), 1 if self._has_box(*self.size) else 0
        under = self._under(event)
        if self._carried or under is None or inside is None:
            self._carried = False
            return
        number, spots = under
        line = self.lines[number]
        if not line.live:
            return
        here, self.cursor = self.cursor == number, number
        hit = next((spot.deed for spot in spots if spot.start <= inside.x - box < spot.end), "here")
        self.again()
        self.post_message(self.Clicked(self, line, hit if here or line.role == "add" else "here"))

    def _under(self, event: events.MouseEvent) -> tuple[int, tuple[Spot, ...]] | None:
        """The line under the mouse and what can be clicked in it."""
        inside, box = event.get_content_offset(self), 1 if self._has_box(*self.size) else 0
        there = inside is not None and 0 <= inside.y - box < len(self._places)
        return self._places[inside.y - box] if inside is not None and there else None

    def _layer(self, event: events.MouseEvent) -> int | None:
        """The line under the mouse, when it is a layer."""
        under = self._under(event)
        return under[0] if under is not None and self.lines[under[0]].role == "layer" else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of a layer."""
        self._grabbed, self._over, self._carried = self._layer(event), None, False
        if self._grabbed is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show where the layer would go."""
        if self._grabbed is not None and (over := self._layer(event)) != self._over:
            self._over = over
            self.again()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let it go, over another layer: there."""
        self.release_mouse()
        held, over = self._grabbed, self._layer(event)
        self._grabbed = self._over = None
        if held is not None and over is not None and held != over:
            self._carried = True
            self.post_message(self.Carried(self, int(self.lines[held].name), int(self.lines[over].name)))
        self.again()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """One line on."""
        self.move(1)
        self.post_message(self.Clicked(self, self.line or self.lines[0], "here"))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """One line back."""
        self.move(-1)
        self.post_message(self.Clicked(self, self.line or self.lines[0], "here"))


def _cut(text: str, width: int) -> str:
    """Text of at most `width` characters; what is too long ends in two dots."""
    text = rows.clean(text)
    return text if len(text) <= width else text[: max(0, width - 2)] + ".."[: max(0, width)]

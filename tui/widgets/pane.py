"""Pane: a picture of one Frame in a box, redrawn only where it changed."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar, Protocol

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.frame import Frame
from tui.terminal import Terminal
from tui.theme import Palette, paint, palette
from tui.widgets import rows
from tui.widgets.rows import Piece

CURSOR = 8  # bytes to move the cursor
SMALLEST = 5, 3  # columns and rows below which there is no box


class Purse(Protocol):
    """Bytes that may be sent."""

    def pay(self, price: int) -> bool:
        """Take so many, if there are any left."""


class Drawing(Widget):
    """A widget whose rows are a function of a Frame and a size. `show` may be called at any time.

    terminal: what can be drawn; the app's own when it is not given.
    """

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._terminal = terminal
        self._rows: list[Strip] = []
        self._drawn = Size(0, 0)  # the size the rows are of
        self._frame = Frame()
        self._sent = -1  # the row sent last, where not all could be

    @property
    def terminal(self) -> Terminal:
        """The colours and characters to draw with."""
        if self._terminal is None:
            self._terminal = getattr(self.app, "terminal", Terminal())
        return self._terminal

    @property
    def palette(self) -> Palette:
        """The colours of this terminal."""
        return palette(self.terminal)

    @property
    def unicode(self) -> bool:
        """Whether signs beyond ASCII and boxes may be used."""
        return self.terminal.glyphs == "braille"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """Exactly `height` rows of exactly `width` cells. Pure: of its arguments and this widget's own settings."""
        raise NotImplementedError

    def whole(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """What the widget shows: the drawing, and what stands around it."""
        return self.draw(frame, width, height)

    def show(self, frame: Frame, purse: Purse | None = None) -> bool:
        """Draw a frame; rows that look as before are not sent again. Whether all of it stands there now.

        purse: what may be sent; rows it does not pay for stay as they were, and come first the next time.
        """
        self._frame = frame
        if not self.is_mounted:
            return True
        before, self._rows = self._rows, self.whole(frame, *self.size)
        fits, self._drawn = self._drawn == self.size, self.size
        if not fits:
            self.refresh()
            return True
        changed = [y for y, (old, new) in enumerate(zip(before, self._rows, strict=True)) if old != new]
        sent = changed if purse is None else self._paid(changed, purse)
        for y in set(changed).difference(sent):
            self._rows[y] = before[y]
        if sent:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in sent))
        return len(sent) == len(changed)

    def _paid(self, changed: list[int], purse: Purse) -> list[int]:
        """The rows there is money for: the first, with the figures, then from behind the last that was sent."""
        turned = [y for y in changed if y > self._sent] + [y for y in changed if y <= self._sent]
        turned.sort(key=bool)
        count = next((place for place, y in enumerate(turned) if not purse.pay(self.bytes_of(y))), len(turned))
        self._sent = turned[count - 1] if count else self._sent
        return turned[:count]

    def bytes_of(self, y: int) -> int:
        """Bytes of a row on its way to the terminal."""
        return CURSOR + len(self._rows[y].apply_style(self.rich_style).render(self.app.console).encode())

    def again(self) -> None:
        """Draw the same frame once more: a setting of this widget changed."""
        self.show(self._frame)

    def on_resize(self, event: events.Resize) -> None:
        """Draw at the new size."""
        if self._drawn != self.size:
            self.again()

    def notify_style_update(self) -> None:
        """Draw with the new theme's colours."""
        super().notify_style_update()
        self.again()

    def render_line(self, y: int) -> Strip:
        """A row over the widget's own background; no cell goes without a style, or NO_COLOR would stop the app."""
        if self._drawn != self.size:  # the first paint comes before the first word about the size
            self._rows, self._drawn = self.whole(self._frame, *self.size), self.size
        line = self._rows[y] if y < len(self._rows) else rows.row((), self.size.width)
        return line.apply_style(self.rich_style)


class Pane(Drawing, can_focus=True):
    """A drawing with a box around it, its name and number in the box's upper edge, the newest figures at its end."""

    NAME: ClassVar[str] = ""
    NUMBER: ClassVar[int] = 0
    HELP: ClassVar[str] = ""
    CURVES: ClassVar[bool] = False  # all that somebody's own loop has
    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane--frame"}

    def legend(self, frame: Frame) -> list[Piece]:
        """What stands at the end of the upper edge, the least important first."""
        return []

    def summary(self, frame: Frame) -> str:
        """The pane in one sentence, for those who do not see it."""
        raise NotImplementedError

    @property
    def canvas(self) -> Size:
        """The cells inside the box."""
        width, height = self.size
        return Size(width - 2, height - 2) if self._has_box(width, height) else self.size

    def whole(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The drawing in its box; where sentences are wanted, its summary."""
        draw = self.told if self.terminal.plain else self.draw
        if not self._has_box(width, height):
            return draw(frame, width, height)
        colors, lit = self.palette, self.has_focus
        number = (f"{self.NUMBER} " if self.NUMBER else "", paint(colors.accent if lit else colors.faint, bold=True))
        title = [number, (self.title(frame), paint(colors.text if lit else colors.muted))]
        box = rows.Frame(self.terminal.glyphs, self._border())
        legend = [] if self.terminal.plain else self.legend(frame)
        return rows.boxed(draw(frame, width - 2, height - 2), width, title, legend, box)

    def told(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The summary in place of the drawing."""
        sentence = self.lacking(frame) if frame.loop and not self.CURVES else self.summary(frame)
        lines = [rows.row([(line, paint(self.palette.text))], width) for line in wrap(sentence, max(width, 1))]
        return rows.block(lines, width, height)

    def title(self, frame: Frame) -> str:
        """The words at the beginning of the upper edge."""
        return self.NAME

    def on_focus(self) -> None:
        """Light up the box."""
        self.again()

    def on_blur(self) -> None:
        """Dim the box."""
        self.again()

    @staticmethod
    def _has_box(width: int, height: int) -> bool:
        return width >= SMALLEST[0] and height >= SMALLEST[1]

    def _border(self) -> Style:
        """The colour the style sheet gives the lines of the box."""
        color = self.get_component_rich_style("pane--frame", partial=True).color
        return paint(color.name if color else "")

    def lacking(self, frame: Frame) -> str:
        """Why there is nothing to draw of somebody's own loop."""
        return f"{frame.loop}: no network is known, only what it logs: 3 and 4 draw that" if frame.loop else ""

    def waiting(self, frame: Frame, width: int, height: int, text: str = "") -> list[Strip]:
        """What is drawn while there is nothing to draw yet, or of somebody's own loop never: words in the middle."""
        words = text or frame.message or ("loading" if frame.state == "loading" else "") or self.lacking(frame)
        lines = wrap(words, max(width - 2, 1))[: max(height, 1)] or [""]
        above = [rows.row((), width)] * max(0, (height - len(lines)) // 2)
        told = [rows.centred(line, width, paint(self.palette.muted)) for line in lines]
        return rows.block([*above, *told], width, height)

"""What became of the run: who changed what and when, warnings, the best epoch, checkpoints, the end."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.strip import Strip

from tui.frame import Frame, Happening
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece, clean

SIGNS = {  # sign, sign in ASCII, name of its colour in the palette
    "start": ("○", "o", "muted"),
    "change": ("◆", "=", "accent"),
    "warning": ("!", "!", "validation"),
    "best": ("★", "*", "good"),
    "checkpoint": ("▪", "+", "muted"),
    "end": ("■", "#", "text"),
}
BEFORE = 12  # cells before the words


class EventsPane(Pane):
    """The newest at the bottom; older ones go when there is no room."""

    NAME = "events"
    NUMBER = 8
    HELP: ClassVar[str] = """\
**Events.** What became of this run, epoch by epoch: how it began, what was changed while it ran (`you` did it here,
otherwise somebody else who watches it, or the run itself), warnings, the best epoch so far, the newest checkpoint on
the disk, and how it ended.
"""

    def legend(self, frame: Frame) -> list[Piece]:
        """How many changes there were."""
        changes = sum(event.kind == "change" for event in frame.events)
        return [(f"{changes} changed while it ran", paint(self.palette.muted))] if changes else []

    def summary(self, frame: Frame) -> str:
        """Every event, the newest first."""
        told = [f"epoch {event.epoch}: {event.words}{_by(event)}" for event in reversed(frame.events)]
        return "; ".join(told[:8]) or "nothing has happened yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line for each, or more where its words are long."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if not frame.events:
            return self.waiting(frame, width, height)
        lines = [line for event in frame.events[-height:] for line in self._lines(event, width)]
        return rows.block(lines[-height:], width, height)

    def _lines(self, event: Happening, width: int) -> list[Strip]:
        sign, plain, color = SIGNS.get(event.kind, SIGNS["start"])
        loud = paint(getattr(self.palette, color), bold=True)
        before: list[Piece] = [(f" {sign if self.unicode else plain} ", loud)]
        before.append((f"{event.epoch:>7,}  ", paint(self.palette.muted)))
        words = wrap(clean(event.words) + _by(event), max(width - BEFORE - 1, 8)) or [""]
        style = paint(self.palette.text if event.kind in ("change", "warning", "end") else self.palette.muted)
        first = rows.row([*before, (words[0], style)], width)
        return [first, *(rows.row([(" " * BEFORE, rows.PLAIN), (line, style)], width) for line in words[1:3])]


def _by(event: Happening) -> str:
    return f" ({event.who})" if event.who else ""

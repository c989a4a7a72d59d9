"""The heartbeat: draws one pane per tick, only what changed, never faster than eyes, terminal and link can take."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from time import monotonic

from tui.frame import Frame
from tui.link import Link

SOON = 0.001  # seconds; a timer of nothing is an error
BEAT = 0.002  # seconds between two panes of one frame: time for a key to be heard
RATE = 15.0  # pictures a second a pane may ask for
STILL = 2  # parts drawn in one tick when nothing moves any more: the picture and its curve belong together
MOVING = ("loading", "running")  # states in which the next picture is on its way
CELLS = 4800  # cells up to which it gets them; a larger screen is drawn less often


class Part:
    """Something the clock draws: `look` is all it depends on in a frame, so that an equal look is not drawn again."""

    def __init__(self, show: Callable[[Frame], None], look: Callable[[Frame], Hashable]) -> None:
        self.show, self.look = show, look
        self.seen: Hashable = None
        self.drawn = 0.0

    def due(self, frame: Frame, interval: float) -> float | None:
        """When it may be drawn next; None when it would look as it does. What will not change again is due at once."""
        if self.look(frame) == self.seen:
            return None
        return self.drawn + interval if frame.state in MOVING else 0.0

    def draw(self, frame: Frame) -> None:
        """Draw it now."""
        self.seen, self.drawn = self.look(frame), monotonic()
        self.show(frame)


class Clock:
    """Hands the newest frame to the parts that have changed, one after another.

    `parts()` are those visible now, the most looked at first; `call_later(seconds, function)` is the app's timer.
    `painted(function)` calls it when what was drawn has been handed to the terminal. Between changes nothing runs: an
    app nobody changes costs nothing.
    """

    def __init__(
        self,
        frame: Callable[[], Frame],
        parts: Callable[[], Sequence[Part]],
        call_later: Callable[[float, Callable[[], None]], object],
        painted: Callable[[Callable[[], None]], object],
        link: Link,
        cells: Callable[[], int],
    ) -> None:
        self._frame, self._parts, self._call_later, self._painted = frame, parts, call_later, painted
        self._link, self._cells = link, cells
        self._turn = 0  # counts ticks, so that one that was overtaken does nothing
        self._ticking = False
        self._drawn: list[Part] = []  # in this round; before one is drawn again come the others, and the question

    @property
    def interval(self) -> float:
        """Seconds from one picture of a part to its next."""
        return max(1.0, self._cells() / CELLS) / RATE

    def changed(self, at_once: bool = False) -> None:
        """There may be something new to show. at_once: somebody waits for it."""
        if at_once:
            self._turn += 1
            self._tick(self._turn)
        elif not self._ticking:
            self._later(SOON)

    def _later(self, pause: float) -> None:
        self._ticking = True
        self._turn += 1
        self._call_later(pause, partial(self._tick, self._turn))

    def _tick(self, turn: int) -> None:
        if turn != self._turn:
            return
        if not self._link.open():
            self._later(BEAT)
            return
        now, frame, interval = monotonic(), self._frame(), self.interval
        waiting = [(due, part) for part in self._parts() if (due := part.due(frame, interval)) is not None]
        now_due = [part for due, part in waiting if due <= now]
        ready = [part for part in now_due if part not in self._drawn][:1] if frame.state in MOVING else now_due[:STILL]
        if ready:
            for part in ready:
                part.draw(frame)
            self._drawn += ready
            self._later(BEAT)
            return
        if self._drawn:
            self._drawn = []
            self._painted(self._link.sent)
        self._ticking = bool(waiting)
        if waiting:
            self._later(max(SOON, min(due for due, _ in waiting) - now))

"""The heartbeat: draws one pane per tick, only what changed, never faster than eyes, terminal and link can take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from time import monotonic

from tui.frame import Frame
from tui.link import Link

SOON = 0.001  # seconds; a timer of nothing is an error
BEAT = 0.002  # seconds between two panes of one frame: time for a key to be heard
RATE = 15.0  # pictures a second a pane may ask for
STILL = 3  # parts drawn in one tick when nothing moves any more: picture, curve and figures belong together
SECOND = 1.0  # from one picture of a part to its next where bytes are few
BYTES = 8500  # a second, then; the rest of ten thousand is for single lines, keys and answers
KEPT = 4500  # of them for figures and curves, whenever they come: pictures take what is beyond
PARTLY = object()  # the look of a part of which only some rows were sent
MOVING = ("loading", "running")  # states in which the next picture is on its way
CELLS = 4800  # cells up to which it gets them; a larger screen is drawn less often


def timer(
    call_next: Callable[[Callable[[], None]], object],
) -> Callable[[float, Callable[[], None]], object]:
    """`call_later(seconds, function)` of whoever runs a function by `call_next`, as Textual's screens do.

    Textual's own `set_timer` forgets a timer of a millisecond when as much passes between two of its looks at the time,
    and it does on a machine that others use: the Lab stood still until the next key.
    """
    return lambda seconds, function: asyncio.get_running_loop().call_later(seconds, call_next, function)


class Purse:
    """Bytes that may be sent: so many a second, and not more than those of a second at once.

    kept: what is left alone for others.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._then, self._left = clock, clock(), float(BYTES)
        self.spent, self.kept = 0, 0

    def pay(self, price: int) -> bool:
        """Take the price of a row if anything is left; the rest is owed, so that a row larger than all is sent too."""
        now = self._clock()
        self._left = min(BYTES, self._left + BYTES * (now - self._then))
        self._then = now
        if self._left <= self.kept:
            return False
        self._left -= price
        self.spent += price
        return True


class Part:
    """Something the clock draws: `look` is all it depends on in a frame, so that an equal look is not drawn again.

    piecewise: shows a frame as far as a purse pays for it, and says whether that was all of it. canvas: whether it is
    a picture that may come in parts, after the curves.
    """

    def __init__(
        self,
        show: Callable[[Frame], object],
        look: Callable[[Frame], Hashable],
        piecewise: Callable[[Frame, Purse], bool] | None = None,
        canvas: bool = False,
    ) -> None:
        self.show, self.look, self.piecewise, self.canvas = show, look, piecewise, canvas
        self.fed = 0.0  # when rows of it were last paid for
        self.seen: Hashable = None
        self.drawn = 0.0

    def due(self, frame: Frame, interval: float) -> float | None:
        """When it may be drawn next; None when it would look as it does. What will not change again is due at once."""
        if self.look(frame) == self.seen:
            return None
        return self.drawn + interval if frame.state in MOVING or self.seen is PARTLY else 0.0

    def draw(self, frame: Frame, purse: Purse | None = None) -> None:
        """Draw it now; with a purse what it pays for, and the rest later."""
        self.seen, self.drawn = self.look(frame), monotonic()
        if purse is None or self.piecewise is None:
            self.show(frame)
            return
        before, purse.kept = purse.spent, KEPT if self.canvas else 0
        if not self.piecewise(frame, purse):
            self.seen = PARTLY
        if purse.spent > before:
            self.fed = self.drawn


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
        self._link, self._cells, self._purse = link, cells, Purse()
        self.slowest = 0.0  # seconds between two pictures, where they shall be rare; all parts then come at once
        self._turn = 0  # counts ticks, so that one that was overtaken does nothing
        self._ticking = False
        self._drawn: list[Part] = []  # in this round; before one is drawn again come the others, and the question

    @property
    def interval(self) -> float:
        """Seconds from one picture of a part to its next."""
        if self.slowest:
            return self.slowest
        return SECOND if self._link.thrifty else max(1.0, self._cells() / CELLS) / RATE

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
        if self._link.thrifty:  # curves before pictures, of those the one that has waited longest
            now_due.sort(key=lambda part: (part.canvas, part.fed))
        if self.slowest:  # under a sheet every change makes Textual paint the whole screen: one for all
            ready = [part for _, part in waiting if part not in self._drawn] if now_due else []
        elif frame.state in MOVING:
            ready = [part for part in now_due if part not in self._drawn][:1]
        else:
            ready = now_due[:STILL]
        if ready:
            for part in ready:
                part.draw(frame, self._purse if self._link.thrifty else None)
            self._drawn += ready
            self._later(BEAT)
            return
        if self._drawn:
            self._drawn = []
            self._painted(self._link.sent)
        self._ticking = bool(waiting)
        if waiting:
            self._later(max(SOON, min(due for due, _ in waiting) - now))

"""The way to the terminal: one frame in flight, acknowledged by the terminal itself."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

QUESTION = "\x1b[?2026$p"  # terminals of today answer it, and only after they have drawn what came before
SLOW, PATIENT = 0.4, 3  # seconds a frame may take, and how many slower ones in a row are borne
PATIENCE = 3.0  # seconds after which an answer is no longer expected


class Link:
    """Says when the next frame may be sent.

    The pty, ssh and TCP hold megabytes; without this every frame queues behind the one before, and a key is answered
    seconds later. A terminal that has never answered (old tmux) is drawn to without waiting. thrifty: few bytes may be
    sent; it becomes so by itself when several frames in a row take long.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        self._write, self._clock = write, clock
        self._asked: float | None = None
        self.answers = 0
        self.trip = 0.0  # seconds the last frame took to be drawn
        self.thrifty = False
        self._slow, self._told = 0, False  # slow frames in a row; whether a person has said what they want

    def sent(self) -> None:
        """A frame was handed over: ask whether it has been drawn. Textual asks once by itself, at the start."""
        if self.answers and self._asked is None:
            self._asked = self._clock()
            self._write(QUESTION)

    def answered(self) -> None:
        """The terminal's answer came."""
        self.answers += 1
        if self._asked is not None:
            self.trip = self._clock() - self._asked
            self._asked = None
            self._judge(self.trip > SLOW)

    def _judge(self, slow: bool) -> None:
        self._slow = self._slow + 1 if slow else 0
        self.thrifty = self.thrifty or (self._slow >= PATIENT and not self._told)

    def turn(self) -> bool:
        """A person wants few bytes, or no longer; from now on nothing changes by itself. Whether few are sent now."""
        self._told, self.thrifty = True, not self.thrifty
        return self.thrifty

    def open(self) -> bool:
        """Whether the frame before has been drawn, or nobody can know."""
        if self._asked is not None and self._clock() - self._asked > PATIENCE:
            self._asked = None
            self._judge(slow=True)
        return self._asked is None

    @property
    def words(self) -> str:
        """What is to be said of the way to the terminal; nothing while it is fast."""
        return f"low bandwidth, {1000 * self.trip:.0f} ms" if self.thrifty else ""

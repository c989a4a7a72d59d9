"""Ctrl-C and the other ways a system asks a process to go: finish the step, write a checkpoint, end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Asked:
    """The signal that came, or 0."""

    number = 0


@contextmanager
def stopped_by_signals(stop: Callable[[int], None]) -> Iterator[Asked]:
    """While it lasts, the first signal is handed to `stop`, by number; a second one ends the program at once.

    A signal that was ignored when the program started (nohup) stays ignored.
    """
    asked = Asked()

    def handle(number: int, frame: FrameType | None) -> None:
        asked.number = number
        for each in mine:
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
        stop(number)

    before = {each: signal.getsignal(each) for each in ASKED}
    mine = [each for each, handler in before.items() if handler != signal.SIG_IGN]
    for each in mine:
        signal.signal(each, handle)
    try:
        yield asked
    finally:
        for each in mine:
            signal.signal(each, before[each])

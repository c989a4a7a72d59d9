"""Ctrl-C and the other ways a system asks a process to go: finish the step, write a checkpoint, end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
SECOND: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_IGN}


class Asked:
    """The signal that came, or 0."""

    number = 0


@contextmanager
def stopped_by_signals(stop: Callable[[int], None]) -> Iterator[Asked]:
    """While it lasts, the first signal is handed to `stop`, by number; a second one ends the program at once.

    Not so a second hang-up: kernel and shell both tell of one. What is still said then goes nowhere.
    A signal that was ignored when the program started (nohup) stays ignored.
    """
    asked = Asked()

    def handle(number: int, frame: FrameType | None) -> None:
        asked.number = number
        for each in mine:
            signal.signal(each, SECOND.get(each, signal.SIG_DFL))
        if number == signal.SIGHUP:
            _leave(terminals)
        stop(number)

    terminals = [descriptor for descriptor in (1, 2) if os.isatty(descriptor)]
    before = {each: signal.getsignal(each) for each in ASKED}
    mine = [each for each, handler in before.items() if handler != signal.SIG_IGN]
    for each in mine:
        signal.signal(each, handle)
    try:
        yield asked
    finally:
        for each in mine:
            signal.signal(each, before[each])


def _leave(terminals: list[int]) -> None:
    """A terminal that was closed refuses every write, which would break off the checkpoint: nobody reads there now."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in terminals:
        if not os.isatty(descriptor):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)

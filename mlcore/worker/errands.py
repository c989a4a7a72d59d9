"""Errands: answers that take long are found in a thread of their own, so that nobody waits for them but who asked."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

Work: TypeAlias = Callable[[], Any]


class Errand(Exception):
    """Raised by a desk instead of a reply: `work` finds the value of the reply, later, elsewhere.

    `work` takes nothing that changes while it runs, and may raise MljError, which becomes the reply's error.
    """

    def __init__(self, work: Work) -> None:
        super().__init__("an errand")
        self.work = work


class Errands:
    """One after another, in one thread: two that compete for the processor would take longer than one after another.

    `wake` is called when something has been done; the results wait in `done` for whoever sends them. The process may
    end while an errand is under way.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._wanted: queue.SimpleQueue[tuple[Any, Work]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, whose: Any, work: Work) -> None:
        """Do it when its turn comes; `work` returns what is handed out with `whose` and raises nothing."""
        self._wanted.put((whose, work))
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="errands", daemon=True)
            self._thread.start()

    def _loop(self) -> None:
        while True:
            whose, work = self._wanted.get()
            self._done.put((whose, work()))
            self._wake()

    def done(self) -> list[tuple[Any, Any]]:
        """What has been done since the last look."""
        return [self._done.get() for _ in range(self._done.qsize())]

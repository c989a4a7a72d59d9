"""A terminal at the other end of a slow line: bytes arrive at a rate, everything arrives late, as over ssh."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from time import monotonic
from typing import Any

from tools.virtual_terminal import VirtualTerminal

BEAT = 0.002  # seconds between two looks at what has arrived
PIECE = 0.005  # seconds of the line a single read may take


class SlowLink(VirtualTerminal):
    """A program whose terminal is `delay` seconds away, one way, on a line of `rate` bytes a second.

    held: bytes that the line takes at once, as the buffers of ssh and TCP do; with none, the program is stopped by its
    own pseudo-terminal, whose buffer holds a few kilobytes, as soon as the line is behind. Output is noted when it
    arrives, and the terminal answers when it has seen the question.
    """

    def __init__(self, *arguments: Any, rate: float, delay: float = 0.0, held: int = 0, **options: Any) -> None:
        self.rate, self.delay, self.held = rate, delay, held
        super().__init__(*arguments, **options)

    def _read(self) -> None:
        underway = deque[tuple[float, bytes]]()  # when it arrives, and what
        free = monotonic()  # when the line has sent what it was given
        while True:
            now = monotonic()
            while underway and underway[0][0] <= now:
                self._take(underway.popleft()[1])
            if free - now > self.held / self.rate:
                select.select([], [], [], min(free - now, BEAT))
                continue
            try:
                ready, _, _ = select.select([self.master], [], [], BEAT)
                data = os.read(self.master, max(1, int(self.rate * PIECE))) if ready else b""
            except (OSError, ValueError):
                return
            if ready and not data:
                return
            if data:
                free = max(free, now) + len(data) / self.rate
                underway.append((free + self.delay, data))

    def send(self, data: bytes) -> None:
        """Keys and answers take as long on their way; so few bytes need no rate."""
        if self.delay:
            threading.Timer(self.delay, super().send, (data,)).start()
        else:
            super().send(data)

"""A terminal without a screen: runs a program in a pseudo-terminal, decodes what it draws, types keys, answers queries.

Tests, the film and the latency measurements look at the app through it: real processes and real bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import pyte

KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "space": " ",
    "comma": ",",
    "ctrl+c": "\x03",
    "ctrl+p": "\x10",
    "ctrl+q": "\x11",
}
SYNC_QUERY, SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
SYNC_BEGIN, SYNC_END = b"\x1b[?2026h", b"\x1b[?2026l"
UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*u|\x1b\[\?[0-9;]*\$p|\x1b\[\?2026[hl]")  # pyte would print parts of these
UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;?<>=$]*)?$")  # a sequence of which the end has not been read


class Output(NamedTuple):
    """Bytes a program wrote, and when: seconds since it was started."""

    seconds: float
    data: bytes


def replay(output: Iterable[Output], columns: int, rows: int) -> Iterator[tuple[float, pyte.Screen]]:
    """The screen after each piece of output, and when that was. It is one screen that changes."""
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    for seconds, data in output:
        stream.feed(UNKNOWN.sub(b"", data))
        yield seconds, screen


class VirtualTerminal:
    """A program in a terminal of `columns` x `rows`. Use it in a `with` statement: it ends the program it started.

    answers: whether it answers the query for synchronized output, as terminals of today do. decode: whether the screen
    is kept; without it what is written is only noted, so that measuring does not slow what is measured. As in terminals
    of today the screen shows a synchronized frame when it has come whole, never half of it over half of the one before.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
        answers: bool = True,
        decode: bool = True,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.answers, self._decode = answers, decode
        self.output: list[Output] = []
        self._begun = b""  # a sequence whose end is still to come
        self._frame = b""  # a frame whose end is still to come
        self._lock = threading.Condition()
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes_before = termios.tcgetattr(slave)
        self.began = monotonic()
        self.process = subprocess.Popen(
            command,
            env=dict(os.environ if environ is None else environ),
            cwd=folder,
            preexec_fn=lambda: os.login_tty(slave),
        )
        self._slave = slave
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> VirtualTerminal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _read(self) -> None:
        while True:
            try:
                ready, _, _ = select.select([self.master], [], [], 0.5)
                data = os.read(self.master, 1 << 16) if ready else b""
            except (OSError, ValueError):
                break
            if ready and not data:
                break
            if data:
                self._take(data)
        with self._lock:  # what the program has left half drawn
            self._stream.feed(UNKNOWN.sub(b"", self._frame))
            self._lock.notify_all()

    def _take(self, data: bytes) -> None:
        data = self._begun + data
        begun = UNFINISHED.search(data)
        data, self._begun = (data[: begun.start()], begun.group()) if begun else (data, b"")
        with self._lock:
            self.output.append(Output(monotonic() - self.began, data))
            if self._decode:
                self._draw(data)
            self._lock.notify_all()
        if self.answers:
            for _ in range(data.count(SYNC_QUERY)):
                self.send(SYNC_ANSWER)

    def _draw(self, data: bytes) -> None:
        data = self._frame + data
        begin = data.rfind(SYNC_BEGIN)
        whole = begin if begin > data.rfind(SYNC_END) else len(data)
        data, self._frame = data[:whole], data[whole:]
        self._stream.feed(UNKNOWN.sub(b"", data))

    def send(self, data: bytes) -> None:
        """What a terminal writes to its program: keys and answers."""
        with contextlib.suppress(OSError):
            os.write(self.master, data)

    @property
    def seconds(self) -> float:
        """Seconds since the program was started."""
        return monotonic() - self.began

    @property
    def bytes(self) -> bytes:
        """Everything the program wrote."""
        with self._lock:
            return b"".join(output.data for output in self.output)

    def lines(self) -> list[str]:
        """The screen as text."""
        with self._lock:
            return list(self.screen.display)

    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines())

    def wait(self, until: Callable[[VirtualTerminal], object], seconds: float = 60.0) -> bool:
        """Wait until something is seen; whether it was in time. It looks again whenever the program writes."""
        end = monotonic() + seconds
        while not until(self):
            if monotonic() > end:
                return False
            with self._lock:
                self._lock.wait(0.1)
        return True

    def see(self, words: str, seconds: float = 60.0) -> bool:
        """Wait until the words stand on the screen."""
        return self.wait(lambda terminal: words in terminal.text(), seconds)

    def press(self, *keys: str) -> None:
        """Type keys: their names, or the characters themselves."""
        for key in keys:
            self.send(KEYS.get(key, key).encode())

    def resize(self, columns: int, rows: int) -> None:
        """Another size, as when a window is dragged."""
        with self._lock:
            self.screen.resize(rows, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def modes(self) -> list[object]:
        """How the terminal treats keys now, to be compared with `modes_before`."""
        return termios.tcgetattr(self._slave)

    def hang_up(self) -> None:
        """Close the window: the program gets SIGHUP and its terminal is gone."""
        os.close(self._slave)
        os.close(self.master)
        self.master = self._slave = -1

    def ended(self, seconds: float = 30.0) -> int | None:
        """Wait for the program; its return code, or None when it goes on."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """End the program and the terminal."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.master, self._slave):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self.master = self._slave = -1
        self._reader.join(2)

"""The other end: a client of a worker that never waits unless it is asked to."""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import numpy as np

from mlcore import errors
from mlcore.errors import MljError, RunError
from mlcore.worker import protocol
from mlcore.worker.process import Launched, launch
from mlcore.worker.protocol import (
    AnyMessage,
    Array,
    Changed,
    Command,
    Curve,
    Ended,
    Failed,
    Inside,
    Lost,
    Message,
    Picture,
    Reply,
    Started,
    Update,
    Warned,
)

if TYPE_CHECKING:
    from mlcore.runs import Run

Columns: TypeAlias = tuple[Array, Array, Array, Array]


class Client:
    """A connection to a worker.

    `send` and `poll` never wait; `fileno` is for `loop.add_reader` and `select`. When the worker is gone, `poll` gives
    one `Lost` and `alive` is False.
    """

    def __init__(self, connection: socket.socket, process: subprocess.Popen[bytes] | None = None) -> None:
        connection.setblocking(False)
        self.socket, self.process, self.alive = connection, process, True
        self._inbox = protocol.Inbox(protocol.MESSAGES)
        self._outgoing = bytearray()
        self._kept: list[AnyMessage] = []
        self._ids = 0

    def fileno(self) -> int:
        """The file descriptor that becomes readable when there is something to `poll`."""
        return self.socket.fileno()

    def send(self, command: Command) -> int:
        """Send a command; its reply carries the number returned here."""
        self._ids += 1
        self._outgoing += protocol.packet([msgspec.structs.replace(command, id=self._ids)])
        self._push()
        return self._ids

    def poll(self) -> list[AnyMessage]:
        """Every message that has arrived."""
        messages, self._kept = self._kept, []
        if not self.alive:
            return messages
        self._push()
        try:
            while data := self.socket.recv(1 << 20):
                messages.extend(self._inbox.feed(data))
            messages.append(self._lost("the worker ended"))
        except BlockingIOError:
            pass
        except OSError as error:
            messages.append(self._lost(error.strerror or str(error)))
        return messages

    def wait(self, seconds: float | None = None) -> list[AnyMessage]:
        """Every message that has arrived; when there is none, wait for the next one, at most so long."""
        messages = self.poll()
        if not messages and self.alive:
            select.select([self.socket], [self.socket] if self._outgoing else [], [], seconds)
            messages = self.poll()
        return messages

    def messages(self) -> Iterator[AnyMessage]:
        """Messages as they come, until the worker is gone."""
        while self.alive or self._kept:
            yield from self.wait()

    def ask(self, command: Command, seconds: float = 10.0) -> Reply:
        """Send a command and wait for its reply; other messages stay for `poll`.

        Raises the worker's own error, or RunError when no reply comes in time.
        """
        number, until, kept = self.send(command), time.monotonic() + seconds, list[AnyMessage]()
        try:
            while (left := until - time.monotonic()) > 0 and (self.alive or self._kept):
                found = None
                for message in self.wait(left):
                    if isinstance(message, Reply) and message.id == number:
                        found = message
                    else:
                        kept.append(message)
                if found is not None:
                    if found.error is not None:
                        raise raised(found.error)
                    return found
        finally:
            self._kept = kept + self._kept
        reason = f"no answer within {seconds:g} s" if self.alive else "the worker ended"
        raise RunError(reason, code="RUN_LOST", hint="mlj runs shows which runs are there")

    def close(self) -> None:
        """Leave; the run goes on."""
        self.alive = False
        self.socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _push(self) -> None:
        with contextlib.suppress(OSError):  # a broken connection shows itself when it is read
            while self._outgoing:
                del self._outgoing[: self.socket.send(self._outgoing)]

    def _lost(self, reason: str) -> Lost:
        self.close()
        return Lost(message=reason)


class Mirror:
    """What a client knows of the present experiment, kept up to date by giving it every message.

    curves: name -> x (epochs), y (mean), low, high. `scene`, `net` and the configuration are in `started`. warnings:
    with the epoch they came in.
    """

    def __init__(self) -> None:
        self.number = 0
        self.lost = ""
        self._clear()

    def _clear(self) -> None:
        self.started: Started | None = None
        self.update: Update | None = None
        self.picture: Picture | None = None
        self.inside: Inside | None = None
        self.warnings: list[tuple[int, Warned]] = []
        self.ended: Ended | None = None
        self.failed: Failed | None = None
        self.changes: list[Changed] = []
        self.curves: dict[str, Columns] = {}

    def apply(self, message: Message) -> bool:
        """Take in a message; False when it changes nothing (a reply, or news of an experiment already replaced)."""
        if isinstance(message, Lost):
            self.lost = message.message
            return True
        if message.number < self.number or isinstance(message, (Reply, protocol.Hello)):
            return False
        if message.number > self.number:
            self.number = message.number
            self._clear()
        match message:
            case Curve():
                self._curve(message)
            case Changed():
                self.changes.append(message)
            case Warned():
                self.warnings.append((self.update.epoch if self.update else 0, message))
            case Started() | Update() | Picture() | Inside() | Ended() | Failed():
                setattr(self, type(message).__name__.lower(), message)
        return True

    def _curve(self, new: Curve) -> None:
        empty = np.empty(0)
        old = self.curves.get(new.name, (empty, empty, empty, empty))
        x, y, low, high = (
            np.concatenate([a[: new.first], b]) for a, b in zip(old, (new.x, new.y, new.low, new.high), strict=True)
        )
        self.curves[new.name] = x, y, low, high


def connect(path: str | Path) -> Client:
    """A client of the worker behind a socket. Raises RunError (RUN_LOST) when nobody is there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise RunError(f"nobody answers at {path}: {error.strerror}", code="RUN_LOST") from None
    return Client(connection)


def spawn(runs_dir: str | Path | None = None) -> Client:
    """A client of a new lab in a process of its own, warm before it is asked for anything."""
    return attach_to(launch(runs_dir))


def attach_to(launched: Launched) -> Client:
    """A client of a lab that `launch` started."""
    return Client(launched.connection, launched.process)


def attach(run: Run) -> Client:
    """A client of the process that trains a run. Raises RunError (RUN_LOST) when it is not running."""
    status = run.status
    if status.socket:
        return connect(status.socket)
    if status.state == "running":  # one of many seeds, or where no socket could be had
        hint = f"it stops with its process: kill -INT {status.pid}"
        raise RunError(f"run {run.name} is running, but takes no orders", code="RUN_LOST", hint=hint)
    message = f"run {run.name} is {status.state}, not running"
    raise RunError(message, code="RUN_LOST", hint=f"go on with: mlj resume {run.name}")


def raised(failed: Failed) -> MljError:
    """The error a message tells of, as the class its code belongs to."""
    prefixes = {"CONFIG": errors.ConfigError, "DATA": errors.DataError, "CKPT": errors.CheckpointError}
    prefixes |= {"RUN": errors.RunError, "STORAGE": errors.StorageError, "BACKEND": errors.BackendError}
    kind = prefixes.get(failed.code.partition("_")[0], errors.MljError)
    if failed.code == "USAGE":
        kind = errors.UsageError
    return kind(failed.message, code=failed.code, where=failed.where, hint=failed.hint)

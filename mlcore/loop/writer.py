"""The thread beside a loop: turns what was logged into floats, lines and curves, and never stops the loop."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
import traceback
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlcore import names
from mlcore.errors import StorageError
from mlcore.journal import Journal, Record
from mlcore.loop.orders import LoopDesk
from mlcore.loop.records import Records, joined
from mlcore.loop.telling import say
from mlcore.manifest import dump, facts
from mlcore.run import Run
from mlcore.status import Status, line
from mlcore.storage import Lock, finite, make_folder, runs_root, write_file
from mlcore.worker import protocol, sockets
from mlcore.worker.loop import LOOP, LoopBoard
from mlcore.worker.server import Server

if TYPE_CHECKING:
    from mlcore.loop.handle import Live

PERIOD = 0.1  # seconds between two turns
RATE, BURST = 1000, 1000  # records a second, and at once; of a loop that logs faster, neighbours become their mean
CHUNK = 2000  # calls taken at once, so that the loop gets the interpreter back soon
STATUS_PERIOD = 1.0
KEPT = 10_000  # lines that wait for a disk that refuses them
PATIENCE = 10.0  # seconds the end of a loop waits for its last lines
EXITS = {"interrupted": 130, "failed": 1}
BEHIND = "the disk does not keep up with this loop: some of what was logged is lost"


def begin(name: str, root: Path | None, settings: dict[str, Any]) -> Run:
    """A new run without a configuration, its folder made. Raises StorageError when the disk refuses."""
    run_id = names.new_id()
    folder = runs_root(root) / run_id
    make_folder(folder)
    about = json.loads(json.dumps(finite(settings), default=str))
    run = Run(folder, facts(run_id, name) | {"loop": True, "settings": about})
    try:
        write_file(folder / "run.json", dump(run.facts))
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return run


class Writer:
    """Writes one loop's run. Raises StorageError when its folder cannot be begun."""

    def __init__(self, live: Live, name: str, steps: int, settings: dict[str, Any], root: Path | None) -> None:
        self.live, self.run = live, begin(name, root, settings)
        self._lock = Lock(self.run.folder / "lock")
        self._metrics, self._events = (Journal(self.run.folder / f"{part}.jsonl") for part in ("metrics", "events"))
        self._happened: deque[Record] = deque()  # from any thread
        self._said: set[str] = set()
        self._room, self._looked = float(BURST), time.monotonic()
        self._records = Records(time.perf_counter(), self._wrong)
        self.board = LoopBoard(1, LOOP, run=self.run, total=steps)
        self.board.controls = live.controls
        self._server = self._serve()
        self._status = Status(state="running", pid=os.getpid(), epochs=steps, socket=self.run.socket)
        self._next_status = 0.0
        self._note("started", pid=os.getpid(), backend=LOOP, steps_per_epoch=1)
        self._save(durable=True)
        self._wake, self._last = threading.Event(), False
        self._thread = threading.Thread(target=self._loop, name="mlj-live", daemon=True)
        self._thread.start()

    def end(self, reason: str, message: str) -> None:
        """Write what is left and how it ended, and wait until that is done, but not for ever."""
        self._reason, self._message, self._last = reason, message, True
        self._wake.set()
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            say(f"mlj: the disk does not answer: the end of run {self.run.name} may not be recorded")

    def abandon(self) -> None:
        """In a forked child: nothing here is its own."""
        if self._server is not None:
            self._server.abandon()

    def _serve(self) -> Server | None:
        """Listen to those who watch and steer; where no socket can be had the run goes on without."""
        desk = LoopDesk(self.live, self._changed)
        desk.board = self.board
        try:
            path = sockets.folder() / f"{self.run.id}.sock"
            server = Server(path, lambda peer, command: desk.answer(command), lab=False)
        except (StorageError, OSError) as error:
            self._once("socket", f"this loop cannot be watched from elsewhere: {error}")
            return None
        self.run.socket = str(path)
        server.show(self.board)
        server.start()
        return server

    def _changed(self, name: str, old: Any, new: Any) -> None:
        """A setting was changed from outside."""
        step = max(self._records.step, 0)
        self._note("changed", epoch=step, step=step, name=name, old=_plain(old), new=_plain(new))
        changed = protocol.Changed(number=1, epoch=step, step=step, name=name, old=_plain(old), new=_plain(new))
        self.board.say(changed)

    def _note(self, event: str, **values: Any) -> None:
        self._happened.append({"event": event, "time": time.time(), **values})

    def _once(self, what: str, text: str) -> None:
        """Something goes wrong that the loop survives: a warning, an event, a word for those who watch; once."""
        if what not in self._said:
            self._said.add(what)
            say(f"mlj: {text}")
            self._note("warned", epoch=self._records.step, step=self._records.step, code="LOOP", message=text)
            self.board.say(protocol.Warned(number=1, code="LOOP", message=text))

    def _wrong(self, name: str, error: Exception) -> None:
        self._once(f"value {name}", f"not recorded: {error}")

    # the thread -----------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        """A turn every so often, and a last one."""
        while not self._last:
            self._wake.wait(PERIOD)
            self._safely(self._turn)
        self._safely(self._turn)
        self._safely(self._finish)

    def _safely(self, work: Any) -> None:
        try:
            work()
        except StorageError as error:
            self._once("disk", f"run {self.run.name} is not recorded for now: {error}")
            self._status = msgspec.structs.replace(self._status, message=str(error))
            for journal in (self._metrics, self._events):
                journal.shorten(KEPT)
        except Exception:  # a mistake of ours must not become one of the loop
            self._once("mistake", f"not everything is recorded: {traceback.format_exc(limit=-2)}")

    def _turn(self) -> None:
        """Everything that was logged since the last turn: to the board, then to the disk."""
        arrays = {names: len(array) for names, array in list(self.live.arrays.items())}
        count, calls = len(self.live.waiting), {names: size // (2 + len(names)) for names, size in arrays.items()}
        if count == self.live.waiting.maxlen or any(size >= 8 * self.live.ROOM for size in arrays.values()):
            self._once("behind", BEHIND)
        if len(arrays) >= self.live.SHAPES:
            most = self.live.SHAPES
            self._once("names", f"this loop logs more than {most} sets of names: what has another one is lost")
        stride = self._stride(count + sum(calls.values()))
        records = [record for names, size in arrays.items() for record in self._of_array(names, size, stride)]
        for first in range(0, count, CHUNK):
            entries = [self.live.waiting.popleft() for _ in range(min(CHUNK, count - first))]
            records += self._records.of(entries, stride)
            time.sleep(0)
        records = joined(records)
        rate = self.live.values.get("learning_rate", self.live.values.get("lr"))
        self.board.learning_rate = float(rate) if isinstance(rate, float | int) else self.board.learning_rate
        if records:
            self.board.add(records)
        self._store(records)

    def _of_array(self, names: tuple[str, ...], size: int, stride: int) -> list[Record]:
        """Take what an array holds; the loop may add to it meanwhile."""
        numbers = self.live.arrays[names][:size]
        del self.live.arrays[names][:size]
        return self._records.of_array(names, numbers, stride) if size else []

    def _stride(self, count: int) -> int:
        """How many neighbours become one record, so that a loop that logs without end costs only so much."""
        now = time.monotonic()
        self._room = min(BURST, self._room + RATE * (now - self._looked))
        stride = 1 if count <= self._room else -(-count // max(int(self._room), int(RATE * PERIOD)))
        self._looked, self._room = now, max(self._room - count / stride, 0.0)
        return stride

    def _store(self, records: list[Record]) -> None:
        """Lines to the disk. Raises StorageError; the lines wait then."""
        happened = [self._happened.popleft() for _ in range(len(self._happened))]
        for journal, lines in ((self._metrics, records), (self._events, happened)):
            for each in lines:
                with contextlib.suppress(StorageError):  # it is kept, and `flush` says so
                    journal.add(each)
        for journal in (self._metrics, self._events):
            journal.flush()
        if time.monotonic() >= self._next_status:
            self._save(message="")

    def _save(self, durable: bool = False, **values: Any) -> None:
        self._next_status = time.monotonic() + STATUS_PERIOD
        at = {"epoch": self.board.epoch, "step": self.board.step, "seconds": self.board.seconds}
        self._status = msgspec.structs.replace(self._status, **at, metrics=dict(self.board.metrics), **values)
        write_file(self.run.folder / "status.json", line(self._status), durable=durable)

    def _finish(self) -> None:
        reason, message = self._reason, self._message
        at = {"epoch": self.board.epoch, "step": self.board.step, "seconds": self.board.seconds}
        self._note("ended", reason=reason, message=message, metrics=dict(self.board.metrics), **at)
        try:
            self._store([])
            self._metrics.sync()
            self._save(True, state=reason, reason=reason, message=message, socket="", exit_code=EXITS.get(reason, 0))
        finally:
            for journal in (self._metrics, self._events):
                with contextlib.suppress(StorageError):
                    journal.close()
            self._lock.release()
            self._tell(reason, message)

    def _tell(self, reason: str, message: str) -> None:
        """The end, for those who watch."""
        if reason == "failed":
            self.board.fail(protocol.Failed(code="RUN_FAILED", message=message, hint="its curves are kept"))
        else:
            self.board.end(reason, message)
        if self._server is not None:
            self._server.end()


def _plain(value: Any) -> Any:
    """A value as an event holds it."""
    return value if isinstance(value, str | int | float | bool) else str(value)

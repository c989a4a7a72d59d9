"""A board without a network: somebody's own training loop, or a log that another program writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np

from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.errors import MljError
from mlcore.events import Reason
from mlcore.foreign import Log, News
from mlcore.journal import Record, tail
from mlcore.run import Run
from mlcore.status import Status
from mlcore.worker import protocol
from mlcore.worker.board import Board
from mlcore.worker.protocol import Net, Scene, Update

MOST = 64  # metrics of which there are curves; of more, a program that names each anew would fill the memory
DEAF = "this is a log that another program writes: it can only be looked at"
LOOP, LOG = "own loop", "log"
AXES = ("epoch", "step", "seconds")
PERIOD = 0.25  # seconds between two looks at a log
NO_DATA = Scene(dataset="", task="", class_names=(), feature_names=(), rows={})
NO_NETWORK = Net((), (), (), (), 0)


class LoopBoard(Board):
    """Curves and figures over steps, as records of a journal have them.

    what: who trains, in words; total: how many steps there will be, 0 where nobody knows; deaf: why nobody can be told
    anything, where nobody listens.
    """

    def __init__(self, number: int, what: str, *, run: Run | None = None, total: int = 0, deaf: str = "") -> None:
        super().__init__(number, Config(), Controls())
        self.run, self.what, self.total, self.deaf = run, what, total, deaf
        self.name = run.name if run else ""
        self.state, self.learning_rate = "running", 0.0
        self.begin(number)

    def begin(self, number: int) -> None:
        """Nothing was measured yet. A log that was written anew is another experiment, with a number of its own."""
        self.number = number
        self.curves, self.metrics, self.epoch, self.step, self.seconds = {}, {}, 0, 0, 0.0
        self._rate_step, self._rate_seconds, self.rate = 0, 0.0, 0.0
        self.started = protocol.Started(
            number=self.number, config={}, run=self.run.id if self.run else "", name=self.name, backend=self.what,
            device="", isa="", threads=1, summary="", why="", epochs=self.total, steps_per_epoch=1, scene=NO_DATA,
            net=NO_NETWORK, loop=self.what,
        )  # fmt: skip

    def add(self, records: Sequence[Record]) -> None:
        """Records of steps, one at least, in their order."""
        points: dict[str, tuple[list[float], list[float]]] = {}
        for record in records:
            for name, value in record.items():
                if name not in AXES and isinstance(value, float | int):
                    xs, ys = points.setdefault(name, ([], []))
                    xs.append(record["epoch"])
                    ys.append(value)
        with self.lock:
            for name, (xs, ys) in points.items():
                if name in self.curves or len(self.curves) < MOST:
                    self.curve(name).add(xs, ys)
                    self.metrics[name] = ys[-1]
            self._arrive(records[-1])
            self.changed += 1
        self.wake(False)

    def _arrive(self, record: Record) -> None:
        """This is the newest record."""
        self.learning_rate = self.metrics.get("learning_rate", self.learning_rate)
        self.epoch, self.step, self.seconds = record["epoch"], record["step"], record.get("seconds", 0.0)
        passed, made = self.seconds - self._rate_seconds, self.step - self._rate_step
        if passed > 1 or made < 0:
            self.rate = max(made, 0) / max(passed, 1e-9)
            self._rate_step, self._rate_seconds = self.step, self.seconds

    def end(self, reason: str, message: str = "") -> None:
        """The loop has ended."""
        with self.lock:
            self.state = {"finished": "finished", "stopped": "stopped", "diverged": "diverged"}.get(reason, "stopped")
            self.message = message
        ended = protocol.Ended(
            number=self.number, reason=reason, epoch=self.epoch, step=self.step, seconds=self.seconds,
            metrics=dict(self.metrics), message=message,
        )  # fmt: skip
        self.say(ended)

    def update(self) -> Update:
        """Where the loop is. The caller holds the lock."""
        paused = self.state == "running" and self.controls.paused
        return Update(
            number=self.number, state="paused" if paused else self.state, epoch=self.epoch, epochs=self.total,
            step=self.step, seconds=self.seconds, rate=self.rate, pace="full", metrics=dict(self.metrics),
            learning_rate=self.learning_rate, film=np.empty(0, np.int32),
            run=self.run.id if self.run else "", name=self.name, message=self.message,
        )  # fmt: skip


def showing(log: Log | RunLog, number: int) -> LoopBoard:
    """The board of a log, or of somebody's own loop that cannot be told anything."""
    if isinstance(log, RunLog):
        deaf = "this loop has ended, or does not listen"
        board = LoopBoard(number, LOOP, run=log.run, total=log.run.status.epochs, deaf=deaf)
        for message in log.changes(number):
            board.say(message)
        return board
    board = LoopBoard(number, LOG, deaf=DEAF)
    board.name = log.path.name
    board.begin(number)
    return board


class RunLog:
    """The records of a run's folder, as a log."""

    def __init__(self, run: Run) -> None:
        self.run, self.path = run, run.folder / "metrics.jsonl"
        self._place = 0

    def changes(self, number: int) -> Iterator[protocol.Changed]:
        """What was changed from outside so far."""
        for event in self.run.events:
            if event.get("event") == "changed":
                step, name = event.get("step", 0), str(event.get("name", ""))
                yield protocol.Changed(
                    number=number, epoch=step, step=step, name=name, old=event.get("old"), new=event.get("new")
                )

    def poll(self, last: bool = False) -> News:
        """The lines that were written since the last look."""
        records, self._place = tail(self.path, self._place)
        return News(records)


def follow(board: LoopBoard, log: Log | RunLog, stay: Callable[[], bool], number: Callable[[], int]) -> None:
    """Put a log on the board and what is appended to it, while `stay` says so; of a run, until it has ended.

    number: the number of another experiment, for a log that is written anew.
    """
    try:
        while stay():
            status = (
                log.run.status if isinstance(log, RunLog) else None
            )  # before the look, or its last lines are missed
            news = log.poll()
            if news.anew:
                with board.lock:
                    board.begin(number())
            if news.records:
                board.add(news.records)
            if status is not None and status.state != "running":
                _end(board, status)
                return
            if not news.more:
                time.sleep(PERIOD)
    except MljError as error:
        board.fail(protocol.Failed(code=error.code, message=str(error), where=error.where, hint=error.hint))


def _end(board: LoopBoard, status: Status) -> None:
    if status.state in ("failed", "lost"):
        message = status.message or "its process is gone"
        board.fail(protocol.Failed(code="RUN_LOST", message=message, hint="its curves are kept"))
    else:
        board.end(cast(Reason, status.reason), status.message)

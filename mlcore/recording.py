"""Recording: what a run says, written down as it goes by, without slowing it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from mlcore import checkpoints, events
from mlcore.checkpoints import Checkpoint
from mlcore.errors import CheckpointError, MljError, RunError, StorageError
from mlcore.events import Event, Snapshot
from mlcore.journal import Journal, whole
from mlcore.status import Status, line
from mlcore.storage import Lock, discard, storing, sweep, write_file

if TYPE_CHECKING:
    from mlcore.runs import Run

FIRST, SHARE = 0.004, 0.05  # checkpoints may take 4 ms and a twentieth of a run's time
SNAPSHOTS = 200
STATUS_PERIOD = 1.0
EXITS = {"diverged": 8}
TOLD = (  # of how a run started
    "epoch", "step", "backend", "device", "isa", "threads", "parameters", "summary", "why", "steps_per_epoch",
    "world_size", "device_name", "engine", "precision",
)  # fmt: skip
STATES = ("stopped", "interrupted", "diverged")


def record(source: Iterator[Event], run: Run, *, among: int = 1) -> Iterator[Event]:
    """Write events into a run's folder and pass them on.

    A `Snapshot` is passed on once it is durable; one that comes too soon after another is left out. A checkpoint that
    cannot be written is a `Warned` event and is tried again; if the last one cannot be, StorageError is raised at the
    end. Raises RunError (RUN_LOCKED) when somebody else writes to the run.
    among: how many runs are recorded at once; they share the time checkpoints may take.
    """
    recorder = Recorder(run, among)
    try:
        for event in source:
            yield from recorder.see(event)
    except GeneratorExit:
        recorder.leave("stopped", "closed", "")
        raise
    except (KeyboardInterrupt, SystemExit):
        recorder.leave("interrupted", "interrupted", "", run.exit_code)
        raise
    except BaseException as error:
        recorder.leave("failed", "failed", str(error), error.exit_code if isinstance(error, MljError) else 70)
        raise
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()
        recorder.close()
    recorder.settle()


class Recorder:
    """The writer of one run's folder, from `Started` to `Ended` or whenever it is left."""

    def __init__(self, run: Run, among: int = 1) -> None:
        self.run, self.among = run, among
        self.lock = Lock(run.folder / "lock")
        for folder in (run.folder, run.folder / "ckpt", run.folder / "snapshots"):
            sweep(folder)
        self.began = time.monotonic()
        self.spent = 0.0  # seconds for checkpoints
        self.status = Status(state="running", pid=os.getpid(), socket=run.socket)
        self.failure: StorageError | CheckpointError | None = None
        self._last: Checkpoint | None = None  # the newest state seen that is not on the disk
        self._unwritten = False  # a checkpoint was wanted and is not there yet
        self._next_status = 0.0
        self._metrics: Journal | None = None
        self._events: Journal | None = None
        self._ended = False

    def see(self, event: Event) -> Iterator[Event]:
        """Write down an event; what comes out is to be passed on."""
        match event:
            case events.Started():
                self._started(event)
                yield event
                yield from self._warn_of_fallback(event)
            case events.Progress():
                yield event
                yield from self._tick()
            case events.EpochEnded():
                self._epoch(event)
                yield event
                yield from self._tick()
            case events.Changed():
                self._changed(event)
                yield event
            case events.Turn():
                yield event
            case events.Snapshot():
                yield from self._snapshot(event)
            case events.Ended():
                yield from self._end(event)
            case _:
                self._note(event)
                yield event

    def _started(self, event: events.Started) -> None:
        """Open the journals where this run begins or goes on; later epochs are of a past that is being rewritten."""
        folder = self.run.folder
        metrics, happened = folder / "metrics.jsonl", folder / "events.jsonl"
        last, end = whole(metrics, lambda record: record.get("epoch", 0) <= event.epoch)
        if last is not None and last["epoch"] < event.epoch:
            message = f"{metrics}: damaged after epoch {last['epoch']}, and the run goes on at {event.epoch}"
            raise RunError(message, code="RUN_CORRUPT")
        self._metrics = Journal(metrics, end)
        self._events = Journal(happened, whole(happened)[1])
        for step, path in self.run.checkpoints().items():
            if step > event.step:
                with storing("cannot delete", path):
                    path.unlink(missing_ok=True)
        head = {"event": "started", "pid": os.getpid(), "time": time.time(), "changes": self.run.changes}
        self._events.add(head | {name: getattr(event, name) for name in TOLD})
        self._events.flush()
        self._set_status(durable=True, epoch=event.epoch, epochs=event.epochs, step=event.step)

    def _warn_of_fallback(self, event: events.Started) -> Iterator[Event]:
        for message in self.run.warnings:
            yield self._warned(event.epoch, event.step, "CKPT_FALLBACK", message)

    def _epoch(self, event: events.EpochEnded) -> None:
        assert self._metrics is not None
        head = {"epoch": event.epoch, "step": event.step, "seconds": round(event.seconds, 6)}
        try:
            self._metrics.add(head | event.metrics)
        except StorageError as error:
            self.failure = error
        self._last = Checkpoint(event.model, event.state, dict(self.run.changes))
        self.status = msgspec.structs.replace(
            self.status, epoch=event.epoch, step=event.step, seconds=event.seconds, metrics=event.metrics
        )

    def _changed(self, event: events.Changed) -> None:
        """A setting is remembered by its name; a weight set by hand is in the next checkpoint, which is due."""
        if event.state is None:
            self.run.change(event.name, event.new)
            if event.name == "epochs":
                self.status = msgspec.structs.replace(self.status, epochs=event.new)
        else:
            self._last, self._unwritten = Checkpoint(event.model, event.state, dict(self.run.changes)), True
        self._note(event)

    def _tick(self) -> Iterator[Event]:
        """What is done now and then: gathered lines, the status, a checkpoint that is still owed."""
        now = time.monotonic()
        try:
            if self._metrics is not None:
                self._metrics.tick()
            if now >= self._next_status:
                self._set_status()
        except StorageError as error:
            self.failure = error
        if self._unwritten and self._last is not None and self._affordable():
            yield from self._checkpoint(self._last)

    def _affordable(self) -> bool:
        wait = 1.0 if self.failure else 0.0
        return self.spent + wait < (FIRST + SHARE * (time.monotonic() - self.began)) / self.among

    def _snapshot(self, event: Snapshot) -> Iterator[Event]:
        checkpoint = Checkpoint(event.model, event.state, dict(self.run.changes))
        self._last = checkpoint
        if event.state.place == 0 and event.epoch and not event.final:
            self._keep_weights(checkpoint)
        if event.final or event.asked or self._affordable():
            yield from self._checkpoint(checkpoint, event)
        else:
            self._unwritten = True

    def _checkpoint(self, checkpoint: Checkpoint, event: Snapshot | None = None) -> Iterator[Event]:
        """Make the metrics durable, then the checkpoint, then say so, then delete old ones."""
        began, state = time.monotonic(), checkpoint.state
        step = state.weights.step
        try:
            assert self._metrics is not None
            self._metrics.sync()
            checkpoints.save_checkpoint(checkpoint, self.run.folder / f"ckpt/step-{step:012d}.safetensors")
        except (StorageError, CheckpointError) as error:
            self.failure = error
            self._unwritten = isinstance(error, StorageError)
            yield self._warned(state.epoch, step, error.code, f"checkpoint of step {step} not written: {error}")
            return
        finally:
            self.spent += time.monotonic() - began
        self._unwritten, self._last, self.failure = False, None, None
        yield event or Snapshot(state.epoch, step, state, model=checkpoint.model)
        with contextlib.suppress(StorageError):
            discard([*self.run.checkpoints().values()][: -checkpoint.model.config.recording.keep])

    def _keep_weights(self, checkpoint: Checkpoint) -> None:
        """The weights of an epoch for looking back; they survive a crash of the program, not a loss of power."""
        path = self.run.folder / f"snapshots/epoch-{checkpoint.state.epoch:06d}.safetensors"
        try:
            checkpoints.save_model(checkpoint.model, path, durable=False)
            found = [*self.run.snapshots().values()]
        except StorageError as error:
            self.failure = error
            return
        if len(found) > SNAPSHOTS:
            discard(found[1:-1:2])

    def _end(self, event: events.Ended) -> Iterator[Event]:
        self._ended = True
        if event.reason == "diverged" and isinstance(self.failure, CheckpointError):
            self.failure = None  # that no checkpoint took its last weights is the divergence itself, already told
        self._note(event)
        try:
            checkpoints.save_model(event.model, self.run.folder / "model.safetensors")
        except (StorageError, CheckpointError) as error:
            self.failure = error
        try:
            self._set_status(durable=True, **self._final(event))
        except StorageError as error:
            self.failure = error
        self.close()  # who is told of the end may go on with the run at once
        yield event

    def _final(self, event: events.Ended) -> dict[str, Any]:
        """The status of a run that ended."""
        code = self.run.exit_code if event.reason == "interrupted" else EXITS.get(event.reason, 0)
        return {
            "state": event.reason if event.reason in STATES else "finished",
            "reason": event.reason,
            "epoch": event.epoch,
            "step": event.step,
            "seconds": event.seconds,
            "best_epoch": event.best_epoch,
            "metrics": self.status.metrics | event.metrics,
            "message": event.message,
            "exit_code": self.failure.exit_code if self.failure else code,
            "socket": "",
        }

    def leave(self, state: str, reason: str, message: str, exit_code: int = 0) -> None:
        """The run ends before its end: keep what there is."""
        never_began = self._metrics is None and (self.run.folder / "status.json").exists()
        if self._ended or self.run.discarded or never_began:
            return
        try:
            if self._last is not None:
                for _ in self._checkpoint(self._last):
                    pass
            self._set_status(durable=True, state=state, reason=reason, message=message, exit_code=exit_code, socket="")
        except StorageError:
            return  # nobody is there any more who could be told

    def settle(self) -> None:
        """Raise what kept the end of the run from the disk."""
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Let go of the folder."""
        journals = self._metrics, self._events
        self._metrics = self._events = None
        for journal in journals:
            try:
                if journal is not None:
                    journal.close()
            except StorageError as error:
                self.failure = error
        self.lock.release()

    def _set_status(self, durable: bool = False, **values: Any) -> None:
        self._next_status = time.monotonic() + STATUS_PERIOD
        self.status = msgspec.structs.replace(self.status, **values)
        write_file(self.run.folder / "status.json", line(self.status), durable=durable)

    def _warned(self, epoch: int, step: int, code: str, message: str) -> Event:
        warned = events.Warned(epoch, step, code, message)
        self._note(warned)
        return warned

    def _note(self, event: Event) -> None:
        """An event in events.jsonl, without what only memory can hold."""
        plain = {"event": event.kind, "time": time.time()}
        for name in event.__struct_fields__:
            if name not in ("model", "state"):
                plain[name] = getattr(event, name)
        try:
            if self._events is not None:
                self._events.add(plain)
        except StorageError as error:
            self.failure = error

"""`mlj watch` and `mlj ctl`: a run that is trained by another process, seen and steered from here."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast, get_args

from mlcore import events, journal, worker
from mlcore.commands.experiment import assignment
from mlcore.commands.story import Story, called
from mlcore.commands.training import conclude, told
from mlcore.errors import RunError, UsageError
from mlcore.events import Event
from mlcore.foreign import Log, find_log
from mlcore.report import json_line
from mlcore.runs import Run, Status, open_run
from mlcore.worker import protocol
from mlcore.worker.client import raised

PERIOD = 0.2  # seconds between two looks at the disk


def watch(args: argparse.Namespace) -> int:
    """Follow a run to its end, or a log for as long as it is wanted. Leaving does not touch the run."""
    log = find_log(args.run)
    if log is not None:
        return follow(args, log)
    run, story = open_run(args.run, args.runs_dir).single(), Story()
    try:
        for _ in told(args, story.listen(watched(run, args.once)), run=run.id):
            pass
    except KeyboardInterrupt:
        end = f"mlj ctl {run.id} stop ends the run" if run.status.socket else "the run goes on"
        print(f"mlj: not watching any more; {end}", file=sys.stderr)
        return 130
    conclude(args, story, run)
    return 0


def ctl(args: argparse.Namespace) -> int:
    """Send one order, or several settings, to the process that trains a run."""
    orders = _orders(args)
    run = open_run(args.run, args.runs_dir).single()
    with worker.attach(run) as client:
        for order in orders:
            client.ask(order)
    if args.json:
        print(json_line({"run": run.id, "order": args.order}))
    return 0


def _orders(args: argparse.Namespace) -> list[Any]:
    if (args.order == "set") != bool(args.setting):
        wrong = "set needs a setting" if args.order == "set" else f"{args.order} takes nothing more"
        raise UsageError(wrong, hint="e.g. mlj ctl last set optimizer.learning_rate=0.001")
    if args.order == "set":
        return [protocol.Set(name=name, value=value) for name, value in map(assignment, args.setting)]
    return [getattr(protocol, args.order.capitalize())()]


def follow(args: argparse.Namespace, log: Log) -> int:
    """Tell a log that another program writes; it never ends by itself."""
    story = Story()
    try:
        for _ in told(args, story.listen(logged(log, args.once))):
            pass
    except KeyboardInterrupt:
        conclude(args, story, None)
        print("mlj: not watching any more", file=sys.stderr)
        return 130
    conclude(args, story, None)
    return 0


def logged(log: Log, once: bool) -> Iterator[Event]:
    """The records of a log as events of a run without a configuration; once: those that are there."""
    yield events.Started({}, "log", "", "", 1, 0, "", f"read from {log.path}", 0, 1)
    epoch, step, seconds, metrics = 0, 0, 0.0, dict[str, float]()
    while True:
        news = log.poll(last=once)
        if news.anew:
            yield events.Warned(epoch, step, "LOG_ANEW", f"{log.path} was written anew: what follows is another log")
        for record in news.records:
            epoch, step, seconds = (record.pop(name) for name in ("epoch", "step", "seconds"))
            metrics |= record
            yield events.EpochEnded(epoch, step, seconds, record)
        if once and not news.more:
            yield events.Ended("finished", epoch, step, seconds, metrics)
            return
        if not news.more:
            time.sleep(PERIOD)


def watched(run: Run, once: bool = False) -> Iterator[Event]:
    """The events of a run that another process trains, or of one that has ended: what is on disk, then what comes.

    once: what is on disk.
    """
    tail, began, ended = _Tail(run), False, False
    if once:
        yield _beginning(run)
        yield from _rest(run, tail, once)
        return
    with suppress(RunError), worker.attach(run) as client:
        client.send(protocol.View(wanted=False))
        for message in client.messages():
            ended = isinstance(message, protocol.Ended)
            event = _event(message)
            if began and (ended or isinstance(message, protocol.Update)):
                yield from tail.epochs(now=ended)
            if event is not None:
                began = True
                yield event
            if ended:
                return
    if not began:
        yield _beginning(run)
    yield from _rest(run, tail)


class _Tail:
    """The epochs a run has written that were not seen yet."""

    def __init__(self, run: Run) -> None:
        self.path, self.place, self.next = run.folder / "metrics.jsonl", 0, 0.0

    def epochs(self, now: bool = False) -> Iterator[events.EpochEnded]:
        """New epochs; a look at the disk every so often, or at once."""
        if not now and time.monotonic() < self.next:
            return
        self.next = time.monotonic() + PERIOD
        records, self.place = journal.tail(self.path, self.place)
        for record in records:
            epoch, step, seconds = (record.pop(name) for name in ("epoch", "step", "seconds"))
            yield events.EpochEnded(epoch, step, seconds, record)


def _rest(run: Run, tail: _Tail, once: bool = False) -> Iterator[Event]:
    """The epochs and the end of a run as its folder tells them, once it has ended."""
    while True:
        status = run.status
        yield from tail.epochs(now=True)
        if status.state != "running":
            break
        if once:
            return
        time.sleep(PERIOD)
    if status.reason not in get_args(events.Reason):
        hint = f"see how far it came: mlj plot {called(run)}" if run.loop else f"go on with: mlj resume {called(run)}"
        raise RunError(
            f"run {run.name} is {status.state}: {status.message or 'its process is gone'}", code="RUN_LOST", hint=hint
        )
    yield _ended(status)


def _ended(end: Status | protocol.Ended) -> events.Ended:
    """`Ended` as a folder or a message tells it."""
    reason = cast(events.Reason, end.reason)
    metrics = {name: value for name, value in end.metrics.items() if name != "learning_rate"}
    return events.Ended(reason, end.epoch, end.step, end.seconds, metrics, end.best_epoch, end.message)


def _beginning(run: Run) -> events.Started:
    """What `Started` said, as far as the folder knows."""
    found: dict[str, Any] = next((event for event in reversed(run.events) if event["event"] == "started"), {})
    if run.loop:
        return events.Started({}, found.get("backend", ""), "", "", 1, 0, "", "", run.status.epochs, 1, run=run.id)
    config = run.config
    return events.Started(
        config=config.to_dict(),
        backend=found.get("backend", ""),
        device=found.get("device", ""),
        isa=found.get("isa", ""),
        threads=found.get("threads", 1),
        parameters=found.get("parameters", 0),
        summary=found.get("summary", ""),
        why=found.get("why", ""),
        epochs=config.epochs,
        steps_per_epoch=found.get("steps_per_epoch", 1),
        ceiling=config.dataset.ceiling(),
        world_size=found.get("world_size", 1),
        run=run.id,
        device_name=found.get("device_name", ""),
        engine=found.get("engine", ""),
        precision=config.precision,
    )


def _event(message: protocol.AnyMessage) -> Event | None:
    """The event a message tells of, if any. Raises the run's own error when it failed."""
    match message:
        case protocol.Started(scene=scene, net=net):
            told = {name: getattr(message, name) for name in events.Started.__struct_fields__ if hasattr(message, name)}
            return events.Started(**told, parameters=net.parameters, ceiling=scene.ceiling)
        case protocol.Update():
            return events.Progress(message.epoch, message.step, message.seconds, ())
        case protocol.Changed():
            return events.Changed(message.epoch, message.step, message.name, message.old, message.new)
        case protocol.Warned():
            return events.Warned(0, 0, message.code, message.message)
        case protocol.Ended():
            return _ended(message)
        case protocol.Failed():
            raise raised(message)
    return None

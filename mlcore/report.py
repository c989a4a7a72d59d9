"""A run told while it runs: functions from events to events that print what passes.

A terminal gets one line that is redrawn; a pipe gets a plain line an epoch, the article's line, or one JSON object a
line.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TextIO, TypeAlias

from mlcore.errors import MljError
from mlcore.events import Changed, Ended, EpochEnded, Event, Metrics, Progress, Snapshot, Started, Warned
from mlcore.sanitize import sanitize
from mlcore.storage import finite

METRICS = (
    "train_loss",
    "validation_loss",
    "test_loss",
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "test_r2",
)
WARNINGS = 5  # of one kind that are printed
REDRAW = 1 / 15  # seconds between two pictures of the progress line


def escapes_allowed(*streams: TextIO) -> bool:
    """Whether colours and redrawn lines may go there: to terminals, neither dumb nor unknown, without NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "") in ("", "dumb")
    return not plain and all(stream.isatty() for stream in streams)


def json_line(values: Mapping[str, Any]) -> str:
    """One JSON object on one line; numbers that are not finite become the strings NaN, Infinity and -Infinity."""
    return json.dumps(finite(values), allow_nan=False)


def error_line(error: MljError) -> str:
    """An error as the JSON line that ends the output."""
    return json_line(
        {"event": "error", "code": error.code, "message": str(error), "where": error.where, "hint": error.hint}
    )


def event_line(event: Event, run: str) -> str:
    """The JSON line of an event, or nothing for one that has none."""
    found = plain(event, run)
    return json_line(found) if found else ""


def plain(event: Event, run: str) -> dict[str, Any]:
    """An event as plain values, empty for one that is not told. In a recorded run a snapshot is a checkpoint."""
    at = {name: getattr(event, name) for name in ("epoch", "step") if hasattr(event, name)}
    if isinstance(event, Started):
        return _started(event, run)
    if isinstance(event, EpochEnded):
        return {"event": "epoch", **at, "seconds": event.seconds, **in_order(event.metrics)}
    if isinstance(event, Changed):
        return {"event": "changed", **at, "name": event.name, "old": event.old, "new": event.new}
    if isinstance(event, Warned):
        return {"event": "warned", **at, "code": event.code, "message": event.message}
    if isinstance(event, Snapshot) and run:
        return {"event": "checkpoint", **at}
    if isinstance(event, Ended):
        said = {"best_epoch": event.best_epoch, "message": event.message, "run": run}
        said = {name: value for name, value in said.items() if value}
        ended = {"event": "ended", "reason": event.reason, **at, "seconds": event.seconds}
        return ended | in_order(event.metrics) | said
    return {}


def _started(event: Started, run: str) -> dict[str, Any]:
    said = {
        "event": "started",
        "schema": 1,
        "run": run,
        "config": event.config,
        "backend": event.backend,
        "device": event.device,
        "device_name": event.device_name,
        "engine": event.engine,
        "precision": event.precision,
        "isa": event.isa,
        "threads": event.threads,
        "parameters": event.parameters,
        "why": event.why,
    }
    said |= {"world_size": event.world_size} if event.world_size > 1 else {}
    return {name: value for name, value in said.items() if value != ""}


def in_order(metrics: Metrics) -> Metrics:
    """Metrics with the known names first, in their order, and the learning rate last."""
    last = ("learning_rate",)
    others = [name for name in metrics if name not in METRICS + last]
    return {name: metrics[name] for name in (*METRICS, *others, *last) if name in metrics}


def json_lines(events: Iterable[Event], out: TextIO, run: str) -> Iterator[Event]:
    """Pass events on, each printed as its JSON line."""
    for event in events:
        line = event_line(event, run)
        if line:
            print(line, file=out, flush=True)
        yield event


def warnings(events: Iterable[Event], out: TextIO) -> Iterator[Event]:
    """Pass events on, with what a run survived on `out`: five of a kind, then no more."""
    seen: Counter[str] = Counter()
    for event in events:
        if isinstance(event, Warned):
            seen[event.code] += 1
            if seen[event.code] <= WARNINGS:
                print(f"mlj: warning[{event.code}]: {sanitize(event.message, 500)}", file=out)
        yield event
    for code, count in seen.items():
        if count > WARNINGS:
            print(f"mlj: warning[{code}]: {count - WARNINGS} more of them", file=out)


def fallback(events: Iterable[Event], out: TextIO) -> Iterator[Event]:
    """Pass events on; where nobody asked for the slow backend, say when the run starts why it has it."""
    for event in events:
        if isinstance(event, Started) and event.backend == "reference" and event.config.get("backend") == "auto":
            print(f"mlj: the reference backend trains this, slowly: {sanitize(event.why, 500)}", file=out)
        yield event


def epoch_lines(events: Iterable[Event], out: TextIO) -> Iterator[Event]:
    """Pass events on, with one plain line an epoch."""
    epochs, unit = 0, "epoch"
    for event in events:
        epochs = _epochs(event, epochs)
        if isinstance(event, Started):
            unit = "epoch" if event.config else "step"  # of somebody's own loop
        if isinstance(event, EpochEnded):
            numbers = [f"{sanitize(name)} {value:.5g}" for name, value in in_order(event.metrics).items()]
            at = f"{unit} {event.epoch}" + (f"/{epochs}" if epochs else "")
            print(" | ".join([at, *numbers, f"{event.seconds:.2f} s"]), file=out, flush=True)
        elif isinstance(event, Changed):
            print(f"changed {event.name}: {event.old} -> {event.new}", file=out, flush=True)
        yield event


Test: TypeAlias = Callable[[Any], float | None]  # the loss on test rows of a model, or None where nobody knows it


def article_lines(events: Iterable[Event], out: TextIO, every: int, test: Test) -> Iterator[Event]:
    """Pass events on, with the article's line every `every` epochs."""
    for event in events:
        line = article_line(event, every, test)
        if line:
            print(line, file=out, flush=True)
        yield event


def article_line(event: Event, every: int, test: Test) -> str:
    """The article's line for every `every`-th epoch, counted from 0; nothing for other events.

    The first loss is that of the steps before their updates. The second is after them: validation, or where a recipe
    has no validation split `test(model)`; where that is not known either it is left out.
    """
    if not isinstance(event, EpochEnded) or (event.epoch - 1) % every:
        return ""
    second = event.metrics.get("validation_loss")
    second = test(event.model) if second is None else second
    line = f"Epoch {event.epoch - 1} | Training Loss: {event.metrics.get('train_loss', math.nan):.5f}"
    return line if second is None else f"{line} | Testing Loss: {second:.5f}"


def _epochs(event: Event, before: int) -> int:
    """How many epochs the run has, after this event."""
    if isinstance(event, Started):
        return event.epochs
    return event.new if isinstance(event, Changed) and event.name == "epochs" else before


class ProgressLine:
    """One line on a terminal, redrawn: how far, the loss, the accuracy, steps a second, time left."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.steps_per_epoch, self.epochs = 1, 1
        self.epoch, self.step, self.loss, self.accuracy = 0, 0, math.nan, math.nan
        self.rate, self.drawn, self.measured = 0.0, -math.inf, (time.monotonic(), 0)

    def follow(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass events on and draw; the line is gone when they end, however they end."""
        try:
            for event in events:
                self._take(event)
                yield event
        finally:
            self.out.write("\r\x1b[K")
            self.out.flush()

    def _take(self, event: Event) -> None:
        self.epochs = _epochs(event, self.epochs)
        if isinstance(event, Started):
            self.steps_per_epoch, self.epoch, self.step = event.steps_per_epoch, event.epoch, event.step
            self.measured = (time.monotonic(), event.step)
        elif isinstance(event, Progress):
            self.step = event.step
            if math.isnan(self.loss) and len(event.losses):
                self.loss = float(event.losses[-1])
        elif isinstance(event, EpochEnded):
            self.epoch, self.step = event.epoch, event.step
            losses = (event.metrics[name] for name in ("validation_loss", "train_loss") if name in event.metrics)
            self.loss = next(losses, self.loss)
            self.accuracy = accuracy(event.metrics)
        else:
            return
        now = time.monotonic()
        if now - self.drawn >= REDRAW:
            self.drawn = now
            self._measure(now)
            self.out.write("\r" + self.line(shutil.get_terminal_size().columns - 1) + "\x1b[K")
            self.out.flush()

    def _measure(self, now: float) -> None:
        """Steps a second: the average since the last look, smoothed."""
        then, step = self.measured
        if now - then >= 0.2:
            rate = (self.step - step) / (now - then)
            self.rate = rate if not self.rate else 0.7 * self.rate + 0.3 * rate
            self.measured = (now, self.step)

    def line(self, width: int) -> str:
        """The line, at most `width` cells wide."""
        if not self.epochs:  # nobody knows how far it will go
            return f"step {self.step:,}  loss {self.loss:.4f}  {short(self.rate)} steps/s"[:width]
        total = max(self.epochs * self.steps_per_epoch, 1)
        left = max(total - self.step, 0)
        parts = [f"epoch {self.epoch}/{self.epochs}", f"loss {self.loss:.4f}"]
        if not math.isnan(self.accuracy):
            parts.append(f"accuracy {self.accuracy:.1%}")
        if self.rate > 0:
            parts += [f"{short(self.rate)} steps/s", f"ETA {clock(left / self.rate)}"]
        text = "  ".join(parts)
        room = min(width - len(text) - 7, 40)
        share = min(self.step / total, 1.0)
        drawn = f"{bar(share, room, self.out)} " if room >= 5 else ""
        return f"{drawn}{share:4.0%}  {text}"[:width]


def bar(share: float, width: int, out: TextIO) -> str:
    """A bar `width` cells wide, filled to `share` (0..1), in the characters the stream can write."""
    full, empty = ("━", "─") if "utf" in (out.encoding or "").lower() else ("#", "-")
    filled = round(share * width)
    return full * filled + empty * (width - filled)


def accuracy(metrics: Metrics) -> float:
    """The accuracy worth showing: validation, else training, else NaN."""
    return metrics.get("validation_accuracy", metrics.get("train_accuracy", math.nan))


def short(value: float) -> str:
    """A number in three digits: 940, 3.42k, 1.20M."""
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g}{unit}"
    return f"{value:.3g}"


def clock(seconds: float) -> str:
    """Seconds as 0:07, 12:30 or 3:05:00."""
    whole = round(min(seconds, 359_999))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"

"""What a run was, kept while its events pass: its beginning, its curves as plain numbers, and its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import isfinite
from textwrap import wrap
from typing import TYPE_CHECKING

from mlcore.commands.table import room
from mlcore.events import Ended, EpochEnded, Event, Metrics, Started
from mlcore.sanitize import sanitize

if TYPE_CHECKING:
    from mlcore.runs import Run

VALUES = 22  # cells before the values of facts

ENDINGS = {
    "finished": "finished",
    "early_stop": "stopped early: no better for a while",
    "goal": "goal reached",
    "time": "time is up",
    "stopped": "stopped",
    "interrupted": "interrupted",
    "diverged": "diverged",
}


class Story:
    """The beginning, the curves and the end of a run. Models and weights are not kept."""

    def __init__(self) -> None:
        self.started: Started | None = None
        self.ended: Ended | None = None
        self.beside: tuple[str, ...] = ()  # lines about simpler models on the same rows
        self.epochs: list[int] = []
        self.history: dict[str, tuple[list[int], list[float]]] = {}  # of each metric, where it was measured

    def listen(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass events on and remember them."""
        for event in events:
            if isinstance(event, Started):
                self.started = event
            elif isinstance(event, EpochEnded):
                self._remember(event)
            elif isinstance(event, Ended):
                self.ended = event
            yield event

    def _remember(self, event: EpochEnded) -> None:
        self.epochs.append(event.epoch)
        for name, value in event.metrics.items():
            epochs, values = self.history.setdefault(name, ([], []))
            epochs.append(event.epoch)
            values.append(value)

    def series(self, what: str) -> dict[str, tuple[list[int], list[float]]]:
        """The curves of a metric, `loss` or `accuracy`: split name to epochs and values."""
        names = {split: f"{split}_{what}" for split in ("train", "validation")}
        return {split: self.history[name] for split, name in names.items() if name in self.history}

    @property
    def loop(self) -> bool:
        """Whether it is somebody's own loop, or a log: curves over steps and nothing else."""
        return self.started is not None and not self.started.config

    def lines(self, run: Run | None = None) -> Iterator[str]:
        """The result, a fact a line: how it ended, the metrics of the weights kept, the run, and what to try next."""
        started, ended = self.started, self.ended
        if started is None or ended is None:
            return
        if self.loop:
            yield from self._of_loop(started, ended, run)
            return
        made = f"{plural(ended.epoch, 'epoch')}, {plural(ended.step, 'step')} in {ended.seconds:.3g} s"
        yield f"{ENDINGS[ended.reason]}: {made}"
        if started.summary:
            yield fact("network", f"{started.summary}, {plural(started.parameters, 'parameter')}")
        yield fact("backend", machine(started))
        yield from self._measured("validation", ended.metrics, None)
        yield from self._measured("test", ended.metrics, started.ceiling)
        yield from self.beside
        if ended.best_epoch and ended.best_epoch != ended.epoch and "validation_loss" in ended.metrics:
            yield fact("weights", f"of epoch {ended.best_epoch}, the best by validation")
        if run is not None:
            name = called(run)
            yield fact("run", sanitize(run.name))
            yield fact("try", _next(ended, name))
            yield fact("", f"mlj-tui {name}")

    def _of_loop(self, started: Started, ended: Ended, run: Run | None) -> Iterator[str]:
        """What a loop reached: the last of each metric, and the lowest of each loss."""
        yield f"{ENDINGS[ended.reason]}: at step {ended.step:,}, after {ended.seconds:.3g} s"
        for name, (steps, values) in self.history.items():
            finite = [(value, step) for value, step in zip(values, steps, strict=True) if isfinite(value)]
            lowest = f"   (lowest {min(finite)[0]:.6g} at step {min(finite)[1]:,})" if "loss" in name and finite else ""
            yield fact(sanitize(name.replace("_", " "), 40), f"{values[-1]:.6g}{lowest}")
        if run is not None:
            yield fact("run", sanitize(run.name))
            yield fact("try", f"mlj doctor {called(run)}")
            yield fact("", f"mlj-tui {called(run)}")

    def _measured(self, split: str, metrics: Metrics, ceiling: float | None) -> Iterator[str]:
        """The accuracy on a split, beside the best possible one; for numbers the loss and R²."""
        found = metrics.get(f"{split}_accuracy")
        if found is not None:
            best = f"   (best possible {ceiling:.1%})" if ceiling is not None else ""
            yield fact(f"{split} accuracy", f"{found:.2%}{best}")
        elif f"{split}_mape" in metrics:
            off, mae, explained = (metrics[f"{split}_{name}"] for name in ("mape", "mae", "r2"))
            yield fact(f"{split} error", f"{off:.2%} on average (MAE {mae:.5g}, R² {explained:.4f})")
        elif f"{split}_loss" in metrics:
            best = f", best possible {ceiling:.4f}" if ceiling is not None else ""
            r2 = f"   (R² {metrics[f'{split}_r2']:.4f}{best})" if f"{split}_r2" in metrics else ""
            yield fact(f"{split} loss", f"{metrics[f'{split}_loss']:.5f}{r2}")


def machine(started: Started) -> str:
    """The backend, and what of the machine it uses."""
    if started.isa:
        return f"{started.backend} ({started.isa}, {plural(started.threads, 'thread')})"
    among = f", {started.world_size} processes" if started.world_size > 1 else ""
    name = f" ({started.device_name})" if started.device_name else ""
    how = f" ({started.engine}, {started.precision})" if started.engine else ""
    why = f": {started.why}" if started.engine and started.config.get("device") == "auto" else ""
    return f"{started.backend}{how} on {started.device}{name}{among}{why}"


def _next(ended: Ended, name: str) -> str:
    """What is worth trying with a run that ended so."""
    if ended.reason == "interrupted":
        return f"mlj resume {name}"
    if ended.reason == "diverged":
        return f"mlj runs show {name}"
    tested = any(metric.startswith("test_") for metric in ended.metrics)
    return f"mlj predict {name} --rows 0:3 --show" if tested else f"mlj plot {name}"


def called(run: Run) -> str:
    """What a person types to mean this run: its name where a shell and `open_run` take it as it stands, else its id."""
    return run.name if re.fullmatch(r"[A-Za-z0-9][\w.+-]*", run.name, re.ASCII) and run.name != "last" else run.id


def fact(name: str, value: str) -> str:
    """A name and its value in two columns, the second folded on a terminal, but no word of it."""
    width = room() - VALUES
    whole = len(value) <= width or width <= 0
    parts = [value] if whole else wrap(value, width, break_long_words=False, break_on_hyphens=False)
    return f"  {name:<20}" + f"\n{'':{VALUES}}".join(parts)


def metric(name: str, value: float) -> str:
    """A metric as people read it."""
    return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.5f}"


def plural(count: int, word: str) -> str:
    """`1 step`, `1,200 steps`."""
    return f"{count:,} {word}" + ("s" if count != 1 else "")

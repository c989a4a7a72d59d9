"""The runs of a comparison: what is different about them, what they reached, and which of two is better."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore import metrics, verdict
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import CheckpointError
from mlcore.examining import outputs
from mlcore.losses import own
from mlcore.model import Model, blueprint
from mlcore.runs import Run, children
from mlcore.sanitize import sanitize
from mlcore.sections import flat, typed
from mlcore.spec import kind_of
from mlcore.verdict import Verdict

SCALED = ("scale", "features")  # settings of a data set that change what the network sees, not the rows
CONFIDENCE = 0.95

Band: TypeAlias = tuple[Any, ...]  # x and y, and where they reach further than that: lowest, highest


class Contestant:
    """A run, or a run of many seeds with all of them. asked: what was named to be compared.

    Raises RunError (RUN_MANY) for a sweep, whose networks are different experiments.
    """

    def __init__(self, run: Run, root: str | Path | None = None) -> None:
        self.run, self.config, self.asked = run, run.config, [run]
        self.name = sanitize(run.name, 24)
        many = run.children and not run.sweep
        self.seeds = children(run, root or run.folder.parent) if many else [run.single()]

    @cached_property
    def models(self) -> list[Model]:
        """The networks, one a seed. Raises CheckpointError where one has no weights yet."""
        return [run.model() for run in self.seeds]

    @cached_property
    def data(self) -> Data:
        """Its data set, as its networks know it."""
        return self.models[0].data() if self.trained else self.config.dataset.load()

    @property
    def trained(self) -> bool:
        """Whether every network has weights, of the end or so far."""
        try:
            return bool(self.models)
        except CheckpointError:
            return False

    @property
    def task(self) -> str:
        """What is asked of it."""
        return str(self.data.task.kind)

    @property
    def judged(self) -> tuple[str, Rows]:
        """The rows it is judged by, test where there are any, and the name of that split."""
        there = ((name, getattr(self.data, name)) for name in ("test", "validation", "train"))
        return next((name, rows) for name, rows in there if rows is not None)

    @cached_property
    def outputs(self) -> list[NDArray[Any]]:
        """The raw outputs of each network for the rows it is judged by."""
        x = self.data.inputs(self.judged[1])
        return [outputs(model, x) for model in self.models]

    def metric(self, what: str) -> Callable[[NDArray[Any], NDArray[Any]], float]:
        """A metric of outputs and targets by name; `loss` is its own loss."""
        if what == "loss":
            loss = blueprint(self.models[0].config, self.data)[1]
            return lambda z, y: loss(z, y)[0]
        found: Callable[[NDArray[Any], NDArray[Any]], float] = metrics.CATALOGUE.find(what).load()
        units = self.data.task.units
        return lambda z, y: found(own(z, units), y)

    def reached(self, what: str) -> list[float]:
        """The metric of each network on the rows it is judged by."""
        measure, y = self.metric(what), self.judged[1].y
        return [measure(z, y) for z in self.outputs]

    @cached_property
    def histories(self) -> list[dict[str, list[Any]]]:
        """The curves of each seed."""
        return [run.history for run in self.seeds]

    def curve(self, name: str) -> tuple[list[int], NDArray[np.float64]]:
        """Epochs and the values of a metric by seed [seeds, epochs], NaN where a seed has ended; none: no epochs."""
        there = [history for history in self.histories if name in history]
        longest = max((len(history[name]) for history in there), default=0)
        table = np.full((len(there), longest), np.nan)
        for row, history in zip(table, there, strict=True):
            row[: len(history[name])] = history[name]
        epochs = next((history["epoch"] for history in there if len(history[name]) == longest), [])
        return epochs, table

    def axes(self, curve: str) -> dict[str, list[float]]:
        """Epoch, step and seconds of each point of a curve, of the seed that came farthest."""
        longest = max(self.histories, key=lambda history: len(history.get("epoch", ())), default={})
        return {name: list(longest.get(name, ())) for name in ("epoch", "step", "seconds")}

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """The metrics that were written down after its epochs."""
        names = dict.fromkeys(name for history in self.histories for name in history)
        return tuple(name for name in names if name not in ("epoch", "step", "seconds", "learning_rate"))

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """What was changed while it ran: `optimizer.learning_rate 0.05 at step 440`."""
        told = (event for run in self.seeds for event in run.events if event["event"] == "changed")
        return tuple(sanitize(f"{e['name']} {typed(e['new'])} at step {e['step']}", 80) for e in told)

    def band(self, name: str) -> Band:
        """The curve of a metric; of several seeds the median, and the lowest and the highest."""
        epochs, table = self.curve(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # an epoch in which every seed is NaN stays NaN
            middle = np.nanmedian(table, axis=0).tolist() if len(table) else []
            edges = [edge(table, axis=0).tolist() for edge in (np.nanmin, np.nanmax)] if len(table) > 1 else []
        return epochs, middle, *edges


def differences(contestants: list[Contestant]) -> dict[str, list[Any]]:
    """The settings that are not the same in all, by dotted name, with the value of each.

    One that only some have follows from a kind that differs, and is left out.
    """
    plain = [flat(each.config.to_dict()) for each in contestants]
    names = dict.fromkeys(name for each in plain for name in each)
    rows = {name: [each.get(name) for each in plain] for name in names}
    return {name: values for name, values in rows.items() if None not in values and any(v != values[0] for v in values)}


def incomparable(first: Contestant, second: Contestant, what: str) -> str:
    """Why two cannot be compared by a metric, or nothing."""
    for each in (first, second):
        if not each.trained:
            return f"{each.name} has no weights yet"
    a, b = (flat(each.config.to_dict()["dataset"]) for each in (first, second))
    rows = differences_of(a, b)
    if rows:
        name = "kind" if "kind" in rows else rows[0]
        return f"their data differ: dataset.{name} is {_said(a.get(name))} and {_said(b.get(name))}"
    if not np.array_equal(first.judged[1].y, second.judged[1].y):
        return "their data differ, although they are called the same"
    if what == "loss" and first.models[0].loss != second.models[0].loss:
        return f"their losses are not the same: {kind_of(first.models[0].loss)} and {kind_of(second.models[0].loss)}"
    if (len(first.seeds) > 1) != (len(second.seeds) > 1):
        counts = (f"{len(each.seeds)} seed{'s' * (len(each.seeds) > 1)}" for each in (first, second))
        return f"they are {' and '.join(counts)}; give both several with --set repeats=5"
    return ""


def differences_of(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """The settings, by dotted name, of two data sets that make their rows other rows."""
    return [name for name in dict.fromkeys((*a, *b)) if name not in SCALED and a.get(name) != b.get(name)]


def _said(value: Any) -> str:
    return sanitize("not there" if value is None else value, 40)


def judge(first: Contestant, second: Contestant, what: str, confidence: float) -> Verdict:
    """The second less the first, of two that are not `incomparable`: over seeds, or of one network each over rows."""
    if len(first.seeds) > 1:
        return verdict.over_seeds(np.array(first.reached(what)), np.array(second.reached(what)), confidence)
    y = first.judged[1].y
    (a,), (b,) = first.outputs, second.outputs
    if what == "accuracy":
        return verdict.paired_shares(metrics.predicted(a) == y, metrics.predicted(b) == y, confidence)
    return verdict.paired_rows(first.metric(what), a, b, y, confidence)


def median_range(values: list[float], written: Callable[[float], str]) -> str:
    """One number, or of several the median and from where to where they reach."""
    if not values:
        return ""
    if min(values) == max(values):
        return written(values[0])
    return f"{written(statistics.median(values))} ({written(min(values))} to {written(max(values))})"

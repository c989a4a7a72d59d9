"""`mlj train --folds`: a network for each fold, beside simpler models on the same rows, and how far folds are apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mlcore import baselines, folds, report, standing, sweeps
from mlcore.commands import table
from mlcore.commands.beside import scores
from mlcore.commands.story import called, fact, machine, metric, plural
from mlcore.events import Warned
from mlcore.folds import Estimate
from mlcore.runs import Run
from mlcore.sanitize import sanitize
from mlcore.sweeps import Row

if TYPE_CHECKING:
    from mlcore.commands.repeats import Ends

WIDTH = 100  # columns of the table at most
NUMBERS = re.compile(r"(?<![\w.])\d[\d,.]*%?")  # of a sentence, not of a name such as x1
LOSSES = ("test_accuracy", "test_r2", "test_loss")  # what folds are told by, in this order


class Fold(NamedTuple):
    """A fold: its number from 0, what its network reached, the rows held back and what simpler models reach on them."""

    fold: int
    row: Row
    rows: int
    beside: Mapping[str, float]


class Result:
    """All folds, and what they are together."""

    def __init__(self, ends: Ends) -> None:
        self.config, self.regression = ends.config, False
        found = {place: ended.metrics for place, ended in ends.ended.items()}
        self.folds = [self._fold(row) for row in folds.rows(ends.config, ends.sweep, found)]
        self.network = folds.estimates(fold.row.metrics for fold in self.folds)
        self.beside = folds.estimates(fold.beside for fold in self.folds)

    def _fold(self, row: Row) -> Fold:
        """A fold with its baselines, on its own rows, prepared for it."""
        config = self.config.with_settings(row.settings)
        data = config.dataset.load()
        self.regression = data.task.kind == "regression"
        _, found = baselines.measure(config, data, data.held[0])
        return Fold(row.settings[sweeps.FOLD], row, len(data.held[1]), scores(found))

    @property
    def judge(self) -> str:
        """The metric that the baselines have too."""
        return "test_r2" if self.regression else "test_accuracy"

    @property
    def sentence(self) -> str:
        """What the scores mean; nothing where too few folds have one."""
        own = [fold.row.metrics.get(self.judge, float("nan")) for fold in self.folds]
        whole = [place for place, value in enumerate(own) if value == value]
        if len(whole) < 2:
            return ""
        theirs = {
            name.replace("_", " "): [self.folds[place].beside[name] for place in whole] for name in self.folds[0].beside
        }
        return standing.over_folds([own[place] for place in whole], theirs, not self.regression)


def conclusion(ends: Ends, parent: Run | None, how: str) -> Iterator[str]:
    """The result: a line a fold, the means with their deviations, and what they mean."""
    result, config, started = Result(ends), ends.config, ends.started
    seeds = f" of {plural(config.repeats, 'seed')} each" if config.repeats > 1 else ""
    yield f"{how}: {plural(len(result.folds), 'fold')}{seeds} in {ends.seconds:.3g} s"
    yield fact("network", f"{started.summary}, {plural(started.parameters, 'parameter')}")
    yield fact("backend", machine(started))
    yield ""
    yield from (f"  {line}" for line in _table(result))
    yield ""
    for name in [each for each in LOSSES if each in result.network]:
        yield fact(name.replace("_", " "), told(name, result.network[name]))
    for name, estimate in result.beside.items():
        yield fact(name.replace("_", " "), told(result.judge, estimate))
    if result.sentence:
        yield fact("in short", result.sentence)
    if parent is not None:
        yield fact("run", sanitize(parent.name))
        yield fact("try", f"mlj runs show {called(parent)}")


def kind(warned: Warned) -> tuple[str, str]:
    """What folds warn of, without what differs from fold to fold: counts, and the rows that are named behind a colon.

    A notice of one fold stands for those of all others that are of its kind.
    """
    if not warned.code.startswith("DATA_"):
        return warned.code, warned.message
    said = warned.message.partition(": ")[0] if warned.code == "DATA_DUPLICATES" else warned.message
    return warned.code, NUMBERS.sub("0", said)


def told(name: str, estimate: Estimate) -> str:
    """A mean and its deviation over folds: `81.48% ± 1.20%`."""
    return f"{metric(name, estimate.mean)} ± {metric(name, estimate.deviation)}"


def _table(result: Result) -> Iterator[str]:
    """The folds, one a line: rows held back, the network's scores, the others'."""
    metrics = [name for name in LOSSES if name in result.network]
    others = list(result.beside)
    header = ["fold", "rows", *(name.replace("_", " ") for name in (*metrics, *others))]
    body = []
    for fold in result.folds:
        own = [metric(name, fold.row.metrics[name]) if name in fold.row.metrics else "" for name in metrics]
        theirs = [metric(result.judge, fold.beside[name]) for name in others]
        body.append([str(fold.fold + 1), f"{fold.rows:,}", *own, *theirs])
    return table.lines(body, header, right=range(len(header)), width=WIDTH)


def plain(ends: Ends) -> dict[str, Any]:
    """The result as plain values: each fold, then means and deviations."""
    result = Result(ends)
    each = [
        {
            "fold": fold.fold,
            "members": sorted(fold.row.numbers),
            "rows": fold.rows,
            **report.in_order(fold.row.metrics),
            "baselines": dict(fold.beside),
        }
        for fold in result.folds
    ]
    return {
        "folds": ends.config.dataset.split.folds,
        "each": each,
        "mean": {name: found.mean for name, found in result.network.items()},
        "deviation": {name: found.deviation for name, found in result.network.items()},
        "baselines": {name: found._asdict() for name, found in result.beside.items()},
        "sentence": result.sentence,
    }


def of_run(run: Run, found: Mapping[int, Mapping[str, float]]) -> Iterator[str]:
    """The folds of a run that is on the disk, and their means; `found` are the metrics of each by its place."""
    estimates = folds.estimates(row.metrics for row in folds.rows(run.config, run.sweep, found))
    for name in [each for each in LOSSES if each in estimates]:
        yield fact(
            name.replace("_", " "), f"{told(name, estimates[name])} over {plural(estimates[name].folds, 'fold')}"
        )

"""A case: everything the doctor knows about an experiment, as values, so that every rule is a pure function of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.layers.layer import Array
from mlcore.losses import Loss, each_step
from mlcore.network import Network

Severity: TypeAlias = Literal["severe", "moderate", "mild"]
FEW = 20  # rows under which nothing is said about training
SEVERITIES: tuple[Severity, ...] = ("severe", "moderate", "mild")


class Finding(NamedTuple):
    """What is wrong: the rule that found it, how bad it is, the evidence in words and numbers, and the remedy.

    severe: it cannot learn, or its numbers mean nothing; moderate: it learns worse than it could; mild: good to know.
    settings: the remedy as dotted names and values, where it is one.
    """

    rule: str
    severity: Severity
    evidence: str
    remedy: str
    numbers: Mapping[str, float] = {}
    settings: Mapping[str, Any] = {}


class Look(NamedTuple):
    """A network looked at once: its weights [P]; on the sample its loss, each layer's output [B, …], its gradient [P].

    `gradient` is that of one plain step, before any clipping or decay.
    """

    vector: Array
    loss: float
    activations: tuple[Array, ...]
    gradient: Array


class Trial(NamedTuple):
    """The experiment trained for a while at some rate: the rate, the steps made, and the loss of the sample after them.

    The loss is infinite where training ended because it was no number.
    """

    rate: float
    steps: int
    loss: float


@dataclass(frozen=True, eq=False)
class Case:
    """An experiment with its evidence.

    sample: training rows as the network sees them; start, end: the network on it, untrained and after its last step;
    kept: the weights kept (of the best epoch, or the last); history: a column a metric, as `Run.history` has them;
    steps of planned steps were made; `reason` and `message` say how training ended, empty where the doctor stopped it;
    refused: why its own loss does not fit the task (`loss` then is one that does);
    trials: the same experiment at several rates, ascending, each for the same steps;
    begun: whether the first weights are those of the seed, not of a run this one was branched from.
    """

    config: Config
    data: Data
    network: Network
    loss: Loss
    sample: Rows
    start: Look
    end: Look
    kept: Array
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    steps: int = 0
    planned: int = 0
    reason: str = ""
    message: str = ""
    refused: str = ""
    trials: tuple[Trial, ...] = ()
    begun: bool = True

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        return max(1, self.planned // self.config.epochs)

    @property
    def classes(self) -> int:
        """How many classes there are; 0 for numbers."""
        return 0 if self.data.task.kind == "regression" else self.data.task.outputs

    @cached_property
    def asks(self) -> bool:
        """Whether there is anything to learn of whole rows: enough of them, and targets that are not all the same."""
        y = self.sample.y
        if self.data.task.steps:
            return False
        return len(y) >= FEW and bool((y != y[0]).any())

    @cached_property
    def shares(self) -> Array:
        """How frequent each class is among the training rows [K]."""
        y = self.data.train.y.ravel().astype(np.int64)
        counts = np.bincount(y[y >= 0], minlength=self.classes)
        shares: Array = counts / max(counts.sum(), 1)
        return shares

    @cached_property
    def constant_loss(self) -> float:
        """The loss on the sample of the best answer that is the same for every row: what knowing nothing costs.

        For classes of equal size ln K. It is the least loss of a few constants (zero, the log of the class shares, the
        mean and the median of numbers), so that it holds for losses nobody has written yet.
        """
        return min(self._loss_of(z) for z in self._constants())

    @cached_property
    def zero_loss(self) -> float:
        """The loss on the sample of an output of zero: what an untrained network that favours nothing costs."""
        return self._loss_of(np.zeros(self.network.output_shape[-1]))

    @property
    def learned(self) -> float:
        """How much of the loss of knowing nothing is gone at the end: 1 is all, 0 nothing, below 0 it got worse."""
        return 1 - self.end.loss / self.constant_loss if self.constant_loss > 0 else 0.0

    @cached_property
    def around(self) -> tuple[Trial | None, Trial | None, Trial | None]:
        """The trial at the experiment's rate, the best at lower ones and the best at higher ones, where there are."""
        rate = self.config.optimizer.learning_rate
        own = next((trial for trial in self.trials if math.isclose(trial.rate, rate, rel_tol=0.01)), None)
        if own is None:
            return None, None, None
        most = max(trial.steps for trial in self.trials)  # one for which there was no time proves nothing
        fair = [each for each in self.trials if each.steps == most or each.loss == math.inf]
        lower = min((each for each in fair if each.rate < own.rate), key=lambda each: each.loss, default=None)
        higher = min((each for each in fair if each.rate > own.rate), key=lambda each: each.loss, default=None)
        return own, lower, higher

    @property
    def progress(self) -> float:
        """The same, but how much of their own loss is gone where the first weights happened to know something."""
        before = min(self.start.loss, self.constant_loss)
        return 1 - self.end.loss / before if before > 0 else 0.0

    def series(self, name: str) -> Array:
        """A column of the history as numbers [epochs], empty where there is none."""
        return np.asarray(self.history.get(name, ()), np.float64)

    def row_losses(self, vector: Array, rows: Rows) -> Array:
        """The loss of each of some rows [n] under some weights."""
        with np.errstate(all="ignore"):
            z, _ = self.network.forward(vector, self.data.inputs(rows))
            if z.ndim < 3:
                return self.loss.rows(z, rows.y)[0]
            flat, y, w = each_step(z, rows.y)
            each = self.loss.rows(flat, y)[0] * (1 if w is None else w)
            found: Array = each.reshape(len(rows), -1).mean(axis=1)
            return found

    def outputs(self, vector: Array, rows: Rows) -> Array:
        """The raw outputs for some rows [n, O] under some weights."""
        with np.errstate(all="ignore"):
            z: Array = self.network.forward(vector, self.data.inputs(rows))[0]
        return z

    def _constants(self) -> list[Array]:
        outputs = self.network.output_shape[-1]
        found = [np.zeros(outputs)]
        if not self.classes:
            y = self.loss.compared(self.sample.y).reshape(-1, outputs).astype(np.float64)
            found += [y.mean(axis=0), np.median(y, axis=0)]
            if (y.mean(axis=0) > 0).all():
                found.append(np.log(y.mean(axis=0)))
        else:
            logs = np.log(self.shares.clip(1e-6))
            found.append(logs if outputs == self.classes else logs[1:] - logs[0])
        return [z for z in found if z.shape == (outputs,)]

    def _loss_of(self, z: Array) -> float:
        repeated = np.broadcast_to(z.astype(np.float32), (len(self.sample), *self.network.output_shape))
        with np.errstate(all="ignore"):
            return self.loss(repeated, self.sample.y)[0]


def even(rows: Rows, most: int) -> Rows:
    """At most `most` of some rows, evenly spaced: of data that come class by class, all classes."""
    if len(rows) <= most:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, most).astype(np.int64))


def percent(share: float) -> str:
    """A share in words: `12 %`, `0.3 %`."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.1 or share == 0 else f"{share:.1%}".replace("%", " %")

"""Where a run is: enough to go on as if it had never stopped."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mlcore import metrics
from mlcore.backends.backend import Problem, Weights
from mlcore.catalogue import unknown
from mlcore.config import Stopping
from mlcore.datasets.dataset import Data
from mlcore.events import Metrics, Reason
from mlcore.goal import Goal
from mlcore.layers.layer import Array
from mlcore.optimizers import Optimizer
from mlcore.schedules import Memory, Schedule

WATCHED = 10_000  # training rows up to which their accuracy is measured every epoch


class State(NamedTuple):
    """Where a run is.

    epoch: whole epochs done; place: steps done in the present one; loss_sum, loss_rows: what of its loss is summed;
    best_value: the lowest monitor so far (what grows as it gets better counts negative), best_vector: its weights where
    kept; factor, factor_best, factor_stale: the `Memory` of the schedule.
    """

    weights: Weights
    epoch: int = 0
    place: int = 0
    loss_sum: float = 0.0
    loss_rows: int = 0
    seconds: float = 0.0
    best_value: float = math.inf
    best_epoch: int = 0
    best_vector: Array | None = None
    factor: float = 1.0
    factor_best: float = math.inf
    factor_stale: int = 0

    def remember(self, found: Metrics, stopping: Stopping, schedule: Schedule, keep: bool) -> State:
        """This state knowing its best epoch (`keep` the weights of it) and what the schedule makes of this one."""
        name = stopping.monitor if stopping.monitor in found else "train_loss"
        value = -found[name] if name.endswith(metrics.GROWING) else found[name]
        memory = schedule.remember(Memory(self.factor, self.factor_best, self.factor_stale), value)
        now = self._replace(factor=memory.factor, factor_best=memory.best, factor_stale=memory.stale)
        if not value < self.best_value:
            return now
        vector = self.weights.vector if keep and stopping.restore_best else None
        return now._replace(best_value=value, best_epoch=self.epoch, best_vector=vector)

    def counted(self, losses: Array, seconds: float, problem: Problem) -> State:
        """This state after more steps of an epoch: losses [steps] are means over their batches."""
        size, steps, values = problem.batch_size, problem.steps_per_epoch, losses.tolist()
        loss_sum, rows = self.loss_sum, size * len(values)
        ends = self.place + len(values) == steps
        short = size * steps - len(problem.rows) if ends and values else 0  # of the last batch
        for value in values[:-1] if short else values:  # one after another: slices do not change the sum
            loss_sum += value * size
        if short:
            loss_sum, rows = loss_sum + values[-1] * (size - short), rows - short
        place, loss_rows, seconds = self.place + len(values), self.loss_rows + rows, self.seconds + seconds
        return self._replace(place=place, loss_sum=loss_sum, loss_rows=loss_rows, seconds=seconds)

    def touched(self, weights: Weights) -> State:
        """This state with weights somebody set by hand: from here on the best epoch is looked for anew."""
        return self._replace(weights=weights, best_value=math.inf, best_epoch=self.epoch, best_vector=None)

    def between(self, old: Optimizer, new: Optimizer) -> State:
        """This state for an experiment with another optimizer: one of another kind remembers nothing yet."""
        if type(old) is type(new):
            return self
        moments = np.zeros((new.moments, len(self.weights.vector)), self.weights.vector.dtype)
        return self._replace(weights=self.weights._replace(moments=moments))

    def reason(self, found: Metrics, stopping: Stopping) -> Reason | None:
        """Why to stop after this epoch, or None to go on."""
        if stopping.goal and Goal.parse(stopping.goal).reached(found):
            return "goal"
        if stopping.max_seconds and self.seconds >= stopping.max_seconds:
            return "time"
        if stopping.patience and self.epoch - self.best_epoch >= stopping.patience:
            return "early_stop"
        return None


def check_goal(stopping: Stopping, data: Data) -> None:
    """Refuse a goal or a monitor nothing will ever be measured for, before hours are spent on it. Raises ConfigError.

    A monitor of validation rows may be one of data without any: the training loss takes its place.
    """
    possible = ("loss", *metrics.possible(data.task))
    if stopping.monitor.partition("_")[2] not in possible:
        fitting = tuple(f"{split}_{each}" for split in ("train", "validation") for each in possible)
        raise unknown(f"monitor of a {data.task.kind}", stopping.monitor, fitting)
    if not stopping.goal:
        return
    name, task = Goal.parse(stopping.goal).name, metrics.possible(data.task)
    known = ["train_loss"]
    if len(data.train) <= WATCHED:
        known += [f"train_{each}" for each in task]
    if data.validation is not None:
        known += [f"validation_{each}" for each in ("loss", *task)]
    if name not in known:
        raise unknown("metric in stopping.goal", name, tuple(known))


def watched(stopping: Stopping, data: Data) -> tuple[str, ...]:
    """The metrics measured after every epoch: those of the task, and what the monitor or the goal asks for besides."""
    asked = [stopping.monitor, Goal.parse(stopping.goal).name if stopping.goal else ""]
    words = [name.partition("_")[2] for name in asked]
    own = metrics.names(data.task)
    return (*own, *(name for name in metrics.possible(data.task) if name in words and name not in own))

"""Where a run is: enough to go on as if it had never stopped."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mlcore import metrics
from mlcore.backends.backend import Weights
from mlcore.catalogue import unknown
from mlcore.config import Stopping
from mlcore.datasets.dataset import Data
from mlcore.events import Metrics, Reason
from mlcore.goal import Goal
from mlcore.layers.layer import Array
from mlcore.optimizers import Optimizer

WATCHED = 10_000  # training rows up to which their accuracy is measured every epoch


class State(NamedTuple):
    """Where a run is.

    epoch: whole epochs done; place: steps done in the present one; loss_sum, loss_rows: what of its loss is summed;
    best_value: the lowest monitor so far (accuracies and r2 count negative), best_vector: its weights where kept.
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

    def remember(self, found: Metrics, stopping: Stopping, keep: bool) -> State:
        """This state knowing its best epoch; `keep` the weights of it."""
        name = stopping.monitor if stopping.monitor in found else "train_loss"
        value = -found[name] if name.endswith(("accuracy", "r2")) else found[name]
        if not value < self.best_value:
            return self
        vector = self.weights.vector if keep and stopping.restore_best else None
        return self._replace(best_value=value, best_epoch=self.epoch, best_vector=vector)

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
    """Refuse a goal nothing will ever be measured for, before hours are spent on it. Raises ConfigError."""
    if not stopping.goal:
        return
    name, task = Goal.parse(stopping.goal).name, metrics.names(data.task)
    known = ["train_loss"]
    if len(data.train) <= WATCHED:
        known += [f"train_{each}" for each in task]
    if data.validation is not None:
        known += [f"validation_{each}" for each in ("loss", *task)]
    if name not in known:
        raise unknown("metric in stopping.goal", name, tuple(known))

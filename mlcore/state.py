"""Where a run is: enough to go on as if it had never stopped."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mlcore.backends.backend import Weights
from mlcore.config import Stopping
from mlcore.events import Metrics, Reason
from mlcore.goal import Goal
from mlcore.layers.layer import Array
from mlcore.optimizers import Optimizer


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

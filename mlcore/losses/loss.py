"""The contract every loss keeps.

A loss is a mean over the batch, computed from the raw outputs z of the network (logits), and returns its gradient with
respect to z. Targets y are what `Data` holds. Where rows count differently it is the weighted mean, sum of w loss over
sum of w, both sums over the batch: PyTorch's CrossEntropyLoss(weight=…), of which the weights of rows are the general
case. So the size of the weights does not matter, only their proportion does. A batch of no weight at all has loss 0.

Where a row has an answer at each of its steps, every step is a row to the loss, but those where nothing is asked.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]


class Loss(Spec, frozen=True, tag_field="kind"):
    """A loss and its gradient. `tasks` names the tasks it fits."""

    def __call__(
        self, z: Array, y: Array, w: Array | None = None, bounds: tuple[float, float] | None = None
    ) -> tuple[float, Array]:
        """The mean loss over the batch, and dz. z [B, O] or [B, T, O]; y as the task has it; w: weights of rows [B].

        bounds: what the loss of a row is told as at least and at most; dz is that of the loss itself.
        """
        if z.ndim == 3:
            loss, dz = self(*each_step(z, y, w), bounds)
            return loss, dz.reshape(z.shape)
        rows, dz = self.rows(z, y)
        if bounds is not None:
            rows = np.clip(rows, *bounds)
        w = self.weights(y, w)
        if w is None:
            return float(rows.mean(dtype=np.float64)), dz / z.dtype.type(len(z))
        total = w.sum(dtype=np.float64) or 1.0
        return float((rows * w).sum(dtype=np.float64) / total), dz * (w / total).astype(z.dtype)[:, None]

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        """The loss of each row [B] and its gradient with respect to that row's outputs [B, O], unweighted."""
        raise NotImplementedError(type(self).__name__)

    def weights(self, y: Array, w: Array | None = None) -> Array | None:
        """How much each row counts [B], from its target and its own weight; None where all count the same."""
        return w

    def probabilities(self, z: Array) -> Array:
        """What the outputs mean: class probabilities [B, K], or the numbers themselves [B, O]."""
        return z

    def compared(self, y: Array) -> Array:
        """Targets as the outputs are compared with them: numbers in the units the data say, classes as they are."""
        return y

    def outputs(self, task_outputs: int) -> int:
        """How many outputs the head needs when the task has `task_outputs` of them."""
        return task_outputs

    def fits(self, task: str) -> bool:
        """Whether this loss can be used for a task of that kind."""
        return task == "regression"


def each_step(z: Array, y: Array, w: Array | None = None) -> tuple[Array, Array, Array | None]:
    """Every step as a row of its own: z [B T, O], y [B T] or [B T, O], w [B T].

    z [B, T, O]; y [B, T] class numbers or numbers, or [B, T, O]; w [B]. A step with class -1 counts nothing, and has 0
    for a class.
    """
    y, w = steps_of(y, w)
    return z.reshape(-1, z.shape[-1]), y, w


def steps_of(y: Array, w: Array | None = None) -> tuple[Array, Array | None]:
    """Targets [B, T] or [B, T, O] and weights of rows [B] as those of steps: see `each_step`."""
    w = None if w is None else np.repeat(w, y.shape[1])
    y = y.reshape(-1, *y.shape[2:])
    asked = y >= 0 if y.dtype.kind in "iu" else None
    if asked is None or asked.all():
        return y, w
    return np.where(asked, y, 0), asked.astype(np.float32) if w is None else asked * w

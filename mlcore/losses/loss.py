"""The contract every loss keeps.

A loss is a mean over the batch, computed from the raw outputs z of the network (logits), and returns its gradient with
respect to z. Targets y are what `Data` holds. Where rows count differently it is the weighted mean, sum of w loss over
sum of w, both sums over the batch: PyTorch's CrossEntropyLoss(weight=…), of which the weights of rows are the general
case. So the size of the weights does not matter, only their proportion does. A batch of no weight at all has loss 0.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]


class Loss(Spec, frozen=True, tag_field="kind"):
    """A loss and its gradient. `tasks` names the tasks it fits."""

    def __call__(self, z: Array, y: Array, w: Array | None = None) -> tuple[float, Array]:
        """The mean loss over the batch and dz [B, O]. z [B, O]; y as the task has it; w: weights of rows [B]."""
        rows, dz = self.rows(z, y)
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

    def outputs(self, task_outputs: int) -> int:
        """How many outputs the head needs when the task has `task_outputs` of them."""
        return task_outputs

    def fits(self, task: str) -> bool:
        """Whether this loss can be used for a task of that kind."""
        return task == "regression"

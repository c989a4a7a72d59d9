"""Losses: how wrong the outputs are, as one number, and which way to move them.

Every loss is the mean over the batch, computed from the raw outputs z of the network (logits), and returns its gradient
with respect to z. Targets y are what `Data` holds.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.catalogue import Catalogue, Entry
from mlcore.errors import ConfigError
from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]

CATALOGUE = Catalogue(
    "loss",
    Entry("auto", "the loss the task asks for", "mlcore.losses:Auto"),
    Entry("binary_cross_entropy", "two classes, one output", "mlcore.losses:BinaryCrossEntropy"),
    Entry("softmax_cross_entropy", "one output per class", "mlcore.losses:SoftmaxCrossEntropy"),
    Entry("mse", "mean squared error, for numbers", "mlcore.losses:MSE"),
    Entry("mae", "mean absolute error, for numbers", "mlcore.losses:MAE"),
)


class Loss(Spec, frozen=True, tag_field="kind"):
    """A loss and its gradient. `tasks` names the tasks it fits."""

    def __call__(self, z: Array, y: Array, w: Array | None = None) -> tuple[float, Array]:
        """The mean loss over the batch and dz [B, O]. z [B, O]; y as the task has it; w: weights of rows [B]."""
        rows, dz = self.rows(z, y)
        if w is None:
            return float(rows.mean(dtype=np.float64)), dz / z.dtype.type(len(z))
        return float((rows * w).sum(dtype=np.float64) / len(z)), dz * (w / len(z)).astype(z.dtype)[:, None]

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        """The loss of each row [B] and its gradient with respect to that row's outputs [B, O]."""
        raise NotImplementedError(type(self).__name__)

    def probabilities(self, z: Array) -> Array:
        """What the outputs mean: class probabilities [B, K], or the numbers themselves [B, O]."""
        return z

    def outputs(self, task_outputs: int) -> int:
        """How many outputs the head needs when the task has `task_outputs` of them."""
        return task_outputs

    def fits(self, task: str) -> bool:
        """Whether this loss can be used for a task of that kind."""
        return task == "regression"


class Auto(Loss, frozen=True, tag="auto"):
    """The loss the task asks for: it stands in a configuration and is replaced before training."""

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        raise ConfigError("loss 'auto' was not replaced by a real one", hint="call losses.choose(loss, task) first")

    def fits(self, task: str) -> bool:
        return True


class BinaryCrossEntropy(Loss, frozen=True, tag="binary_cross_entropy"):
    """Two classes, one output: the logit of class 1.

    loss = max(z, 0) - z y + log(1 + exp(-|z|))      dz = sigmoid(z) - y      z [B, 1]   y [B] in {0, 1}
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        target = y.reshape(z.shape).astype(z.dtype)
        e = np.exp(-np.abs(z))
        loss = np.maximum(z, 0) - z * target + np.log1p(e)
        return loss[:, 0], np.where(z >= 0, 1, e) / (1 + e) - target

    def probabilities(self, z: Array) -> Array:
        e = np.exp(-np.abs(z))
        p = np.where(z >= 0, 1, e) / (1 + e)
        return np.concatenate([1 - p, p], axis=1)

    def outputs(self, task_outputs: int) -> int:
        return 1

    def fits(self, task: str) -> bool:
        return task == "binary"


class SoftmaxCrossEntropy(Loss, frozen=True, tag="softmax_cross_entropy"):
    """One output per class; softmax turns them into probabilities.

    loss = log sum exp(z) - z[y]      dz = softmax(z) - onehot(y)      z [B, K]   y [B] in 0 … K-1

    The largest output is subtracted first, so that no exponential overflows.
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        shifted = z - z.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=1, keepdims=True)
        each = np.arange(len(z))
        dz = e / total
        dz[each, y] -= 1
        return np.log(total[:, 0]) - shifted[each, y], dz

    def probabilities(self, z: Array) -> Array:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p: Array = e / e.sum(axis=1, keepdims=True)
        return p

    def fits(self, task: str) -> bool:
        return task in ("binary", "multiclass")


class MSE(Loss, frozen=True, tag="mse"):
    """The mean squared error, averaged over outputs as well.

    loss = mean over O of (z - y)²      dz = 2 (z - y) / O      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = z - y.reshape(z.shape).astype(z.dtype)
        return (error * error).mean(axis=1), error * z.dtype.type(2 / z.shape[1])


class MAE(Loss, frozen=True, tag="mae"):
    """The mean absolute error, also called L1 loss.

    loss = mean over O of |z - y|      dz = sign(z - y) / O      z, y [B, O]
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        error = z - y.reshape(z.shape).astype(z.dtype)
        return np.abs(error).mean(axis=1), np.sign(error) / z.dtype.type(z.shape[1])


def choose(loss: Loss, task: str) -> Loss:
    """The loss itself, or for `auto` the one the task asks for. Raises ConfigError when it does not fit the task."""
    if isinstance(loss, Auto):
        return {"binary": BinaryCrossEntropy, "multiclass": SoftmaxCrossEntropy, "regression": MSE}[task]()
    if not loss.fits(task):
        name = str(loss.__struct_config__.tag)
        fitting = [e.name for e in CATALOGUE if e.name != "auto" and e.load()().fits(task)]
        message = f"output layer: expected a loss that fits a {task} task, got {name}"
        raise ConfigError(message, hint="use one of: " + ", ".join(fitting))
    return loss

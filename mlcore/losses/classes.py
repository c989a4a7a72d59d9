"""Losses of classes: outputs are turned into probabilities p, and the class of the row should be probable.

What they share, beside the cross-entropy of a row of class y:

label_smoothing     the target is no certainty: 1 - s on the class and s / K on each of the K (Szegedy et al. 2016)
class_weight        a row counts as much as its class, see `loss.py` for the mean; with smoothing, the share of another
                    class in its target as much as that class (PyTorch's definition). Where one output stands for two
                    classes there is one target, and the row is weighted as a whole
confidence_penalty  c KL(p || uniform) = c (log K + sum of p log p) is added: sure answers cost, unsure ones do not.
                    This is smoothing with the two distributions exchanged; Pereyra et al. 2017 add -c H(p), which is
                    c log K less, so that here it is zero where every class is as probable
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta

from mlcore.errors import ConfigError
from mlcore.losses.loss import Array, Loss

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1, description="part of each target spread over all classes alike")]
Weight: TypeAlias = Annotated[float, Meta(gt=0, le=1e9)]


class ClassLoss(Loss, frozen=True):
    """What the cross-entropies have in common."""

    label_smoothing: Share = 0.0
    class_weight: Annotated[
        Literal["none", "balanced"] | tuple[Weight, ...],
        Meta(description="how much each class counts: none: as its rows; balanced: all alike; or a list"),
    ] = "none"
    confidence_penalty: Annotated[
        float, Meta(ge=0, description="strength of KL(p || uniform), which holds back sure answers")
    ] = 0.0

    def fits(self, task: str) -> bool:
        return task in ("binary", "multiclass")

    @property
    def of_classes(self) -> Array | None:
        """The weight of each class [K], or None where all weigh the same."""
        if self.class_weight == "none":
            return None
        if self.class_weight == "balanced":
            raise ConfigError("balanced class weights are not numbers yet", hint="call losses.choose with the labels")
        return np.asarray(self.class_weight, np.float64)


class Auto(ClassLoss, frozen=True, tag="auto"):
    """The loss the task asks for: it stands in a configuration and is replaced before training.

    Two classes: binary_cross_entropy; more: softmax_cross_entropy; numbers: mse, for which nothing else may be set.
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        raise ConfigError("loss 'auto' was not replaced by a real one", hint="call losses.choose(loss, task) first")

    def fits(self, task: str) -> bool:
        return True


class BinaryCrossEntropy(ClassLoss, frozen=True, tag="binary_cross_entropy"):
    """Two classes, one output: the logit of class 1.

    loss = max(z, 0) - z y + log(1 + exp(-|z|))      dz = sigmoid(z) - y      z [B, 1]   y [B] in {0, 1}
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        target = self.targets(y).reshape(z.shape).astype(z.dtype)
        e = np.exp(-np.abs(z))
        loss = np.maximum(z, 0) - z * target + np.log1p(e)
        dz = np.where(z >= 0, 1, e) / (1 + e) - target
        if self.confidence_penalty:
            c = z.dtype.type(self.confidence_penalty)
            loss = loss + c * (z.dtype.type(math.log(2)) - np.abs(z) * e / (1 + e) - np.log1p(e))
            dz = dz + c * z * (e / ((1 + e) * (1 + e)))
        return loss[:, 0], dz

    def targets(self, y: Array) -> Array:
        """The probability of class 1 wanted of each row, from y in 0 … 1."""
        return y * (1 - self.label_smoothing) + self.label_smoothing / 2 if self.label_smoothing else y

    def weights(self, y: Array, w: Array | None = None) -> Array | None:
        each = self.of_classes
        if each is None:
            return w
        own: Array = each[0] + (each[1] - each[0]) * y.reshape(-1)
        return own if w is None else own * w

    def probabilities(self, z: Array) -> Array:
        e = np.exp(-np.abs(z))
        p = np.where(z >= 0, 1, e) / (1 + e)
        return np.concatenate([1 - p, p], axis=1)

    def outputs(self, task_outputs: int) -> int:
        return 1

    def fits(self, task: str) -> bool:
        return task == "binary"


class SoftmaxCrossEntropy(ClassLoss, frozen=True, tag="softmax_cross_entropy"):
    """One output per class; softmax turns them into probabilities.

    loss = log sum exp(z) - z[y]      dz = softmax(z) - onehot(y)      z [B, K]   y [B] in 0 … K-1

    The largest output is subtracted first, so that no exponential overflows.
    """

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        p, log_p = softmax(z)
        if self.label_smoothing:
            t = self.targets(y, z.shape[1]).astype(z.dtype)
            loss, dz = -(t * log_p).sum(axis=1), p * t.sum(axis=1, keepdims=True) - t
        else:
            each = np.arange(len(z))
            loss, dz = -log_p[each, y], p.copy()
            dz[each, y] -= 1
        if self.confidence_penalty:
            c, log_p = z.dtype.type(self.confidence_penalty), np.where(p == 0, 0, log_p)  # 0 log 0 is 0
            mean = (p * log_p).sum(axis=1, keepdims=True)
            loss = loss + c * (z.dtype.type(math.log(z.shape[1])) + mean[:, 0])
            dz = dz + c * p * (log_p - mean)
        return loss, dz

    def shares(self, classes: int) -> tuple[Array, Array]:
        """What smoothing puts on each class [K], and what that is multiplied by in a row of each class [K]."""
        weight = self.of_classes
        weight = np.ones(classes) if weight is None else weight
        return self.label_smoothing / classes * weight, 1 / weight

    def targets(self, y: Array, classes: int) -> Array:
        """The distribution wanted of each row [B, K]; it sums to one where classes weigh the same."""
        share, inverse = self.shares(classes)
        t: Array = share[None, :] * inverse[y][:, None]
        t[np.arange(len(y)), y] += 1 - self.label_smoothing
        return t

    def weights(self, y: Array, w: Array | None = None) -> Array | None:
        each = self.of_classes
        if each is None:
            return w
        return each[y] if w is None else each[y] * w

    def probabilities(self, z: Array) -> Array:
        return softmax(z)[0]


class KLDivergence(Loss, frozen=True, tag="kl_div"):
    """How far the probabilities p = softmax(z) are from a distribution y: the nats that p wastes on telling y.

    loss = KL(y || p) = sum over K of y (log y - log p)      dz = p sum(y) - y      z, y [B, K]

    It is the cross-entropy of y and p less the entropy of y (Kullback and Leibler 1951); PyTorch's KLDivLoss with the
    reduction "batchmean". Targets are distributions, as another network gives them (Hinton et al. 2015). Class numbers
    y [B] are taken as certainties, smoothed where asked: then the gradient is softmax_cross_entropy's, and the loss
    less by the entropy of the smoothed target, so that a network which hits it has loss 0.
    """

    label_smoothing: Share = 0.0

    def rows(self, z: Array, y: Array) -> tuple[Array, Array]:
        t = self.targets(y, z.shape[1]).astype(z.dtype)
        p, log_p = softmax(z)
        wanted = t > 0
        ratio = np.log(np.where(wanted, t, 1)) - np.where(wanted, log_p, 0)
        return (t * ratio).sum(axis=1), p * t.sum(axis=1, keepdims=True) - t

    def targets(self, y: Array, classes: int) -> Array:
        """The distribution wanted of each row [B, K]: y itself where it has two axes."""
        if y.ndim == 2:
            return y
        t = np.full((len(y), classes), self.label_smoothing / classes)
        t[np.arange(len(y)), y] += 1 - self.label_smoothing
        return t

    def probabilities(self, z: Array) -> Array:
        return softmax(z)[0]

    def fits(self, task: str) -> bool:
        return task in ("binary", "multiclass")


def softmax(z: Array) -> tuple[Array, Array]:
    """p = softmax(z) [B, K] and log p."""
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    return e / total, shifted - np.log(total)


def balanced(y: Array, classes: int) -> tuple[float, ...]:
    """Weights by which all classes count alike: rows / (classes rows of the class); 1 for a class without rows."""
    y = np.asarray(y, np.int64).reshape(-1)
    y = y[y >= 0]
    count = np.bincount(y, minlength=classes)
    return tuple(float(len(y) / (classes * rows)) if rows else 1.0 for rows in count)

"""Losses in PyTorch, from torch's own functions: one row for each kind, and the mean of rows that count differently."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from mlcore.layers.layer import Array, Shape
from mlcore.losses import BinaryCrossEntropy, KLDivergence, Loss, SoftmaxCrossEntropy, steps_of
from mlcore.spec import kind_of

Tensor: TypeAlias = Any  # torch.Tensor, which must not be imported here


class Targets(NamedTuple):
    """Of some rows: targets y, and where they count differently what multiplies each loss, and how much each weighs.

    The two differ where torch itself weighs the rows of each class, by `classes` [K]. `total`: what the whole batch
    weighs, where these are some of its rows.
    """

    y: Tensor
    factor: Tensor | None
    weight: Tensor | None
    classes: Tensor | None
    total: Tensor | None = None

    def take(self, index: Tensor | slice) -> Targets:
        """The rows at `index`."""
        y, factor, weight = (part if part is None else part[index] for part in self[:3])
        return Targets(y, factor, weight, self.classes)


Row: TypeAlias = Callable[[Any, Tensor, Targets, str], Tensor]


def targets(loss: Loss, y: Array, w: Array | None, output: Shape, like: Tensor) -> Targets:
    """Targets as torch's functions take them, on the device and in the precision of `like`.

    output: the shape of a row of z; with an answer at each of T steps, targets and weights are [B, T].
    """
    import torch

    y, steps = np.asarray(y), len(output) == 2
    shape = y.shape[:2] if steps else y.shape[:1]
    if steps:
        y, w = steps_of(y, w)
    weight = factor = loss.weights(y, w)
    if isinstance(loss, SoftmaxCrossEntropy):
        factor = w if w is not None or weight is None else np.ones(len(y))
    elif isinstance(loss, KLDivergence):
        y = loss.targets(y, output[-1])
    elif isinstance(loss, BinaryCrossEntropy):
        y = loss.targets(y).reshape(-1)
    else:
        y = loss.compared(y)

    def moved(x: Array | None, dtype: Any = like.dtype) -> Tensor | None:
        if x is None:
            return None
        return torch.as_tensor(np.ascontiguousarray(x.reshape(*shape, *x.shape[1:])), device=like.device).to(dtype)

    if not isinstance(loss, SoftmaxCrossEntropy):
        return Targets(moved(y), moved(factor), moved(weight), None)
    classes = None if loss.of_classes is None else torch.as_tensor(loss.of_classes, device=like.device).to(like.dtype)
    return Targets(moved(y, torch.long), moved(factor), moved(weight), classes)


def mean(loss: Loss, z: Tensor, t: Targets) -> Tensor:
    """The mean loss of outputs z, weighted where rows count differently; of some rows, their share of that of all."""
    row = table()[kind_of(loss)]
    z, t = _each(z, t)
    if t.total is not None:
        return total(loss, z, t) / (t.total + (t.total == 0))
    if t.weight is None:
        return row(loss, z, t, "mean")
    whole = t.weight.sum()
    return (row(loss, z, t, "none") * t.factor).sum() / (whole + (whole == 0))


def total(loss: Loss, z: Tensor, t: Targets) -> Tensor:
    """The losses of rows, each times its weight, added up."""
    z, t = _each(z, t)
    found = table()[kind_of(loss)](loss, z, t, "none")
    return (found if t.factor is None else found * t.factor).sum()


def _each(z: Tensor, t: Targets) -> tuple[Tensor, Targets]:
    """Every step as a row of its own, where there is an answer at each: z [B, T, O]."""
    if z.dim() != 3:
        return z, t
    y, factor, weight = (part if part is None else part.flatten(0, 1) for part in t[:3])
    return z.flatten(0, 1), t._replace(y=y, factor=factor, weight=weight)


def table() -> dict[str, Row]:
    """loss kind -> f(loss, z, targets, "mean" or "none"): the mean loss, or that of each row [B]."""
    return {
        "binary_cross_entropy": _binary,
        "softmax_cross_entropy": _softmax,
        "kl_div": _divergence,
        "mse": _errors("mse_loss"),
        "mae": _errors("l1_loss"),
        "huber": _errors("huber_loss", "delta"),
        "half_squared_error": _half_squared,
        "multilabel_cross_entropy": _labels,
        "poisson_deviance": _counts,
    }


def _errors(name: str, *settings: str) -> Row:
    def row(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
        from torch.nn import functional as f

        own = {setting: getattr(loss, setting) for setting in settings}
        found = getattr(f, name)(z, t.y.reshape(z.shape), reduction=reduction, **own)
        return found.mean(1) if reduction == "none" else found

    return row


def _binary(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
    from torch.nn import functional as f

    z = z[:, 0]
    found = f.binary_cross_entropy_with_logits(z, t.y, reduction=reduction)
    if not loss.confidence_penalty:
        return found
    sure = math.log(2) + z.sigmoid() * f.logsigmoid(z) + (-z).sigmoid() * f.logsigmoid(-z)
    return found + loss.confidence_penalty * (sure if reduction == "none" else sure.mean())


def _half_squared(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
    """Half the mean over the outputs is what is told, and half their sum what has the slope."""
    mean = ((z - t.y.reshape(z.shape)) ** 2).mean(1) / 2
    found = mean + (z.shape[1] - 1) * (mean - mean.detach())
    return found.mean() if reduction == "mean" else found


def _labels(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
    from torch.nn import functional as f

    found = f.binary_cross_entropy_with_logits(z, t.y, reduction="none").sum(1)
    return found.mean() if reduction == "mean" else found


def _counts(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
    y = t.y.reshape(z.shape)
    found = ((y.xlogy(y) - y * z) - y + z.exp()).sum(1)
    return found.mean() if reduction == "mean" else found


def _softmax(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
    from torch.nn import functional as f

    found = f.cross_entropy(z, t.y, weight=t.classes, reduction=reduction, label_smoothing=loss.label_smoothing)
    if not loss.confidence_penalty:
        return found
    log_p = f.log_softmax(z, 1)
    sure = math.log(z.shape[1]) + (log_p.exp() * log_p).sum(1)
    sure = sure if t.classes is None else sure * t.classes[t.y]
    return found + loss.confidence_penalty * (sure if reduction == "none" else sure.mean())


def _divergence(loss: Any, z: Tensor, t: Targets, reduction: str) -> Tensor:
    from torch.nn import functional as f

    if reduction == "mean":
        return f.kl_div(f.log_softmax(z, 1), t.y, reduction="batchmean")
    return f.kl_div(f.log_softmax(z, 1), t.y, reduction="none").sum(1)

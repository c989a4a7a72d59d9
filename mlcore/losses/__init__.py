"""Losses: how wrong the outputs are, as one number, and which way to move them. A page for classes, one for numbers."""

from __future__ import annotations

from mlcore.catalogue import Catalogue, Entry
from mlcore.errors import ConfigError
from mlcore.losses.classes import (
    Auto,
    BinaryCrossEntropy,
    ClassLoss,
    KLDivergence,
    SoftmaxCrossEntropy,
    balanced,
)
from mlcore.losses.loss import Array, Loss, each_step, steps_of
from mlcore.losses.numbers import MAE, MSE, Huber, NumberLoss, compared, own
from mlcore.spec import changed, fields, kind_of

__all__ = [
    "CATALOGUE",
    "MAE",
    "MSE",
    "Array",
    "Auto",
    "BinaryCrossEntropy",
    "Huber",
    "KLDivergence",
    "Loss",
    "NumberLoss",
    "SoftmaxCrossEntropy",
    "bare",
    "choose",
    "compared",
    "each_step",
    "own",
    "steps_of",
]

CATALOGUE = Catalogue(
    "loss",
    Entry("auto", "the loss the task asks for", "mlcore.losses:Auto"),
    Entry("binary_cross_entropy", "two classes, one output", "mlcore.losses:BinaryCrossEntropy"),
    Entry("softmax_cross_entropy", "one output per class", "mlcore.losses:SoftmaxCrossEntropy"),
    Entry("kl_div", "how far the outputs' probabilities are from those wanted", "mlcore.losses:KLDivergence"),
    Entry("mse", "mean squared error, for numbers", "mlcore.losses:MSE"),
    Entry("mae", "mean absolute error, for numbers", "mlcore.losses:MAE"),
    Entry("huber", "squared for small errors, absolute for large ones", "mlcore.losses:Huber"),
)


def choose(loss: Loss, task: str, classes: int = 0, y: Array | None = None, units: tuple[float, ...] = ()) -> Loss:
    """The loss of a task: for `auto` the one it asks for, with the weights of its `classes` as numbers.

    y: class numbers of the training rows, from which `balanced` weights follow; without them they stay a word, which
    is enough to predict. units: of a regression, in which its targets are compared. Raises ConfigError when the loss
    does not fit the task or its weights do not fit the classes.
    """
    chosen = _of_task(loss, task)
    if units and isinstance(chosen, NumberLoss) and not chosen.units:
        chosen = changed(chosen, units=units)
    if not isinstance(chosen, ClassLoss) or chosen.class_weight == "none":
        return chosen
    if chosen.class_weight == "balanced":
        return chosen if y is None else changed(chosen, class_weight=balanced(y, classes))
    if classes and len(chosen.class_weight) != classes:
        got = len(chosen.class_weight)
        raise ConfigError(f"loss.class_weight: expected a number for each of {classes} classes, got {got}")
    return chosen


def bare(loss: Loss) -> Loss:
    """The same loss as it is by default: it asks for nothing but the target, in the same units."""
    plain = type(loss)()
    return changed(plain, units=loss.units) if isinstance(loss, NumberLoss) else plain


def _of_task(loss: Loss, task: str) -> Loss:
    if isinstance(loss, Auto):
        said = {field.name: getattr(loss, field.name) for field in fields(Auto)}
        if task != "regression":
            return {"binary": BinaryCrossEntropy, "multiclass": SoftmaxCrossEntropy}[task](**said)
        for field in fields(Auto):
            if said[field.name] != field.default:
                raise ConfigError(f"loss.{field.name} is for classes, and this is a regression", hint="leave it out")
        return MSE()
    if not loss.fits(task):
        fitting = [e.name for e in CATALOGUE if e.name != "auto" and e.load()().fits(task)]
        message = f"output layer: expected a loss that fits a {task} task, got {kind_of(loss)}"
        raise ConfigError(message, hint="use one of: " + ", ".join(fitting))
    return loss

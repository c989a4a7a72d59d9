"""What every exporter starts from: the layers with their parameters, what the outputs mean, names safe to write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
import numpy as np

from mlcore.datasets.dataset import BEND
from mlcore.errors import CheckpointError, ConfigError
from mlcore.layers.layer import Array, Layer, Shape
from mlcore.losses import MAE, MSE, BinaryCrossEntropy, Huber, KLDivergence, Loss, SoftmaxCrossEntropy
from mlcore.losses.numbers import FARTHEST, NumberLoss
from mlcore.model import Model
from mlcore.spec import changed

Head: TypeAlias = Literal["logit", "softmax", "numbers", "logarithms"]
Row = TypeVar("Row")

# What the raw outputs mean; a loss without a line here leaves numbers as they are.
HEADS: Mapping[type[Loss], Head] = {
    BinaryCrossEntropy: "logit",
    SoftmaxCrossEntropy: "softmax",
    KLDivergence: "softmax",
    **dict.fromkeys((MSE, MAE, Huber), "numbers"),
}
ANYTHING = "any of numpy, pytorch, c and onnx may know it"


class Stage(NamedTuple):
    """A layer with its parameters (float32, by name) between two shapes.

    number counts layers from 0, as names in files do; nth counts those with parameters from 1, as people do. skip: of
    an add the number of its skip.
    """

    number: int
    nth: int
    layer: Layer
    p: dict[str, Array]
    inputs: Shape
    outputs: Shape
    skip: int = -1

    @property
    def size(self) -> int:
        """How many numbers come out, for one row."""
        return math.prod(self.outputs)

    def setting(self, name: str) -> float:
        """A number of the layer's own, such as the slope of a leaky ReLU."""
        return float(getattr(self.layer, name))

    def whole(self, name: str) -> int:
        """A whole number of the layer's own, such as the stride of a convolution."""
        return int(getattr(self.layer, name))

    @property
    def word(self) -> str:
        """The layer as a comment names it: `dense 2 -> 8`, `relu`."""
        if self.inputs == self.outputs and not self.p:
            return self.layer.word
        kind = str(self.layer.__struct_config__.tag)
        return f"{kind} {_shape(self.inputs)} -> {_shape(self.outputs)}"


def _shape(shape: Shape) -> str:
    return "x".join(map(str, shape))


def whole(model: Model) -> Model:
    """The model, if every number of it is one. Raises CheckpointError."""
    if not np.isfinite(model.vector.astype(np.float32)).all():
        raise CheckpointError("weights that are not numbers cannot be exported", code="CKPT_NONFINITE")
    return model


def own_units(model: Model) -> Model:
    """The model whose last layer answers in the units of the targets, where its loss compares in others.

    z' = z / factor + shift is folded into the weights and biases of the head, of a series for each output: then they
    are growths, and `growths` says how they are values. Logarithms stay what they are: in float32 such a sum would lose
    digits of which the exponential makes many; `logarithm` says how they end.
    """
    units, growing, loss = _units(model), model.preparation.growing, model.loss
    if growing is not None:
        shift, factor = growing.shift, 1 / growing.spread
        growing = growing._replace(shift=np.zeros_like(shift), spread=np.ones_like(shift))
    elif len(units) == 2:
        shift, factor = (np.array(unit) for unit in units)
        loss = changed(loss, units=())
    else:
        return model
    vector = model.vector.astype(np.float32)
    head = model.network.views(vector)[-1]
    head["w"][...] = head["w"].astype(np.float64) / factor
    head["b"][...] = head["b"].astype(np.float64) / factor + shift
    task = model.preparation.task._replace(units=())
    preparation = msgspec.structs.replace(model.preparation, task=task, growing=growing)
    return Model(model.config, model.network, loss, preparation, vector)


def growths(model: Model) -> str:
    """What inputs and answers are of a network that learnt a series; nothing of another."""
    growing, seen = model.preparation.growing, len(model.preparation.feature_names)
    if growing is None:
        return ""
    period, lags = growing.period, growing.period + seen
    logs, back = (" as logarithms", "exp(u[i] + out[h])") if growing.log else ("", "u[i] + out[h]")
    taken = f"of its last {lags} values u{logs}, the oldest first, it takes x[i] = u[i + {period}] - u[i]"
    places = f"h from 0 to {len(growing.shift) - 1}, i = {seen} + h % {period}"
    return f"It learnt a series: {taken}, and what comes next is {back} for {places}."


def _units(model: Model) -> tuple[float, ...]:
    return model.loss.units if isinstance(model.loss, NumberLoss) else ()


class Logarithm(NamedTuple):
    """How outputs z that are logarithms become targets: exp(min(z / factor + shift, most)) - offset, in float64."""

    shift: float
    factor: float
    offset: float
    most: float = FARTHEST

    def text(self, z: str, smaller: str, exp: str) -> str:
        """The same as an expression of Python; smaller: what takes the lesser of two numbers, as `np.minimum`."""
        less = f" - {self.offset!r}" if self.offset else ""
        return f"{exp}({smaller}({z} / {self.factor!r} + {self.shift!r}, {self.most!r})){less}"


def logarithm(model: Model) -> Logarithm | None:
    """How the targets follow from their logarithms, or None where the network answers otherwise."""
    units = _units(model)
    return Logarithm(*units) if len(units) == 3 else None


def stages(model: Model) -> list[Stage]:
    """Every layer of a model, the head included; of a float32 vector the parameters are views into it.

    Raises ConfigError for a network that takes sequences of several lengths, or answers at every step of one.
    """
    network, found, count = model.network, [], 0
    if network.lengths or len(network.output_shape) > 1:
        what = "sequences of several lengths" if network.lengths else "an answer at every step"
        hint = "end the network with last, mean or max, on sequences of one length"
        raise ConfigError(f"{what}: no export can express that yet", code="EXPORT_UNSUPPORTED", hint=hint)
    views = network.views(model.vector.astype(np.float32, copy=False))
    for number, (layer, p) in enumerate(zip(network.layers, views, strict=True)):
        count += bool(p)
        inputs, outputs = network.shapes[number : number + 2]
        found.append(Stage(number, count, layer, p, inputs, outputs, network.skips.get(number, -1)))
    return found


def shaped(model: Model) -> Shape | None:
    """The shape in which the first layer takes a row, or None where it takes a list of numbers.

    Channels, height and width of an image, which has one channel where nobody said; steps and features of a sequence.
    """
    shape = model.network.shapes[0]
    return None if len(shape) == 1 else (1, *shape)[-3:] if model.network.takes_images else shape


def row(rows: Mapping[type[Layer], Row], stage: Stage, target: str) -> Row:
    """The row of a table for a layer. Raises ConfigError naming the layer and what the target knows."""
    found = rows.get(type(stage.layer))
    if found is None:
        known = ", ".join(str(kind.__struct_config__.tag) for kind in rows)
        kind = str(stage.layer.__struct_config__.tag)
        raise unsupported(target, f"layer {stage.number + 1}, {kind}", f"it knows {known}")
    return found


def unsupported(target: str, what: str, why: str) -> ConfigError:
    """The error for a network that a target cannot express."""
    return ConfigError(f"{target} cannot express {what}: {why}", code="EXPORT_UNSUPPORTED", hint=ANYTHING)


def head(model: Model) -> Head:
    """What the raw outputs mean. Raises ConfigError for a loss whose probabilities nobody wrote down here."""
    kind = type(model.loss)
    if kind not in HEADS and kind.probabilities is not Loss.probabilities:
        raise ConfigError(f"loss {kind.__struct_config__.tag} cannot be exported yet", code="EXPORT_UNSUPPORTED")
    return "logarithms" if logarithm(model) else HEADS.get(kind, "numbers")


def class_names(model: Model) -> tuple[str, ...]:
    """A name for each class, nothing for a regression."""
    task = model.preparation.task
    if task.kind == "regression":
        return ()
    return tuple(task.class_names[k] if k < len(task.class_names) else str(k) for k in range(task.outputs))


def scaling(model: Model) -> tuple[Array, Array]:
    """shift and factor [features] float64 of x = (raw - shift) * factor."""
    shift, factor, _ = model.preparation.scaling
    return np.asarray(shift, np.float64), np.asarray(factor, np.float64)


def bend(model: Model) -> Array | None:
    """bend [features] float64 of x / sqrt(1 + (x bend)²), smooth clipping after scaling; None where nothing is bent."""
    shift, _, smooth = model.preparation.scaling
    return np.where(np.arange(len(shift)) < smooth, 1 / BEND, 0.0) if smooth else None


def filled(cells: Sequence[str], indent: int, width: int = 116) -> str:
    """Words between commas, as many a line as there is room for."""
    lines = [" " * indent]
    for cell in cells:
        if len(lines[-1]) + len(cell) > width and lines[-1].strip():
            lines.append(" " * indent)
        lines[-1] += cell + ", "
    return "\n".join(line.rstrip() for line in lines)

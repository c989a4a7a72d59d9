"""One example on its way through a network, and its first weights, as pictures small enough to be sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mlcore import examining, seeing
from mlcore.datasets.dataset import Data, Rows, Sequence
from mlcore.layers.layer import Array
from mlcore.model import Model
from mlcore.seeing import Passed
from mlcore.worker.shown import Made, Patterns, Seen

if TYPE_CHECKING:
    from mlcore.worker.pictures import Stage

MAPS = 64  # of a layer sent
SIDE = 64  # pixels of a map
UNITS = 128  # lines of a sequence's map, and numbers of a flat row
STEPS = 512  # of a long sequence
SERIES = 4  # numbers of each step drawn as curves
LONGEST = 40  # letters of an answer for every step
BRIEF = 12  # numbers of one


def seen(stage: Stage, model: Model, split: str, number: int, *, saliency: bool = False) -> Seen:
    """A row of a split as it passes through a network. Raises DataError where there is no such row."""
    data = stage.data
    rows = examining.row_of(data, split, number)
    x, raw = data.inputs(rows), stage.raw(rows)[0]
    with np.errstate(all="ignore"):
        answer = model.network.forward(model.vector, x)[0]
        p = model.loss.probabilities(answer.reshape(-1, answer.shape[-1]))
    label, said, sure = _words(data, rows, p)
    image = series = None
    letters = tuple(_every(list(seeing.tokens(model, raw))))
    if data.image_shape and not letters:
        image = pixels(raw, data.image_shape)
    elif data.sequence and not letters:
        series = _series(data, raw)
    return Seen(
        split=split,
        row=number,
        rows=len(examining.split_of(data, split)),
        label=label,
        said=said,
        sure=sure,
        made=tuple(map(_made, seeing.passage(model, x))),
        image=image,
        series=series,
        letters=letters,
        saliency=_shares(seeing.saliency(model, x), image, data.sequence) if saliency else None,
    )


def pixels(raw: Array, shape: tuple[int, ...]) -> Array:
    """A row of pixels of any range as a picture [h, w] uint8, of several channels their mean."""
    values = raw.reshape(-1, *shape[-2:]).mean(axis=0) if len(shape) > 2 else raw.reshape(shape)
    if values.dtype == np.uint8:
        return values
    low, high = (0.0, 255.0) if raw.dtype == np.uint8 else (values.min(initial=0), values.max(initial=0))
    found: Array = ((values - low) * (255 / (high - low or 1))).round().astype(np.uint8)
    return found


def _words(data: Data, rows: Rows, p: Array) -> tuple[str, str, float]:
    """What a row is, what is said of it, and how surely (NaN of numbers); of many steps one letter or word for each."""
    task, y = data.task, np.ravel(rows.y[0])
    if task.kind == "regression":
        told = [" ".join(f"{value:.4g}" for value in np.ravel(values)[:BRIEF]) for values in (y, p)]
        return told[0], told[1], math.nan
    asked = y >= 0
    sure = np.nan_to_num(p.max(axis=-1))[asked]
    label, said = (_classes(task.class_names, values[asked]) for values in (y, p.argmax(axis=-1)))
    return label, said, float(sure.mean()) if len(sure) else math.nan


def _classes(names: tuple[str, ...], numbers: Array) -> str:
    words = [names[number] if number < len(names) else str(number) for number in numbers.astype(int).tolist()]
    between = "" if all(len(word) == 1 for word in words) else " "
    return between.join(words[:LONGEST])


def _series(data: Data, raw: Array) -> Array:
    """The numbers of a row over its steps [n, T]."""
    sequence = data.sequence
    assert sequence is not None
    length = int(raw[0]) if sequence.lengths else sequence.steps
    steps = raw[int(sequence.lengths) :].reshape(sequence.steps, sequence.numbers)[:length]
    return np.ascontiguousarray(np.array(_every(steps)).T[:SERIES], np.float32)


def _every(steps: Array | list[str]) -> Array | list[str]:
    """At most `STEPS` of many, evenly taken."""
    if len(steps) <= STEPS:
        return steps
    index = ((np.arange(STEPS) + 0.5) * len(steps) / STEPS).astype(int)
    return steps[index] if isinstance(steps, np.ndarray) else [steps[place] for place in index.tolist()]


def _made(passed: Passed) -> Made:
    kind, values = passed.block.kind, passed.values.astype(np.float64)
    of = values.shape[0] if kind == "maps" else values.shape[-1]
    if kind == "maps":
        values = _smaller(values[:MAPS])
    elif kind == "steps":
        values = np.array(_every(values)).T[None, :UNITS]
    else:
        values = values[None, None, :UNITS]
    scale = float(np.abs(passed.values).max(initial=0.0))
    known = scale if math.isfinite(scale) else math.nan
    words, shape = passed.block.words, passed.block.shape
    return Made(words=words, shape=shape, of=of, picture=kind == "maps", maps=signed(values, scale), scale=known)


def _smaller(maps: Array) -> Array:
    """Large maps [n, H, W] at every second place, or third."""
    every = max(1, -(-max(maps.shape[1:]) // SIDE))
    return maps[:, ::every, ::every]


def signed(values: Array, scale: Array | float) -> Array:
    """Numbers from -scale to +scale as 1 to 255, zero and what is no number as 128, uint8."""
    with np.errstate(all="ignore"):
        shares = np.nan_to_num(values / np.where(np.asarray(scale) > 0, scale, 1.0), posinf=0.0, neginf=0.0)
    found: Array = (128 + 127 * shares.clip(-1, 1)).round().astype(np.uint8)
    return np.ascontiguousarray(found)


def _shares(slopes: Array, image: Array | None, sequence: Sequence | None) -> Array:
    """How much each pixel or step moves the answer, 255 the most: the sum over channels, or over the numbers of a step.

    Rows of pixels read as a sequence are the same picture.
    """
    if image is not None:
        slopes = slopes.reshape(-1, *image.shape).sum(axis=0)
    else:
        numbers = sequence.numbers if sequence and not sequence.vocabulary else 1
        slopes = np.array(_every(slopes.reshape(-1, numbers).sum(axis=1)))
    most = float(slopes.max(initial=0.0))
    found: Array = (slopes * (255 / most if most else 0.0)).round().astype(np.uint8)
    return found


def patterns(model: Model, data: Data) -> Patterns | None:
    """The weights of the first layer that has any, None where none has."""
    found = examining.first_weights(model)
    if found is None:
        return None
    words, weights, image = found
    if image:
        maps = weights[:, :MAPS].T.reshape(-1, *image).astype(np.float64)
        scale = np.abs(maps).max(axis=(1, 2), keepdims=True, initial=0.0)
        return Patterns(words, weights.shape[1], signed(_smaller(maps), scale))
    table = weights[:UNITS, :UNITS].astype(np.float64)[None]
    letters = seeing.characters(model)
    names = letters if len(letters) == len(weights) else data.feature_names
    inputs = tuple(names[:UNITS]) if len(names) == len(weights) else ()
    return Patterns(words, weights.shape[1], signed(table, float(np.abs(table).max(initial=0.0))), inputs)

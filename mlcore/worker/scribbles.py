"""A picture drawn by hand, made like the pictures a network was trained on: of their size, their place, their ink."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlcore.errors import DataError
from mlcore.layers.layer import Array
from mlcore.model import Model
from mlcore.worker.messages import Activity
from mlcore.worker.pictures import Stage

LOOKED_AT = 500  # training pictures that tell how large the others are
FINE = 8  # points along a side of a pixel that are looked up
INK = 0.2  # of the blackest: what is darker belongs to the drawing


class Habit(NamedTuple):
    """How the pictures of a data set are made: the longer side of what is drawn, where its middle is, paper and ink."""

    side: float
    middle: tuple[float, float]
    paper: float
    ink: float


def read(stage: Stage, model: Model, pixels: Array) -> Activity:
    """What a network makes of a drawing: pixels [rows, columns] uint8, 0 paper, 255 ink.

    Raises DataError where the data are no pictures, or nothing was drawn.
    """
    shape = stage.data.image_shape
    if shape is None:
        raise DataError("these data are no pictures", hint="choose digits or mnist")
    if not (pixels > 255 * INK).any():
        raise DataError("nothing is drawn yet", code="DATA_EMPTY")
    habit = _habit(stage)
    raw = habit.paper + like(pixels / 255, shape, habit) * (habit.ink - habit.paper)
    dtype = stage.data.train.x.dtype
    inputs = raw.round().astype(np.uint8) if dtype == np.uint8 else raw
    return stage.activity_of(model, inputs.reshape(1, -1))


def like(drawing: Array, shape: tuple[int, int], habit: Habit) -> Array:
    """A drawing [rows, columns] of 0 … 1 as a picture of that shape, what is drawn as large and where `habit` has it.

    As MNIST was made: what is drawn is scaled to a box without changing its form, and its centre of mass moved.
    """
    rows, columns = np.nonzero(drawing > INK)
    longer = max(np.ptp(rows), np.ptp(columns)) + 1
    scale = longer / habit.side  # pixels of the drawing in a pixel of the picture
    mass = drawing.sum()
    centre = (
        (drawing.sum(axis=1) @ (np.arange(drawing.shape[0]) + 0.5)) / mass,
        (drawing.sum(axis=0) @ (np.arange(drawing.shape[1]) + 0.5)) / mass,
    )
    places = []
    for axis in (0, 1):
        fine = (np.arange(shape[axis] * FINE) + 0.5) / FINE
        places.append(np.floor((fine - habit.middle[axis]) * scale + centre[axis]).astype(int))
    inside = [(place >= 0) & (place < size) for place, size in zip(places, drawing.shape, strict=True)]
    row, column = (place.clip(0, size - 1) for place, size in zip(places, drawing.shape, strict=True))
    looked = drawing[row][:, column] * inside[0][:, None] * inside[1][None, :]
    picture: Array = looked.reshape(shape[0], FINE, shape[1], FINE).mean(axis=(1, 3))
    return picture


@lru_cache(maxsize=4)
def _habit(stage: Stage) -> Habit:
    """How the training pictures are made, seen on the first of them."""
    shape = stage.data.image_shape or (1, 1)
    images = stage.raw(stage.data.train.take(slice(LOOKED_AT))).reshape(-1, *shape).astype(np.float64)
    paper, ink = float(images.min()), float(images.max())
    share = (images - paper) / ((ink - paper) or 1)
    drawn = share > INK
    lengths = [_extents(np.asarray(drawn.any(axis=axis))) for axis in (2, 1)]
    mass = share.sum(axis=(1, 2)).clip(1e-9)
    middle = [float((share.sum(axis=2 - axis) @ (np.arange(shape[axis]) + 0.5) / mass).mean()) for axis in (0, 1)]
    return Habit(float(np.median(np.maximum(*lengths))), (middle[0], middle[1]), paper, ink)


def _extents(there: Array) -> Array:
    """From the first to the last of each row [n, length] of yes and no, both counted."""
    found: Array = there.shape[1] - there.argmax(axis=1) - there[:, ::-1].argmax(axis=1)
    return found

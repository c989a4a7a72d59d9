"""Some of a data set to look at before anything is trained: its first rows, how its values are spread, its pictures."""

from __future__ import annotations

import msgspec
import numpy as np

from mlcore.config import Config
from mlcore.datasets.dataset import Array, Data
from mlcore.layers.augment import Augment
from mlcore.layers.layer import Mode
from mlcore.network import Network
from mlcore.worker.building import Histogram, Sample, Surface
from mlcore.worker.messages import Scene
from mlcore.worker.pictures import SHOWN, Stage, gray

ROWS = 8  # first rows written out
CELLS = 8  # columns of them
COLUMNS = 16  # features whose histograms are made
BINS = 24
PICTURES = 60
VARIED, EPOCHS = 4, 9  # images shown as they are varied, and how often each
ROUND = 1e-6  # of the largest value of a column
SPREAD = 20_000  # rows a histogram looks at


def preview(stage: Stage) -> Scene:
    """The scene of a data set, and a sample of it."""
    return msgspec.structs.replace(stage.scene, sample=sample(stage))


def sample(stage: Stage) -> Sample:
    """First rows, histograms, pictures: what there is of each, from the training rows."""
    data = stage.data
    shown = data.train.take(slice(ROWS))
    raw, targets = _rounded(stage.raw(shown)[:, :CELLS]), [_target(data, y) for y in shown.y]
    head = tuple((*map(_number, x), target) for x, target in zip(raw.tolist(), targets, strict=True))
    images = labels = None
    if data.image_shape:
        some = data.train.take(slice(PICTURES))
        pixels = stage.raw(some)
        images = (pixels if pixels.dtype == np.uint8 else gray(pixels)).reshape(-1, *data.image_shape)
        labels = some.y.astype(np.int32)
    classes = data.task.kind != "regression"
    return Sample(
        names=(*data.feature_names[:CELLS], "class" if classes else "target"),
        head=head,
        features=len(data.feature_names),
        histograms=() if data.image_shape else tuple(_histograms(stage)),
        counts=tuple(np.bincount(data.train.y[data.train.y >= 0], minlength=data.task.outputs).tolist())
        if classes
        else (),
        images=images,
        labels=labels,
        surface=_surface(stage),
        notices=tuple(notice.message for notice in data.notices),
    )


def varied(config: Config, network: Network, data: Data) -> Array | None:
    """The first images as the network learns from them, once an epoch [n, m, h, w] uint8; None where it leaves them.

    The first of the m is the image itself.
    """
    last = max((n for n, layer in enumerate(network.layers) if isinstance(layer, Augment)), default=-1)
    if last < 0 or not data.image_shape:
        return None
    x, _ = network.begin(data.inputs(data.train.take(slice(VARIED))))
    found = [x]
    for epoch in range(1, EPOCHS + 1):
        y = x
        for number, layer in enumerate(network.layers[: last + 1]):
            if isinstance(layer, Augment):
                y, _ = layer.forward({}, y, Mode(True, config.seed, epoch, 0, number))
        found.append(y)
    every = np.stack(found, axis=1).reshape(len(x), len(found), -1, *data.image_shape[-2:])
    return gray(every.mean(axis=2))


def _histograms(stage: Stage) -> list[Histogram]:
    """How the values of each of the first features are spread, and those of the target of a regression."""
    data = stage.data
    rows = data.train.take(slice(None, None, -(-len(data.train) // SPREAD)))
    raw = _rounded(stage.raw(rows)[:, :COLUMNS])
    columns = list(zip(data.feature_names, raw.T, strict=False))
    if data.task.kind == "regression":
        columns.append(("target", rows.y.reshape(len(rows), -1)[:, 0].astype(np.float64)))
    return [_histogram(name, values) for name, values in columns]


def _histogram(name: str, values: Array) -> Histogram:
    counts, _ = np.histogram(values, bins=BINS)
    return Histogram(name, float(values.min()), float(values.max()), counts.astype(np.int64))


def _rounded(raw: Array) -> Array:
    """Values [n, features] float64 without what float32 leaves of a zero."""
    raw = raw.astype(np.float64)
    return np.where(np.abs(raw) < ROUND * np.abs(raw).max(axis=0, initial=0.0), 0.0, raw)


def _surface(stage: Stage) -> Surface | None:
    """The rows of a regression on two numbers."""
    data = stage.data
    if data.task.kind != "regression" or data.input_shape != (2,) or data.task.outputs != 1:
        return None
    rows = data.train.take(slice(None, None, -(-len(data.train) // SHOWN)))
    x = stage.raw(rows).astype(np.float32)
    return Surface(x[:, 0].copy(), x[:, 1].copy(), rows.y[:, 0].astype(np.float32))


def _target(data: Data, y: Array) -> str:
    """A target as it is written: the name of its class, or its number."""
    if data.task.kind == "regression":
        return ", ".join(map(_number, np.ravel(y).tolist()))
    return data.task.class_names[int(y)] if int(y) < len(data.task.class_names) else str(int(y))


def _number(value: float) -> str:
    return f"{value:.4g}"

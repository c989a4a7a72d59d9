"""Pictures of what goes on inside: rows on their main components, and what the first layer looks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import examining
from mlcore.axes import colored
from mlcore.commands import table
from mlcore.commands.drawing import Paper, points
from mlcore.datasets.dataset import Data
from mlcore.decomposition import PCA
from mlcore.errors import UsageError
from mlcore.examining import Projection
from mlcore.model import Model
from mlcore.sanitize import sanitize
from mlcore.tables.views.classes import bands

BAR = 30  # cells of the longest bar of variance
UNITS = 8  # units whose weights are listed beside each other
SIGNS = "%=- +*#"  # from far below zero to far above it
BELOW, ABOVE = (24, 31, 75), (94, 172, 215)  # their colours, from weak to strong


def projection(model: Model, data: Data, split: str, layer: int, paper: Paper) -> str:
    """Rows of a split on the two main components of what the network makes of them after some hidden layers."""
    places = examining.places(model.network)
    if layer >= len(places):
        hidden = "no hidden layer" if len(places) == 1 else f"hidden layers 1 to {len(places) - 1}"
        raise UsageError(f"--layer: this network has {hidden}, got {layer}", hint="0 are the inputs")
    rows = examining.split_of(data, split)
    found = examining.projection(model, data, rows, places[layer])
    y = rows.y.reshape(len(rows), -1)[found.which, 0]
    title = f"principal components of the {found.place.name}, {len(found.which):,} {split} rows"
    return "\n".join([title, _points(found, y, data, paper), *variances(found.shares, paper)])


def _points(found: Projection, y: NDArray[Any], data: Data, paper: Paper) -> str:
    label, names = (y, data.task.class_names) if data.task.kind != "regression" else bands(y)
    room = paper._replace(height=max(6, paper.height - len(found.shares) - 1))
    return points(found.points[:, 0], found.points[:, 1], label, names, room)


def variances(shares: NDArray[Any], paper: Paper) -> Iterator[str]:
    """A bar for each component: its share of the variance, and of all so far."""
    largest = max(float(shares.max()), 1e-12)
    sign = "█" if paper.glyphs == "braille" else "#"
    for number, (share, sum_) in enumerate(zip(shares.tolist(), np.cumsum(shares).tolist(), strict=True), start=1):
        bar = sign * round(share / largest * min(BAR, max(4, paper.width - 40)))
        yield f"component {number:>2}  {share:6.1%}  {sum_:6.1%} in all  {bar}".rstrip()


def filters(model: Model, data: Data, paper: Paper) -> str:
    """The weights of the first units of the first layer: a picture each where inputs are pixels, else a table."""
    weights, biases, image = examining.filters(model)
    units = weights.shape[1]
    if image:
        title = f"what the first units of {units:,} look for: {SIGNS[0]} far below zero, {SIGNS[-1]} far above it"
        return "\n".join([title, *_pictures(weights, image, paper)]).rstrip()
    some = min(UNITS, units)
    names = data.feature_names if len(weights) == len(data.feature_names) else map(str, range(1, len(weights) + 1))
    body = [
        (name, *(f"{value:+.4f}" for value in row[:some]))
        for name, row in zip([*names, "bias"], [*weights.tolist(), biases.tolist()], strict=True)
    ]
    head = ("from input", *(f"unit {unit + 1}" for unit in range(some)))
    more = f"; the first {some} of {units:,} units" if units > some else ""
    lines = table.lines(body, head, right=range(1, some + 1))
    return "\n".join([f"weights of the first layer, of inputs as they are scaled{more}", *lines])


def _pictures(weights: NDArray[Any], shape: tuple[int, int], paper: Paper) -> Iterator[str]:
    """As many units as fit on the paper, each scaled to its own largest weight, a character a pixel."""
    high, wide = shape
    every = max(1, -(-wide // max(1, paper.width - 1)))
    across, rise = -(-wide // every), -(-high // every)
    columns, lines = max(1, paper.width // (across + 1)), max(1, paper.height // (rise + 1))
    for first in range(0, min(weights.shape[1], columns * lines), columns):
        some = range(first, min(first + columns, weights.shape[1]))
        pictures = [_scaled(weights[:, unit], shape)[::every, ::every] for unit in some]
        for row in range(rise):
            yield " ".join("".join(_sign(value, paper) for value in each[row].tolist()) for each in pictures)
        yield " ".join(f"{unit + 1}"[:across].center(across) for unit in some).rstrip()


def _scaled(weights: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    found: NDArray[Any] = (weights / (np.abs(weights).max() or 1.0)).reshape(shape)
    return found


def _sign(value: float, paper: Paper) -> str:
    level = round(value * 3)
    if not paper.colors:
        return SIGNS[level + 3]
    ramp = ABOVE if value > 0 else BELOW
    return colored("█" if paper.glyphs == "braille" else SIGNS[level + 3], ramp[abs(level) - 1]) if level else " "


def pca(data: Data, paper: Paper) -> str:
    """The training rows of a data set on their main components, and what these hold and are made of."""
    rows = data.train
    found = PCA(min(10, *rows.x.shape))
    index = np.arange(0, len(rows), -(-len(rows) // examining.FITTED))
    x = data.inputs(rows.take(index))
    moved = found.fit_transform(x)
    y = rows.y.reshape(len(rows), -1)[index, 0]
    label, names = (y, data.task.class_names) if data.task.kind != "regression" else bands(y)
    up = moved[:, 1] if moved.shape[1] > 1 else np.zeros(len(moved))
    shares = found.explained_variance_ratio_
    room = paper._replace(height=max(6, paper.height - len(shares) - 1))
    title = f"principal components of {len(index):,} training rows, as they are scaled"
    drawn = points(moved[:, 0], up, label, names, room)
    return "\n".join([title, drawn, *variances(shares, paper), *_loadings(found, data.feature_names)])


def _loadings(found: PCA, names: tuple[str, ...]) -> Iterator[str]:
    """The features each of the first two components is made of most."""
    for number, component in enumerate(found.components_[:2], start=1):
        largest = np.argsort(-np.abs(component), kind="stable")[:4]
        told = "  ".join(f"{component[place]:+.3f} {sanitize(names[place], 30)}" for place in largest)
        yield f"component {number} is mostly {told}"

"""Pictures of what a network believes: a decision map, a fitted line, digits with their predictions, its weights."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mlcore import forecasting, generating, seeing
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.datasets.drawn import Drawn
from mlcore.errors import DataError
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array
from mlcore.model import Model
from mlcore.network import Network
from mlcore.spec import kind_of
from mlcore.worker.building import Block
from mlcore.worker.plane import Plane, plane_of
from mlcore.worker.protocol import Activity, Boundary, Digits, Heights, Line, Net, Picture, Points, Scene, View

if TYPE_CHECKING:
    from mlcore.worker.insight import Insight

MARGIN = 0.1  # of the data's extent, on each side of a picture
SHOWN = 4000  # points sent at most, evenly taken
GRIDS = 4  # sizes of decision maps remembered
WIDEST = 16  # inputs and outputs of a weight matrix shown


class Stage:
    """A loaded data set as pictures need it, in data units. It is the same for every network trained on it."""

    def __init__(self, config: Config, data: Data) -> None:
        self.config, self.data = config, data
        self._grids: dict[tuple[int, int], Array] = {}

    @cached_property
    def insight(self) -> Insight:
        """What panes ask about the networks trained on this data."""
        from mlcore.worker.insight import Insight

        return Insight(self)

    @property
    def shown(self) -> Rows:
        """The rows whose pictures are shown, in file order."""
        return self.data.held[1]

    @cached_property
    def scene(self) -> Scene:
        """What a client is told of the data."""
        data, task = self.data, self.data.task
        splits = {"train": data.train, "validation": data.validation, "test": data.test}
        return Scene(
            dataset=kind_of(self.config.dataset),
            task=task.kind,
            class_names=task.class_names,
            feature_names=data.feature_names,
            rows={name: len(rows) for name, rows in splits.items() if rows is not None},
            ceiling=data.ceiling,
            image_shape=data.image_shape,
            points=self._points,
            bounds=self.bounds,
            axes=self.plane.names if self.plane else (),
            spread=self.plane.spread if self.plane else None,
            levels=self.levels if self.surface else None,
            shows=self.shows,
        )

    def raw(self, rows: Rows) -> Array:
        """Inputs in data units [n, features]."""
        return rows.x if rows.x.dtype == np.uint8 else self.data.scaling.undo(rows.x)

    @cached_property
    def plane(self) -> Plane | None:
        """The plane decision maps are drawn over.

        None where there is one feature, several numbers or steps to predict, or where rows are tokens or of different
        lengths: what lies between two words is no word.
        """
        task, sequence = self.data.task, self.data.sequence
        if task.steps or (task.kind == "regression" and task.outputs != 1):
            return None
        if sequence is not None and (sequence.vocabulary or sequence.lengths):
            return None
        return plane_of(self.data)

    @property
    def shows(self) -> str:
        """What says best what a network has learned of these data, where it is neither a plane nor pictures."""
        if generating.speaks(self.data):
            return "samples"
        return "forecast" if forecasting.forecasts(self.data) and not self.line else ""

    @property
    def surface(self) -> bool:
        """Whether this is a regression over a plane."""
        return self.data.task.kind == "regression" and self.plane is not None

    @property
    def line(self) -> bool:
        """Whether this is a regression on one number."""
        return self.data.task.kind == "regression" and self.data.input_shape == (1,) and self.data.task.outputs == 1

    @cached_property
    def levels(self) -> tuple[float, float]:
        """The smallest and the largest target trained on."""
        y = self.data.train.y
        return float(y.min()), float(y.max())

    def _level(self, y: Array) -> Array:
        """Targets or answers as 0..255 over the levels, uint8; what is no number is 0."""
        low, high = self.levels
        share = (np.nan_to_num(y.astype(np.float64)) - low) / ((high - low) or 1.0)
        return (share.clip(0, 1) * 255).round().astype(np.uint8)

    @cached_property
    def _points(self) -> Points | None:
        if self.plane is None and not self.line:
            return None
        splits = [r for r in (self.data.train, self.data.validation, self.data.test) if r is not None]
        most = SHOWN if len(self.data.feature_names) <= WIDEST else SHOWN // 4  # many features take long to place
        every = slice(None, None, -(-sum(map(len, splits)) // most))
        tested = [rows is self.data.test for rows in splits]
        splits = [rows.take(every) for rows in splits]
        held = np.concatenate([np.full(len(rows), test, np.uint8) for rows, test in zip(splits, tested, strict=True)])
        inputs = np.concatenate([self.data.inputs(rows) for rows in splits])
        y = np.concatenate([rows.y.reshape(len(rows), -1)[:, 0] for rows in splits])
        if self.plane is None:
            x = self.data.scaling.undo(inputs).astype(np.float32)[:, 0].copy()
            return Points(x, y.astype(np.float32), np.zeros(len(x), np.uint8), held)
        x = self.plane.places(inputs).astype(np.float32)
        return Points(x[:, 0].copy(), x[:, 1].copy(), self._level(y) if self.surface else y.astype(np.uint8), held)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """x from, x to, y from, y to: the data's extent and a margin, or what the data set says."""
        points = self._points
        if points is None:
            return None
        if isinstance(self.config.dataset, Drawn):
            return self.config.dataset.PLANE
        (a, b), (c, d) = _padded(points.x), _padded(points.y)
        return a, b, c, d

    def grid(self, width: int, height: int) -> Array:
        """The middle of every cell of a decision map as inputs [height * width, features], row 0 at the top."""
        assert self.plane is not None
        if (width, height) not in self._grids:
            a, b, c, d = self.bounds or (0.0, 1.0, 0.0, 1.0)
            x = a + (np.arange(width) + 0.5) * (b - a) / width
            y = d - (np.arange(height) + 0.5) * (d - c) / height
            if len(self._grids) >= GRIDS:
                self._grids.clear()
            self._grids[width, height] = self.plane.inputs(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
        return self._grids[width, height]

    def picture(self, model: Model, epoch: int, step: int, view: View, number: int) -> Picture:
        """What a model believes, as one client wants to see it; what its panes ask for is `insight`'s."""
        images = self.data.image_shape and view.count
        mapped = self.plane is not None and (not images or "plane" in view.panes)
        return Picture(
            number=number,
            epoch=epoch,
            step=step,
            boundary=self._boundary(model, view) if mapped and not self.surface else None,
            surface=self._surface(model, view) if mapped and self.surface else None,
            line=self._fit(model, view) if self.line else None,
            digits=self._digits(model, view) if images else None,
            weights=weights(model.network, model.vector),
        )

    def _over_plane(self, model: Model, view: View) -> Array:
        """Raw outputs everywhere on the plane [H * W, O]."""
        return model.network.forward(model.vector, self.grid(view.width, view.height))[0]

    def _boundary(self, model: Model, view: View) -> Boundary:
        p = model.loss.probabilities(self._over_plane(model, view))
        winner, classes = p.argmax(axis=1), p.shape[1]
        sure = (p.max(axis=1) - 1 / classes) / (1 - 1 / classes)
        certainty = (np.nan_to_num(sure).clip(0, 1) * 255).round().astype(np.uint8)
        shape = view.height, view.width
        bounds = self.bounds or (0.0, 1.0, 0.0, 1.0)
        return Boundary(winner.astype(np.uint8).reshape(shape), certainty.reshape(shape), bounds)

    def _surface(self, model: Model, view: View) -> Heights:
        level = self._level(model.loss.probabilities(self._over_plane(model, view))[:, 0])
        return Heights(level.reshape(view.height, view.width), self.bounds or (0.0, 1.0, 0.0, 1.0))

    def _fit(self, model: Model, view: View) -> Line:
        a, b = (self.bounds or (0.0, 1.0))[:2]
        x = np.linspace(a, b, max(view.width, 2), dtype=np.float32)
        return Line(x, model.predict(x[:, None])[:, 0].astype(np.float32))

    def _digits(self, model: Model, view: View) -> Digits:
        rows = self.shown.take(slice(view.count))
        raw = self.raw(rows)
        p = model.predict_proba(raw)
        predicted = p.argmax(axis=1).astype(np.int32)
        height, width = self.data.image_shape or (1, 1)
        images = raw if raw.dtype == np.uint8 else gray(raw)
        return Digits(
            images.reshape(-1, height, width),
            predicted,
            rows.y.astype(np.int32),
            p[np.arange(len(p)), predicted].astype(np.float32),
        )

    def activity(self, model: Model, split: str, row: int) -> Activity:
        """What a model makes of one row. Raises DataError when there is no such row."""
        rows: Rows | None = getattr(self.data, split)
        if rows is None or row >= len(rows):
            count = 0 if rows is None else len(rows)
            raise DataError(f"row {row} of {split}: there are {count}", hint="rows count from 0")
        return self.activity_of(model, self.raw(rows.take(slice(row, row + 1))), float(np.ravel(rows.y[row])[0]))

    def activity_of(self, model: Model, raw: Array, label: float = math.nan) -> Activity:
        """What a model makes of one input in data units [1, features]; label: what it should be, if known."""
        network = model.network
        x, mode = network.begin(model.preparation.inputs(raw))
        outputs = [y for y, _ in network.walk(network.views(model.vector), x, mode)]
        probabilities = model.loss.probabilities(outputs[-1])[0].astype(np.float32)
        layers = tuple(y[0].astype(np.float32) for y in outputs)
        return Activity(raw[0].astype(np.float64), layers, probabilities, label)


def _padded(values: Array) -> tuple[float, float]:
    """The extent of some values and a margin; a constant gets a width of one."""
    low, high = float(values.min()), float(values.max())
    margin = (high - low) * MARGIN or 0.5
    return low - margin, high + margin


def gray(raw: Array) -> Array:
    """Pixels of any range as uint8, 0 the smallest of all."""
    low, high = raw.min(initial=0), raw.max(initial=0)
    gray: Array = ((raw - low) * (255 / (high - low or 1))).round().astype(np.uint8)
    return gray


def first_weights(network: Network, config: Config) -> tuple[Array, ...]:
    """The same before anything is learned."""
    return weights(network, network.init(config.seed, config.init))


def weights(network: Network, vector: Array) -> tuple[Array, ...]:
    """The matrices of the dense layers that are drawn neuron by neuron, cut to what a drawing has room for."""
    begin = _drawn(network)
    views = list(zip(network.layers, network.views(vector), strict=True))[begin:]
    return tuple(p["w"][:WIDEST, :WIDEST].astype(np.float32).copy() for layer, p in views if isinstance(layer, Dense))


def _drawn(network: Network) -> int:
    """The first of the layers drawn neuron by neuron: from there on there are dense ones and what belongs to them."""
    dense = [isinstance(network.layers[block.layers[0]], Dense) for block in seeing.blocks(network)]
    last = max((place for place, each in enumerate(dense) if not each), default=-1)
    return seeing.blocks(network)[last + 1].layers[0]


def describe(network: Network, data: Data) -> Net:
    """The network as drawn: the last dense layers neuron by neuron, what comes before them block by block."""
    begin, blocks = _drawn(network), list[Block]()
    widths, words = [network.shapes[begin][-1]], list[str]()
    for layer, shape in zip(network.layers[begin:], network.shapes[begin + 1 :], strict=True):
        if isinstance(layer, Dense):
            widths.append(shape[-1])
            words.append("")
        else:
            words[-1] = f"{words[-1]} {layer.word}".strip()
    before = [block for block in seeing.blocks(network) if block.layers[0] < begin]
    if any(not isinstance(network.layers[block.layers[0]], seeing.WITH) for block in before):
        blocks = [Block("input", network.shapes[0]), *(Block(block.words, block.shape) for block in before)]
    names = data.task.class_names
    inputs = data.feature_names if not blocks and widths[0] == len(data.feature_names) <= WIDEST else ()
    passed = sum(isinstance(layer, Dense) for layer in network.layers[:begin])
    return Net(tuple(inputs), tuple(names), tuple(widths), tuple(words), network.size, tuple(blocks), passed)

"""Insight: what a network looks like inside at one moment. Each part costs a pass or two over a few rows.

Nothing here touches the training: all of it is found on a snapshot of the weights, and only for who asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mlcore import forecasting, generating, metrics, seeing
from mlcore.backends.backend import Weights
from mlcore.datasets.dataset import Rows
from mlcore.doctor.case import Look, even
from mlcore.doctor.evidence import SAMPLE, look
from mlcore.doctor.units import Bend, bends
from mlcore.errors import Diverged
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array
from mlcore.model import Model
from mlcore.network import Network, Slot
from mlcore.spec import kind_of
from mlcore.worker.protocol import Confusion, Forecast, Inside, LayerRow, Responses, Seen, View
from mlcore.worker.seen import patterns, seen

if TYPE_CHECKING:
    from mlcore.worker.moment import Moment
    from mlcore.worker.pictures import Stage

ASKED = 4000  # rows of a confusion matrix at most
CLASSES = 40  # of its classes at most: those confused most
NEURONS = 16  # of a layer
SIDE = 24  # pixels of a response map
BINS = 16  # of a histogram
SAMPLES = 12  # texts a network makes up


class Insight:
    """Answers about networks trained on one data set."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.data = stage, stage.data

    def look(self, moment: Moment, rate: float, view: View, number: int) -> Inside:
        """What the panes of a view show of a network at one moment, trained with this learning rate."""
        model, step, panes = moment.model, moment.step, view.panes
        layers = self.layers(model, Weights(model.vector, moment.moments, step), rate) if "layers" in panes else ()
        confusion = self.confusion(model) if "confusion" in panes else None
        neurons, passing = "neurons" in panes, seeing.visible(model.network)
        return Inside(
            number=number,
            epoch=moment.epoch,
            step=step,
            layers=layers,
            confusion=confusion,
            responses=self.responses(model) if neurons and not passing else (),
            seen=self.seen(model, view.example) if neurons and passing else None,
            patterns=patterns(model, self.data) if "filters" in panes else None,
            samples=self.samples(model) if "samples" in panes else (),
            forecast=self.forecast(model) if "forecast" in panes else None,
        )

    def seen(self, model: Model, example: int) -> Seen:
        """One of the rows shown on its way through a network; after the last comes the first."""
        split, rows = self.data.held
        return seen(self.stage, model, split, example % len(rows))

    def samples(self, model: Model) -> tuple[str, ...]:
        """Texts a network makes up, from the same random numbers each time; none where its answers are no numbers."""
        if not generating.speaks(self.data):
            return ()
        with suppress(Diverged):
            return tuple(generating.generate(model, SAMPLES, seed=0))
        return ()

    def forecast(self, model: Model) -> Forecast | None:
        """A series and what a network says of it."""
        if not forecasting.forecasts(self.data):
            return None
        return Forecast(*forecasting.forecast(model, self.data))

    @cached_property
    def _sample(self) -> Rows:
        """Training rows looked at, as the network sees them."""
        rows = even(self.data.train, SAMPLE)
        return Rows(self.data.inputs(rows), rows.y)

    def layers(self, model: Model, weights: Weights, rate: float) -> tuple[LayerRow, ...]:
        """A row for each layer with parameters.

        Dead and stuck units are counted over 512 training rows. Gradient and update are those of one plain step of the
        optimizer on a batch: as many of these rows as a batch has, evenly taken, without dropout, with the moments the
        optimizer had after the last whole epoch (none where they were not kept: then as a first step).
        """
        config, network = model.config, model.network
        seen = look(config, network, model.loss, model.vector, self._sample)
        size = len(self._sample) if config.batch_size == "full" else config.batch_size
        batch = even(self._sample, size)
        found = seen if len(batch) == len(self._sample) else look(config, network, model.loss, model.vector, batch)
        update = _update(model, weights, found.gradient, rate)
        found_bends = {bend.number - 1: bend for bend in bends(network, seen.activations)}
        return tuple(_rows(network, found, update, found_bends))

    def confusion(self, model: Model) -> Confusion | None:
        """Validation rows by label and answer (test rows, or training rows, where there are none); None for numbers.

        Where every step has an answer, it is the steps that are counted.
        """
        data = self.data
        if data.task.kind == "regression":
            return None
        split, rows = next((name, r) for name in ("validation", "test", "train") if (r := getattr(data, name)))
        rows = even(rows, max(1, ASKED // max(1, data.task.steps)))
        z, y = model.network.forward(model.vector, data.inputs(rows))[0], rows.y.reshape(-1)
        answers = metrics.predicted(z.reshape(-1, z.shape[-1]))
        said = (answers >= 0) & (y >= 0)  # an output that is no number is no answer
        counts = metrics.confusion_matrix(y[said], answers[said], data.task.outputs)
        wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
        chosen = np.sort(np.argsort(-wrong, kind="stable")[:CLASSES])
        asked, shown = int((y >= 0).sum()), counts[np.ix_(chosen, chosen)].astype(np.int32)
        return Confusion(shown, tuple(chosen.tolist()), split, asked)

    def responses(self, model: Model) -> tuple[Responses, ...]:
        """What the hidden neurons answer over the plane, or along the only feature; nothing where there is neither."""
        stage, width, height = self.stage, SIDE, SIDE
        if stage.plane is not None:
            x = stage.grid(width, height)
        elif stage.line:
            a, b = (stage.bounds or (0.0, 1.0))[:2]
            height = 1
            x = self.data.scaling.apply(np.linspace(a, b, width)[:, None])
        else:
            return ()
        return tuple(_responses(model, x, height, width))


def _update(model: Model, weights: Weights, gradient: Array, rate: float) -> Array:
    """What one step of the optimizer would add to the parameters [P]."""
    optimizer, vector = model.config.optimizer, model.vector.copy()
    kept = weights.moments.shape == (optimizer.moments, len(vector))
    moments = weights.moments.copy() if kept else np.zeros((optimizer.moments, len(vector)), vector.dtype)
    step, gradient = weights.step if kept else 0, gradient.astype(vector.dtype)
    with np.errstate(all="ignore"):
        optimizer.update(vector, gradient, moments, step=step, rate=rate, weights=model.network.weights)
        update: Array = vector - model.vector
    return update


def _rows(network: Network, found: Look, update: Array, bent: dict[int, Bend]) -> Iterator[LayerRow]:
    counted: Counter[str] = Counter()
    for number, layer in enumerate(network.layers):
        slots = [slot for slot in network.own[number] if slot.param.role != "statistic"]
        if not slots:
            continue
        kind = kind_of(layer)
        counted[kind] += 1
        main = [slot for slot in slots if slot.param.role == "weight"] or slots
        following = next((n for n in range(number + 1, len(network.layers)) if network.own[n]), len(network.layers))
        bend = next((bent[n] for n in range(number + 1, following) if n in bent), None)
        row = _row(f"{kind}.{counted[kind]}", main, found, update)
        row = msgspec.structs.replace(row, parameters=sum(slot.size for slot in network.own[number]))
        if bend is not None:
            word, stuck = kind_of(bend.layer), bend.stuck
            row = msgspec.structs.replace(row, bend=word, units=bend.units, dead=bend.dead, stuck=stuck)
        yield row


def _row(name: str, slots: list[Slot], found: Look, update: Array) -> LayerRow:
    vectors = (found.vector, found.gradient, update)
    w, g, u = (np.concatenate([v[s.offset : s.offset + s.size] for s in slots]) for v in vectors)
    weight, moved = _norm(w), _norm(u)
    known = weight > 0 and moved > 0 and np.isfinite(moved / weight)
    ratio = float(np.log10(moved / weight)) if known else float("nan")
    return LayerRow(
        name=name,
        shape=tuple(slots[0].param.shape),
        parameters=0,
        weight=weight,
        gradient=_norm(g),
        ratio=ratio,
        weights=histogram(w),
        gradients=histogram(g),
    )


def _norm(values: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.square(values, dtype=np.float64).sum()))


def histogram(values: Array) -> Array:
    """How many of some values lie in each of 16 bins from -most to +most, uint8 [16]: 255 for the fullest bin."""
    finite = values[np.isfinite(values)].astype(np.float64)
    most = float(np.abs(finite).max(initial=0.0))
    counts = np.histogram(finite / most if most else finite, BINS, (-1.0, 1.0))[0]
    heights: Array = np.ceil(counts * (255 / max(int(counts.max()), 1))).astype(np.uint8)
    return heights


def _responses(model: Model, x: Array, height: int, width: int) -> Iterator[Responses]:
    """Each hidden layer by what the next dense one is given."""
    network, hidden = model.network, 0
    with np.errstate(all="ignore"):
        outputs = [y for y, _ in network.walk(network.views(model.vector), *network.begin(x))]
    for layer, value in zip(network.layers, [x, *outputs], strict=False):
        if isinstance(layer, Dense) and hidden:
            yield _maps(f"dense.{hidden}", value.reshape(len(value), -1), height, width)
        hidden += isinstance(layer, Dense)


def _maps(name: str, value: Array, height: int, width: int) -> Responses:
    some = np.nan_to_num(value[:, :NEURONS].astype(np.float64), posinf=0, neginf=0)
    scale = np.abs(some).max(axis=0)
    maps = (128 + 127 * some / np.where(scale > 0, scale, 1)).round().astype(np.uint8)
    return Responses(name, value.shape[1], maps.T.reshape(-1, height, width).copy(), scale.astype(np.float32))

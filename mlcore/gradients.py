"""Gradients held to their definition: what backpropagation says beside what happens when a number is moved.

A number whose step crosses a kink (of ReLU at zero, of max pooling where the winner changes, of |z - y|) has no
derivative to compare with: smaller steps are tried, and what still crosses one is told apart and not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from mlcore import backends
from mlcore.backends.backend import Problem, Weights
from mlcore.config import Config
from mlcore.datasets.dataset import Rows
from mlcore.differences import differences, relative_error
from mlcore.errors import BackendError, DataError
from mlcore.layers.layer import INFERENCE, Array, Mode
from mlcore.losses import Loss
from mlcore.model import Model, Preparation, blueprint
from mlcore.network import Network, Passed, Slot

STEPS = (1e-4, 1e-5, 1e-6)  # how far a number is moved; a smaller step where a larger one does not fit
LIMIT = 1e-7  # relative error of float64 above which a gradient is wrong
NATIVE = 1e-4  # float32 against float64, as a share of the largest number of the array
ROUNDING = 2e-15  # of a loss near 1, in float64; a step divides it
JUMP = 1e-2  # a slope that changes by more within one step has jumped
ROWS = 10  # few rows, few kinks
MOST, FEWEST = 200, 5  # numbers of an array that are moved unless somebody says how many
WORK = 1e9  # multiplications spent on it: large networks have fewer of their numbers moved
TRAINING = Mode(training=True)  # dropout keeps the masks of the first step


class ArrayCheck(NamedTuple):
    """One parameter array: the worst relative error of the numbers counted, and the place it was found at.

    kinks: numbers not counted because every step crosses one. moved: how many of `size` numbers were tried.
    native: the error of the C kernels' float32 gradient as a share of the array's largest number, None where not asked.
    """

    name: str
    layer: int
    kind: str
    shape: tuple[int, ...]
    moved: int
    kinks: int
    error: float
    place: tuple[int, ...]
    analytic: float
    numeric: float
    native: float | None = None

    @property
    def ok(self) -> bool:
        """Whether both gradients of this array are right."""
        return self.error <= LIMIT and (self.native is None or self.native <= NATIVE)


class GradientCheck(NamedTuple):
    """Every parameter array, the worst first. `skipped` says why the C kernels were not asked, or nothing."""

    arrays: tuple[ArrayCheck, ...]
    rows: int
    loss: float
    skipped: str = ""

    @property
    def ok(self) -> bool:
        """Whether every array is right."""
        return all(array.ok for array in self.arrays)

    @property
    def error(self) -> float:
        """The worst relative error in float64."""
        return max((array.error for array in self.arrays), default=0.0)

    @property
    def worst(self) -> str:
        """The worst relative error in words."""
        return f"worst relative error {self.error:.1e}" if self.error else "no error beyond rounding"

    @property
    def native(self) -> float | None:
        """The worst error of the C kernels, None where they were not asked."""
        return max((a.native for a in self.arrays if a.native is not None), default=None)


def gradcheck(
    model: Model | Config,
    x: Any = None,
    y: Any = None,
    *,
    rows: int = ROWS,
    most: int | None = None,
    native: bool = True,
) -> GradientCheck:
    """Check the gradient of every parameter array of a model, or of an experiment at its first weights.

    x [B, features] are raw inputs and y their targets (class numbers [B] or numbers [B, O]); without them the first
    `rows` training rows of the experiment are taken. most: numbers of an array that are moved; else 200, fewer where
    the network is large. native: ask the C kernels as well. Raises DataError when x and y do not fit.
    """
    config = model if isinstance(model, Config) else model.config
    data = None
    if isinstance(model, Config):
        data = model.dataset.load()
    elif x is None:
        data = model.data()
    if isinstance(model, Config):
        assert data is not None
        network, loss = blueprint(config, data)
        vector, preparation = network.init(config.seed, config.init), Preparation.of(data)
    else:
        network, loss, vector, preparation = model.network, model.loss, model.vector, model.preparation
    if x is None:
        assert data is not None
        some = data.train.take(slice(0, rows))
        batch = Rows(data.inputs(some), some.y)
    else:
        batch = Rows(preparation.inputs(x), _targets(y, len(x), loss.outputs(preparation.task.outputs), preparation))
    problem = Problem(network, loss, config.optimizer, batch, 1.0, len(batch), config.seed)
    return check(problem, vector, most=most, native=native)


def _targets(targets: Any, rows: int, outputs: int, preparation: Preparation) -> Array:
    """Targets as `Rows` holds them. Raises DataError when they are others than the task has."""
    y: Array = np.asarray(targets)
    task = preparation.task
    if task.kind == "regression":
        y = y.reshape(len(y), -1) if y.ndim else y.reshape(1, 1)
        if y.shape != (rows, outputs) or y.dtype.kind not in "fiub" or not np.isfinite(y).all():
            raise DataError(f"y: expected finite numbers [{rows}, {outputs}], got {y.dtype} {list(y.shape)}")
        return y.astype(np.float64)
    if y.shape != (rows,) or y.dtype.kind not in "iub" or (len(y) and not 0 <= y.min() <= y.max() < task.outputs):
        got = f"{y.dtype} {list(y.shape)}"
        raise DataError(f"y: expected {rows} class numbers from 0 to {task.outputs - 1}, got {got}")
    return y.astype(np.int32)


def check(
    problem: Problem, vector: Array, *, most: int | None = None, native: bool = True, work: float = WORK
) -> GradientCheck:
    """Check the gradient of every parameter array at `vector` [P] on the rows of `problem`, all as one batch.

    most: numbers of an array that are moved, else as many as `work` multiplications allow.
    """
    if not len(problem.rows):
        raise DataError("gradcheck: there are no rows to check on", code="DATA_EMPTY")
    x = _inputs(problem)
    mode = TRAINING._replace(seed=problem.seed)
    walk = _Walk(problem.network, problem.loss, vector.astype(np.float64), x, problem.rows.y, mode)
    gradient, loss = walk.gradient()
    slots = [slot for slot in problem.network.slots if slot.param.role != "statistic"]
    if most is None:
        afford = work / (4 * len(x) * max(problem.network.size, 1) * max(len(slots), 1))
        most = int(np.clip(afford, FEWEST, MOST))
    found = [_array(walk, slot, gradient, loss, most) for slot in slots]
    skipped = "not asked"
    if native:
        errors, skipped = native_errors(problem, vector)
        found = [array._replace(native=errors.get(array.name)) for array in found]
    found.sort(key=lambda array: (array.ok, -array.error, -abs(array.analytic - array.numeric)))
    return GradientCheck(tuple(found), len(x), loss, skipped)


def _inputs(problem: Problem) -> Array:
    """The inputs as the network sees them, float64; whole numbers that are no pixels stay what they are."""
    x = problem.rows.x
    if x.dtype == np.uint8:
        return x.astype(np.float64) * problem.factor
    return x.astype(np.float64) if x.dtype.kind == "f" else x


class _Walk:
    """A network at weights that can be moved. What lies before the layer that is moved is computed once."""

    def __init__(self, network: Network, loss: Loss, vector: Array, x: Array, y: Array, mode: Mode) -> None:
        self.network, self.loss, self.x, self.y = network, loss, x, y
        self.vector = vector.copy()
        self.views = network.views(self.vector)
        x, self.mode = network.begin(x, mode)
        self.inputs = [x, *(y for y, _ in network.walk(self.views, x, self.mode))]

    def _from(self, first: int) -> Iterator[Passed]:
        """What comes out of layer `first` and of those behind it."""
        return self.network.walk(self.views, self.inputs[first], self.mode, self.inputs[1 : first + 1])

    def gradient(self) -> tuple[Array, float]:
        """What backpropagation says [P], and the loss."""
        z, saved = self.network.forward(self.vector, self.x, self.mode)
        loss, dz = self.loss(z, self.y)
        return self.network.backward(self.vector, saved, dz)[0], loss

    def height(self, first: int) -> float:
        """The loss, from layer `first` on."""
        *_, (z, _) = self._from(first)
        return self.loss(z, self.y)[0]

    def slopes(self, first: int) -> list[Array]:
        """The slope of each layer from `first` on, and of the loss: it jumps where a kink is crossed."""
        found, z = [], self.inputs[first]
        for number, (z, saved) in enumerate(self._from(first), start=first):
            found.append(self.network.layers[number].backward(self.views[number], saved, np.ones_like(z))[0])
        return [*found, self.loss(z, self.y)[1] * len(z)]

    def kinked(self, first: int, value: Array, place: tuple[int, ...], step: float) -> bool:
        """Whether the slope of anything jumps while the number at `place` is moved."""
        kept, sides = value[place], []
        for moved in (-2 * step, 0.0, 2 * step):
            value[place] = kept + moved
            sides.append(self.slopes(first))
        value[place] = kept
        pairs = [pair for a, b in (sides[:2], sides[1:]) for pair in zip(a, b, strict=True)]
        return any(bool((np.abs(a - b) > JUMP * (1 + np.abs(a))).any()) for a, b in pairs)


def _array(walk: _Walk, slot: Slot, gradient: Array, loss: float, most: int) -> ArrayCheck:
    """One parameter array: each number by the largest step that fits, or told apart as lying on a kink."""
    own = gradient[slot.offset : slot.offset + slot.size]
    value = walk.views[slot.layer][slot.name]
    flat = (
        np.arange(slot.size) if slot.size <= most else np.random.default_rng(slot.offset).choice(slot.size, most, False)
    )
    places = [tuple(map(int, np.unravel_index(number, slot.param.shape))) for number in flat]
    analytic, numeric = own[flat], np.zeros(len(flat))
    error, left = np.full(len(flat), np.inf), np.arange(len(flat))
    for step in STEPS:
        tried = differences(lambda _: walk.height(slot.layer), value, [places[i] for i in left], step)
        found = relative_error(analytic[left], tried, ROUNDING * max(1.0, abs(loss)) / step)
        better = found < error[left]
        error[left[better]], numeric[left[better]] = found[better], tried[better]
        left = np.flatnonzero(error > LIMIT / 10)
    kinks = [i for i in np.flatnonzero(error > LIMIT) if walk.kinked(slot.layer, value, places[i], STEPS[-1])]
    error[kinks] = -1  # below every error there is
    worst = int(np.lexsort((np.abs(analytic - numeric), error))[-1])
    return ArrayCheck(
        slot.path,
        slot.layer + 1,
        walk.network.layers[slot.layer].word,
        slot.param.shape,
        len(flat),
        len(kinks),
        max(float(error[worst]), 0.0),
        places[worst],
        float(analytic[worst]),
        float(numeric[worst]),
    )


def native_errors(problem: Problem, vector: Array) -> tuple[dict[str, float], str]:
    """How far the C kernels' gradient is from the pages' in float64, by array; or why they were not asked.

    Each as a share of the array's largest number, and at least of a thousandth of the largest there is. Both without
    dropout, as `Session.inspect` looks.
    """
    network, loss, rule = problem.network, problem.loss, problem.optimizer
    try:
        backend = backends.choose(Config(backend="native"), network, loss, rule).backend
    except BackendError as error:
        return {}, str(error)
    rows = problem.rows
    if rows.x.dtype == np.float64:
        rows = Rows(rows.x.astype(np.float32), rows.y)
    session = backend.open(problem._replace(rows=rows))
    session.restore(Weights(vector.astype(np.float32), np.zeros((rule.moments, network.size), np.float32), 0))
    found = session.inspect(rows.x, rows.y).gradient
    session.close()
    x = _inputs(problem._replace(rows=rows))
    exact, _ = _Walk(network, loss, vector.astype(np.float64), x, rows.y, INFERENCE).gradient()
    errors = {}
    for slot in network.slots:
        here = slice(slot.offset, slot.offset + slot.size)
        scale = max(float(np.abs(exact[here]).max()), 1e-3 * float(np.abs(exact).max()), 1e-12)
        errors[slot.path] = float(np.abs(found[here] - exact[here]).max()) / scale
    return errors, ""

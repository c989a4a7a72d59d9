"""Backpropagation in NumPy, as the pages write it. Read this first; every other backend is held to it."""

from __future__ import annotations

import numpy as np

from mlcore.backends.backend import Inspection, Problem, Weights
from mlcore.layers.layer import Array, Mode
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.spec import changed


class Reference:
    """The pages themselves, in float32 or float64."""

    name = "reference"
    device = "cpu"

    def __init__(self, device: str = "cpu", precision: str = "float32") -> None:
        self.dtype = np.dtype(precision if precision == "float64" else "float32")
        self.asked = device

    def unavailable(self) -> str | None:
        return f"it runs on the CPU, not on {self.asked}" if self.asked.startswith("cuda") else None

    def unsupported(self, network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
        return []

    def open(self, problem: Problem) -> ReferenceSession:
        return ReferenceSession(problem, self.dtype)


class ReferenceSession:
    """A network in NumPy arrays: one gather, forward, backward and update a step."""

    def __init__(self, problem: Problem, dtype: np.dtype[np.floating]) -> None:
        self.problem, self.dtype = problem, dtype
        network, optimizer = problem.network, problem.optimizer
        self.vector = np.zeros(network.size, dtype=dtype)
        self.moments = np.zeros((optimizer.moments, network.size), dtype=dtype)
        self.step = 0
        self._optimizer = changed(optimizer, weight_decay=0.0) if problem.penalised else optimizer
        self._order: tuple[int, Array] | None = None

    @np.errstate(over="ignore", invalid="ignore")  # a loss that is not a number is answered below, not warned about
    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        losses = np.zeros(steps, dtype=self.dtype)
        p = self.problem
        for i in range(steps):
            step = first_step + i
            rows = self._batch(step)
            x, y, w, _ = p.rows.take(rows)
            x = self._inputs(x)
            mode = Mode(training=True, seed=p.seed, epoch=step // p.steps_per_epoch, step=step)
            statistics = self.vector[p.network.learned :].copy()
            z, saved = p.network.forward(self.vector, x, mode)
            loss, dz = p.loss(z, y, w, p.bounds)
            share = p.penalty and self.dtype.type(p.penalty / _weight(p.loss.weights(y, w), len(y)))
            decaying = self.vector[: p.network.weights]
            losses[i] = loss + share / 2 * (decaying @ decaying) if share else loss
            if not np.isfinite(losses[i]):
                self.vector[p.network.learned :] = statistics
                return losses[: i + 1]
            gradient, _ = p.network.backward(self.vector, saved, dz, to_inputs=False)
            if share:
                gradient[: p.network.weights] += share * decaying
            self._optimizer.update(
                self.vector, gradient, self.moments, step=self.step, rate=float(rates[i]), weights=p.network.weights
            )
            self.step += 1
        return losses

    def _batch(self, step: int) -> Array | slice:
        """The rows of a step: a slice of the epoch's order."""
        p, n = self.problem, len(self.problem.rows)
        epoch, place = divmod(step, p.steps_per_epoch)
        if p.batch_size >= n:
            return slice(None)
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, p.rows_of(epoch))
        return self._order[1][place * p.batch_size : (place + 1) * p.batch_size]

    def _inputs(self, x: Array) -> Array:
        inputs: Array = x.astype(self.dtype, copy=False)
        return inputs * self.dtype.type(self.problem.factor) if x.dtype == np.uint8 else inputs

    @np.errstate(over="ignore", invalid="ignore")  # a diverged network is inspected to name its layer
    def inspect(self, x: Array, y: Array) -> Inspection:
        network = self.problem.network
        walk = list(network.walk(network.views(self.vector), *network.begin(self._inputs(x))))
        activations, saved = tuple(y for y, _ in walk), [kept for _, kept in walk]
        loss, dz = self.problem.loss(activations[-1], y)
        gradient, _ = network.backward(self.vector, saved, dz)
        return Inspection(loss, activations, gradient)

    @np.errstate(over="ignore", invalid="ignore")
    def predict(self, x: Array) -> Array:
        z, _ = self.problem.network.forward(self.vector, self._inputs(x))
        return z.astype(np.float32, copy=False)

    def weights(self) -> Weights:
        return Weights(self.vector.copy(), self.moments.copy(), self.step)

    def parameters(self) -> Array:
        return self.vector.copy()

    def restore(self, weights: Weights) -> None:
        self.vector[...] = weights.vector
        self.moments[...] = weights.moments
        self.step = weights.step

    def close(self) -> None:
        self._order = None


def _weight(weights: Array | None, rows: int) -> float:
    """What rows count together; 1 where that is nothing."""
    return rows if weights is None else float(weights.sum(dtype=np.float64)) or 1.0

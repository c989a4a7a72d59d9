"""JAX at its best: a whole epoch as one compiled scan, on data that lie on the device.

JAX does not keep to one thread. Contenders are compared by the processor time of all threads, which counts them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.beginning import binary, first_weights, orders
from mlcore.backends.backend import Problem
from mlcore.layers.dense import Dense

State: TypeAlias = Any  # weights, the two moments of Adam, steps made
Epoch: TypeAlias = Callable[[State, Any, Any, Any], tuple[State, Any]]
ROWS_A_CALL = 200_000  # of full-batch training; a call then has enough work to hide what calling costs
MOST_STEPS = 32


class ScannedJax:
    """Whole epochs, or several steps where a batch holds every row."""

    def __init__(self, p: Problem, rate: float, adam: bool) -> None:
        self.losses, self.unit = list[float](), unit_of(p)
        self.x, self.y = jnp.asarray(p.rows.x), jnp.asarray(p.rows.y)
        self.state, self.orders = beginning(p), orders(p)
        self.epoch = jax.jit(epoch_of(p, rate, adam), donate_argnums=0)

    def __call__(self, steps: int) -> None:
        losses = []
        for _ in range(-(-steps // self.unit)):
            order = next(self.orders).astype(np.int32)
            self.state, found = self.epoch(self.state, self.x, self.y, order)
            losses.append(found)
        self.losses += [float(loss) for found in losses for loss in np.asarray(found)]


def unit_of(p: Problem) -> int:
    """Steps of one compiled call."""
    return p.steps_per_epoch if p.steps_per_epoch > 1 else max(1, min(MOST_STEPS, ROWS_A_CALL // len(p.rows)))


def beginning(p: Problem) -> State:
    """First weights layer by layer, moments at zero."""
    views = p.network.views(first_weights(p).vector)
    pairs = zip(p.network.layers, views, strict=True)
    w = [(jnp.array(view["w"]), jnp.array(view["b"])) for layer, view in pairs if isinstance(layer, Dense)]
    zero = [(jnp.zeros_like(a), jnp.zeros_like(b)) for a, b in w]
    return w, zero, jax.tree.map(jnp.copy, zero), jnp.float32(0)


def epoch_of(p: Problem, rate: float, adam: bool) -> Epoch:
    """A function (state, x, y, order) -> (state, loss of each step), to be compiled, or mapped over many states."""
    value_of = _binary if binary(p) else _softmax
    move = _adam if adam else _sgd
    size, unit = p.batch_size, unit_of(p)

    def step(state: State, x: Any, y: Any) -> tuple[State, Any]:
        value, gradient = jax.value_and_grad(lambda w: value_of(_outputs(w, x), y))(state[0])
        return move(state, gradient, rate), value

    def whole(state: State, x: Any, y: Any, order: Any) -> tuple[State, Any]:
        return jax.lax.scan(lambda now, _: step(now, x, y), state, length=unit)

    def epoch(state: State, x: Any, y: Any, order: Any) -> tuple[State, Any]:
        full = len(order) // size * size
        batches = order[:full].reshape(-1, size)
        state, losses = jax.lax.scan(lambda now, rows: step(now, x[rows], y[rows]), state, batches)
        if full < len(order):
            state, last = step(state, x[order[full:]], y[order[full:]])
            losses = jnp.append(losses, last)
        return state, losses

    return whole if p.steps_per_epoch == 1 else epoch


def _outputs(w: Any, x: Any) -> Any:
    for weight, bias in w[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = w[-1]
    return x @ weight + bias


def _softmax(z: Any, y: Any) -> Any:
    return (jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]).mean()


def _binary(z: Any, y: Any) -> Any:
    z = z[:, 0]
    return (jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()


def _sgd(state: State, gradient: Any, rate: float) -> State:
    w, m, v, t = state
    return jax.tree.map(lambda a, g: a - rate * g, w, gradient), m, v, t + 1


def _adam(state: State, gradient: Any, rate: float) -> State:
    w, m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)
    first, second = 1 - 0.9**t, 1 - 0.999**t
    w = jax.tree.map(lambda a, b, c: a - rate * (b / first) / (jnp.sqrt(c / second) + 1e-8), w, m, v)
    return w, m, v, t

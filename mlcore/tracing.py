"""One example, forward and then backward, with every number on the way: backpropagation to be read and recomputed.

Everything is computed in float64 by the layers' own pages, for a batch of one row, without dropout. The update is the
first one an optimizer makes: it remembers no earlier steps.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlcore import layers, losses
from mlcore.config import Config
from mlcore.datasets.dataset import Task
from mlcore.errors import ConfigError
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.network import Network, Slot
from mlcore.optimizers import Optimizer
from mlcore.spec import kind_of
from mlcore.storage import read_file

DERIVATIVES = ("dx", "dy", "dW", "db", "dgain", "f'")  # what a page's formulas of the way back begin with
LONGEST = 1 << 26  # bytes of a file of given numbers


class Stage(NamedTuple):
    """One layer: what came out of it, and what came back to it.

    y, dy [O …]: its output and the gradient of the loss with respect to it. dx the same for its input. weights,
    gradients and updated are its parameter arrays by name. The last four are None where only forward was asked.
    """

    number: int
    kind: str
    word: str
    y: Array
    weights: dict[str, Array]
    dy: Array | None = None
    dx: Array | None = None
    gradients: dict[str, Array] | None = None
    updated: dict[str, Array] | None = None


class Trace(NamedTuple):
    """One example: inputs x, target y, the stages, what the outputs mean, the loss, and the loss after the update."""

    x: Array
    y: Any
    stages: tuple[Stage, ...]
    answer: Array
    loss: float
    dz: Array | None = None
    optimizer: str = ""
    rate: float = 0.0
    loss_after: float | None = None


class Given(NamedTuple):
    """Numbers of one's own: a row x and its target y, and parameter arrays by name (`0.w`, `2.b`)."""

    x: Array | None
    y: Array | None
    weights: dict[str, Array]


def trace(network: Network, loss: Loss, vector: Array, x: Array, y: Any, optimizer: Optimizer | None = None) -> Trace:
    """Follow one row x [features …] with target y (a class number, or numbers [O]) at weights `vector` [P].

    optimizer: go backward too, and make its first update.
    """
    vector, batch = vector.astype(np.float64), network.begin(np.asarray(x, np.float64)[None])[0]
    target = np.asarray(y)[None]
    views = network.views(vector)
    walk = list(network.walk(views, batch))
    outputs, saved = [y for y, _ in walk], [kept for _, kept in walk]
    z = outputs[-1] if outputs else batch
    value, dz = loss(z, target)
    stages = [
        Stage(number + 1, kind_of(layer), layer.word, outputs[number][0], views[number])
        for number, layer in enumerate(network.layers)
    ]
    found = Trace(np.asarray(x), y, tuple(stages), loss.probabilities(z)[0], value)
    if optimizer is None:
        return found
    backward = list(network.walk_back(views, saved, dz))
    gradient, _ = network.backward(vector, saved, dz)
    after = vector.copy()
    moments = np.zeros((optimizer.moments, network.size))
    rate = optimizer.learning_rate
    optimizer.update(after, gradient, moments, step=0, rate=rate, weights=network.weights)
    slopes, updated = network.views(gradient), network.views(after)
    for number, dy, dx, _ in backward:
        own = {slot.name: slopes[number][slot.name] for slot in network.own[number] if slot.param.role != "statistic"}
        stages[number] = stages[number]._replace(dy=dy[0], dx=dx[0], gradients=own, updated=updated[number])
    later = loss(network.forward(after, batch)[0], target)[0]
    return found._replace(stages=tuple(stages), dz=dz[0], optimizer=kind_of(optimizer), rate=rate, loss_after=later)


def formulas(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the page of a kind of layer computes on the way forward, and on the way back."""
    text = inspect.getdoc(layers.CATALOGUE.find(kind).load()) or ""
    parts = [part.strip() for line in text.split("\n")[1:] for part in line.split("   ") if " = " in part]
    backward = tuple(part for part in parts if part.startswith(DERIVATIVES))
    return tuple(part for part in parts if part not in backward)[:1], backward


def read_given(path: str | Path) -> Given:
    """Numbers of one's own from a TOML file: `x = […]`, `y = …`, and `"0.w" = [[…]]` under `[weights]`.

    Raises ConfigError naming the file and what is wrong with it.
    """
    path = Path(path)
    try:
        plain = tomllib.loads(read_file(path, LONGEST).decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"no such file: {path}", code="CONFIG_NOT_FOUND", where=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", code="CONFIG_SYNTAX", where=str(path)) from None
    wrong = sorted(set(plain) - {"x", "y", "weights"})
    weights = plain.get("weights", {})
    if wrong or not isinstance(weights, Mapping):
        got = repr(wrong[0]) if wrong else f"weights = {weights!r:.80}"
        hint = 'as in: x = [0.05, 0.1]   y = [0.01, 0.99]   [weights]   "0.w" = [[0.15, 0.25], [0.2, 0.3]]'
        raise ConfigError(f"{path}: expected x, y and a table [weights], got {got}", where=str(path), hint=hint)
    if ("x" in plain) != ("y" in plain):
        raise ConfigError(f"{path}: expected x and y together, got only one of them", where=str(path))
    x, y = (_numbers(path, name, plain[name]) if name in plain else None for name in ("x", "y"))
    return Given(x, y, {name: _numbers(path, name, value) for name, value in weights.items()})


def _numbers(path: Path, name: str, value: Any) -> Array:
    """A number or nested lists of numbers as an array, float64."""
    try:
        found = np.array(value)
    except (ValueError, OverflowError):  # lists of several lengths, whole numbers of thousands of digits
        found = np.array(None)
    if found.dtype.kind not in "fiu" or not np.isfinite(found).all() or not found.size:
        message = f"{path}: {name}: expected numbers in lists of one length, got {value!r:.80}"
        raise ConfigError(message, where=str(path))
    return found.astype(np.float64)


def network_for(config: Config, x: Array, y: Array) -> tuple[Network, Loss, Any]:
    """The network and the loss for a row of one's own, and its target as they take it.

    One whole number is a class, of as many as the loss needs to have it; a list of numbers is a regression.
    """
    if x.ndim != 1 or y.ndim > 1:
        raise ConfigError(f"x and y: expected a list of numbers each, got shapes {list(x.shape)} and {list(y.shape)}")
    task = Task("regression", len(y)) if y.ndim else Task("binary", 2)
    if not y.ndim and not (float(y).is_integer() and 0 <= float(y) < 2):
        raise ConfigError(f"y: expected class 0 or 1, or a list of numbers, got {float(y):g}")
    loss = losses.choose(config.loss, task.kind, task.outputs, np.arange(task.outputs))
    network = Network.build(config.layers, x.shape, loss.outputs(task.outputs))
    return network, loss, y if y.ndim else int(y)


def put(network: Network, vector: Array, weights: Mapping[str, Array]) -> Array:
    """A copy of `vector` [P], in float64, with arrays by name in place of its own. Raises ConfigError naming one."""
    after = vector.astype(np.float64)
    slots = {slot.path: slot for slot in network.slots}
    for name, value in weights.items():
        slot = slots.get(name)
        if slot is None:
            hint = "there are: " + ", ".join(f"{each.path} {list(each.param.shape)}" for each in network.slots)
            raise ConfigError(f"weights: the network has no {name!r:.40}", code="CONFIG_UNKNOWN", hint=hint)
        if value.shape != slot.param.shape:
            raise _unfit(slot, value)
        after[slot.offset : slot.offset + slot.size] = value.ravel()
    return after


def _unfit(slot: Slot, value: Array) -> ConfigError:
    what = f"layer {slot.layer + 1}: {slot.path}: expected shape {list(slot.param.shape)}, got {list(value.shape)}"
    hint = "a weight w has a row for each input and a column for each output"
    return ConfigError(f"weights: {what}", code="CONFIG_SHAPE", hint=hint if slot.name == "w" else "")

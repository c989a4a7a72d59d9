"""Small experiments over the catalogues: what every contract is examined on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import numpy as np
import pytest

from mlcore import backends, initializers, kernels, layers, losses, optimizers
from mlcore.backends.backend import Problem, Weights
from mlcore.datasets.dataset import Rows
from mlcore.errors import ShapeError
from mlcore.layers.layer import Layer
from mlcore.layers.line import parse
from mlcore.network import Network

LAYERS = layers.CATALOGUE.names()
LOSSES = tuple(name for name in losses.CATALOGUE.names() if name != "auto")
OPTIMIZERS = optimizers.CATALOGUE.names()
BACKENDS = backends.CATALOGUE.names()
INITIALIZERS = tuple(entry.name for entry in initializers.CATALOGUE)
TO_FOLLOW = {  # rows that come in a change of their own: ("torch", "layer relu")
    ("native", "layer conv2d"),
    ("native", "layer max_pool2d"),
}
SHAPES = ((6,), (2, 6, 5), (5, 4))


def made(catalogue, name: str, **fields):
    """The catalogue's class of that name, with its defaults."""
    return catalogue.find(name).load()(**fields)


def task_of(loss) -> str:
    """The first task a loss fits."""
    return next(task for task in ("multiclass", "binary", "regression") if loss.fits(task))


def targets(loss, rows: int, outputs: int, seed: int = 2):
    """Targets the loss can take: class numbers, or numbers away from every output by chance."""
    random, task = np.random.default_rng(seed), task_of(loss)
    if task == "regression":
        return random.normal(size=(rows, outputs)).astype(np.float32)
    return random.integers(0, 2 if task == "binary" else outputs, size=rows).astype(np.int32)


def network_with(layer: Layer, outputs: int) -> Network:
    """A small network in which the layer stands in the middle, on the first input shape that fits."""
    for shape, before, behind in product(SHAPES, ("9", ""), ("", "flatten")):
        try:
            return Network.build((*parse(before), layer, *parse(behind)), shape, outputs)
        except ShapeError:
            continue
    raise ShapeError(f"no input shape fits {layer}")


def problem(
    body="12 relu | 9 tanh",
    loss: str | tuple = "softmax_cross_entropy",
    optimizer: str | tuple = "adam",
    rows: int = 70,
    batch: int = 16,
    features: int | tuple[int, ...] = 5,
    outputs: int = 3,
    uint8: bool = False,
    weighted: bool = False,
    seed: int = 7,
) -> Problem:
    """An experiment on random rows; 70 rows in batches of 16 leave a short last batch of 6.

    weighted: rows count differently, and the first seven not at all.
    """
    chosen = made(losses.CATALOGUE, loss) if isinstance(loss, str) else made(losses.CATALOGUE, loss[0], **loss[1])
    outputs = chosen.outputs(outputs)
    random = np.random.default_rng(1)
    if isinstance(body, Layer):
        network = network_with(body, outputs)
    else:
        network = Network.build(parse(body), (features,) if isinstance(features, int) else features, outputs)
    x = random.normal(size=(rows, *network.shapes[0])).astype(np.float32)
    if uint8:
        x = random.integers(0, 256, size=x.shape).astype(np.uint8)
    if isinstance(optimizer, str):
        optimizer = (optimizer, {})
    rule = made(optimizers.CATALOGUE, optimizer[0], **optimizer[1])
    w = random.random(rows).astype(np.float32) * 3 * (np.arange(rows) >= 7) if weighted else None
    data = Rows(x, targets(chosen, rows, outputs), w)
    return Problem(network, chosen, rule, data, 1 / 255 if uint8 else 1.0, batch, seed)


def first_weights(p: Problem) -> Weights:
    """Where training starts: He-normal weights, no moments."""
    vector = p.network.init(p.seed, "he_normal")
    return Weights(vector, np.zeros((p.optimizer.moments, len(vector)), np.float32), 0)


def opened(name: str, p: Problem, precision: str = "float32"):
    """A session of that backend at its first weights, or the reason there is none."""
    backend = made_backend(name, precision)
    reason = backend.unavailable()
    if reason:
        return None, f"{name}: {reason}"
    without_row(name, backend.unsupported(p.network, p.loss, p.optimizer))
    session = backend.open(p)
    session.restore(first_weights(p))
    return session, ""


def made_backend(name: str, precision: str = "float32"):
    return backends.CATALOGUE.find(name).load()("cpu", precision)


def without_row(where: str, what: list[str]) -> None:
    """Ends a test of what has no row in a backend or an export target: skipped where it is to follow, else failed."""
    if not what:
        return
    if all((where, each) in TO_FOLLOW for each in what):
        pytest.skip(f"{where}: the row of {', '.join(what)} is to follow")
    way = f"CONTRIBUTING.md says where it goes; if it is to follow, TO_FOLLOW of {__name__} takes {(where, what[0])}"
    pytest.fail(f"{where} has no row for {', '.join(what)}: {way}", pytrace=False)


def rates(steps: int, rate: float = 0.02):
    """A rate that falls, so that a rate used for the wrong step shows."""
    return rate * 0.99 ** np.arange(steps)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Run what is inside on `count` threads."""
    before = kernels.threads()
    kernels.set_threads(count)
    try:
        yield
    finally:
        kernels.set_threads(before)

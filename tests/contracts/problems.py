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
from mlcore.spec import kind_of

LAYERS = layers.CATALOGUE.names()
LOSSES = tuple(name for name in losses.CATALOGUE.names() if name != "auto")
OPTIMIZERS = optimizers.CATALOGUE.names()
BACKENDS = backends.CATALOGUE.names()
TIERS = kernels.tiers() if kernels.unavailable() is None else ()
OTHERS = (*(f"native on {tier}" for tier in TIERS), *(name for name in BACKENDS if name not in ("reference", "native")))
INITIALIZERS = tuple(entry.name for entry in initializers.CATALOGUE)
TO_FOLLOW: set[tuple[str, str]] = set()  # rows that come in a change of their own: ("torch", "layer relu")
SHAPES = ((6,), (2, 6, 5), (5, 4))
VOCABULARY = 11
COLUMNS = (VOCABULARY, VOCABULARY + 2)  # tokens of the last two columns of a table
AROUND = {"skip": ("", "9 tanh | add"), "add": ("skip | 9 tanh", "")}  # what a layer needs before and behind it


def made(catalogue, name: str, **fields):
    """The catalogue's class of that name, with its defaults; of a layer that takes tokens there are few."""
    entry = catalogue.find(name).load()(**fields)
    if not isinstance(entry, Layer):
        return entry
    return entry.sized(VOCABULARY) if entry.tokens else entry.sized(0, COLUMNS)


def tokens_of(layer: Layer, width: int) -> int:
    """How many of the last numbers of rows so wide are tokens to a layer."""
    return width if layer.tokens else layer.token_columns


def with_tokens(layer: Layer, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Rows x [n, ...] whose last columns are tokens where a layer takes these, in the type of x."""
    many = tokens_of(layer, x.shape[-1])
    if many:
        x[..., -many:] = random.integers(0, VOCABULARY, size=(*x.shape[:-1], many))
    return x


def shapes_of(name: str) -> list[tuple[int, ...]]:
    """Those of SHAPES that a layer takes: rows, images, sequences."""
    return [shape for shape in SHAPES if fits(made(layers.CATALOGUE, name), shape)]


def fits(layer: Layer, shape: tuple[int, ...]) -> bool:
    """Whether a layer takes inputs of a shape."""
    try:
        layer.output_shape(shape)
    except ShapeError:
        return False
    return True


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
    first = layer.tokens or layer.token_columns
    for shape, before, behind in product(SHAPES, ("",) if first else ("9", ""), ("", "flatten")):
        if network := network_on(shape, layer, outputs, before, behind):
            return network
    raise ShapeError(f"no input shape fits {layer}")


def network_on(shape, layer: Layer, outputs: int, before: str = "", behind: str = "") -> Network | None:
    """A small network on inputs of a shape with a layer between others, or None where they do not fit."""
    opened, closed = map(parse, AROUND.get(kind_of(layer), ("", "")))
    try:
        return Network.build((*parse(before), *opened, layer, *closed, *parse(behind)), shape, outputs)
    except ShapeError:
        return None


def networks_with(name: str, outputs: int) -> Iterator[tuple[str, Network]]:
    """The layer of that name on every kind of input it takes, with what it is called there."""
    layer = made(layers.CATALOGUE, name)
    yield name, network_with(layer, outputs)
    for shape in shapes_of(name)[1:]:
        network = network_on(shape, layer, outputs) or network_on(shape, layer, outputs, behind="flatten")
        if network is not None:
            yield f"{name} on {'x'.join(map(str, shape))}", network


def inputs_of(network: Network, rows: int, random: np.random.Generator) -> np.ndarray:
    """Random rows of the shape a network takes, tokens where it takes these."""
    x = random.normal(size=(rows, *network.shapes[0])).astype(np.float32)
    return with_tokens(network.layers[0], x, random)


def problem(
    body: str | Layer | Network = "12 relu | 9 tanh",
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
    if isinstance(body, Network):
        network = body
    elif isinstance(body, Layer):
        network = network_with(body, outputs)
    else:
        network = Network.build(parse(body), (features,) if isinstance(features, int) else features, outputs)
    x = inputs_of(network, rows, random)
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

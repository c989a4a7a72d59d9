"""Sequences of different lengths in one batch: what lies behind the end of one is never seen, on any backend."""

import numpy as np
import pytest

from mlcore.backends.backend import Problem
from mlcore.datasets.dataset import Rows, Sequence
from mlcore.layers.line import parse
from mlcore.losses import SoftmaxCrossEntropy
from mlcore.network import Network
from tests.contracts import problems

STEPS, NUMBERS, ROWS, CLASSES = 7, 6, 37, 4
TOKENS = {  # the first layer is an embedding of so many numbers
    "a recurrent layer": (6, "gru 9"),
    "a wide recurrent layer": (40, "gru 33 last"),
    "attention to all": (6, "positions | attention 2 | mean"),
    "attention to what was": (12, "attention 3 causal | 9 relu"),
    "a transformer": (8, "positions | skip | ln | attention 2 causal | add | skip | ln | 9 gelu | 8 | add | ln"),
}
NUMBERED = {  # rows are steps of numbers
    "attention first": "attention 2 | max",
    "the mean": "mean",
    "the largest": "max",
    "around attention": "skip | attention 3 causal | add | ln | max",
    "wide attention": "70 relu | attention 2 | lstm 5 bi last",
}
EVERY = [*TOKENS, *NUMBERED]


def problem(name: str, behind: float | None = None) -> Problem:
    """Random rows; `behind`: the number that fills the batch behind their ends, or whatever is there by chance."""
    random, tokens = np.random.default_rng(3), name in TOKENS
    if tokens:
        dim, body = TOKENS[name]
        layers = problems.made(problems.layers.CATALOGUE, "embedding", dim=dim), *parse(body)
    else:
        layers = parse(NUMBERED[name])
    sequence = Sequence(STEPS, 0 if tokens else NUMBERS, vocabulary=problems.VOCABULARY * tokens, lengths=True)
    trunk = Network(layers, sequence.shape, lengths=True)
    network = Network((*layers, *parse(f"{CLASSES}")), sequence.shape, lengths=True)
    shape = ROWS, *sequence.shape
    x = random.integers(0, problems.VOCABULARY, shape) if tokens else random.normal(size=shape)
    ends = random.integers(1, STEPS + 1, ROWS)
    filling = np.arange(STEPS) >= ends[:, None]
    if behind is not None:
        x = np.where(filling if tokens else filling[..., None], behind, x)
    every = len(trunk.output_shape) == 2
    y = random.integers(0, CLASSES, (ROWS, STEPS) if every else ROWS).astype(np.int32)
    if every:
        y[filling] = -1
    rows = np.concatenate([ends[:, None], x.reshape(ROWS, -1)], axis=1).astype(np.float32)
    optimizer = problems.made(problems.optimizers.CATALOGUE, "sgd")
    return Problem(network, SoftmaxCrossEntropy(), optimizer, Rows(rows, y, None), 1.0, 16, 5)


def trained(backend: str, p: Problem, precision: str = "float32"):
    """Losses of 30 steps, the weights after them, and outputs at the steps that are asked."""
    session, why = problems.opened(backend, p, precision)
    if session is None:
        pytest.skip(why)
    losses = session.train(0, 30, problems.rates(30))
    vector, z = session.parameters(), session.predict(p.rows.x)
    session.close()
    return losses, vector, z[p.rows.y >= 0] if z.ndim == 3 else z


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("backend", [name for name in problems.BACKENDS if name != "reference"])
def test_every_backend_learns_what_the_pages_learn(backend: str, name: str) -> None:
    p = problem(name)
    (losses, vector, z), (expected, known, truth) = trained(backend, p), trained("reference", p, "float64")
    np.testing.assert_allclose(losses, expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(vector, known, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(z, truth, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("backend", ["reference", "native"])
def test_what_fills_the_batch_changes_nothing(backend: str, name: str) -> None:
    """Not even a NaN, unless a layer sees it that does not know of lengths: 0 times it would be NaN in a gradient."""
    behind = 77.0 if name in ("around attention", "wide attention") else np.nan
    expected, found = trained(backend, problem(name)), trained(backend, problem(name, behind))
    for value, known in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, known)

"""Rows with an answer at each of their steps: every backend counts the steps that are asked as rows, and no others."""

import numpy as np
import pytest

from mlcore import losses
from mlcore.backends.backend import Problem
from mlcore.datasets.dataset import Rows, Sequence
from mlcore.layers.line import parse
from mlcore.network import Network
from tests.contracts import problems

STEPS, NUMBERS, ROWS, OUTPUTS = 7, 3, 37, 4


def problem(loss: str, lengths: bool = False, weighted: bool = False, optimizer: str = "adam") -> Problem:
    """Random sequences with a target at every step; with lengths, nothing is asked behind the end of a row."""
    random = np.random.default_rng(3)
    chosen = problems.made(losses.CATALOGUE, loss)
    outputs = chosen.outputs(OUTPUTS)
    sequence = Sequence(STEPS, NUMBERS, lengths=lengths)
    features = STEPS * NUMBERS + lengths
    network = Network(parse(f"9 tanh | 6 silu | 5 relu | {outputs}"), sequence.shape, lengths)
    x = random.normal(size=(ROWS, features)).astype(np.float32)
    if chosen.fits("regression"):
        y = random.normal(size=(ROWS, STEPS, outputs)).astype(np.float32)
    else:
        y = random.integers(0, 2 if outputs == 1 else outputs, size=(ROWS, STEPS)).astype(np.int32)
    if lengths:
        ends = random.integers(1, STEPS + 1, size=ROWS)
        x[:, 0] = ends
        if y.dtype.kind == "i":
            y[np.arange(STEPS) >= ends[:, None]] = -1
    w = random.random(ROWS).astype(np.float32) if weighted else None
    return Problem(network, chosen, problems.made(problems.optimizers.CATALOGUE, optimizer), Rows(x, y, w), 1.0, 16, 5)


def trained(name: str, p: Problem, precision: str = "float32"):
    """Losses of 30 steps and the weights after them."""
    session, why = problems.opened(name, p, precision)
    if session is None:
        pytest.skip(why)
    losses_ = session.train(0, 30, problems.rates(30))
    vector = session.parameters()
    session.close()
    return losses_, vector


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("loss", problems.LOSSES)
@pytest.mark.parametrize("name", [name for name in problems.BACKENDS if name != "reference"])
def test_every_backend_learns_what_the_pages_learn(name, loss, lengths, weighted):
    p = problem(loss, lengths, weighted, optimizer="sgd")
    expected, vector = trained("reference", p, "float64")
    found, own = trained(name, p)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(own, vector, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "mse", "huber", "kl_div"])
def test_a_row_of_steps_is_that_many_rows_to_a_loss(loss):
    p = problem(loss)
    z = np.random.default_rng(1).normal(size=(ROWS, STEPS, p.network.output_shape[-1]))
    value, dz = p.loss(z, p.rows.y)
    flat, each = p.loss(z.reshape(ROWS * STEPS, -1), p.rows.y.reshape(ROWS * STEPS, *p.rows.y.shape[2:]))
    assert value == flat
    np.testing.assert_array_equal(dz.reshape(each.shape), each)


def test_where_nothing_is_asked_nothing_pulls():
    p = problem("softmax_cross_entropy", lengths=True)
    z = np.random.default_rng(1).normal(size=(ROWS, STEPS, OUTPUTS))
    _, dz = p.loss(z, p.rows.y)
    asked = p.rows.y >= 0
    assert not asked.all() and np.abs(dz[asked]).min() > 0
    assert not dz[~asked].any()


@pytest.mark.parametrize("name", problems.BACKENDS)
def test_what_lies_behind_the_end_of_a_row_changes_nothing(name):
    p = problem("softmax_cross_entropy", lengths=True)
    other = p.rows.x.copy()
    behind = np.repeat(np.arange(STEPS) >= other[:, :1], NUMBERS, axis=1)
    other[:, 1:][behind] = 77.0
    assert not np.array_equal(other, p.rows.x)
    expected, vector = trained(name, p)
    found, own = trained(name, p._replace(rows=Rows(other, p.rows.y)))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(own, vector)


@pytest.mark.parametrize("name", problems.BACKENDS)
def test_outputs_and_an_inspection_keep_the_steps(name):
    p = problem("softmax_cross_entropy", lengths=True)
    session, why = problems.opened(name, p)
    if session is None:
        pytest.skip(why)
    z = session.predict(p.rows.x)
    seen = session.inspect(p.rows.x, p.rows.y)
    assert z.shape == (ROWS, STEPS, OUTPUTS)
    assert [each.shape[1:] for each in seen.activations] == p.network.shapes[1:]
    np.testing.assert_allclose(seen.activations[-1], z, rtol=1e-5, atol=1e-6)
    expected, _ = p.loss(z, p.rows.y)
    assert seen.loss == pytest.approx(expected, rel=1e-5)

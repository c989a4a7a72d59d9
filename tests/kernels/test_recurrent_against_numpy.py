"""Steps of recurrent cells against their NumPy pages in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels, layers
from mlcore.errors import DataError, ShapeError
from mlcore.kernels.recurrent import GATES, Step

SHAPES = ((1, 1), (2, 3), (9, 7), (8, 8), (17, 16), (5, 33), (33, 64), (3, 100))
FEW = 4 * 2.0**-23  # roundings of a function of numbers around 1


def drawn(kind: str, rows: int, units: int, rng: np.random.Generator, scale: float = 2.0):
    """a, state, u, bias."""
    states = 2 if kind == "lstm" else 1
    shapes = (rows, GATES[kind], units), (states, rows, units), (rows, 3, units), (units,)
    return [(scale * rng.standard_normal(shape)).astype(np.float32) for shape in shapes]


def of_the_page(kind: str, a, state, u, bias):
    """The page, its state after and what it kept, in double."""
    page = layers.CATALOGUE.find(kind).load()(state.shape[-1])
    wide = [x.astype(np.float64) for x in (a, state, u, bias)]
    inside = wide[2] if kind == "gru" else np.zeros_like(wide[0])
    return page, wide[1], *page.cell({"c": wide[3]}, wide[0], inside, wide[1])


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize(("rows", "units"), SHAPES)
def test_a_step_and_its_way_back_are_those_of_the_page(
    kind: str, rows: int, units: int, tier: str, rng: np.random.Generator
) -> None:
    a, state, u, bias = drawn(kind, rows, units, rng)
    page, before, after, kept = of_the_page(kind, a, state, u, bias)
    step = kernels.cell(kind, a, state, u, bias)
    np.testing.assert_allclose(step.after, after, rtol=FEW, atol=2 * FEW)
    d = rng.standard_normal(state.shape)
    exact = page.cell_back(kept, before, after, d)
    found = kernels.cell_backward(step, d)
    for got, known in zip(found, exact, strict=True):
        np.testing.assert_allclose(got, known, rtol=1e-5, atol=5e-6)


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 30.0, 1e4, 1e30])
@pytest.mark.parametrize("kind", GATES)
def test_gates_are_exact_to_a_few_roundings_wherever_they_are_asked(
    kind: str, scale: float, tier: str, rng: np.random.Generator
) -> None:
    a, state, u, bias = drawn(kind, 7, 33, rng, scale)
    small = np.clip(state, -1, 1)
    _, _, after, kept = of_the_page(kind, a, small, u, bias)
    step = kernels.cell(kind, a, small, u, bias)
    if kind == "rnn":
        np.testing.assert_allclose(step.after, after, rtol=FEW, atol=1e-37)
    else:
        within = 2e-6 if kind == "gru" and scale == 30 else FEW  # its candidate adds a + r u, whose rounding shows
        np.testing.assert_allclose(step.gates.swapaxes(0, 1)[:3], kept[:3], rtol=1e-4, atol=within)


@pytest.mark.parametrize("kind", GATES)
def test_what_is_no_number_stays_none_and_infinities_are_the_ends(kind: str, tier: str) -> None:
    a = np.full((3, GATES[kind], 9), np.inf, np.float32)
    a[1], a[2] = -np.inf, np.nan
    step = kernels.cell(kind, a, np.full((1 + (kind == "lstm"), 3, 9), 0.5), np.zeros((3, 3, 9)), np.zeros(9))
    ends = {"rnn": (1, -1), "gru": (0.5, -1), "lstm": (np.tanh(1.5), 0)}[kind]
    np.testing.assert_allclose(step.after[0, :2], np.repeat([ends], 9, axis=0).T, rtol=1e-6, atol=1e-30)
    assert np.isnan(step.after[0, 2]).all()


@pytest.mark.parametrize("kind", GATES)
def test_gradients_that_fade_become_zero_and_never_denormal(kind: str, tier: str, rng: np.random.Generator) -> None:
    step = kernels.cell(kind, *drawn(kind, 4, 20, rng))
    d = np.full(step.after.shape, 1e-38) * rng.random(step.after.shape)
    da, _, _ = kernels.cell_backward(step, d)
    assert not ((da != 0) & (np.abs(da) < np.finfo(np.float32).tiny)).any()


def test_shapes_that_do_not_fit_are_refused_in_words() -> None:
    with pytest.raises(DataError, match="kind: expected one of rnn, gru, lstm, got 'elman'"):
        kernels.cell("elman", np.zeros((2, 1, 3)), np.zeros((1, 2, 3)))
    with pytest.raises(ShapeError, match="state: expected shape"):
        kernels.cell("lstm", np.zeros((2, 4, 3)), np.zeros((1, 2, 3)))
    step = kernels.cell("rnn", np.zeros((2, 1, 3)), np.zeros((1, 2, 3)))
    assert isinstance(step, Step)
    with pytest.raises(ShapeError, match="d: expected shape"):
        kernels.cell_backward(step, np.zeros((2, 2, 3)))

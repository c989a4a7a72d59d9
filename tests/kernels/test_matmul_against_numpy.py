"""Products, transposes and column sums against NumPy: every error within the bound of a chain of k roundings."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels
from mlcore.errors import MljError
from tests.kernels.ground import ROUNDOFF, SIZES, both_wide, layouts

SHAPES = [
    *[(m, n, k) for m in (0, 1, 13, 29) for n in (0, 1, 17, 40) for k in (0, 1, 7)],
    *[(64, n, 33) for n in SIZES],
    *[(m, 20, 9) for m in SIZES],
    (200, 33, 1100),  # several blocks of the sum
    (300, 140, 600),  # several blocks of rows, and a transposed a that is copied
    (600, 5, 700),  # a narrow result with tall columns
    (1, 300, 50),
    (50, 300, 2),
]
ACTIVATIONS = {
    None: lambda x: x,
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
}


def floats(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def bound(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The largest error a chain of k multiply-adds can make."""
    return (a.shape[1] + 2) * ROUNDOFF * (np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)) + 1e-44


@pytest.mark.parametrize("turned", ["NN", "NT", "TN", "TT"])
def test_products_of_every_shape_are_within_the_bound_of_a_chain(
    turned: str, tier: str, rng: np.random.Generator
) -> None:
    for m, n, k in SHAPES:
        a, b = floats(rng, m, k), floats(rng, k, n)
        exact = a.astype(np.float64) @ b.astype(np.float64)
        left = np.asfortranarray(a) if turned[0] == "T" else a
        right = np.asfortranarray(b) if turned[1] == "T" else b
        got = kernels.matmul(left, right)
        assert got.shape == (m, n)
        assert got.dtype == np.float32
        assert (np.abs(got - exact) <= bound(a, b)).all(), (m, n, k)


def test_hundreds_of_random_products_are_within_the_bound(tier: str, rng: np.random.Generator) -> None:
    for _ in range(300):
        m, n, k = rng.integers(0, 90, 3)
        a, b = floats(rng, m, k), floats(rng, k, n)
        got = kernels.matmul(a, b) if rng.random() < 0.5 else kernels.matmul(np.asfortranarray(a), b)
        assert (np.abs(got - a.astype(np.float64) @ b.astype(np.float64)) <= bound(a, b)).all(), (m, n, k)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (13, 10, 20), (33, 37, 5), (40, 70, 600)])
def test_bias_and_activation_come_after_the_sum(
    shape: tuple[int, int, int], activation: str | None, tier: str, rng: np.random.Generator
) -> None:
    m, n, k = shape
    a, b, bias = floats(rng, m, k), floats(rng, k, n), floats(rng, n)
    z = a.astype(np.float64) @ b.astype(np.float64) + bias
    tolerance = bound(a, b) + 3 * ROUNDOFF * (np.abs(z) + np.abs(bias) + 1)
    assert (np.abs(kernels.matmul(a, b, bias, activation) - ACTIVATIONS[activation](z)) <= tolerance).all()
    without = ACTIVATIONS[activation](z - bias)
    assert (np.abs(kernels.matmul(a, b, activation=activation) - without) <= tolerance).all()


@pytest.mark.parametrize("activation", ["relu6", "tanh"])
def test_few_columns_give_the_same_bits_for_many_rows_and_for_few(
    activation: str, tier: str, rng: np.random.Generator
) -> None:
    for n in (1, 2, 3, 4, 9, 10, 11, 12):
        for k in (16, 17, 114, 230):  # within a block of the sum and beyond, whole fours and not
            a, b, bias = floats(rng, 71, k), floats(rng, k, n), floats(rng, n)
            a[40, 3] = np.nan
            for right in (b, np.asfortranarray(b)):
                few = [kernels.matmul(a[row : row + 7], right, bias, activation) for row in range(0, 71, 7)]
                got = kernels.matmul(a, right, bias, activation)
                assert got.tobytes() == np.concatenate(few).tobytes(), (n, k)
                assert np.isnan(got[40]).all() and np.isfinite(np.delete(got, 40, axis=0)).all()


@both_wide
def test_avx2_and_avx512_give_the_same_bits(rng: np.random.Generator) -> None:
    for m, n, k in SHAPES:
        a, b, bias = floats(rng, m, k), floats(rng, k, n), floats(rng, n)
        found = []
        for tier in ("avx2", "avx512"):
            with kernels.use(tier):
                found.append([kernels.matmul(x, b, bias, "tanh").tobytes() for x in (a, np.asfortranarray(a))])
        assert found[0] == found[1], (m, n, k)
        assert found[0][0] == found[0][1], "a by rows and a by columns"


def test_every_layout_gives_the_same_bits(tier: str, rng: np.random.Generator) -> None:
    a, b = floats(rng, 19, 37), floats(rng, 37, 21)
    expected = kernels.matmul(a, b).tobytes()
    for name, left in layouts(a).items():
        for other, right in layouts(b).items():
            before = left.copy(), right.copy()
            assert kernels.matmul(left, right).tobytes() == expected, (name, other)
            assert np.array_equal(left, before[0])
            assert np.array_equal(right, before[1])


def test_the_result_may_be_written_over_an_input(tier: str, rng: np.random.Generator) -> None:
    for make in (np.ascontiguousarray, np.asfortranarray):
        a, b = make(floats(rng, 30, 30)), floats(rng, 30, 30)
        expected = kernels.matmul(a, b)
        out = a if a.flags.c_contiguous else a.T
        assert kernels.matmul(a, b, out=out) is out
        assert np.array_equal(out, expected)
    bias = floats(rng, 5)
    expected = kernels.matmul(bias[:, None], np.ones((1, 5)), bias)
    square = np.empty((5, 5), np.float32)
    square[2] = bias
    assert np.array_equal(kernels.matmul(bias[:, None], np.ones((1, 5)), square[2], out=square), expected)


def test_whole_numbers_and_booleans_are_multiplied_as_floats(tier: str) -> None:
    a, b = np.arange(12).reshape(3, 4), np.eye(4, dtype=bool)
    assert np.array_equal(kernels.matmul(a, b), a)
    assert kernels.matmul([[1, 2]], [[3], [4]]).tolist() == [[11]]


def test_transposes_of_every_shape_are_exact(tier: str, rng: np.random.Generator) -> None:
    for rows in SIZES:
        for cols in SIZES:
            x = floats(rng, rows, cols)
            assert np.array_equal(kernels.transpose(x), x.T)
    again = floats(rng, 20, 20)
    expected = again.T.copy()
    assert np.array_equal(kernels.transpose(again, out=again), expected)


def test_columns_are_added_from_the_first_row_down(tier: str, rng: np.random.Generator) -> None:
    for rows in SIZES:
        for cols in SIZES:
            x = floats(rng, rows, cols)
            one_by_one = np.zeros(cols, np.float32)
            for row in x:
                one_by_one += row
            assert np.array_equal(kernels.column_sum(x), one_by_one)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kernels.matmul(np.ones((2, 3)), np.ones((2, 3))), "a has 3 columns and b 2 rows"),
        (lambda: kernels.matmul(np.ones(3), np.ones((3, 2))), "a: expected 2 axes"),
        (lambda: kernels.matmul(np.ones((2, 3)), np.ones((3, 2, 1))), "b: expected 2 axes"),
        (lambda: kernels.matmul(np.ones((2, 3)), np.ones((3, 2)), bias=np.ones(3)), "bias: expected shape"),
        (lambda: kernels.matmul(np.ones((2, 3)), np.ones((3, 2)), activation="swish"), "'swish' is unknown"),
        (lambda: kernels.matmul(np.ones((2, 3)), np.ones((3, 2)), out=np.ones((2, 2))), "out: expected a writable"),
        (lambda: kernels.matmul(np.ones((2, 3)), np.ones((3, 2)), out=[[0, 0], [0, 0]]), "got list"),
        (lambda: kernels.matmul(np.ones((2, 3)) * 1j, np.ones((3, 2))), "a: expected real numbers, got complex"),
        (lambda: kernels.matmul(np.array([["1"]]), np.ones((1, 2))), "a: expected real numbers"),
        (lambda: kernels.column_sum(np.ones(3)), "x: expected 2 axes"),
    ],
)
def test_what_cannot_be_multiplied_is_refused_in_words(call, words: str, tier: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert isinstance(caught.value, MljError)

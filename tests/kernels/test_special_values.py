"""NaN, infinities, signed zeros and denormal numbers: of the same class as NumPy's results, from every kernel."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from itertools import product

import numpy as np
import pytest

from mlcore import kernels, layers
from mlcore.kernels.activations import KINDS, WITH_A_NUMBER
from mlcore.losses.several import PoissonDeviance
from tests.kernels.ground import TIERS, built

TINY, DENORMAL, HUGE = np.float32(2**-126), np.float32(1e-45), np.finfo(np.float32).max
SPECIAL = np.array(
    [np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, TINY, -TINY, DENORMAL, -DENORMAL, HUGE, -HUGE, 6, 88.8, -88.8, -104.5],
    np.float32,
)
SOME = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -2, DENORMAL, HUGE], np.float32)


def kinds(x: np.ndarray) -> list[str]:
    """nan, inf, -inf, 0, -0, or a number with its sign."""
    signs = np.where(np.signbit(x), "-", "")
    names = np.select([np.isnan(x), np.isinf(x), x == 0], ["nan", "inf", "0"], "number")
    return [name if name == "nan" else sign + name for sign, name in zip(signs, names, strict=True)]


PAGE = {name: layers.CATALOGUE.find(name).load()() for name in KINDS[1:]}  # KINDS[0] is no activation


@pytest.mark.parametrize("name", PAGE)
def test_activations_treat_special_values_as_numpy_does(name: str, tier: str) -> None:
    with np.errstate(all="ignore"):
        value = PAGE[name].value(SPECIAL)
    if PAGE[name].told_by_input:  # whose smallest numbers become zero
        value = np.where(np.abs(value) < TINY, np.float32(0), value)
    expected = kinds(value)
    for shift in range(17):  # each value in each lane, full vectors and rests
        turned = np.roll(SPECIAL, shift)
        got = kinds(getattr(kernels, name)(turned))
        same = [a.replace("-0", "0") if b == "0" else a for a, b in zip(got, np.roll(expected, shift), strict=True)]
        assert same == list(np.roll(expected, shift))


@pytest.mark.parametrize("name", PAGE)
def test_a_bad_number_upstream_is_seen_downstream(name: str, tier: str) -> None:
    possible = SOME[~np.signbit(SOME)] if name == "softplus" else SOME
    y, dy = (np.array(pair, np.float32) for pair in zip(*product(possible, SOME), strict=True))
    with np.errstate(all="ignore"):
        expected = dy * PAGE[name].slope(y)
    assert kinds(getattr(kernels, name + "_backward")(y, dy)) == kinds(expected)


def test_counts_of_special_values_have_numpy_s_classes(tier: str) -> None:
    counts = np.array([0.0, 1, 7.5, 1e30, HUGE, np.inf], np.float32)
    for z, y, width in product(SPECIAL, counts, (1, 40)):
        outputs, wanted = np.full((1, width), -3, np.float32), np.zeros((1, width), np.float32)
        outputs[0, -1], wanted[0, -1] = z, y
        with np.errstate(all="ignore"):
            loss, dz = PoissonDeviance()(outputs, wanted)
        dz = np.where(np.abs(dz) < TINY, np.float32(0), dz)
        found, slope = kernels.poisson_deviance(outputs, wanted)
        assert kinds(np.array([found, *slope[0]])) == kinds(np.array([loss, *dz[0]])), (z, y, width)


def test_products_of_special_values_have_numpys_classes(tier: str, rng: np.random.Generator) -> None:
    usual = SOME[np.isnan(SOME) | np.isinf(SOME) | (np.abs(SOME) < 10)]  # no sum of these overflows
    for _ in range(500):
        m, n, k = rng.integers(1, 20, 3)
        rare = 1.0 / (1 + rng.integers(0, 30))
        a, b = (np.where(rng.random(size) < rare, rng.choice(usual, size), 1).astype("f4") for size in ((m, k), (k, n)))
        with np.errstate(all="ignore"):
            expected = (a[:, :, None].astype(np.float64) * b[None].astype(np.float64)).sum(axis=1).astype(np.float32)
        got = kernels.matmul(a, b)
        assert np.array_equal(np.isnan(got), np.isnan(expected))
        assert np.array_equal(np.isinf(got), np.isinf(expected))
        assert np.array_equal(got > 0, expected > 0)


def test_what_lay_in_the_result_before_does_not_show(tier: str) -> None:
    for bad in (np.nan, np.inf):
        for m, n, k in ((1, 1, 1), (20, 37, 5), (3, 10, 700), (4, 4, 0)):
            out = np.full((m, n), bad, np.float32)
            assert np.array_equal(kernels.matmul(np.ones((m, k)), np.ones((k, n)), out=out), np.full((m, n), k))


def test_an_activation_behind_a_product_keeps_nan(tier: str) -> None:
    a, b = np.array([[np.nan], [1]]), np.ones((1, 33))
    for name in (*(name for name in PAGE if name not in WITH_A_NUMBER), None):
        y = kernels.matmul(a, b, activation=name)
        assert np.isnan(y[0]).all()
        assert np.isfinite(y[1]).all()


@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 40])
def test_softmax_of_special_rows_has_numpys_classes(n: int, tier: str) -> None:
    for value in (np.nan, np.inf, -np.inf, HUGE, -HUGE, -200):
        for place in {0, n // 2, n - 1}:
            z = np.zeros((3, n), np.float32)
            z[1, place] = value
            with np.errstate(all="ignore"):
                e = np.exp(z - z.max(axis=1, keepdims=True))
                expected = e / e.sum(axis=1, keepdims=True)
            y = kernels.softmax(z)
            assert kinds(y.ravel()) == kinds(expected.ravel())
            loss, dz = kernels.softmax_cross_entropy(z, [0, place, n - 1])
            assert np.isfinite(dz[[0, 2]]).all()
            assert np.isnan(loss) == bool(np.isnan(expected).any())


def test_losses_of_special_outputs_are_not_numbers_where_numpys_are_not(tier: str) -> None:
    z = np.array([np.nan, np.inf, -np.inf, 0, HUGE, -HUGE], np.float32)
    for i in range(6):
        for target in (0.0, 1.0):
            with np.errstate(all="ignore"):
                x = z[i].astype(np.float64)
                expected = np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))
            loss, _ = kernels.binary_cross_entropy(z[i : i + 1], [target])
            assert np.isnan(loss) == np.isnan(expected)
            assert np.isinf(loss) == np.isinf(expected)
        for kernel in (kernels.squared_error, kernels.absolute_error):
            loss, dz = kernel(z[i : i + 1, None], [[0]])
            assert np.isfinite(loss) == (np.isfinite(z[i]) and (kernel is kernels.absolute_error or z[i] == 0))
            assert np.isnan(dz[0, 0]) == np.isnan(z[i])


def test_optimizers_do_not_hide_a_gradient_that_is_not_a_number(tier: str) -> None:
    g = np.array([np.nan, np.inf, 1] * 7, np.float32)
    for step in (
        lambda w, m, v: kernels.sgd(w, g, None, 0.1),
        lambda w, m, v: kernels.sgd(w, g, m, 0.1, 0.9),
        lambda w, m, v: kernels.rmsprop(w, g, v, 0.1),
        lambda w, m, v: kernels.adam(w, g, m, v, 0.1, 0),
    ):
        w, m, v = np.zeros((3, 21), np.float32)
        step(w, m, v)
        assert not np.isfinite(w[[0, 1, 3, 4, 18, 19]]).any()
        assert np.isfinite(w[2::3]).all()


@built
@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads the control register of x86-64")
@pytest.mark.parametrize("tier", TIERS)
def test_no_import_and_no_kernel_changes_how_the_processor_rounds(tier: str) -> None:
    program = f"""
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)  # stmxcsr [rdi]; ret
code.write(bytes.fromhex("0fae1fc3"))
read = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
word = ctypes.c_uint32()
def control():
    read(ctypes.addressof(word))
    return word.value & 0xffc0  # without the flags of what has happened
before = control()
import numpy as np
from mlcore import kernels
assert control() == before, "import"
from tests.kernels.test_threads import large_calls
with kernels.use("{tier}"):
    large_calls()
assert control() == before, "kernels"
assert np.float32(1e-45) * np.float32(1) > 0
assert 5e-324 * 1.0 > 0
print("unchanged")
"""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=100, env=environment
    )
    assert ended.stdout == "unchanged\n", ended.stderr

"""Activations and their gradients against NumPy in double precision, over every kind of float32."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels, layers
from mlcore.kernels.activations import ACTIVATIONS, KINDS
from tests.kernels.ground import ROUNDOFF, SIZES, both_wide, every_kind_of_float, layouts, ulps

PAGE = {name: layers.CATALOGUE.find(name).load()() for name in KINDS[1:]}  # KINDS[0] is no activation
EXACT = {name: page.value for name, page in PAGE.items()}
SLOPES = {name: page.slope for name, page in PAGE.items()}
BY_INPUT = {name for name, page in PAGE.items() if page.told_by_input}
USUALLY = 4  # units in the last place, of an activation that promises nothing else here
WITHIN = {"relu": 0, "relu6": 0, "sigmoid": 2, "tanh": 2, "leaky_relu": 1, "elu": 1, "softplus": 3, "gelu": 5}
WITHIN_BASELINE = WITHIN | {"gelu": 6}  # without fused multiply-add
SMALLEST = 2.0**-126  # below it those told by their input are zero


def test_python_and_c_know_the_same_activations_by_the_same_numbers(tier: str) -> None:
    lib = kernels.library.library()
    assert len(KINDS) == lib.MLJ_ACTIVATIONS, "a name in mlj.h and in KINDS of mlcore/kernels/activations.py"
    assert {kind: getattr(lib, f"MLJ_{kind.upper()}") for kind in KINDS} == ACTIVATIONS
    functions = {f"{kind}{back}" for kind in KINDS[1:] for back in ("", "_backward")}
    assert not functions - set(kernels.__all__), "functions in mlcore/kernels/activations.py, told in __init__.py"


@pytest.mark.parametrize("name", EXACT)
def test_every_kind_of_float_is_within_the_stated_units_of_the_last_place(
    name: str, tier: str, rng: np.random.Generator
) -> None:
    everywhere = every_kind_of_float(1 << 19, rng)
    usual = (rng.standard_normal(1 << 18) * 8).astype(np.float32)
    edges = np.array([-104, -103.9, -103, -88, -87.4, -17, -0.625, 0.625, 9, 16.6, 88, 104], np.float32)
    for x in (everywhere, usual, edges):
        with np.errstate(over="ignore"):  # squares of the largest
            exact = EXACT[name](x.astype(np.float64))
        got, within = getattr(kernels, name)(x), (WITHIN_BASELINE if tier == "baseline" else WITHIN).get(name, USUALLY)
        zero = (name in BY_INPUT) & (np.abs(exact) < SMALLEST) & (got == 0)
        off = np.where(zero, 0, ulps(got, exact))
        worst = int(off.argmax())
        assert off[worst] <= within, f"{name}({x[worst]:.9g}) is {off[worst]:.3g} units off, {within} are promised"


@pytest.mark.parametrize("name", EXACT)
def test_gradients_follow_from_the_output(name: str, tier: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal(5000) * 4
    x[:3] = -200, 200, 0
    y = (x if name in BY_INPUT else EXACT[name](x)).astype(np.float32)
    dy = rng.standard_normal(5000).astype(np.float32)
    exact = dy.astype(np.float64) * SLOPES[name](y.astype(np.float64))
    got = getattr(kernels, name + "_backward")(y, dy)
    steep = name == "tanh" or name in BY_INPUT  # 1 - y² cancels near the ends, 1 + x (1 - s) where a slope is zero
    scale = np.abs(dy) * (4 if steep else 1)
    off = np.abs(got - exact) / (ROUNDOFF * scale)
    worst = int(off.argmax())
    assert off[worst] <= 3, f"the slope told by {y[worst]:.9g} is {off[worst]:.3g} roundings off, 3 are promised"


@pytest.mark.parametrize("name", EXACT)
def test_any_size_and_any_shape_is_done_number_by_number(name: str, tier: str, rng: np.random.Generator) -> None:
    function, backward = getattr(kernels, name), getattr(kernels, name + "_backward")
    whole = rng.standard_normal(200).astype(np.float32)
    values, slopes = function(whole), backward(whole, whole)
    for size in SIZES:
        assert np.array_equal(function(whole[:size]), values[:size])
        assert np.array_equal(backward(whole[:size], whole[:size]), slopes[:size])
    assert np.array_equal(function(whole.reshape(5, 4, 10)), values.reshape(5, 4, 10))
    assert function(np.float32(whole[0])).shape == ()


@pytest.mark.parametrize("name", EXACT)
def test_every_layout_gives_the_same_bits(name: str, tier: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal((7, 11)).astype(np.float32)
    expected = getattr(kernels, name)(x).tobytes()
    for layout, same in layouts(x).items():
        assert getattr(kernels, name)(same).tobytes() == expected, layout


@pytest.mark.parametrize("name", EXACT)
def test_the_result_may_be_written_over_the_input(name: str, tier: str, rng: np.random.Generator) -> None:
    function, backward = getattr(kernels, name), getattr(kernels, name + "_backward")
    x = rng.standard_normal(101).astype(np.float32)
    y, dy = function(x), x[::-1].copy()
    dx = backward(y, dy)
    assert np.array_equal(backward(y, dy, out=dy.copy()), dx)
    over_dy, over_y = dy.copy(), y.copy()
    assert np.array_equal(backward(y, over_dy, out=over_dy), dx)
    assert np.array_equal(backward(over_y, dy, out=over_y), dx)
    memory = np.concatenate([x, [0]]).astype(np.float32)  # input and output overlap by all but one number
    assert np.array_equal(function(memory[:-1], out=memory[1:]), y)
    assert function(x, out=x) is x
    assert np.array_equal(x, y)


@both_wide
@pytest.mark.parametrize("name", EXACT)
def test_avx2_and_avx512_give_the_same_bits(name: str, rng: np.random.Generator) -> None:
    x = every_kind_of_float(100_001, rng)
    found = []
    for tier in ("avx2", "avx512"):
        with kernels.use(tier):
            found.append(getattr(kernels, name)(x).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(("name", "number"), [("leaky_relu", 0.0), ("leaky_relu", 0.3), ("elu", 0.0), ("elu", 2.5)])
def test_an_activation_with_a_number_of_its_own_uses_it(name: str, number: float, tier: str) -> None:
    page = layers.CATALOGUE.find(name).load()(number)
    x = np.linspace(-9, 9, 100).astype(np.float32)
    y = getattr(kernels, name)(x, number)
    np.testing.assert_allclose(y, page.value(x), rtol=3e-7)
    np.testing.assert_allclose(getattr(kernels, f"{name}_backward")(y, x, number), x * page.slope(y), rtol=3e-7)


def test_results_that_do_not_fit_are_refused_in_words(tier: str) -> None:
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match=r"out: expected .* of shape \[2, 3\], got float64 \[2, 3\]"):
        kernels.relu(x, out=np.ones((2, 3)))
    with pytest.raises(ValueError, match="not contiguous"):
        kernels.relu(x, out=np.ones((3, 2), np.float32).T)
    with pytest.raises(ValueError, match="read-only"):
        kernels.relu(x, out=np.broadcast_to(np.float32(1), (2, 3)))
    with pytest.raises(ValueError, match=r"dy: expected shape \[2, 3\], got \[3, 2\]"):
        kernels.tanh_backward(x, x.T)

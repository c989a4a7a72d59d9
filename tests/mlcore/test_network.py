"""Layers bound to shapes: where parameters lie, what the architecture line says, what is refused and in which words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import initializers
from mlcore.errors import ConfigError, ShapeError
from mlcore.layers import line
from mlcore.layers.dense import Dense
from mlcore.network import Network

WORDS = st.one_of(st.integers(1, 300).map(str), st.sampled_from(["relu", "relu6", "sigmoid", "tanh"]))


@given(st.lists(WORDS, max_size=8))
def test_the_architecture_line_reads_back_what_it_wrote(words: list[str]) -> None:
    layers = line.parse(" ".join(words) if words else "")
    assert line.parse(line.write(layers)) == layers


def test_weights_lie_before_biases_in_the_vector() -> None:
    network = Network.build(line.parse("3 relu | 4 tanh"), (2,), 5)
    assert [slot.path for slot in network.slots] == ["0.w", "2.w", "4.w", "0.b", "2.b", "4.b"]
    assert network.weights == 2 * 3 + 3 * 4 + 4 * 5
    assert network.summary() == "2-3-4-5"


def test_views_are_the_vector_itself() -> None:
    network = Network.build(line.parse("3 relu"), (2,), 1)
    vector = np.zeros(network.size, dtype=np.float32)
    network.views(vector)[2]["b"][...] = 7
    assert vector[-1] == 7 and vector.sum() == 7


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    network = Network.build(line.parse("50 relu"), (20,), 1)
    assert np.array_equal(network.init(1, "he_normal"), network.init(1, "he_normal"))
    assert not np.array_equal(network.init(1, "he_normal"), network.init(2, "he_normal"))


@pytest.mark.parametrize(
    ("name", "variance"),
    [("he", 2 / 400), ("glorot", 2 / 900), ("lecun", 1 / 400)],
)
@pytest.mark.parametrize("form", ["normal", "uniform"])
def test_an_initializer_has_the_variance_its_source_gives(name: str, form: str, variance: float) -> None:
    network = Network([Dense(500)], (400,))
    views = network.views(network.init(0, f"{name}_{form}"))
    assert views[0]["w"].var() == pytest.approx(variance, rel=0.02) and not views[0]["b"].any()
    inside = np.abs(views[0]["w"]).max() <= np.sqrt(3 * variance)
    assert inside == (form == "uniform")


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (6, 6)])
def test_orthogonal_weights_stand_upright_on_each_other(shape: tuple[int, int]) -> None:
    network = Network([Dense(shape[1])], (shape[0],))
    w = network.views(network.init(4, "orthogonal"))[0]["w"].astype(np.float64)
    product = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-6)


@pytest.mark.parametrize("name", [each.name for each in initializers.CATALOGUE])
def test_every_initializer_fills_every_number_with_something_finite(name: str) -> None:
    vector = Network.build(line.parse("9 relu"), (5,), 2).init(3, name)
    assert np.isfinite(vector).all() and (name == "zeros") == (not vector.any())


def test_a_layer_that_cannot_take_its_input_is_named_with_what_it_got_and_the_way_out() -> None:
    with pytest.raises(ShapeError, match=r"layer 1, Dense\(10\): needs a flat input, got \[8, 8\]") as caught:
        Network.build(line.parse("10 relu"), (8, 8), 3)
    assert "Flatten" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10 rellu", "did you mean 'relu'"),
        ("10 || relu", "item 2"),
        ("dense", "units"),
        ("0 relu", "units"),
        ("-5", "units"),
        ("99999999999999999999", "units"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        line.parse(text)
    assert says in f"{caught.value} {caught.value.hint}"

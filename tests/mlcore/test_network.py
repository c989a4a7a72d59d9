"""Layers bound to shapes: where parameters lie, what the architecture line says, what is refused and in which words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_he_normal_has_variance_two_over_inputs_and_biases_at_zero() -> None:
    network = Network([Dense(500)], (400,))
    views = network.views(network.init(0, "he_normal"))
    assert views[0]["w"].var() == pytest.approx(2 / 400, rel=0.02)
    assert not views[0]["b"].any()


@pytest.mark.parametrize("name", ["he_normal", "glorot_uniform", "torch_default", "article_uniform", "zeros"])
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

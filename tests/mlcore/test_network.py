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
    with pytest.raises(ShapeError, match=r"layer 1, Dense\(10\): needs a flat input, got \[1, 8, 8\]") as caught:
        Network.build(line.parse("10 relu"), (1, 8, 8), 3)
    assert "Flatten" in caught.value.hint


def test_a_body_that_keeps_its_steps_where_there_is_one_answer_is_told_what_to_put_behind_it() -> None:
    with pytest.raises(
        ShapeError, match=r"output layer: needs one flat row.* got \[8, 10\] from layer 2, relu"
    ) as caught:
        Network.build(line.parse("10 relu"), (8, 8), 3)
    assert "flatten" in caught.value.hint


def test_a_body_that_gives_up_the_steps_where_each_has_an_answer_is_told_what_was_needed() -> None:
    with pytest.raises(ShapeError, match=r"output layer: needs 8 steps, each with an answer, got \[10\]"):
        Network.build(line.parse("flatten | 10 relu"), (8, 8), 3, steps=8)


def test_rows_of_different_lengths_are_opened_into_steps_and_lengths() -> None:
    network = Network(line.parse("4 relu"), (3, 2), lengths=True)
    x, lengths = network.opened(np.array([[2, 1, 2, 3, 4, 0, 0]], np.float32))
    assert network.row == (7,) and lengths.tolist() == [2]
    assert x.tolist() == [[[1, 2], [3, 4], [0, 0]]]


def test_a_layer_that_needs_rows_of_one_length_says_so() -> None:
    with pytest.raises(ShapeError, match="layer 2, flatten: needs rows of one length") as caught:
        Network(line.parse("4 relu | flatten")[0:1] + line.parse("flatten"), (3, 2), lengths=True)
    assert "mean" in caught.value.hint


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


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10 leaky_relu .1|drop 0.2| 10 elu 1.5", "10 leaky_relu .1 | drop .2 | 10 elu 1.5"),
        ("10 bn relu | dropout | 3 ln gelu", "10 batch_norm relu | drop .5 | 3 layer_norm gelu"),
        ("bn momentum=.25 eps=1e-3 | flatten", "batch_norm eps=.001 momentum=.25 | flatten"),
        ("10 leaky_relu negative_slope=.01 elu 1", "10 leaky_relu elu"),
        ("conv | relu | pool | flatten", "conv 16 k3 relu | pool 2 | flatten"),
        ("conv2d 8 p1 k5 relu | max_pool2d 3 s2", "conv 8 k5 p1 relu | pool 3 s2"),
        ("conv filters=4 stride=2 bn | pool size=4", "conv 4 k3 s2 batch_norm | pool 4"),
        ("drop 0 | 3 silu softplus | drop rate=1e-9", "drop 0 | 3 silu softplus | drop 1e-09"),
    ],
)
def test_a_line_is_written_in_one_form(text: str, canonical: str) -> None:
    assert line.write(line.parse(text)) == canonical
    assert line.parse(canonical) == line.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10 relu | drop 2", r"item 2: Dropout.rate: expected a number from 0 below 1, got 2"),
        ("10 leaky_relu 16", r"item 1: LeakyReLU.negative_slope: expected a number from 0 to 1, got 16"),
        ("10 relu .1", r"item 1: expected units or a layer, got .1, which belongs to none"),
        ("10 momentum=.1", r"item 1: expected units or a layer, got momentum=.1, which belongs to none"),
        ("10 bn speed=3", r"item 1: expected eps, momentum of batch_norm, got the setting 'speed'"),
        ("10 gelu exact=yes", r"expected no setting of gelu, got the setting 'exact'"),
        ("10 bn momentum=high", r"BatchNorm.momentum: expected a number from 0 to 1, got 'high'"),
        ("conv 16 k0", r"item 1: Conv2d.kernel: expected a whole number from 1 to 64, got 0"),
        ("conv 16 k2.5", r"item 1: Conv2d.kernel: expected a whole number from 1 to 64, got 2.5"),
        ("pool 2 k3", r"item 1: expected units or a layer, got unknown layer 'k3'"),
        ("10 leeky_relu", r"unknown layer 'leeky_relu'"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        line.parse(text)


def test_gains_and_statistics_start_at_their_own_numbers_whatever_the_initializer() -> None:
    network = Network.build(line.parse("4 batch_norm | layer_norm"), (3,), 2)
    assert (network.size, network.learned, network.weights) == (50, 42, 20)
    for name in ("he_normal", "torch_default", "article_uniform", "zeros"):
        views = network.views(network.init(1, name))
        assert {key: set(value.tolist()) for key, value in views[1].items()} == {
            "gain": {1.0},
            "bias": {0.0},
            "mean": {0.0},
            "variance": {1.0},
        }
        assert set(views[2]["gain"]) == {1.0}
    assert network.summary() == "3-4-2"

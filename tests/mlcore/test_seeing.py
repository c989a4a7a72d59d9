"""What a network makes of one example: blocks, maps, states and saliency, against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import examining, seeing
from mlcore.config import Config
from mlcore.model import Model, Preparation, blueprint
from mlcore.worker import previews, protocol
from mlcore.worker.pictures import Stage, describe
from mlcore.worker.seen import MAPS, STEPS, UNITS, patterns, seen
from tests.mlcore.letters import letters, rows_of

IMAGES = "conv 5 k3 p1 relu | pool 2 | flatten | 7 tanh | drop .1"
SEQUENCES = ("embed 6 | gru 5", "embed 6 | lstm 5 bi", "embed 4 | positions | skip | attention 2 causal | add | 4 relu")


def model(layers: str, data=None, **settings: object) -> tuple[Model, object]:
    """A network at its first weights, and its data."""
    config = Config().with_settings({"layers": layers} | settings)
    data = config.dataset.load() if data is None else data
    network, loss = blueprint(config, data)
    return Model(config, network, loss, Preparation.of(data), network.init(3, "he_normal")), data


def test_blocks_are_layers_with_what_belongs_to_them_and_name_every_layer_once() -> None:
    made, _ = model(IMAGES, dataset="digits")
    found = seeing.blocks(made.network)
    assert [block.words for block in found] == ["conv 5 k3 p1 relu", "pool 2", "flatten", "7 tanh drop .1", "10"]
    assert [block.kind for block in found] == ["maps", "maps", "numbers", "numbers", "numbers"]
    assert [number for block in found for number in block.layers] == list(range(len(made.network.layers)))


def test_what_passes_is_what_the_layers_give_one_after_the_other() -> None:
    made, data = model(IMAGES, dataset="digits")
    x = data.inputs(data.test.take(slice(2, 3)))
    passed = seeing.passage(made, x)
    network, views = made.network, made.network.views(made.vector)
    outputs = [y[0] for y, _ in network.walk(views, *network.begin(x))]
    for each, number in zip(passed, (1, 2, 5), strict=True):
        np.testing.assert_array_equal(each.values, outputs[number])
    assert passed[0].values.shape == (5, 8, 8)


@pytest.mark.parametrize("layers", SEQUENCES)
def test_of_a_short_row_nothing_behind_its_end_is_seen(layers: str) -> None:
    data = letters(["ada", "emma", "bo"])
    made, _ = model(layers, data)
    short = seeing.passage(made, data.inputs(data.train.take(slice(2, 3))))
    assert {each.values.shape[0] for each in short} == {3} and {each.block.kind for each in short} == {"steps"}
    padded = data.train.take(slice(2, 3)).x.copy()
    padded[0, 4:] = 1  # other letters where there is nothing
    for one, other in zip(short, seeing.passage(made, padded), strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert seeing.saliency(made, padded).shape == (3,)


@pytest.mark.parametrize(
    ("layers", "dataset"), [(IMAGES, "digits"), ("6 tanh", "iris"), ("conv1d 3 k3 tanh | mean", "sine")]
)
def test_saliency_is_how_far_a_little_more_of_an_input_moves_the_winner(layers: str, dataset: str) -> None:
    made, data = model(layers, dataset=dataset)
    x = data.inputs(data.test.take(slice(0, 1))).astype(np.float64)
    exact = Model(made.config, made.network, made.loss, made.preparation, made.vector.astype(np.float64))
    z = exact.network.forward(exact.vector, x)[0][0]
    winner = int(z.argmax()) if data.task.kind != "regression" else 0
    found = seeing.saliency(made, x).reshape(-1)
    for place in range(0, x.shape[1], max(1, x.shape[1] // 7)):
        up, down = x.copy(), x.copy()
        up[0, place] += 1e-6
        down[0, place] -= 1e-6
        ends = [exact.network.forward(exact.vector, each)[0][0, winner] for each in (up, down)]
        assert found[place] == pytest.approx(abs(ends[0] - ends[1]) / 2e-6, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("layer", ["rnn 5", "lstm 5 bi", "gru 5"])
def test_of_a_layer_that_gives_its_last_state_every_state_is_seen(layer: str) -> None:
    made, data = model(f"{layer} last | 4 relu", dataset="sales")
    x = data.inputs(data.test.take(slice(0, 1)))
    states, numbers = seeing.passage(made, x)
    assert states.block.kind == "steps" and states.values.shape == states.block.shape == (
        24,
        10 if "bi" in layer else 5,
    )
    last = next(made.network.walk(made.network.views(made.vector), *made.network.begin(x)))[0][0]
    np.testing.assert_array_equal(states.values[-1, :5], last[:5])
    np.testing.assert_array_equal(states.values[0, 5:], last[5:])
    assert numbers.block.kind == "numbers" and seeing.visible(made.network)


def test_a_letter_that_is_not_looked_at_moves_nothing() -> None:
    data = letters(["ada", "emma", "bo"])
    made, _ = model("embed 6 | attention 2 causal", data)
    x = data.inputs(data.train.take(slice(1, 2)))
    found = seeing.saliency(made, x)
    assert found.shape == (5,) and (found > 0).all()
    blind, _ = model("embed 6 | positions", data)
    blind.network.views(blind.vector)[2]["w"][:] = 0
    assert not seeing.saliency(blind, x).any()


def test_what_is_sent_is_cut_and_says_of_how_many() -> None:
    made, data = model("conv 70 k3 relu | flatten", dataset="digits")
    found = seen(Stage(made.config, data), made, "test", 4, saliency=True)
    assert (found.row, found.rows) == (4, 360) and found.saliency is not None and found.saliency.max() == 255
    assert found.made[0].of == 70 and len(found.made[0].maps) == MAPS and found.made[0].shape == (70, 6, 6)
    assert patterns(made, data).maps.shape == (MAPS, 3, 3) and patterns(made, data).of == 70
    long, far = model("conv1d 200 k1 | mean", dataset="adding", **{"dataset.steps": 700, "dataset.n_samples": 40})
    found = seen(Stage(long.config, far), long, far.held[0], 0, saliency=True)
    assert found.series.shape == (2, STEPS) and found.saliency.shape == (STEPS,)
    assert found.made[0].maps.shape == (1, UNITS, STEPS) and found.made[0].of == 200


def test_numbers_that_are_none_are_said_to_be_none() -> None:
    made, data = model(IMAGES, dataset="digits")
    lost = Model(made.config, made.network, made.loss, made.preparation, np.full_like(made.vector, np.nan))
    found = seen(Stage(made.config, data), lost, "test", 0, saliency=True)
    assert all(each.scale != each.scale and (each.maps == 128).all() for each in found.made)
    assert not found.saliency.any() and (patterns(lost, data).maps == 128).all()
    assert len(protocol.packet([protocol.Inside(epoch=1, step=1, seen=found)])) > 100


def test_a_name_is_told_letter_by_letter_with_what_is_said_at_each() -> None:
    data = letters(["ada", "emma", "bo"])
    made, _ = model("embed 6 | gru 5", data)
    found = seen(Stage(made.config, data), made, "train", 1)
    assert found.letters == (".", "e", "m", "m", "a") and found.label == "emma." and len(found.said) == 5
    assert patterns(made, data).inputs[:3] == (".", "a", "b")
    assert not Stage(made.config, data).scene.points and Stage(made.config, data).scene.shows == "samples"


def test_steps_with_answers_are_judged_one_by_one_and_belong_to_their_rows() -> None:
    data = letters(["ada", "emma", "bo"])
    made, _ = model("embed 6 | gru 5", data)
    judged = examining.judge(made, data, "train")
    assert judged.numbers.tolist() == [0] * 4 + [1] * 5 + [2] * 3 and len(judged.rows) == 12
    assert examining.confusion(judged).sum() == 12 and set(judged.wrong) <= {0, 1, 2}
    z = made.network.forward(made.vector, data.inputs(data.train))[0]
    assert examining.figures(judged, data, made.loss)["loss"] == pytest.approx(made.loss(z, data.train.y)[0], rel=1e-5)
    one = data.train.take(slice(1, 2))
    said = examining.answered(made, one, data.inputs(one))
    assert said.loss == pytest.approx(judged.losses[4:9].max()) and len(said.answer) == 27


def test_a_network_is_drawn_block_by_block_up_to_its_last_neurons() -> None:
    made, data = model(IMAGES, dataset="digits")
    net = describe(made.network, data)
    assert net.widths == (80, 7, 10) and net.passed == 0 and net.activations[0] == "tanh drop .1"
    assert [(each.words, each.shape) for each in net.blocks][:2] == [
        ("input", (8, 8)),
        ("conv 5 k3 p1 relu", (5, 8, 8)),
    ]
    plain, data = model("9 relu | 4 tanh", dataset="digits")
    assert describe(plain.network, data).blocks == ()
    steps, data = model("embed 6 | 8 relu | gru 5", letters(["ada", "bo"]))
    net = describe(steps.network, data)
    assert net.widths == (5, 27) and net.passed == 1 and len(net.blocks) == 4


def test_rows_of_letters_are_as_the_data_set_of_names_has_them() -> None:
    x, y, *_ = rows_of(["bo"], 4)
    assert x.tolist() == [[3, 0, 2, 15, 0]] and y.tolist() == [[2, 15, 0, -1]]


def test_images_are_shown_as_they_are_varied_each_epoch_another_way() -> None:
    made, data = model("augment 2 r20 | conv 4 k3 relu | flatten", dataset="digits")
    found = previews.varied(made.config, made.network, data)
    assert found.shape == (previews.VARIED, previews.EPOCHS + 1, 8, 8) and found.dtype == np.uint8
    assert (found[:, 0] != found[:, 1]).any() and (found[:, 1] != found[:, 2]).any()
    pixels = data.inputs(data.train)[: previews.VARIED].reshape(-1, 8, 8)
    np.testing.assert_array_equal(found[:, 0] == found[:, 0].max(), pixels == pixels.max())
    again = previews.varied(made.config, made.network, data)
    np.testing.assert_array_equal(found, again)
    plain, data = model("conv 4 k3 relu | flatten", dataset="digits")
    assert previews.varied(plain.config, plain.network, data) is None
    assert [each.block.words for each in seeing.passage(made, data.inputs(data.test.take(slice(1))))] == [
        "conv 4 k3 relu"
    ]

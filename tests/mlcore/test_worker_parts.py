"""The parts of a worker without a process: the wire, folded histories, the film, pictures, the folder of sockets."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.backends.backend import Weights
from mlcore.config import Config
from mlcore.errors import DataError, RunError
from mlcore.state import State
from mlcore.training import train
from mlcore.worker import protocol, sockets, wire
from mlcore.worker.appetite import Appetite
from mlcore.worker.film import BYTES, FRAMES, Film
from mlcore.worker.history import BUCKETS, History
from mlcore.worker.pictures import Stage, describe
from mlcore.worker.protocol import View


def test_commands_and_messages_cross_the_wire_in_pieces_of_any_size() -> None:
    commands = [protocol.Set(id=3, name="optimizer.learning_rate", value=0.1), protocol.SetPace(id=4, pace=2)]
    data = protocol.packet(commands) + protocol.packet([protocol.Pause(id=5)])
    for size in (1, 2, 7, len(data)):
        inbox, found = protocol.Inbox(protocol.COMMANDS), []
        for at in range(0, len(data), size):
            found += inbox.feed(data[at : at + size])
        assert found == [*commands, protocol.Pause(id=5)]


@pytest.mark.parametrize("dtype", protocol.DTYPES)
def test_arrays_cross_the_wire_with_type_shape_and_every_bit(dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    sent = protocol.Picture(epoch=1, step=2, weights=(array, np.empty((0, 4), dtype)))
    (found,) = protocol.Inbox(protocol.MESSAGES).feed(protocol.packet([sent]))
    assert [(a.dtype.str, a.shape) for a in found.weights] == [(dtype, (2, 3)), (dtype, (0, 4))]
    assert np.array_equal(found.weights[0], array)


HOSTILE = {
    "a length beyond all memory": struct.pack(">I", 2**32 - 1),
    "no msgpack": b"\0\0\0\1\xc1",
    "no list": b"\0\0\0\1\x80",
    "an unknown command": b"\0\0\0\x0a\x91\x81\xa2do\xa4boom",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_bytes_that_are_no_packet_are_refused(what: str) -> None:
    with pytest.raises(RunError) as caught:
        list(protocol.Inbox(protocol.COMMANDS).feed(HOSTILE[what]))
    assert caught.value.code == "PROTOCOL"


@given(st.binary(max_size=60))
def test_any_bytes_give_messages_or_one_kind_of_error(data: bytes) -> None:
    for decoder in (protocol.COMMANDS, protocol.MESSAGES):
        with contextlib.suppress(RunError):
            list(protocol.Inbox(decoder).feed(struct.pack(">I", len(data)) + data))


LIES = [("<f4", [2], b"1234"), ("|O", [1], b"12345678"), ("<f4", [-1], b""), ("<f4", [1 << 40], b"")]


@pytest.mark.parametrize("array", LIES)
def test_an_array_whose_parts_do_not_fit_is_refused(array: tuple) -> None:
    with pytest.raises(ValueError, match="not an array"):
        wire._array(np.ndarray, array)


class Copy:
    """A client's copy of a history."""

    def __init__(self) -> None:
        self.seen, self.columns = (0, 0), [np.empty(0)] * 4

    def take(self, history: History) -> None:
        curve, self.seen = history.since("loss", 1, self.seen)
        if curve is not None:
            new = (curve.x, curve.y, curve.low, curve.high)
            pairs = zip(self.columns, new, strict=True)
            self.columns = [np.concatenate([old[: curve.first], part]) for old, part in pairs]


@pytest.mark.parametrize("points", [1, 7, BUCKETS, BUCKETS + 1, 3 * BUCKETS + 5, 20_000])
def test_a_history_folds_any_number_of_points_into_few_buckets(points: int) -> None:
    values, history, some = np.random.default_rng(0).normal(size=points), History(), np.random.default_rng(1)
    early, at = Copy(), 0
    while at < points:
        size = int(some.integers(1, 900))
        history.add(np.arange(at, min(at + size, points)), values[at : at + size])
        at += size
        if some.random() < 0.3:
            early.take(history)
    early.take(history)
    late = Copy()
    late.take(history)
    x, y, low, high = late.columns
    assert len(x) == len(history) <= BUCKETS and history.points == points
    for a, b in zip(early.columns, late.columns, strict=True):
        np.testing.assert_array_equal(a, b)
    parts = [values[i : i + history.stride] for i in range(0, points, history.stride)]
    np.testing.assert_allclose(y, [part.mean() for part in parts], atol=1e-12)
    np.testing.assert_array_equal(low, [part.min() for part in parts])
    np.testing.assert_array_equal(high, [part.max() for part in parts])
    assert (np.diff(x) > 0).all()


def test_who_has_seen_everything_is_sent_nothing() -> None:
    history, copy = History(), Copy()
    history.add(1, 0.5)
    copy.take(history)
    assert history.since("loss", 1, copy.seen)[0] is None


def test_a_branch_shares_a_history_up_to_its_place() -> None:
    history = History()
    history.add(np.arange(1, 11), np.arange(1, 11) ** 2)
    part, copy = history.until(4), Copy()
    part.add(5, 99)
    copy.take(part)
    assert copy.columns[0].tolist() == [1, 2, 3, 4, 5] and copy.columns[1].tolist() == [1, 4, 9, 16, 99]
    assert history.points == 10 and len(history.until(0)) == 0


def state(epoch: int, size: int = 10) -> State:
    return State(Weights(np.full(size, epoch, np.float32), np.zeros((2, size), np.float32), epoch), epoch)


@pytest.mark.parametrize("last", [1, FRAMES - 1, FRAMES, FRAMES + 1, 3 * FRAMES + 17, 5000])
def test_a_film_keeps_the_first_and_the_last_and_is_thinned_evenly(last: int) -> None:
    film = Film()
    for epoch in range(last + 1):
        film.add(state(epoch))
        assert len(film.states) <= FRAMES
    epochs = film.epochs()
    assert epochs[0] == 0 and epochs[-1] == last and len(epochs) >= min(last + 1, FRAMES // 2)
    assert set(np.diff(epochs)[:-1]) <= {film.stride}


def test_a_film_of_large_networks_stays_within_its_bytes() -> None:
    film = Film()
    for epoch in range(30):
        film.add(state(epoch, BYTES // 12 // 8))
    assert len(film.states) <= 8 and film.epochs()[-1] == 29


def test_a_film_of_networks_larger_than_its_bytes_keeps_two_states() -> None:
    film = Film()
    for epoch in range(5):
        film.add(state(epoch, BYTES // 12 + 1))
    assert film.epochs().tolist() == [0, 4]


def test_a_film_gives_the_nearest_state_before_an_epoch() -> None:
    film = Film()
    for epoch in (3, 4, 8):
        film.add(state(epoch))
    assert film.at(7).epoch == 4 and film.at(8).epoch == 8 and film.at(99).epoch == 8
    assert film.until(5).epochs().tolist() == [3, 4]
    with pytest.raises(RunError):
        film.at(2)


def trained(**settings):
    """The stage and the last model of a small run."""
    config = Config().with_settings({"backend": "reference", "epochs": 3, "layers": "6 tanh"} | settings)
    data = config.dataset.load()
    *_, ended = train(config, data=data)
    return Stage(config, data), ended.model, data


def test_a_decision_map_says_what_the_model_says_at_the_middle_of_every_cell_top_row_first() -> None:
    stage, model, data = trained(dataset="moons")
    picture = stage.picture(model, 3, 9, View(width=7, height=5), number=2)
    a, b, c, d = picture.boundary.bounds
    for row, column in ((0, 0), (4, 6), (2, 3)):
        at = [[a + (column + 0.5) * (b - a) / 7, d - (row + 0.5) * (d - c) / 5]]
        p = model.predict_proba(np.array(at))[0]
        assert picture.boundary.winner[row, column] == p.argmax()
        assert abs(picture.boundary.certainty[row, column] - (p.max() - 0.5) * 2 * 255) <= 1
    raw = data.scaling.undo(data.train.x)
    assert a < raw[:, 0].min() and b > raw[:, 0].max() and c < raw[:, 1].min() and d > raw[:, 1].max()
    assert (picture.number, picture.epoch, picture.step) == (2, 3, 9)


def test_a_scene_has_every_point_in_data_units_with_test_rows_marked() -> None:
    stage, _, data = trained(**{"dataset": "moons", "dataset.n_samples": 100})
    scene = stage.scene
    assert scene.rows == {"train": 70, "validation": 10, "test": 20}
    assert len(scene.points.x) == 100 and scene.points.held.sum() == 20
    np.testing.assert_allclose(scene.points.x[:70], data.scaling.undo(data.train.x)[:, 0], rtol=1e-6)
    np.testing.assert_array_equal(scene.points.label[:70], data.train.y)


def test_weights_are_cut_to_what_a_drawing_has_room_for() -> None:
    stage, model, data = trained(layers="40 relu | 3 tanh")
    picture = stage.picture(model, 1, 1, View(), 1)
    assert [w.shape for w in picture.weights] == [(2, 16), (16, 3), (3, 1)]
    net = describe(model.network, data)
    assert (net.widths, net.activations) == ((2, 40, 3, 1), ("relu", "tanh", ""))
    assert net.parameters == model.network.size


def test_a_regression_on_one_number_is_a_line_through_its_points() -> None:
    stage, model, _ = trained(dataset="line")
    picture = stage.picture(model, 1, 1, View(width=30), 1)
    assert picture.boundary is None and len(picture.line.x) == 30
    np.testing.assert_allclose(picture.line.y, model.predict(picture.line.x[:, None])[:, 0], rtol=1e-6)


def test_digits_come_as_gray_images_with_predictions_and_labels_in_file_order() -> None:
    stage, model, data = trained(dataset="digits", epochs=1)
    digits = stage.picture(model, 1, 1, View(count=5), 1).digits
    assert digits.images.shape == (5, 8, 8) and digits.images.dtype == np.uint8 and digits.images.max() > 200
    np.testing.assert_array_equal(digits.label, data.test.y[:5])
    p = model.predict_proba(data.scaling.undo(data.test.x[:5]))
    np.testing.assert_array_equal(digits.predicted, p.argmax(axis=1))
    np.testing.assert_allclose(digits.probability, p.max(axis=1), rtol=1e-6)


def test_what_a_network_makes_of_a_row_is_every_layer_and_the_probabilities() -> None:
    stage, model, data = trained()
    activity = stage.activity(model, "validation", 3)
    assert [len(layer) for layer in activity.layers] == [6, 6, 1] and activity.label == data.validation.y[3]
    np.testing.assert_allclose(activity.probabilities, model.predict_proba(activity.inputs[None])[0], rtol=1e-5)
    with pytest.raises(DataError, match="row 100000 of test"):
        stage.activity(model, "test", 100_000)


def test_the_folder_of_sockets_is_private_and_a_socket_is_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # pytest's own may be too long for a socket
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        folder = sockets.folder()
        assert folder == Path(short, "mlj") and stat.S_IMODE(folder.stat().st_mode) == 0o700
        with contextlib.closing(sockets.listen(folder / "a.sock")):
            assert stat.S_IMODE((folder / "a.sock").stat().st_mode) == 0o600


def test_a_runtime_folder_whose_path_is_too_long_for_a_socket_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert len(os.fsencode(sockets.folder())) <= sockets.LONGEST - 40


def test_a_worker_that_takes_every_core_is_looked_at_less_often() -> None:
    now, spent = [0.0], [0.0]
    appetite = Appetite(lambda: now[0], lambda: spent[0], there=2)
    for seconds, used, whole in ((0.5, 1.0, False), (1.0, 2.0, True), (2.0, 2.9, False), (2.9, 9.0, False)):
        now[0], spent[0] = seconds, used
        assert appetite.whole == whole


@pytest.mark.parametrize(
    ("cores", "used", "whole"),
    [(1, 0.6, False), (1, 0.8, True), (2, 1.3, False), (2, 1.6, True), (8, 7, False), (8, 7.5, True)],
)
def test_who_looks_on_leaves_a_run_on_every_core_its_cores_also_while_looking(
    cores: int, used: float, whole: bool
) -> None:
    now, spent = [0.0], [0.0]
    appetite = Appetite(lambda: now[0], lambda: spent[0], there=cores)
    now[0], spent[0] = 2.0, 2 * used
    assert appetite.whole == whole

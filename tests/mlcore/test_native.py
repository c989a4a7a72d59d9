"""The native session: what it refuses, what it copies, how it is stopped, and that it lets other threads run."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from mlcore import kernels
from mlcore.backends.backend import Problem, Weights
from mlcore.backends.memory import CACHE_LINE, aligned, at_cache_line, stored
from mlcore.backends.native import Native, NativeSession
from mlcore.backends.panels import Layout
from mlcore.datasets.dataset import Rows
from mlcore.errors import DataError
from mlcore.layers.line import parse
from mlcore.losses import MSE, BinaryCrossEntropy, Loss, SoftmaxCrossEntropy
from mlcore.network import Network
from mlcore.optimizers import Adam

built = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))


def problem(x: Any, y: Any, loss: Loss, outputs: int = 3, batch: int = 16, body: str = "8 relu") -> Problem:
    network = Network.build(parse(body), np.shape(x)[1:], loss.outputs(outputs))
    return Problem(network, loss, Adam(), Rows(np.asarray(x), np.asarray(y)), 1 / 255, batch, 3)


def inputs(rows: int = 40, features: int = 4) -> Any:
    return np.random.default_rng(1).normal(size=(rows, features)).astype(np.float32)


def started(p: Problem) -> NativeSession:
    session = Native().open(p)
    vector = p.network.init(1, "he_normal")
    session.restore(Weights(vector, np.zeros((2, len(vector)), np.float32), 0))
    return session


@pytest.mark.parametrize(
    ("device", "precision", "reason"),
    [("cuda", "float32", "run on the CPU, and cuda"), ("cpu", "float64", "compute in float32, and float64")],
)
def test_what_it_cannot_do_is_said_in_a_sentence(device: str, precision: str, reason: str) -> None:
    assert reason in str(Native(device, precision).unavailable())


@built
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_it_runs_on_any_cpu_the_kernels_were_built_for(device: str) -> None:
    assert Native(device).unavailable() is None


@built
@pytest.mark.parametrize(
    ("y", "loss", "words"),
    [
        (np.full(40, 3), SoftmaxCrossEntropy(), "class numbers 0 to 2, got 3 in row 0"),
        (np.full(40, -1), SoftmaxCrossEntropy(), "got -1 in row 0"),
        (np.full(40, 1.0), SoftmaxCrossEntropy(), "class numbers, one a row, got float64"),
        (np.zeros((40, 2), np.int32), SoftmaxCrossEntropy(), "one a row"),
        (np.full(40, 2), BinaryCrossEntropy(), "between 0 and 1, got 2.0 in row 0"),
        (np.full(40, np.nan), BinaryCrossEntropy(), "got nan in row 0"),
        (np.zeros((40, 2)), MSE(), "3 numbers a row"),
        (np.zeros(39, np.int32), SoftmaxCrossEntropy(), "each of 40 rows, got 39"),
    ],
)
def test_targets_that_do_not_fit_are_refused_when_the_session_opens(y: Any, loss: Loss, words: str) -> None:
    with pytest.raises(DataError, match=words):
        Native().open(problem(inputs(), y, loss))


@built
def test_a_session_needs_rows() -> None:
    with pytest.raises(DataError, match="no rows"):
        Native().open(problem(np.zeros((0, 4), np.float32), np.zeros(0, np.int32), SoftmaxCrossEntropy()))


@built
def test_inputs_of_the_wrong_width_are_refused() -> None:
    session = started(problem(inputs(), np.zeros(40, np.int32), SoftmaxCrossEntropy()))
    with pytest.raises(DataError, match=r"rows of shape \[4\], got an array of shape \[2, 5\]"):
        session.predict(np.zeros((2, 5), np.float32))


@built
def test_a_rate_is_needed_for_every_step() -> None:
    session = started(problem(inputs(), np.zeros(40, np.int32), SoftmaxCrossEntropy()))
    with pytest.raises(ValueError, match="each of 3 steps, got 2"):
        session.train(0, 3, np.zeros(2))


@built
@pytest.mark.parametrize("kind", ["float64", "strided", "reversed", "misaligned", "big-endian", "integers"])
def test_inputs_may_lie_in_memory_as_they_like(kind: str) -> None:
    plain = np.round(inputs() * 4)
    y = np.arange(40, dtype=np.int32) % 3
    x = {
        "float64": plain.astype(np.float64),
        "strided": np.repeat(np.repeat(plain, 2, axis=0), 3, axis=1)[::2, ::3],
        "reversed": plain[::-1].copy()[::-1],
        "misaligned": np.frombuffer(b"?" + plain.tobytes(), np.uint8)[1:].view(np.float32).reshape(plain.shape),
        "big-endian": plain.astype(">f4"),
        "integers": plain.astype(np.int64),
    }[kind]
    for batch in (16, 40):
        expected, found = (started(problem(a, y, SoftmaxCrossEntropy(), batch=batch)) for a in (plain, x))
        assert np.array_equal(found.train(0, 9, np.full(9, 0.01)), expected.train(0, 9, np.full(9, 0.01)))
        assert np.array_equal(found.predict(x), expected.predict(plain))


@built
def test_large_data_is_not_copied_for_shuffled_batches() -> None:
    x = inputs(4000, 50)
    session = Native().open(problem(x, np.zeros(4000, np.int32), SoftmaxCrossEntropy()))
    assert any(kept is x for kept in session.program.kept)


def test_rows_read_in_place_begin_at_a_cache_line() -> None:
    block = aligned((33, 7), np.float32)
    assert address(block) % CACHE_LINE == 0 and at_cache_line(block) is block
    moved = at_cache_line(block[1:])
    assert address(moved) % CACHE_LINE == 0 and moved.shape == (32, 7)


def address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def test_pixels_stay_bytes() -> None:
    assert stored(np.zeros((3, 4), np.uint8), (4,)).dtype == np.uint8
    assert stored(np.zeros((3, 4), np.int8), (4,)).dtype == np.float32


@built
def test_another_thread_stops_it_after_the_step_in_hand_and_sees_how_far_it_is() -> None:
    session = started(problem(inputs(400), np.zeros(400, np.int32), SoftmaxCrossEntropy(), body="64 relu | 64 relu"))
    made: list[int] = []
    steps = 2_000_000
    thread = threading.Thread(target=lambda: made.append(len(session.train(0, steps, np.zeros(steps)))))
    thread.start()
    seen: list[int] = []
    while len(seen) < 3:  # this loop runs: the interpreter lock is free
        time.sleep(0.005)
        step = session.progress.step
        if step and (not seen or step > seen[-1]):
            seen.append(step)
    session.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert seen[-1] <= made[0] < steps and session.weights().step == made[0]


@built
def test_a_stop_that_comes_early_lets_one_step_through_and_is_then_forgotten() -> None:
    session = started(problem(inputs(), np.zeros(40, np.int32), SoftmaxCrossEntropy()))
    session.stop()
    assert len(session.train(0, 5, np.full(5, 0.01))) == 1
    assert len(session.train(1, 5, np.full(5, 0.01))) == 5


@built
def test_no_steps_are_no_losses() -> None:
    session = started(problem(inputs(), np.zeros(40, np.int32), SoftmaxCrossEntropy()))
    assert len(session.train(0, 0, np.zeros(0))) == 0 and session.weights().step == 0


@built
def test_two_sessions_train_at_once_without_touching_each_other() -> None:
    y = np.arange(400, dtype=np.int32) % 3
    p = problem(inputs(400), y, SoftmaxCrossEntropy(), body="128 relu | 128 tanh", batch=200)
    alone = started(p)
    expected = alone.train(0, 60, np.full(60, 0.01))
    sessions, found = [started(p) for _ in range(3)], {}

    def train(number: int) -> None:
        found[number] = sessions[number].train(0, 60, np.full(60, 0.01))

    threads = [threading.Thread(target=train, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(losses, expected) for losses in found.values())


@built
@pytest.mark.parametrize("panels", [False, True])
def test_parameters_of_images_come_back_from_the_arena_as_they_went_in(panels: bool) -> None:
    body = parse("conv 5 k3 | layer_norm | conv 33 k2 s2 | flatten | 20 batch_norm")
    network = Network.build(body, (3, 9, 8), 4)
    layout = Layout(network, panels)
    vector, room = inputs(1, network.size)[0], np.zeros(layout.size, np.float32)
    layout.pack(vector, room)
    assert np.array_equal(layout.unpack(room), vector)
    assert np.count_nonzero(room) == np.count_nonzero(vector)  # what fills the gaps is zero
    assert layout.counted(0, layout.weights) == network.weights
    assert layout.counted(0, layout.learned) == network.learned


@built
def test_images_may_come_as_rows_of_pixels_or_as_images() -> None:
    network = Network.build(parse("conv 4 k3 relu | pool 2 | flatten"), (36,), 3, (6, 6))
    rows, y = inputs(40, 36), np.arange(40, dtype=np.int32) % 3
    p = Problem(network, SoftmaxCrossEntropy(), Adam(), Rows(rows, y), 1.0, 16, 3)
    session = started(p)
    assert np.array_equal(session.predict(rows), session.predict(rows.reshape(40, 6, 6)))
    assert stored(np.zeros((3, 36), np.uint8), (6, 6)).dtype == np.uint8
    with pytest.raises(DataError, match=r"rows of shape \[6, 6\], got an array of shape \[2, 35\]"):
        session.predict(np.zeros((2, 35), np.float32))

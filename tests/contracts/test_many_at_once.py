"""Many networks at once are the networks trained alone, bit for bit, on every tier and any number of threads."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from mlcore import kernels
from mlcore.backends.many import ManySession
from mlcore.backends.native import Native
from tests.contracts.problems import OPTIMIZERS, TIERS, first_weights, problem, rates, threads

pytestmark = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
STEPS = 23
KINDS = {
    **{name: {"optimizer": (name, {"weight_decay": 0.01})} for name in OPTIMIZERS},
    "large, in panels": {"body": "150 relu | 90 tanh", "features": 130, "rows": 400, "batch": 150},
    "statistics and dropout": {"body": "12 batch_norm relu | drop .3 | 9 layer_norm gelu"},
    "sequences": {"body": "lstm 40 | gru 9 bi last", "features": (12, 5), "rows": 200, "batch": 96},
    "factors of features": {"body": "scale | 12 silu | scale"},
    "every row at once": {"batch": 70, "loss": "mse"},
}


def problems(count: int = 5, **settings):
    """The same experiment with another seed for each network."""
    return [problem(**settings, seed=seed) for seed in range(count)]


def opened_many(ps) -> ManySession:
    many = Native().open_many(ps)
    many.restore([first_weights(p) for p in ps])
    return many


def bits(session, losses) -> tuple[bytes, ...]:
    """Everything that training made."""
    weights = session.weights()
    outputs = session.predict(session.problem.rows.x)
    return losses.tobytes(), weights.vector.tobytes(), weights.moments.tobytes(), bytes(weights.step), outputs.tobytes()


def alone(p, rate) -> tuple[bytes, ...]:
    session = Native().open(p)
    session.restore(first_weights(p))
    return bits(session, session.train(0, len(rate), rate))


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("kind", KINDS)
def test_networks_at_once_have_the_bits_they_have_alone(kind: str, tier: str) -> None:
    ps = problems(**KINDS[kind])
    with kernels.use(tier):
        expected = [alone(p, rates(STEPS)) for p in ps]
        for count in (1, 2):
            with threads(count):
                many = opened_many(ps)
                losses = many.train(0, STEPS, rates(STEPS))
                assert [bits(*each) for each in zip(many.sessions, losses, strict=True)] == expected


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("count", [1, 2])
def test_one_that_diverges_ends_and_the_others_go_on(count: int, tier: str) -> None:
    ps = problems(optimizer="sgd", loss="mse")
    own = np.tile(rates(STEPS), (len(ps), 1))
    own[2, 4:] = 1e30
    with kernels.use(tier), threads(count):
        many = opened_many(ps)
        losses = many.train(0, STEPS, own)
        made = [len(row) for row in losses]
        assert made[2] < STEPS and not np.isfinite(losses[2][-1]) and np.isfinite(losses[2][:-1]).all()
        assert [*made[:2], *made[3:]] == [STEPS] * 4
        assert many.sessions[2].weights().step == made[2] - 1
        found = [bits(*each) for each in zip(many.sessions, losses, strict=True)]
        assert found == [alone(p, rate) for p, rate in zip(ps, own, strict=True)]


def test_networks_of_different_kinds_may_train_together() -> None:
    ps = [problem(**settings) for settings in KINDS.values()]
    many = opened_many(ps)
    losses = many.train(0, STEPS, rates(STEPS))
    found = [bits(*each) for each in zip(many.sessions, losses, strict=True)]
    assert found == [alone(p, rates(STEPS)) for p in ps]


def test_calls_may_be_cut_anywhere_and_members_leave() -> None:
    ps = problems()
    whole = [alone(p, rates(STEPS)) for p in ps]
    many = opened_many(ps)
    first = many.train(0, 10, rates(STEPS))
    fewer = ManySession(many.sessions[1:])
    rest = fewer.train(10, STEPS - 10, rates(STEPS)[10:])
    joined = [np.concatenate(each) for each in zip(first[1:], rest, strict=True)]
    assert [bits(*each) for each in zip(fewer.sessions, joined, strict=True)] == whole[1:]
    assert many.sessions[0].weights().step == 10


@pytest.mark.parametrize("shape", [(2,), (4, 3), (5, 2), (1, 3), (5, 3, 1)])
def test_a_rate_is_needed_for_every_step_of_every_network(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"each of 3 steps, or of 5 networks and 3 steps, got an array of shape"):
        opened_many(problems()).train(0, 3, np.zeros(shape))


def test_no_networks_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="one or more, got none"):
        Native().open_many([])


@pytest.mark.parametrize("count", [1, 2])
def test_a_stop_ends_every_network_after_the_step_in_hand(count: int) -> None:
    ps = problems(4, body="64 relu | 64 relu", rows=400)
    many, steps, made = opened_many(ps), 200_000, []
    with threads(count):
        job = threading.Thread(target=lambda: made.extend(map(len, many.train(0, steps, np.zeros(steps)))))
        job.start()
        while not any(session.progress.step for session in many.sessions):
            time.sleep(0.001)
        many.stop()
        job.join(20)
    assert not job.is_alive() and len(made) == 4
    assert all(1 <= each < steps for each in made)
    assert [session.weights().step for session in many.sessions] == made
    assert [len(losses) for losses in many.train(0, 3, np.zeros(3))] == [3] * 4


def test_a_stop_that_comes_early_lets_one_step_through_and_is_then_forgotten() -> None:
    many = opened_many(problems())
    many.stop()
    assert [len(losses) for losses in many.train(0, 3, np.zeros(3))] == [1] * 5
    assert [len(losses) for losses in many.train(1, 3, np.zeros(3))] == [3] * 5


def test_a_stop_that_one_network_has_not_seen_is_forgotten_for_it_too() -> None:
    many = opened_many(problems(optimizer="sgd"))
    own = np.zeros((5, 3))
    many.sessions[2].restore(
        first_weights(many.sessions[2].problem)._replace(
            vector=np.full(many.sessions[2].problem.network.size, np.nan, np.float32)
        )
    )
    many.stop()
    assert [len(losses) for losses in many.train(0, 3, own)] == [1] * 5
    assert not any(session.progress.stop for session in many.sessions)

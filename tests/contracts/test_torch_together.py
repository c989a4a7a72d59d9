"""Many networks as one PyTorch program are the networks trained alone, to rounding."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mlcore.backends.pytorch import Torch  # noqa: E402
from mlcore.backends.pytorch.together import TogetherSession  # noqa: E402
from tests.contracts.problems import LAYERS, LOSSES, OPTIMIZERS, first_weights, made, problem, rates  # noqa: E402

from mlcore import layers  # noqa: E402  isort: skip

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
STEPS = 23
STEADY = ("sgd", {"momentum": 0.9})  # adaptive rules enlarge rounding, all that a bias before a norm is moved by
KINDS = {
    **{f"optimizer {name}": {"optimizer": (name, {"weight_decay": 0.01})} for name in OPTIMIZERS},
    **{f"layer {name}": {"body": made(layers.CATALOGUE, name), "optimizer": STEADY} for name in LAYERS},
    **{f"loss {name}": {"loss": name, "weighted": True} for name in LOSSES},
    "clipped, l1": {"optimizer": ("adamw", {"clip_norm": 0.05, "l1": 0.02})},
    "statistics and dropout": {"body": "12 batch_norm relu | drop .3 | 9 layer_norm gelu", "optimizer": STEADY},
    "every row at once": {"batch": 70, "loss": "mse", "body": "drop .2 | 9 relu"},
    "pixels": {"uint8": True},
}


def problems(count: int = 4, **settings):
    """The same experiment with another seed for each network, on the same rows."""
    first = problem(**settings)
    return [first._replace(seed=seed) for seed in range(count)]


def opened_many(ps, device: str = "cpu") -> TogetherSession:
    many = Torch(device).open_many(ps)
    many.restore([first_weights(p) for p in ps])
    return many


def alone(p, rate, device: str = "cpu"):
    session = Torch(device).open(p)
    session.restore(first_weights(p))
    return session, session.train(0, len(rate), rate)


def equal(many, found, ps, own, device, rtol=1e-4) -> None:
    for session, losses, p, rate in zip(many.sessions, found, ps, own, strict=True):
        single, expected = alone(p, rate, device)
        assert len(losses) == len(expected)
        last = len(losses) - (not np.isfinite(losses[-1]))  # whether infinity or no number at all is a matter of order
        np.testing.assert_allclose(losses[:last], expected[:last], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(session.weights().vector, single.weights().vector, rtol=rtol, atol=2e-5)
        assert session.weights().step == single.weights().step


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
def test_networks_of_many_seeds_are_what_they_are_alone(kind: str, device: str) -> None:
    ps = problems(**KINDS[kind])
    many = opened_many(ps, device)
    found = many.train(0, STEPS, rates(STEPS, 0.002))
    equal(many, found, ps, [rates(STEPS, 0.002)] * len(ps), device)


@pytest.mark.parametrize("device", DEVICES)
def test_rates_decay_and_shares_of_dropout_are_each_networks_own(device: str) -> None:
    first = problem()
    ps = []
    for seed, (decay, l1, share) in enumerate([(0, 0, 0.1), (0.1, 0, 0.5), (0.02, 0.03, 0.0)]):
        other = problem(body=f"12 relu | drop {share} | 9 tanh", optimizer=("adam", {"weight_decay": decay, "l1": l1}))
        ps.append(other._replace(seed=seed, rows=first.rows))
    own = np.stack([rates(STEPS, rate) for rate in (0.01, 0.002, 0.03)])
    many = opened_many(ps, device)
    equal(many, many.train(0, STEPS, own), ps, own, device)


@pytest.mark.parametrize("device", DEVICES)
def test_one_that_diverges_ends_and_the_others_go_on(device: str) -> None:
    ps = problems(optimizer="sgd", loss="mse")
    own = np.tile(rates(STEPS), (len(ps), 1))
    own[2, 4:] = 1e30
    own[1, 9:] = 1e30
    many = opened_many(ps, device)
    found = many.train(0, STEPS, own)
    made = [len(losses) for losses in found]
    assert 4 < made[2] < made[1] < STEPS and made[0] == made[3] == STEPS
    assert not np.isfinite(found[2][-1]) and np.isfinite(found[2][:-1]).all()
    equal(many, found, ps, own, device, rtol=1e-2)  # of weights near 1e29


def test_members_work_alone_between_two_calls_and_fewer_go_on() -> None:
    ps = problems()
    many = opened_many(ps)
    many.train(0, 7, rates(7))
    outputs = many.sessions[1].predict(ps[1].rows.x)
    assert outputs.shape == (70, 3)
    fewer = TogetherSession(many.sessions[1:])
    found = fewer.train(7, 6, rates(13)[7:])
    for session, losses, p in zip(fewer.sessions, found, ps[1:], strict=True):
        single, expected = alone(p, rates(13))
        np.testing.assert_allclose(losses, expected[7:], rtol=1e-5)
        np.testing.assert_allclose(session.weights().vector, single.weights().vector, rtol=1e-4, atol=1e-5)


def test_rows_lie_on_the_device_once() -> None:
    many = opened_many(problems())
    assert len({id(session.program.data) for session in many.sessions}) == 1
    assert many.program.data is many.sessions[0].program.data


@pytest.mark.parametrize("wrong", [{"body": "9 relu"}, {"optimizer": "sgd"}, {"batch": 9}])
def test_networks_that_differ_in_more_are_refused(wrong) -> None:
    first = problem()
    with pytest.raises(ValueError, match="differ in seed"):
        Torch().open_many([first, problem(**wrong)._replace(rows=first.rows)])
    with pytest.raises(ValueError, match="got none"):
        Torch().open_many([])
    with pytest.raises(ValueError, match="rates: expected one for each of 3 steps"):
        opened_many(problems()).train(0, 3, rates(2))

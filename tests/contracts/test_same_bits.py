"""The same bits for any number of threads, on AVX2 and AVX-512, from a plain plan and a fused one, call by call."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels
from mlcore.backends.native import NativeSession
from mlcore.backends.plan import lower
from mlcore.backends.program import Program
from mlcore.layers.line import parse
from mlcore.network import Network
from tests.contracts.problems import (
    LOSSES,
    OPTIMIZERS,
    TIERS,
    first_weights,
    layers,
    made,
    opened,
    problem,
    rates,
    threads,
)

pytestmark = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
BIG = {"body": "150 relu | 90 tanh", "features": 130, "rows": 400, "batch": 150}
ALL = {"label_smoothing": 0.1, "confidence_penalty": 0.2, "class_weight": (0.2, 1.0, 3.0)}
IMAGES = "conv 6 k3 p1 relu | pool 2 | conv 18 k3 tanh | pool 3 s2 | flatten | 12 relu"
BEHIND = parse("positions | 20 | max")
EMBEDDED, WIDE_EMBEDDED = (
    Network.build((made(layers.CATALOGUE, "embedding", dim=dim, vocabulary=many), *BEHIND), (9,), 3)
    for dim, many in ((9, 11), (50, 250))
)
COLUMNS, WIDE_COLUMNS = (
    Network.build((made(layers.CATALOGUE, "column_embedding", dim=dim, vocabularies=many), *parse(behind)), (9,), 3)
    for dim, many, behind in ((9, (11, 20), "scale | 9 silu"), (50, (250, 11, 30), "scale | 20 silu"))
)
EXPERIMENTS = {
    **{f"{loss}": BIG | {"loss": loss} for loss in LOSSES},
    **{
        f"{optimizer}": BIG | {"optimizer": (optimizer, {"weight_decay": 0.01, "l1": 0.01})} for optimizer in OPTIMIZERS
    },
    "clipped": BIG | {"optimizer": ("adamw", {"clip_norm": 0.05})},
    "clipped in several spans": {"body": "300 relu", "features": 200, "optimizer": ("sgd", {"clip_norm": 0.05})},
    "all a loss can do": BIG | {"weighted": True, "loss": ("softmax_cross_entropy", ALL)},
    "all a loss can do, many classes": BIG
    | {"outputs": 53, "loss": ("softmax_cross_entropy", {"label_smoothing": 0.1})},
    "held back": BIG | {"weighted": True, "loss": ("binary_cross_entropy", {"confidence_penalty": 0.1})},
    "many distributions": BIG | {"outputs": 53, "loss": ("kl_div", {"label_smoothing": 0.1}), "weighted": True},
    "many classes": BIG | {"outputs": 53},
    "many outputs": BIG | {"outputs": 53, "loss": "mse"},
    "pixels": BIG | {"uint8": True, "batch": 400},
    "several blocks": BIG | {"rows": 1500, "batch": 1500, "weighted": True},
    "many rows of a tiny network": {"body": "16 relu | 16 sigmoid", "rows": 1003, "batch": 1003, "features": 2},
    "a wide first layer": {"body": "600 relu6 | 3", "features": 2, "rows": 200, "batch": 131},
    "a narrow first layer": {
        "body": "10 relu | 10 relu",
        "features": 450,
        "rows": 700,
        "batch": 700,
        "optimizer": ("adam", {"weight_decay": 0.01}),
    },
    "norms and dropout": BIG | {"body": "drop .1 | 150 batch_norm relu | drop .3 | 90 gelu layer_norm | flatten"},
    "norms in several blocks": BIG | {"body": "150 layer_norm softplus | drop .5 | 90", "rows": 1500, "batch": 1500},
    "a norm first": BIG | {"body": "batch_norm | layer_norm | 9 silu", "batch": 399},
    "bends with a number": BIG | {"body": "150 leaky_relu .2 | 90 elu 1.5 | 30 leaky_relu"},
    "images": {"body": IMAGES, "features": (1, 14, 15), "rows": 300, "batch": 130},
    "images of several channels": {"body": f"drop .1 | {IMAGES}", "features": (3, 14, 15), "rows": 90, "batch": 50},
    "images moved by chance": {
        "body": f"augment 2 r20 flip | {IMAGES}",
        "features": (1, 14, 15),
        "rows": 300,
        "batch": 130,
    },
    "images in several blocks": {"body": IMAGES, "features": (1, 14, 15), "rows": 500, "batch": 500},
    "images, large steps and clipped": {
        "body": "conv 20 k3 s2 p1 elu | drop .2 | conv 9 k4 p2 s3 gelu | layer_norm | pool 2 s1 | flatten | 30",
        "features": (2, 17, 20),
        "optimizer": ("adamw", {"clip_norm": 0.05, "weight_decay": 0.01}),
    },
    "images that move with their gradient": {
        "body": "pool 2 s1 | conv 40 k3 p1 relu | pool 2 | conv 70 k3 p2 relu6 | conv 20 k3 leaky_relu | flatten",
        "features": (2, 9, 8),
        "optimizer": ("adam", {"weight_decay": 0.01}),
    },
    "recurrent layers": {"body": "lstm 23 bi | gru 40 | rnn 33 bi last", "features": (9, 5), "rows": 130, "batch": 110},
    "small recurrent layers": {"body": "gru 5 bi | lstm 6 bi last", "features": (30, 3), "rows": 130, "batch": 110},
    "recurrent layers in several blocks": {
        "body": "gru 40 | lstm 40 last",
        "features": (20, 9),
        "rows": 400,
        "batch": 390,
    },
    "sequences": {
        "body": "conv1d 9 k3 p1 relu | positions | skip | ln | attention 3 causal | add | avgpool1d 2 | 30 gelu | max",
        "features": (16, 5),
        "rows": 300,
        "batch": 130,
    },
    "sequences that move with their gradient": {
        "body": "70 | positions | skip | attention 2 | add relu | skip | 70 tanh | add | pool1d 3 s2 | gru 20 | mean",
        "features": (15, 6),
        "rows": 200,
        "batch": 130,
        "optimizer": ("adamw", {"weight_decay": 0.01}),
    },
    "ways around images": {
        "body": "conv 20 k3 p1 relu | skip | conv 20 k3 p1 relu | add | skip | avgpool 1 | add | mean",
        "features": (2, 9, 8),
        "rows": 90,
        "batch": 50,
    },
    "tokens": {"body": EMBEDDED, "rows": 300, "batch": 130},
    "tokens that move with their gradient": {"body": WIDE_EMBEDDED, "rows": 300, "batch": 130},
    "columns of tokens": {"body": COLUMNS, "rows": 1500, "batch": 1500},
    "columns of tokens that move with their gradient": {"body": WIDE_COLUMNS, "rows": 1500, "batch": 1300},
    "factors of features": BIG | {"body": "scale | 150 relu | scale | 90", "optimizer": ("adamw", {"l1": 0.01})},
    "an activation alone": {"body": "tanh | 150 relu sigmoid | 80", "features": 90, "rows": 300, "batch": 200},
}


def trained(p, steps: int = 7):
    session = opened("native", p)[0]
    losses = session.train(0, steps, rates(steps))
    return losses.tobytes(), session.weights().vector.tobytes(), session.predict(p.rows.x).tobytes()


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_any_number_of_threads_gives_the_same_bits(experiment: str, tier: str) -> None:
    p = problem(**EXPERIMENTS[experiment])
    with kernels.use(tier):
        with threads(1):
            alone = trained(p)
        for count in (2, 3):
            with threads(count):
                assert trained(p) == alone


@pytest.mark.skipif(not {"avx2", "avx512"} <= set(TIERS), reason="this machine does not have both AVX2 and AVX-512")
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_avx2_and_avx512_give_the_same_bits(experiment: str) -> None:
    p = problem(**EXPERIMENTS[experiment])
    found = {}
    for tier in ("avx2", "avx512"):
        with kernels.use(tier):
            found[tier] = trained(p, 20)
    assert found["avx2"] == found["avx512"]


@pytest.mark.parametrize("block", [64, 100, 1000])
def test_the_size_of_a_block_does_not_show_in_the_bits(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    p = problem(rows=1000, batch=900, body="20 relu | 20 tanh")
    whole = trained(p)
    monkeypatch.setattr("mlcore.backends.plan.BLOCK_ROWS", block)
    monkeypatch.setattr("mlcore.backends.plan.BLOCK_FLOATS", 1)
    assert lower(p.network, p.loss, p.optimizer, 900).block == min(block, 900)
    assert trained(p) == whole


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_plain_plan_gives_the_bits_of_the_fused_one(experiment: str) -> None:
    p = problem(**EXPERIMENTS[experiment])
    fused, _ = opened("native", p)
    plain = lower(p.network, p.loss, p.optimizer, min(p.batch_size, len(p.rows)), fuse=False)
    unfused, _ = opened("native", p)
    adopt(unfused, Program(plain, p.rows, p.factor, p.seed), p)
    assert np.array_equal(fused.train(0, 5, rates(5)), unfused.train(0, 5, rates(5)))
    assert np.array_equal(fused.weights().vector, unfused.weights().vector)


def adopt(session: NativeSession, program: Program, p) -> None:
    """Let a session run another program, from the first weights on."""
    session.program = program
    session.restore(first_weights(p))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_calls_run_one_by_one_are_the_step(experiment: str) -> None:
    p = problem(**EXPERIMENTS[experiment])
    rows = min(len(p.rows), 120)
    p = p._replace(rows=p.rows.take(slice(rows)), batch_size=rows)
    session, _ = opened("native", p)
    whole, _ = opened("native", p)
    losses = whole.train(0, 1, rates(1))
    program = session.program
    for number in range(len(program.calls)):
        program.lib.mlj_run_call(program.plan, number, rows, 0, rates(1)[0])
    loss = program.array("row_loss")[:rows].sum(dtype=np.float64) / program.weight
    assert np.float32(loss) == pytest.approx(losses[0], rel=1e-6)
    assert np.array_equal(session.weights().vector, whole.weights().vector)

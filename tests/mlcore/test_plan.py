"""A plan: what is fused, what is skipped, where buffers lie, and how it reads."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlcore.backends.panels import COLUMNS
from mlcore.backends.plan import Plan, explain, lower, unsupported
from mlcore.layers.layer import Layer
from mlcore.layers.line import parse
from mlcore.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy
from mlcore.network import Network
from mlcore.optimizers import SGD, Adam, AdamW, Optimizer


def plan_of(body: str, loss: Loss | None = None, batch: int = 32, **kinds: Any) -> Plan:
    optimizer = kinds.pop("optimizer", Adam())
    return lower(Network.build(parse(body), (2,), 2), loss or SoftmaxCrossEntropy(), optimizer, batch, **kinds)


def test_a_small_network_reads_as_a_program() -> None:
    assert explain(plan_of("16 relu")) == (
        """\
 0 gather                 2 features          -> x0 [32, 2]
 1 dense + relu           x0, W1 [2, 16], b1  -> x1 [32, 16]
 2 dense                  x1, W2 [16, 2], b2  -> z [32, 2]      (head: 2 classes)
 3 softmax_cross_entropy  z, labels           -> loss, dz
 4 dense + relu back      dz, x1, W2          -> dx1, dW2, db2  (dx1 is before the relu)
 5 dense back             dx1, x0             -> dW1, db1       (first layer: no dx)
 6 adam                   dW, db, moments     -> W, b           (82 numbers, one call)"""
    )


def test_a_large_network_moves_its_weights_where_their_gradient_is_made() -> None:
    plan = plan_of("400 relu | 10", optimizer=SGD(weight_decay=0.1))
    *_, second, first = plan.calls
    assert (first.text, first.writes, first.rule) == ("dense back, sgd", "W1, b1", "sgd")
    assert (second.text, second.writes) == ("dense + relu back, sgd", "dx1, W2, b2")
    assert first.constants[0] == 0.1 and plan.update_call == len(plan.calls)
    plain = plan_of("400 relu | 10", optimizer=SGD(weight_decay=0.1), fuse=False)
    assert [call.text for call in plain.calls[-2:]] == ["sgd", "sgd"]


def test_a_note_that_does_not_fit_stands_below_its_call() -> None:
    wide, narrow = (explain(plan_of("16 relu"), room) for room in (0, 70))
    assert max(map(len, narrow.splitlines())) <= 70 < max(map(len, wide.splitlines()))
    assert narrow.split() == wide.split()


def test_decay_makes_two_calls_of_the_update_and_leaves_the_biases_out() -> None:
    first, second = plan_of("16 relu", optimizer=SGD(weight_decay=0.1)).calls[-2:]
    assert (first.reads, first.writes, first.note) == ("dW, moments", "W", "64 numbers, decay 0.1")
    assert (second.reads, second.writes, second.note) == ("db, moments", "b", "18 numbers, one call")
    assert first.constants[0] == 0.1 and second.constants[0] == 0.0
    assert second.numbers["first"] == first.numbers["inputs"] == 64


def test_clipping_asks_for_the_norm_of_all_before_anything_moves() -> None:
    plan = plan_of("400 relu | 10", optimizer=AdamW(clip_norm=0.5, l1=0.1))
    assert not plan.layout.panels and plan.calls[1].text == "dense + relu"
    norm, *updates = plan.calls[plan.update_call :]
    assert (norm.text, norm.writes, norm.note) == ("norm", "norm", "of the whole gradient, 0.5 at most")
    assert [(call.reads, call.note) for call in updates] == [
        ("dW, norm, moments", "4820 numbers, decay 0.01, l1 0.1"),
        ("db, norm, moments", "412 numbers, one call"),
    ]
    assert updates[0].constants[:3] == (0.01, 0.1, 0.5) and updates[1].constants[:3] == (0.0, 0.0, 0.5)


def test_only_the_first_activation_behind_a_dense_is_fused() -> None:
    assert [call.text for call in plan_of("4 relu tanh").calls[:4]] == ["gather", "dense + relu", "tanh", "dense"]


def test_a_slope_nobody_multiplies_in_gets_a_call_of_its_own() -> None:
    texts = [call.text for call in plan_of("4 relu tanh").calls]
    assert texts[-5:] == ["dense back", "tanh back", "relu back", "dense back", "adam"]


def test_a_plain_plan_keeps_every_layer_apart() -> None:
    plan = plan_of("4 relu | 3 tanh", fuse=False)
    assert len(plan.stages) == len(plan.network.layers) == 5
    assert [call.text for call in plan.calls[:6]] == ["gather", "dense", "relu", "dense", "tanh", "dense"]
    assert not any(call.mask for call in plan.calls)


def test_nothing_before_the_first_parameters_runs_backward() -> None:
    plan = plan_of("relu | tanh | 4")
    assert plan.calls[-2].note == "first layer: no dx"
    assert not any("dx1" in call.writes.split(", ") for call in plan.calls)


@pytest.mark.parametrize("body", ["", "16 relu", "7 relu | 5 tanh | 3"])
def test_buffers_begin_at_cache_lines_and_never_overlap(body: str) -> None:
    plan = plan_of(body, BinaryCrossEntropy(), batch=33)
    parameters = {s for k in range(1, 9) for s in (f"W{k}", f"b{k}", f"dW{k}", f"db{k}")}
    buffers = sorted(place for name, place in plan.places.items() if name not in parameters)
    ends = [place.offset + math.prod(place.shape) for place in buffers]
    assert all(place.offset % COLUMNS == 0 for place in buffers)
    assert all(end <= place.offset for end, place in zip(ends, buffers[1:], strict=False))
    assert ends[-1] <= plan.size


def test_parameters_lie_in_the_arena_as_in_the_flat_vector() -> None:
    plan = plan_of("16 relu")
    start = plan.places["parameters"].offset
    for slot in plan.network.slots:
        place = plan.places[f"{'W' if slot.name == 'w' else 'b'}{slot.layer // 2 + 1}"]
        assert (place.offset - start, place.shape) == (slot.offset, slot.param.shape)


def test_a_large_batch_is_cut_into_blocks_so_that_the_arena_stays_small() -> None:
    network = Network.build(parse("10 relu | 10 relu"), (784,), 10)
    plan = lower(network, SoftmaxCrossEntropy(), SGD(), 60_000)
    assert plan.batch == 60_000 and plan.block < 5_000
    assert plan.size * 4 < 16 * 2**20
    assert lower(network, SoftmaxCrossEntropy(), SGD(), 60_000, fuse=False).block == 60_000


def test_the_same_experiment_gives_the_same_plan() -> None:
    one, other = plan_of("16 relu"), plan_of("16 relu")
    assert (one.calls, one.places, one.size, one.block) == (other.calls, other.places, other.size, other.block)


class Strange(Layer, frozen=True, tag="strange"):
    """A layer nobody has lowered."""


class Odd(Loss, frozen=True, tag="odd"):
    """A loss nobody has lowered."""


class Slow(Optimizer, frozen=True, tag="slow"):
    """An optimizer nobody has lowered."""


def test_what_has_no_row_is_named() -> None:
    network = Network([Strange(), Strange()], (2,))
    assert unsupported(network, Odd(), Slow()) == ["layer strange", "loss odd", "optimizer slow"]
    assert unsupported(Network([], (2,)), SoftmaxCrossEntropy(), Adam()) == ["a network without layers"]

"""What is here, and whether it is right: the graph's numbers are the eager ones, and the GPU's are the CPU's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.goals import Goal
from benchmarks.gpu import nets
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.timing import COMPILING
from benchmarks.peers.beginning import first_weights
from benchmarks.workloads import Workload
from mlcore import optimizers
from mlcore.backends.backend import Problem
from mlcore.layers.line import parse
from mlcore.network import Network

BASELINE = {"engines": "mlj's eager engine on the same device", "devices": "mlj's eager engine on the CPU"}
PRECISIONS = ("float32",)
STEPS, RATE = 50, 0.01
BODIES = {
    "multilayer perceptron": "64 relu | 32 tanh",
    "norms and dropout": "48 batch_norm relu | drop .2 | 32 gelu layer_norm",
    "convolutions": "conv 8 k3 relu | pool 2 | conv 12 k3 relu | flatten | 32 relu",
}
CLOSE = 1e-4


def run(bench: Bench) -> None:
    """Every optimizer and a net with norms: losses and weights after 50 steps, each epoch's last batch short."""
    import torch

    torch.set_float32_matmul_precision("highest")
    problems = {
        **{f"{BODIES['multilayer perceptron']}, {name}": made(name=name) for name in optimizers.CATALOGUE.names()},
        f"{BODIES['norms and dropout']}, adam": made(BODIES["norms and dropout"]),
        f"{BODIES['convolutions']}, adam": made(BODIES["convolutions"], shape=(14, 14)),
    }
    for what, p in problems.items():
        bench.attempt(what, lambda: compared(bench, what, p))  # noqa: B023
    losses = [found["devices"]["losses_differ_by"] for found in bench.report.results.values() if "devices" in found]
    if losses and bench.device != "cpu":
        worst = float(np.nanmax([*losses, 0.0]) if np.isfinite(losses).all() else np.inf)
        bench.report.judge(Goal(f"losses of {STEPS} steps", "the GPU's off the CPU's", worst, CLOSE, "relative"))


def made(body: str = BODIES["multilayer perceptron"], name: str = "adam", shape: tuple[int, ...] = (20,)) -> Problem:
    """1,000 rows of so many numbers in batches of 96: the eleventh has 40."""
    p = Workload("", "", 1000, math.prod(shape), 5, 96, True, RATE, {}).problem()
    network = Network.build(parse(body), shape, 5)
    return p._replace(network=network, optimizer=optimizers.CATALOGUE.find(name).load()())


def compared(bench: Bench, what: str, p: Problem) -> None:
    """Graph beside eager, then eager beside the CPU."""
    own: dict[str, Any] = {}
    eager = bench.attempt(f"{what}: eager", lambda: trained(nets.backend(bench.device, "eager"), p))
    if eager is None:
        return
    compiled = bench.scale.compiled and what == f"{BODIES['multilayer perceptron']}, adam"
    for engine, needs in (("graph", 0), ("compile", COMPILING))[: 2 if compiled else 1]:
        other = bench.attempt(f"{what}: {engine}", lambda: trained(nets.backend(bench.device, engine), p), needs)  # noqa: B023
        if other is not None:
            own[engine] = differ(other, eager)
    cpu = bench.attempt(f"{what}: the CPU", lambda: trained(nets.backend("cpu", "eager"), p))
    if cpu is not None:
        own["devices"] = differ(eager, cpu)
    bench.report.put(what, own)
    if "graph" in own and what.startswith(BODIES["multilayer perceptron"]):
        same = float(own["graph"]["same_bits"])
        bench.report.judge(Goal(f"graph and eager, {what}", "the same bits", same, 1.0, "share"))


def trained(backend: Any, p: Problem) -> tuple[Any, Any]:
    """Losses of 50 steps in two calls, of which the second ends within an epoch; and the weights."""
    session = backend.open(p)
    session.restore(first_weights(p))
    rates = RATE * np.linspace(1, 0.1, STEPS)
    first = session.train(0, 20, rates[:20])
    losses = np.concatenate([first, session.train(20, STEPS - 20, rates[20:])])
    vector = session.weights().vector
    session.close()
    return losses, vector


def differ(found: tuple[Any, Any], expected: tuple[Any, Any]) -> dict[str, Any]:
    """Whether all bits are the same; the largest relative difference of a loss, and the largest of a weight."""
    losses, weights = (np.abs(a.astype(np.float64) - b) for a, b in zip(found, expected, strict=True))
    return {
        "same_bits": all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True)),
        "losses_differ_by": float(f"{(losses / np.abs(expected[0])).max():.3g}"),
        "weights_differ_by": float(f"{weights.max():.3g}"),
    }

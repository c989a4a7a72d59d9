"""A step of net A beside E0 to E3, in float32, TF32 and bfloat16, both sides in the same precision."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import Any

from benchmarks.goals import Goal
from benchmarks.gpu import eager, nets
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.ours import Ours
from benchmarks.gpu.timing import Timed, in_turn
from mlcore.backends.backend import Problem

GRAPH, EAGER, COMPILE = "mlj graph", "mlj eager", "mlj compile"
BASELINE = eager.ABOUT
PEERS = {
    "float32": (eager.E1, eager.E0, eager.E2, eager.E3, eager.E3_COMPILED),
    "tf32": (eager.E1, eager.E3),
    "bf16": (eager.E1, eager.E3),
}
OURS = {"float32": (GRAPH, EAGER, COMPILE), "tf32": (GRAPH,), "bf16": (GRAPH,)}
TIMES = {eager.E0: 20.0, eager.E1: 4.0, "E3": 1.5}  # at least
EPOCH = 0.045  # seconds, at most


def run(bench: Bench) -> None:
    """One precision after the other, the one that is promised first."""
    p, told = nets.net_a(bench.scale.rows)
    bench.report.put("data", f"{told}: {len(p.rows):,} rows, {p.steps_per_epoch} steps an epoch")
    for precision in PEERS:
        found = in_turn(bench, precision, makers(bench, p, precision), (eager.E2, eager.E3, eager.E3_COMPILED, COMPILE))
        bench.report.put(precision, found.figures(GRAPH))
        bench.report.judge(*goals(found, precision, p.steps_per_epoch))
        forget()


def makers(bench: Bench, p: Problem, precision: str) -> dict[str, Any]:
    """Everybody who takes part, E1 first: the others' losses are held to its."""
    peers = [name for name in PEERS[precision] if bench.scale.compiled or name in (eager.E0, eager.E1)]
    ours = [name for name in OURS[precision] if bench.scale.compiled or name != COMPILE]
    return {
        **{name: partial(eager.made, name, p, nets.RATE, bench.device, precision) for name in peers},
        **{name: partial(opened, bench.device, p, name, precision) for name in ours},
    }


def opened(device: str, p: Problem, name: str, precision: str, unit: int = 1) -> Ours:
    """mlj by the engine in its name."""
    return Ours(nets.backend(device, name.removeprefix("mlj "), precision), p, nets.RATE, unit)


def goals(found: Timed, precision: str, steps: int) -> list[Goal]:
    """Ratios to E0, E1 and the better E3, and an epoch's seconds."""
    reduced = [ratio for name in (eager.E3, eager.E3_COMPILED) if (ratio := found.ratio(name, GRAPH))]
    ratios = {
        eager.E0: found.ratio(eager.E0, GRAPH),
        eager.E1: found.ratio(eager.E1, GRAPH),
        "E3": min(reduced, default=None),
    }
    what = f"{nets.A}, {precision}"
    held = [Goal(what, f"graph beside {name}", ratio, TIMES[name]) for name, ratio in ratios.items() if ratio]
    if GRAPH in found.wall.seconds and steps == 468:
        held.append(Goal(what, "an epoch of 468 steps", median(found.wall.seconds[GRAPH]) * steps, EPOCH, "seconds"))
    return held


def forget() -> None:
    """What was compiled: the next precision's would be refused as one version too many."""
    import gc

    import torch

    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

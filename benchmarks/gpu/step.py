"""A step of net A beside E0 to E3, in float32, TF32 and bfloat16, both sides in the same precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from benchmarks.goals import Goal
from benchmarks.gpu import eager, nets
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.ours import Ours
from benchmarks.gpu.timing import Contender, Timed, in_turn
from mlcore.backends.backend import Problem

GRAPH, EAGER, COMPILE = "mlj graph", "mlj eager", "mlj compile"
BASELINE = eager.ABOUT
PRECISIONS = ("float32", "tf32", "bf16")
COMPILERS = (eager.E2, eager.E3, eager.E3_COMPILED, COMPILE)
GROUPS = {  # E1 first: the others' losses are held to its; what needs the compiler and no goal comes last
    "float32": (eager.E1, eager.E0, GRAPH, EAGER, eager.E3, eager.E3_COMPILED),
    "tf32": (eager.E1, GRAPH, eager.E3),
    "bf16": (eager.E1, GRAPH, eager.E3),
    "float32, compilers": (eager.E1, GRAPH, eager.E2, COMPILE),
}
TIMES = {eager.E0: 20.0, eager.E1: 4.0, "E3": 1.5}  # at least
EPOCH = 0.045  # seconds, at most


def run(bench: Bench) -> None:
    """One group after the other, the precision that is promised first."""
    p, told = nets.net_a(bench.scale.rows)
    bench.report.put("data", f"{told}: {len(p.rows):,} rows, {p.steps_per_epoch} steps an epoch")
    for group, names in GROUPS.items():
        precision = group.split(",")[0]
        found = in_turn(bench, group, makers(bench, p, names, precision), COMPILERS)
        bench.report.put(group, found.figures(GRAPH))
        if group == precision:
            bench.report.judge(*goals(found, precision, p.steps_per_epoch))
        forget()


def makers(bench: Bench, p: Problem, names: Sequence[str], precision: str) -> dict[str, Callable[[], Contender]]:
    """How each of these is made; without compilers where they are not wanted."""
    found: dict[str, Callable[[], Contender]] = {}
    for name in names:
        if name in COMPILERS and not bench.scale.compiled:
            continue
        if name in eager.KINDS:
            found[name] = partial(eager.made, name, p, nets.RATE, bench.device, precision)
        else:
            found[name] = partial(opened, bench.device, p, name, precision)
    return found


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

"""Many networks as one program beside the same networks one after another in E1: microseconds a step of one network.

E1 trains one of them; the time of a step is the same for each, so the ratio is that of all of them one after another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.goals import Goal
from benchmarks.gpu import eager, nets
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.ours import Many
from benchmarks.gpu.step import forget
from benchmarks.gpu.timing import in_turn, wait
from mlcore.backends.backend import Problem

BASELINE = {eager.E1: "one network alone; a step of one network is what is compared"}
PRECISIONS = ("float32", "tf32")
OWN, SHARED = "mlj, an order for each", "mlj, one order for all"
TIMES = 20.0  # at least
MICROSECONDS = 12.0  # a step of one of 256 nets A, at most
SWEEP = 10.0  # seconds, at most: 256 nets A, five epochs
MANY, EPOCHS, STEPS = 256, 5, 468  # of the sweep the goals are of


def run(bench: Bench) -> None:
    """Nets A, then small ones, each in float32 and TF32; at last a whole sweep."""
    large, told = nets.net_a(bench.scale.rows)
    bench.report.put("data", told)
    kinds = ((nets.A, large, bench.scale.members, 1), (nets.SMALL, nets.small(), bench.scale.small_members, 8))
    for name, p, members, unit in kinds:
        for precision in PRECISIONS:
            what = f"{members:,} nets {name}, {precision}"
            found = in_turn(bench, what, makers(bench, p, members, unit, precision))
            best = min((run for run in (OWN, SHARED) if run in found.wall.seconds), key=_median(found), default=OWN)
            bench.report.put(what, found.figures(best))
            ratio = found.ratio(eager.E1, best)
            if ratio:
                bench.report.judge(Goal(what, f"one program, {best.removeprefix('mlj, ')}, beside E1", ratio, TIMES))
            if ratio and name == nets.A and members == MANY:
                taken = _median(found)(best) * 1e6
                bench.report.judge(Goal(what, "a step of one net", taken, MICROSECONDS, "microseconds"))
            forget()
    bench.attempt("sweep", lambda: sweep(bench, large), SWEEP)


def makers(bench: Bench, p: Problem, members: int, unit: int, precision: str) -> dict[str, Any]:
    """E1 and all of them, each with an order of its own and with one for all."""
    device, backend = bench.device, partial(nets.backend, bench.device, precision=precision)

    def many(problems: Sequence[Problem]) -> Many:
        return Many(backend(), problems, nets.RATE, unit)

    return {
        eager.E1: partial(eager.made, eager.E1, p, nets.RATE, device, precision, unit),
        SHARED: lambda: many([p] * members),
        OWN: lambda: many([p._replace(seed=p.seed + number) for number in range(members)]),
    }


def sweep(bench: Bench, p: Problem) -> None:
    """Every member for five epochs, from opening to the last loss, with nothing left out."""
    members = bench.scale.members
    wait(bench.device)
    began = time.perf_counter()
    found = Many(nets.backend(bench.device, precision="tf32"), [p] * members, nets.RATE)
    found(EPOCHS)
    wait(bench.device)
    seconds = time.perf_counter() - began
    bench.report.put("sweep", {"nets": members, "epochs": EPOCHS, "seconds": round(seconds, 3), "precision": "tf32"})
    if members == MANY and p.steps_per_epoch == STEPS and np.isfinite(found.first_loss):
        bench.report.judge(
            Goal(f"{members} nets {nets.A}, tf32", "five epochs from the start", seconds, SWEEP, "seconds")
        )


def _median(found: Any) -> Any:
    return lambda name: float(np.median(found.wall.seconds[name]))

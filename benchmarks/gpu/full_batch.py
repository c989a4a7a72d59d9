"""Net B with every row in every step: from a net that waits for launches to one that waits for memory."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.goals import Goal
from benchmarks.gpu import eager, nets
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.step import COMPILE, GRAPH, forget, opened
from benchmarks.gpu.timing import in_turn

BASELINE = {eager.E1: "every row in every step, nothing gathered, fused Adam, one .item() in 32 steps"}
PRECISIONS = ("float32", "tf32")
UNIT = 32  # steps; an epoch is one
TIMES = {1_000: 4.0, 10_000: 1.8, 100_000: 1.5}  # at least


def run(bench: Bench) -> None:
    """Three sizes in float32, then in TF32; what torch.compile makes of the largest last."""
    for precision in PRECISIONS:
        for rows in bench.scale.large:
            compiled = precision == "tf32" and rows == bench.scale.large[-1] and bench.scale.compiled
            what = f"{rows:,} rows, {precision}"
            found = in_turn(bench, what, makers(bench, rows, precision, compiled), (COMPILE,))
            bench.report.put(what, found.figures(GRAPH))
            ratio = found.ratio(eager.E1, GRAPH)
            if ratio and rows in TIMES and precision == "float32":
                bench.report.judge(Goal(f"{nets.B}, {what}", "graph beside E1", ratio, TIMES[rows]))
            forget()


def makers(bench: Bench, rows: int, precision: str, compiled: bool) -> dict[str, Any]:
    """E1 and mlj."""
    p, device = nets.net_b(rows), bench.device
    ours = (GRAPH, COMPILE) if compiled else (GRAPH,)
    return {
        eager.E1: partial(eager.made, eager.E1, p, nets.RATE, device, precision, UNIT),
        **{name: partial(opened, device, p, name, precision, UNIT) for name in ours},
    }

"""How often the host waits for the device in an epoch: as mlj counts, and as CUDA's own watch sees it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.goals import Goal
from benchmarks.gpu import eager, nets
from benchmarks.gpu.bench import Bench, NotMeasured
from benchmarks.gpu.ours import Ours
from benchmarks.gpu.step import EAGER, GRAPH, opened

BASELINE = {name: eager.ABOUT[name] for name in (eager.E0, eager.E1)}
PRECISIONS = ("float32",)
MOST = 1.0  # an epoch


def run(bench: Bench) -> None:
    """An epoch of net A, the second of each."""
    p, told = nets.net_a(bench.scale.rows)
    bench.report.put("data", told)
    for name in (GRAPH, EAGER):
        ours = bench.attempt(name, lambda: opened(bench.device, p, name, "float32"))  # noqa: B023
        if ours is None:
            continue
        counted = bench.attempt(f"{name}, its own count", lambda: own_count(ours))  # noqa: B023
        seen = bench.attempt(f"{name}, seen", lambda: watched(bench.device, ours))  # noqa: B023
        bench.report.put(name, {"counted": counted, "seen_by_cuda": seen})
        if counted is not None and name == GRAPH:
            what = f"{nets.A}, an epoch"
            bench.report.judge(Goal(what, "waits of the host, graph", max(counted, seen or 0), MOST, "waits"))
    for name in (eager.E1, eager.E0):
        run = bench.attempt(name, lambda: eager.made(name, p, nets.RATE, bench.device))  # noqa: B023
        if run is not None:
            seen = bench.attempt(f"{name}, seen", lambda: watched(bench.device, run))  # noqa: B023
            bench.report.put(name, {"seen_by_cuda": seen})


def own_count(ours: Ours) -> int:
    """Waits of one epoch, the first being over."""
    if not hasattr(ours.session, "synchronisations"):
        raise NotMeasured("this mlj does not count them")
    ours(1)
    before = int(ours.session.synchronisations)
    ours(1)
    return int(ours.session.synchronisations) - before


def watched(device: str, run: Callable[[int], Any]) -> int:
    """Waits of one epoch that CUDA warns of: reading a number, copying to memory that is not pinned."""
    if not device.startswith("cuda"):
        raise NotMeasured("needs CUDA")
    import torch

    run(1)
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            run(1)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing CUDA operation" in str(warning.message) for warning in said)

"""How fast the native backend trains, beside NumPy, scikit-learn, PyTorch and JAX: `python -m benchmarks.training`.

One thread, processor time, everybody in turn in one process; a ratio is the median of the ratios of the rounds.
Everybody starts at the same weights and takes the same batches, and their first losses are compared before anything is
timed. The peak of the core is measured in the same rounds.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import limits, peers
from benchmarks.goals import Goal, write
from benchmarks.interleaved import Contender, measure
from benchmarks.peers.beginning import OurSession
from benchmarks.workloads import WORKLOADS, Workload
from mlcore.backends.native import Native

COMPARED = 30  # first steps whose losses must agree
FEWER = 3  # of them where a step takes as long as an epoch of others


def contenders(work: Workload, libraries: Sequence[str]) -> dict[str, Contender]:
    """Everybody who trains this workload, by name."""
    p = work.problem()
    return {"native": OurSession(p, Native().open(p), work.rate), **dict(peers.contenders(work, libraries))}


def agree(runs: Mapping[str, Any], work: Workload) -> float:
    """The largest relative difference of anybody's first losses from the native ones. Raises when it is not small."""
    steps, each = -(-work.rows // work.batch), FEWER if work.rows > 20_000 else COMPARED
    for run in runs.values():
        run(each)
    own, worst = runs["native"], 0.0
    own(max(0, steps - len(own.losses)))  # as many as those make who only tell the mean of an epoch
    for name, run in runs.items():
        if hasattr(run, "losses"):
            off = _distance(np.array(run.losses[:each]), np.array(own.losses[:each]))
        elif run.same:
            sizes = [min(work.batch, work.rows - start) for start in range(0, work.rows, work.batch)]
            off = _distance(np.array(run.epoch_losses[:1]), np.average(own.losses[:steps], weights=sizes))
        else:
            continue
        if not off < getattr(run, "tolerance", 1e-3):
            raise AssertionError(f"{name} does not train the same network: losses differ by {off:.2g}")
        worst = max(worst, off)
    return worst


def _distance(losses: Any, expected: Any) -> float:
    return float(np.abs(losses / expected - 1).max())


def run(work: Workload, libraries: Sequence[str], peak: limits.Against | None) -> tuple[dict[str, Any], list[Goal]]:
    """One workload measured and printed: plain values, and what was hoped for."""
    runs = contenders(work, libraries)
    worst = agree(runs, work)
    found = measure(runs | ({"peak": peak.peak} if peak else {}), seconds=0.04, rounds=11)
    share = peak.share(dict(found.seconds), "native", work.flops) if peak else None
    report = found.without("peak").report("native")
    ratios = report["times_slower_than_native"]
    goals = [
        Goal(work.name, f"beside {peers.PEERS[name]}", ratios[name]["median"], least)
        for name, least in work.targets.items()
        if name in ratios
    ]
    if share and work.peak:
        goals.append(Goal(work.name, "of the peak of one core", share, work.peak, kind="share"))
    told = f", {share:.0%} of the peak" if share else ""
    print(f"{work.name}: native {report['microseconds_a_step']['native']['median']:.2f} us a step{told}", flush=True)
    for name, ratio in ratios.items():
        print(f"  {peers.PEERS[name]:25} {ratio['median']:8.2f} times slower", flush=True)
    about = {"workload": work.name, "losses_differ_by": float(f"{worst:.2g}"), "flops_a_step": work.flops}
    return about | {"share_of_peak": share and round(share, 3)} | report, goals


def main(words: Sequence[str] | None = None) -> None:
    """Measure every workload and write the result beside this program."""
    libraries = peers.installed(peers.asked(words, __doc__).against)
    peak, results, goals = limits.against(), [], []
    for work in WORKLOADS:
        result, hoped = run(work, libraries, peak)
        results.append(result)
        goals += hoped
    write("training", {"results": results}, goals, "torch", "scikit-learn", "jax", "cffi")


if __name__ == "__main__":
    main()

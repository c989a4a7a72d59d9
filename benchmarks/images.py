"""How fast convolutions train, on one thread and on two, beside PyTorch: `python -m benchmarks.images`.

PyTorch takes part with its images channels first and channels last, eager and compiled, its optimizer always in one
call. On one thread everybody is in one process, in turn, by processor time, as in `benchmarks.training`, and so is the
peak of the core. With two threads everybody is a process of its own, by wall time, as in `benchmarks.two_threads`:
PyTorch is started with two threads and with one, and its better half counts.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    import sys

    machine.prepare(2 if "--two" in sys.argv else 1)  # before NumPy is loaded

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import limits, peers, two_threads
from benchmarks.goals import Goal, write
from benchmarks.interleaved import measure
from benchmarks.peers.beginning import OurSession
from benchmarks.training import agree
from benchmarks.workloads import CONVOLUTIONS, Workload

FORMS: dict[str, dict[str, bool]] = {
    "torch fused": {"fused": True},
    "torch compiled": {"fused": True, "compiled": True},
    "torch last": {"fused": True, "last": True},
    "torch last compiled": {"fused": True, "last": True, "compiled": True},
}
LAYOUTS = {"torch fused": ("torch fused", "torch last"), "torch compiled": ("torch compiled", "torch last compiled")}
ALONE = {"native": 2, "peak": 2, "torch": 2, "torch on one": 1}  # threads of a process


def contenders(work: Workload, libraries: Sequence[str], threads: int = 1) -> Iterator[tuple[str, Any]]:
    """Everybody of these libraries who trains the workload, by name."""
    from mlcore.backends.native import Native

    p = work.problem()
    if "native" in libraries:
        yield "native", OurSession(p, Native().open(p), work.rate)
    if "torch" in libraries:
        from benchmarks.peers.pytorch import Torch

        for name, form in FORMS.items():
            yield name, Torch(p, work.rate, work.adam, threads=threads, **form)


def on_one(work: Workload, libraries: Sequence[str], peak: limits.Against | None) -> tuple[dict[str, Any], list[Goal]]:
    """One workload with one thread: plain values, and what was hoped for."""
    runs = dict(contenders(work, ["native", *libraries]))
    worst = agree(runs, work)
    found = measure(runs | ({"peak": peak.peak} if peak else {}), seconds=0.15, rounds=15)
    share = peak.share(dict(found.seconds), "native", work.flops) if peak else None
    report = found.without("peak").report("native")
    ratios = {name: ratio["median"] for name, ratio in report["times_slower_than_native"].items()}
    took = report["microseconds_a_step"]["native"]["median"]
    print(f"{work.name}: native {took:.0f} us a step, {share or 0:.0%} of the peak")
    for name, ratio in ratios.items():
        print(f"  {peers.PEERS[name]:42} {ratio:6.2f} times slower", flush=True)
    goals = _goals(work.name, ratios, work.targets)
    if share and work.peak:
        goals.append(Goal(work.name, "of the peak of one core", share, work.peak, kind="share"))
    about = {"workload": work.name, "losses_differ_by": float(f"{worst:.2g}"), "flops_a_step": work.flops}
    return about | {"share_of_peak": share and round(share, 3)} | report, goals


def _goals(what: str, ratios: dict[str, float], targets: Any) -> list[Goal]:
    """Eager and compiled, each beside the memory format that suits it better."""
    goals = []
    for form, least in targets.items():
        both = [ratios[name] for name in LAYOUTS[form] if name in ratios]
        if both:
            goals.append(Goal(what, f"beside {peers.PEERS[form]}, better layout", min(both), least))
    return goals


def alone(name: str) -> dict[str, dict[str, list[float]]]:
    """In a process of one contender: for every workload and every form of it, the seconds a step took."""
    if name == "peak":
        return {"peak": {"peak": two_threads.peak()}}
    library = name.split()[0]
    return {
        work.name: {form: two_threads.samples(run) for form, run in contenders(work, [library], ALONE[name])}
        for work in CONVOLUTIONS
    }


def on_two(libraries: Sequence[str], rounds: int) -> tuple[list[dict[str, Any]], list[Goal]]:
    """Every workload with two threads."""
    threads = {name: count for name, count in ALONE.items() if name.split()[0] in ("native", "peak", *libraries)}
    found = two_threads.rounds(threads, rounds, "benchmarks.images", "--two")
    peak = found.pop("peak", {}).get("peak", [])
    results, goals = [], []
    for work in CONVOLUTIONS:
        result = two_threads.result_of(work.name, found[work.name], work.flops, peak)
        results.append(result)
        ratios = {name: min(ratio.values()) for name, ratio in result["times_slower_than_native"].items()}
        goals += _goals(f"two threads, {work.name}", ratios, work.two)
        if result["share_of_peak"] and work.peak_two:
            share = min(result["share_of_peak"].values())
            goals.append(
                Goal(f"two threads, {work.name}", "of the peak of two cores", share, work.peak_two, kind="share")
            )
        print(f"{work.name}, two threads: native {result['microseconds_a_step']['native']['median']:.0f} us a step")
        for name, ratio in result["times_slower_than_native"].items():
            print(
                f"  {name:22} {ratio['median']:6.2f} times slower (best against best {ratio['best']:.2f})", flush=True
            )
    return results, goals


def main(words: Sequence[str] | None = None) -> None:
    """Measure every workload with one thread and with two, and write results/images.json."""
    asked = two_threads.parsed(words, __doc__, ALONE)
    if asked.alone:
        print(json.dumps(alone(asked.alone)))
        return
    libraries = [name for name in peers.installed(asked.against) if name == "torch"]
    peak, results, goals = limits.against(), [], []
    for work in CONVOLUTIONS:
        result, hoped = on_one(work, libraries, peak)
        results.append(result)
        goals += hoped
    both, hoped = on_two(libraries, asked.rounds)
    write("images", {"results": results, "two_threads": both}, goals + hoped, "torch", "cffi")


if __name__ == "__main__":
    main()

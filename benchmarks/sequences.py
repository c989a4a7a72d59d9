"""How fast recurrent layers train, beside PyTorch's own: `python -m benchmarks.sequences`.

One thread: processor time, everybody in turn in one process; a ratio is the median of the ratios of the rounds, and the
goal is meant beside the fastest of PyTorch's forms: rows first, time first, compiled, each with the fused Adam.
Everybody starts at the same weights, and their first losses are compared. The peak of the core is measured in the same
rounds. Two threads: everybody is a process of its own, by wall time, as in `benchmarks.two_threads`; PyTorch is started
with two threads and with one, and its better half counts, against us on two.
"""

from __future__ import annotations

import sys

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare(2 if "--two" in sys.argv else 1)  # before NumPy is loaded

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks import limits, peers, two_threads
from benchmarks.goals import Goal, write
from benchmarks.interleaved import Contender, measure
from benchmarks.peers.beginning import OurSession
from benchmarks.peers.recurrent import FORMS
from mlcore.backends.backend import Problem
from mlcore.backends.native import Native
from mlcore.datasets.dataset import Rows
from mlcore.layers.line import parse
from mlcore.layers.recurrent import Recurrent
from mlcore.losses import SoftmaxCrossEntropy
from mlcore.network import Network
from mlcore.optimizers import Adam

ROWS, STEPS, INPUTS, CLASSES, BATCH, RATE = 1024, 50, 16, 4, 64, 0.001


class Workload(NamedTuple):
    """A recurrent layer whose last state is classified, and how many times faster than PyTorch it is meant to be."""

    layer: str
    target: float

    @property
    def name(self) -> str:
        """The layer and what it is trained on."""
        return f"{self.layer}, length {STEPS}, batch {BATCH}"

    def problem(self) -> Problem:
        """Random sequences; their class is the largest of four of the sums of their numbers."""
        x = np.random.default_rng(1).standard_normal((ROWS, STEPS, INPUTS), dtype=np.float32)
        y = x[:, :, :CLASSES].sum(axis=1).argmax(axis=1).astype(np.int32)
        network = Network.build(parse(f"{self.layer} last"), (STEPS, INPUTS), CLASSES)
        return Problem(network, SoftmaxCrossEntropy(), Adam(), Rows(x, y), 1.0, BATCH, 1)

    @property
    def flops(self) -> float:
        """Floating-point operations of a step's products: forward, dW and dU, and what goes back through U."""
        layer = parse(self.layer)[0]
        assert isinstance(layer, Recurrent)
        columns, units = layer.gates * layer.units, layer.units
        return 2.0 * BATCH * STEPS * columns * (2 * (INPUTS + units) + units)


WORKLOADS = (
    Workload("lstm 64", 1.5),
    Workload("gru 64", 2.5),
    Workload("rnn 64", 2.5),
    Workload("lstm 16", 5),
    Workload("gru 16", 5),
    Workload("rnn 16", 5),
)


ALONE = {"native": 2, "torch": 2, "torch on one": 1}  # threads of a process


def contenders(work: Workload, libraries: Sequence[str], threads: int = 1) -> dict[str, Any]:
    """Everybody of these libraries who trains this workload, by name."""
    p = work.problem()
    found: dict[str, Any] = {"native": OurSession(p, Native().open(p), RATE)} if "native" in libraries else {}
    if "torch" in libraries:
        import torch

        from benchmarks.peers import recurrent

        torch.set_num_threads(threads)
        found |= dict(recurrent.contenders(p, RATE))
    return found


def agree(runs: Mapping[str, Any]) -> float:
    """The largest relative difference of anybody's first loss from the native one. Raises when it is not small."""
    for run in runs.values():
        run(1)
    losses = {name: run.losses[0] for name, run in runs.items()}
    worst = max(abs(loss / losses["native"] - 1) for loss in losses.values())
    if not worst < 1e-4:
        raise AssertionError(f"not everybody trains the same network: the first losses are {losses}")
    return worst


def run(work: Workload, libraries: Sequence[str], peak: limits.Against | None) -> tuple[dict[str, Any], list[Goal]]:
    """One workload measured and printed: plain values, and what was hoped for."""
    runs: dict[str, Any] = contenders(work, ["native", *libraries])
    worst = agree(runs)
    timed: dict[str, Contender] = runs | ({"peak": peak.peak} if peak else {})
    found = measure(timed, seconds=0.1, rounds=11)
    share = peak.share(dict(found.seconds), "native", work.flops) if peak else None
    report = found.without("peak").report("native")
    ratios = {name: ratio["median"] for name, ratio in report["times_slower_than_native"].items()}
    goals = [Goal(work.name, "beside PyTorch at its best", min(ratios.values()), work.target)] if ratios else []
    told = f", {share:.0%} of the peak" if share else ""
    print(f"{work.name}: native {report['microseconds_a_step']['native']['median']:.0f} us a step{told}", flush=True)
    for name, ratio in ratios.items():
        print(f"  {FORMS[name]:25} {ratio:8.2f} times slower", flush=True)
    about = {"workload": work.name, "losses_differ_by": float(f"{worst:.2g}"), "flops_a_step": work.flops}
    return about | {"share_of_peak": share and round(share, 3)} | report, goals


def alone(name: str) -> dict[str, dict[str, list[float]]]:
    """In a process of one contender: for every workload and every form of it, the seconds a step took."""
    library = name.split()[0]
    return {
        work.name: {form: two_threads.samples(run) for form, run in contenders(work, [library], ALONE[name]).items()}
        for work in WORKLOADS
    }


def on_two(libraries: Sequence[str], rounds: int) -> tuple[list[dict[str, Any]], list[Goal]]:
    """Every workload with two threads, held against the lesser of the ratio of medians and that of bests."""
    threads = {name: count for name, count in ALONE.items() if name.split()[0] in ("native", *libraries)}
    found = two_threads.rounds(threads, rounds, "benchmarks.sequences", "--two")
    results, goals = [], []
    for work in WORKLOADS:
        result = two_threads.result_of(work.name, found[work.name], work.flops, ())
        results.append(result)
        print(f"{work.name}, two threads: native {result['microseconds_a_step']['native']['median']:.0f} us a step")
        ratios = result["times_slower_than_native"]
        for name, ratio in ratios.items():
            print(
                f"  {name:25} {ratio['median']:8.2f} times slower (best against best {ratio['best']:.2f})", flush=True
            )
        if ratios:
            least = min(min(ratio.values()) for ratio in ratios.values())
            goals.append(Goal(f"two threads, {work.name}", "beside PyTorch at its best", least, work.target))
    return results, goals


def main(words: Sequence[str] | None = None) -> None:
    """Measure every workload with one thread and with two, and write the result beside this program."""
    asked = two_threads.parsed(words, __doc__, ALONE)
    if asked.alone:
        print(json.dumps(alone(asked.alone)))
        return
    libraries = [name for name in peers.installed(asked.against) if name == "torch"]
    peak, results, goals = limits.against(), [], []
    for work in WORKLOADS:
        result, hoped = run(work, libraries, peak)
        results.append(result)
        goals += hoped
    both, hoped = on_two(libraries, asked.rounds)
    write("sequences", {"results": results, "two_threads": both}, goals + hoped, "torch", "cffi")


if __name__ == "__main__":
    main()

"""How fast recurrent layers train, beside PyTorch's own: `python -m benchmarks.sequences`.

One thread, processor time, everybody in turn in one process; a ratio is the median of the ratios of the rounds, and the
goal is meant beside the fastest of PyTorch's forms: rows first, time first, compiled, each with the fused Adam.
Everybody starts at the same weights, and their first losses are compared. The peak of the core is measured in the same
rounds.
"""

from __future__ import annotations

from benchmarks import machine

machine.prepare()  # before NumPy is loaded

from collections.abc import Mapping, Sequence  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks import limits, peers  # noqa: E402
from benchmarks.goals import Goal, write  # noqa: E402
from benchmarks.interleaved import Contender, measure  # noqa: E402
from benchmarks.peers.beginning import OurSession  # noqa: E402
from benchmarks.peers.recurrent import FORMS  # noqa: E402
from mlcore.backends.backend import Problem  # noqa: E402
from mlcore.backends.native import Native  # noqa: E402
from mlcore.datasets.dataset import Rows  # noqa: E402
from mlcore.layers.line import parse  # noqa: E402
from mlcore.layers.recurrent import Recurrent  # noqa: E402
from mlcore.losses import SoftmaxCrossEntropy  # noqa: E402
from mlcore.network import Network  # noqa: E402
from mlcore.optimizers import Adam  # noqa: E402

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


def contenders(work: Workload, libraries: Sequence[str]) -> dict[str, Any]:
    """Everybody who trains this workload, by name."""
    p = work.problem()
    found: dict[str, Any] = {"native": OurSession(p, Native().open(p), RATE)}
    if "torch" in libraries:
        from benchmarks.peers import recurrent

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
    runs: dict[str, Any] = contenders(work, libraries)
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


def main(words: Sequence[str] | None = None) -> None:
    """Measure every workload and write the result beside this program."""
    libraries = peers.installed([name for name in peers.asked(words, __doc__).against if name == "torch"])
    peak, results, goals = limits.against(), [], []
    for work in WORKLOADS:
        result, hoped = run(work, libraries, peak)
        results.append(result)
        goals += hoped
    write("sequences", {"results": results}, goals, "torch", "cffi")


if __name__ == "__main__":
    main()

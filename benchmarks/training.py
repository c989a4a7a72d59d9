"""How fast the native backend trains, beside NumPy and PyTorch: `python -m benchmarks.training`.

One thread, CPU time, everybody in turn in one process; a ratio is the median of the ratios of the rounds. Everybody
starts at the same weights and takes the same batches, and their first losses are compared before anything is timed.
"""

from __future__ import annotations

from benchmarks import machine

machine.prepare()  # before NumPy is loaded

import json  # noqa: E402
from collections.abc import Mapping  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.interleaved import Contender, measure  # noqa: E402
from benchmarks.peers import NumPy, OurSession, Torch  # noqa: E402
from mlcore.backends.backend import Problem  # noqa: E402
from mlcore.backends.native import Native  # noqa: E402
from mlcore.datasets.dataset import Rows  # noqa: E402
from mlcore.layers.line import parse  # noqa: E402
from mlcore.losses import SoftmaxCrossEntropy  # noqa: E402
from mlcore.network import Network  # noqa: E402
from mlcore.optimizers import SGD, Adam  # noqa: E402

RESULT = Path(__file__).parent / "results" / "training.json"
COMPARED = 30  # first steps whose losses must agree


class Workload(NamedTuple):
    """A network on data of a shape, and how many times faster than whom it has to be trained."""

    name: str
    body: str
    rows: int
    features: int
    classes: int
    batch: int
    adam: bool
    rate: float
    targets: Mapping[str, float]

    def problem(self) -> Problem:
        """The workload as a session sees it. One label in ten is wrong: a loss of zero would make denormal numbers."""
        random = np.random.default_rng(1)
        x = random.normal(size=(self.rows, self.features)).astype(np.float32)
        y = (x @ random.normal(size=(self.features, self.classes))).argmax(axis=1)
        y = np.where(random.random(self.rows) < 0.1, random.integers(0, self.classes, self.rows), y).astype(np.int32)
        network = Network.build(parse(self.body), (self.features,), self.classes)
        optimizer = Adam() if self.adam else SGD()
        return Problem(network, SoftmaxCrossEntropy(), optimizer, Rows(x, y), 1.0, self.batch, 1)


WORKLOADS = (
    Workload("2-16-16-2, batch 32, Adam", "16 relu | 16 relu", 1000, 2, 2, 32, True, 0.001, {"torch": 50.0}),
    Workload("784-128-10, batch 128, SGD", "128 relu", 10_000, 784, 10, 128, False, 0.01, {"numpy": 1.0}),
    Workload("784-512-256-10, batch 128, Adam", "512 relu | 256 relu", 10_000, 784, 10, 128, True, 0.001, {}),
)


def contenders(work: Workload) -> dict[str, Contender]:
    """Everybody who trains this workload, by name."""
    p = work.problem()
    return {
        "native": OurSession(p, Native().open(p), work.rate),
        "numpy": NumPy(p, work.rate, work.adam),
        "torch": Torch(p, work.rate, work.adam),
        "torch fused": Torch(p, work.rate, work.adam, fused=True),
    }


def agree(runs: Mapping[str, Contender]) -> float:
    """The largest relative difference of anybody's first losses from the native ones. Raises when it is not small."""
    found = {}
    for name, run in runs.items():
        run(COMPARED)
        found[name] = np.array(run.losses)  # type: ignore[attr-defined]
    worst = max(float(np.abs(losses / found["native"] - 1).max()) for losses in found.values())
    if not worst < 1e-3:
        raise AssertionError(f"the contenders do not train the same network: losses differ by {worst:.2g}")
    return worst


def run(work: Workload) -> dict[str, Any]:
    """One workload, measured, printed, as plain values."""
    runs = contenders(work)
    worst = agree(runs)
    report = measure(runs).report("native")
    ratios = report["times_slower_than_native"]
    held = {name: ratios[name]["median"] >= least for name, least in work.targets.items()}
    print(f"{work.name}: native {report['microseconds_a_step']['native']['median']:.2f} us a step")
    for name, ratio in ratios.items():
        goal = f"   at least {work.targets[name]:g}: {'held' if held[name] else 'MISSED'}" if name in held else ""
        print(f"  {name:12} {ratio['median']:8.2f} times slower{goal}")
    return {"workload": work.name, "targets": work.targets, "held": held, "losses_differ_by": worst} | report


def main() -> None:
    """Measure every workload and write the result beside this program."""
    results = [run(work) for work in WORKLOADS]
    about = machine.describe("numpy", "torch", "cffi")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"machine": about, "results": results}, indent=1) + "\n", encoding="utf-8")
    print(f"written to {RESULT.parent.name}/{RESULT.name}; OpenBLAS kernels: {about['openblas']}")


if __name__ == "__main__":
    main()

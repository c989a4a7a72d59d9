"""What a step with two threads takes while two other processes keep both cores busy: `python -m benchmarks.loaded`.

Wall time, two threads and one thread in turn, first without and then with two processes of our own that do nothing but
count; both numbers of threads meet the same load. The busy processes end by themselves after a while, whatever happens.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare(2)  # before NumPy is loaded

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.goals import Goal, write
from benchmarks.peers.beginning import OurSession
from benchmarks.workloads import MNIST, WIDE_MNIST, Workload
from mlcore import kernels
from mlcore.backends.native import Native

BUSY = "import time; end = time.monotonic() + 60\nwhile time.monotonic() < end: pass"
ROUNDS, SECONDS = 15, 0.1
MOST = 1.3


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Inside, so many processes count."""
    started = [subprocess.Popen((sys.executable, "-c", BUSY)) for _ in range(processes)]
    try:
        time.sleep(0.5 if processes else 0)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def steps_of(work: Workload) -> dict[int, list[float]]:
    """Wall seconds of a step with one thread and with two, in turn."""
    p = work.problem()
    run = OurSession(p, Native().open(p), work.rate)
    run(20)
    count = max(1, round(SECONDS / _timed(run, 20) * 20))
    found: dict[int, list[float]] = {1: [], 2: []}
    before = kernels.threads()
    for _ in range(ROUNDS):
        for threads, seconds in found.items():
            kernels.set_threads(threads)
            seconds.append(_timed(run, count) / count)
    kernels.set_threads(before)
    return found


def _timed(run: Any, steps: int) -> float:
    began = time.perf_counter()
    run(steps)
    return time.perf_counter() - began


def measured(work: Workload, processes: int) -> dict[str, float]:
    """Microseconds a step of one thread and of two beside so many busy processes, and their ratio."""
    with busy(processes):
        found = {threads: median(seconds) * 1e6 for threads, seconds in steps_of(work).items()}
    ratio = round(found[2] / found[1], 3)
    return {"one_thread_us": round(found[1], 1), "two_threads_us": round(found[2], 1), "two_over_one": ratio}


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, write results/loaded.json."""
    peers.asked(words, __doc__)
    results, goals = [], []
    for work in (MNIST, WIDE_MNIST):
        alone, loaded = measured(work, 0), measured(work, 2)
        results.append({"workload": work.name, "alone": alone, "loaded": loaded})
        print(f"{work.name}: alone {alone}, beside two busy processes {loaded}")
        what = f"{work.name}, two threads while both cores are busy"
        goals.append(Goal(what, "of the step with one thread", loaded["two_over_one"], MOST, kind="most"))
    write("loaded", {"results": results}, goals, "cffi")


if __name__ == "__main__":
    main()

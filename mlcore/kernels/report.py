"""The table of `python -m mlcore.kernels`: the worst error and the speed of every kernel on every instruction set.

Errors are distances from NumPy in double precision, in units of 2^-24 (half a float32 step at 1) of what is computed
with: the magnitudes a sum adds up, the result itself for a function. Speeds are the best of a few rounds on one thread,
in processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from mlcore.kernels.cases import Case, cases
from mlcore.kernels.library import isa, set_threads, threads, tiers, unavailable, use

ROUNDOFF = 2.0**-24
ROUNDS = 7
LEAST_SECONDS = 0.004  # of a round


def main() -> int:
    """Print the table; 1 when a kernel is further off than its limit, else 0."""
    reason = unavailable()
    if reason:
        print(f"no kernels to report on: {reason}")
        return 1
    before, failed = threads(), 0
    set_threads(1)
    print(f"{'kernel':24}{'size':14}{'tier':9}{'error':>8}{'limit':>8}{'speed':>13}")
    for case in cases():
        for tier in tiers():
            with use(tier):
                error, speed = worst_error(case), case.work / seconds(case.run) / 1e9
            fine = error <= case.limit
            failed += not fine
            figures = f"{error:8.2f}{case.limit:8.1f}{speed:8.1f} {case.unit}"
            print(f"{case.name:24}{case.size:14}{tier:9}{figures}  {'ok' if fine else 'FAIL'}", flush=True)
    set_threads(before)
    print(f"in use: {isa()}, {threads()} threads" + (f"; {failed} FAIL" if failed else ""))
    return min(failed, 1)


def worst_error(case: Case) -> float:
    """The largest distance from the exact result, in roundings of the scale."""
    distance = np.abs(case.check().astype(np.float64) - case.exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(distance == 0, 0, distance / (case.scale * ROUNDOFF)).max())


def seconds(run: Callable[[], object]) -> float:
    """Processor time of one call: the best of some rounds."""
    calls, best = 1, float("inf")
    for _ in range(ROUNDS):
        spent = 0.0
        while spent < LEAST_SECONDS:
            start = time.thread_time()
            for _ in range(calls):
                run()
            spent = time.thread_time() - start
            calls *= 1 if spent >= LEAST_SECONDS else 2
        best = min(best, spent / calls if spent else best)
    return best

"""What many epochs in one call bring: whole runs with all their events, the same run told in slices of other lengths.

`python -m benchmarks.epochs` trains small recipes on the native backend in turn and in rotating order: many epochs a
call measured in C, one epoch a call measured in C, one epoch a call measured by Python. Processor time, medians of the
ratios of the rounds; every event of the first two is the same (tests/mlcore/test_slices.py). Writes epochs.json.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

from benchmarks import machine
from benchmarks.goals import write

RECIPES = ("journey/moons", "journey/circles", "journey/iris", "journey/diabetes")
WAYS = {"many epochs a call": 10**9, "one epoch a call": 1, "measured by Python": 0}
EPOCHS = 200


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.epochs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="runs of each kind")
    asked = parser.parse_args()
    machine.prepare()
    found = {name: compared(name, asked.rounds) for name in RECIPES}
    for name, values in found.items():
        print(f"{name:18} {values}")
    write("epochs", {"epochs": EPOCHS, "runs": found}, [])
    return 0


def compared(name: str, rounds: int) -> dict[str, Any]:
    """Milliseconds an epoch of each way, and how many times as long as the first the others take."""
    from mlcore import load_recipe

    config = load_recipe(name).with_settings({"epochs": EPOCHS, "recording.snapshot_every": 0, "stopping.patience": 0})
    data, order = config.dataset.load(), list(WAYS)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds + 1):  # the first fills the caches and is not counted
        for way in order:
            seconds[way].append(run(config, data, WAYS[way]))
        order = order[1:] + order[:1]
    first, *others = WAYS
    ratios = {way: [a / b for a, b in zip(seconds[way][1:], seconds[first][1:], strict=True)] for way in others}
    return {
        "milliseconds_an_epoch": {
            way: round(1000 * statistics.median(times[1:]) / EPOCHS, 4) for way, times in seconds.items()
        },
        "times_as_long": {way: round(statistics.median(values), 3) for way, values in ratios.items()},
    }


def run(config: Any, data: Any, most: int) -> float:
    """Processor seconds of a whole run whose slices have at most so many epochs; 0: C measures nothing."""
    from mlcore import training

    allowed = training.watch
    training.watch = lambda *of: min(allowed(*of), most)
    try:
        began = time.process_time()
        for _ in training.train(config, data=data):
            pass
        return time.process_time() - began
    finally:
        training.watch = allowed


if __name__ == "__main__":
    sys.exit(main())

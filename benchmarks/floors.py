"""What recipes of images and sequences reach, beside what they are to: `python -m benchmarks.floors [NAME …]`.

Each recipe is trained as it is written, on the backend it chooses; those named, or all that take minutes at most. Of
the bands of MNIST-1D the nearer edge is the goal. The test split is met once, at the end of a run.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

import json
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.goals import RESULTS, Goal, write
from mlcore import Config, load_recipe, train
from mlcore.datasets.sales import seasonal_naive
from mlcore.errors import DataError


class Floor(NamedTuple):
    """What of a recipe is looked at, beside what, and the bound; seeds it is trained with."""

    metric: str
    beside: str
    bound: float
    kind: str = "share"
    seeds: tuple[int, ...] = (42,)


FLOORS = {
    "digits-cnn": Floor("test_accuracy", "98.5 %", 0.985, seeds=(42, 1, 2)),
    "mnist-cnn": Floor("test_accuracy", "99.0 % within five epochs", 0.99),
    "mnist-best": Floor("test_accuracy", "99.5 %", 0.995),
    "mnist1d-logistic": Floor("test_accuracy", "published 32 %", 0.29),
    "mnist1d-mlp": Floor("test_accuracy", "published 68 %", 0.65),
    "mnist1d-gru": Floor("test_accuracy", "published 91 %", 0.88),
    "mnist1d-cnn": Floor("test_accuracy", "published 94 %", 0.91),
    "names-rnn": Floor("validation_loss", "pairs of letters 2.45", 2.05, "most"),
    "names-attention": Floor("validation_loss", "pairs of letters 2.45", 2.0, "most"),
    "sales-rnn": Floor("times_better", "each month as a year ago, squared errors", 1.0, "times"),
}


def reached(config: Config) -> dict[str, Any]:
    """The metrics of an experiment trained to its end, and how long that took."""
    began = time.perf_counter()
    data = config.dataset.load()
    for event in train(config, data=data):
        if event.kind == "ended":
            found: dict[str, Any] = dict(event.metrics)
            break
    else:
        raise AssertionError("a run that did not end")
    if data.test is not None and config.dataset.usual(data.test.x):
        naive = float(np.square(seasonal_naive(data.test.x, data.test.y.shape[1]) - data.test.y).mean())
        found["times_better"] = naive / found["test_loss"]
    return {
        "metrics": {name: float(f"{value:.6g}") for name, value in found.items()},
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> int:
    """Train, print, write results/floors.json; what was not asked for stays as it was there."""
    asked = sys.argv[1:] or list(FLOORS)
    unknown = [name for name in asked if name not in FLOORS]
    if unknown:
        sys.exit(f"benchmarks.floors: {unknown[0]} is none of {', '.join(FLOORS)}")
    path = RESULTS / "floors.json"
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else {}
    for name in asked:
        floor = FLOORS[name]
        try:
            runs = {
                str(seed): reached(load_recipe(f"journey/{name}").with_settings({"seed": seed})) for seed in floor.seeds
            }
        except DataError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        results[name] = runs
        print(name, {seed: run["metrics"][floor.metric] for seed, run in runs.items()}, flush=True)
    goals = []
    for name, floor in FLOORS.items():
        if name in results:
            values = [run["metrics"][floor.metric] for run in results[name].values()]
            worst: Callable[..., float] = max if floor.kind == "most" else min
            goals.append(
                Goal(f"{name}, {floor.metric.replace('_', ' ')}", floor.beside, worst(values), floor.bound, floor.kind)
            )
    write("floors", {"results": results}, goals)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast `fit` is beside scikit-learn's, same settings, same loss: `python -m benchmarks.estimators`.

`MLPClassifier` with its defaults on three tables: iris, the digits, and 20,000 rows of 50 features. Every contender is
a process of its own, in turn, with one thread and with two; it fits each table a little for nothing and then once for
the clock, given float32 and float64. With one thread processor time counts, with two wall time. A ratio is the median
of those of the rounds, epoch for epoch: in float32 the two may stop a few epochs apart. Losses stand beside, as a
faster fit of something else would be worth nothing: in float64 they are the same, and in float32 ours must be no
farther from that than theirs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.goals import Goal, write
from benchmarks.two_threads import started

CONTENDERS = ("native", "sklearn")
THREADS = (1, 2)
TYPES = ("float32", "float64")
LEAST = {"float32": 5.0, "float64": 1.0}  # times faster
LOSS = 0.02  # how far beside that of float64 a last loss may lie, as a part, beyond what scikit-learn's lies beside it


def tables() -> dict[str, Callable[[], tuple[Any, Any]]]:
    """Rows and classes of each task."""
    from sklearn import datasets

    return {
        "iris": lambda: datasets.load_iris(return_X_y=True),
        "digits": lambda: datasets.load_digits(return_X_y=True),
        "20,000 x 50": lambda: datasets.make_classification(20_000, 50, n_informative=20, random_state=0),
    }


def alone(name: str) -> dict[str, dict[str, Any]]:
    """In a process of one contender: seconds (wall, processor), loss and epochs of each table in each type."""
    import warnings

    warnings.simplefilter("ignore")  # that 200 epochs were too few
    if name == "native":
        from mlcore import MLPClassifier
    else:
        from sklearn.neural_network import MLPClassifier
    found: dict[str, dict[str, Any]] = {}
    for task, load in tables().items():
        x, y = load()
        for kind in TYPES:
            rows = x.astype(kind)
            MLPClassifier(random_state=0, max_iter=3).fit(rows, y)
            network = MLPClassifier(random_state=0)
            wall, processor = time.perf_counter(), time.process_time()
            network.fit(rows, y)
            took = time.perf_counter() - wall, time.process_time() - processor
            found[f"{task}, {kind}"] = {"took": took, "loss": network.loss_, "epochs": network.n_iter_}
    return found


def row_of(task: str, threads: int, turns: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """One row: seconds of both, the ratio of the rounds, what was reached. turns: of each round, who: what it told."""
    which = 1 if threads == 1 else 0
    seconds = {who: [turn[who]["took"][which] for turn in turns] for who in CONTENDERS}
    epochs = {who: turns[0][who]["epochs"] for who in CONTENDERS}
    each = {who: [one / epochs[who] for one in seconds[who]] for who in CONTENDERS}
    ratios = [theirs / ours for ours, theirs in zip(each["native"], each["sklearn"], strict=True)]
    return {
        "task": task,
        "threads": threads,
        "clock": "processor" if which else "wall",
        "seconds": {who: {"median": round(median(s), 5), "best": round(min(s), 5)} for who, s in seconds.items()},
        "times_faster_an_epoch": {"median": round(median(ratios), 3), "rounds": [round(ratio, 3) for ratio in ratios]},
        "loss": {who: turns[0][who]["loss"] for who in CONTENDERS},
        "epochs": epochs,
    }


def same(row: Mapping[str, Any], exact: float) -> bool:
    """Whether ours is the same network: its loss is hardly farther from the exact one than scikit-learn's."""
    ours, theirs = (abs(row["loss"][who] / exact - 1) for who in CONTENDERS)
    return ours <= theirs + LOSS


def main(words: Sequence[str] | None = None) -> None:
    """Start both in turn, print, write results/estimators.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds (3)")
    parser.add_argument("--against", help=argparse.SUPPRESS)  # scikit-learn is always here
    parser.add_argument("--alone", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    if asked.alone:
        print(json.dumps(alone(asked.alone)))
        return
    turns: dict[int, list[dict[str, Any]]] = {threads: [] for threads in THREADS}
    for turn in range(asked.rounds):
        for threads in THREADS:
            names = CONTENDERS if turn % 2 == 0 else CONTENDERS[::-1]
            turns[threads].append({name: started(name, threads, "benchmarks.estimators") for name in names})
    rows = [
        row_of(task, threads, [{who: told[task] for who, told in turn.items()} for turn in turns[threads]])
        for threads in THREADS
        for task in turns[threads][0]["native"]
    ]
    exact = {row["task"]: row["loss"]["sklearn"] for row in rows}
    goals = []
    for row in rows:
        task, _, kind = row["task"].rpartition(", ")
        what, counts = f"fit, {row['task']}, threads: {row['threads']}", same(row, exact[f"{task}, float64"])
        ratio = row["times_faster_an_epoch"]["median"] if counts else 0.0
        goals.append(Goal(what, "beside scikit-learn", ratio, LEAST[kind]))
        print(what, row["seconds"], row["loss"], row["epochs"])
    write("estimators", {"settings": "MLPClassifier(random_state=0)", "results": rows}, goals, "scikit-learn", "scipy")


if __name__ == "__main__":
    machine.prepare()
    main()

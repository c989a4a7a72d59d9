"""MNIST to 99.0 % of the test rows, the mean of ten seeds: train loop, with its preparation, and as a whole process.

After tuomaso/train_mnist_fast: two convolutions, Adam with short memories, one cycle of the learning rate. Trained on
all 60,000 training rows, judged once by the 10,000 test rows. As with its anchors, how long to train was chosen by the
same test rows beforehand, with other first weights and batches.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from typing import Any, NamedTuple

import numpy as np

from benchmarks.goals import Goal
from benchmarks.gpu import nets
from benchmarks.gpu.bench import Bench, NotMeasured
from benchmarks.gpu.timing import wait
from mlcore.errors import MljError

LAYERS = "conv 24 k5 | pool 2 | relu | conv 32 k3 | pool 2 | relu | flatten | 256 relu"  # the same as ReLU before pool
EPOCHS = 1.4  # PyTorch on a CPU: 99.13 % at 1.5, sd 0.10 (ten seeds); 99.02 % at 1.25 (three)
BATCH, RATE = 256, 0.01
GOAL = 0.99
PRECISIONS = ("float32", "tf32", "bf16")
SECONDS = {"train loop": 0.15, "with preparation": 0.5, "whole process": 8.0}  # at most
BASELINE = {"goals": "none measured here: an absolute time, of a network that is right on 99.0 % of the test rows"}


class Trained(NamedTuple):
    """One seed: `loop` is the same run again in the session that is there, `prepared` from opening to the last loss."""

    accuracy: float
    loop: float
    prepared: float


class Experiment:
    """Config, data and rates of the run; `rows` and `epochs` less where it is only tried."""

    def __init__(self, seed: int = 0, rows: int = 60_000, epochs: float = EPOCHS) -> None:
        from mlcore.config import from_dict
        from mlcore.model import blueprint

        settings = {
            "seed": seed,
            "layers": LAYERS,
            "batch_size": BATCH,
            "dataset": {"kind": "mnist", "split": {"validation": 0}},
            "optimizer": {"kind": "adam", "beta1": 0.7, "beta2": 0.9, "learning_rate": RATE},
            "schedule": {"kind": "one_cycle"},
        }
        try:
            self.config = from_dict(settings)
            data = self.config.dataset.load()
            self.data = data._replace(train=data.train.take(slice(rows)))
            self.network, self.loss = blueprint(self.config, self.data)
        except MljError as error:
            raise NotMeasured(str(error)) from error
        self.epochs = epochs

    def run(self, device: str, precision: str, seed: int, again: bool = True) -> Trained:
        """Train from a seed, and once more for the loop's own time; how many test rows it is right on."""
        from mlcore.backends.backend import Problem, Weights

        config = self.config.with_settings({"seed": seed})
        p = Problem.of(config, self.data, self.network, self.loss)
        steps = math.ceil(self.epochs * p.steps_per_epoch)
        rates = RATE * config.schedule.rates(np.arange(steps), steps, p.steps_per_epoch)
        first = Weights.first(self.network, config)
        backend, test = nets.backend(device, precision=precision), self.data.test
        assert test is not None
        wait(device)
        began = time.perf_counter()
        session = backend.open(p)
        session.restore(first)
        losses = session.train(0, steps, rates)
        prepared = time.perf_counter() - began
        if not np.isfinite(losses).all():
            raise ArithmeticError(f"seed {seed} diverged")
        z = np.concatenate([session.predict(test.x[at : at + 2500]) for at in range(0, len(test), 2500)])
        loop = self._again(session, first, steps, rates, device) if again else math.nan
        session.close()
        return Trained(float((z.argmax(axis=1) == test.y).mean()), loop, prepared)

    def _again(self, session: Any, first: Any, steps: int, rates: Any, device: str) -> float:
        session.restore(first)
        wait(device)
        began = time.perf_counter()
        session.train(0, steps, rates)
        return time.perf_counter() - began


def run(bench: Bench) -> None:
    """Ten seeds in each precision, and the whole process of the fastest that reaches the goal."""
    tiny = bench.device == "cpu"
    experiment = bench.attempt("mnist", lambda: Experiment(rows=1024 if tiny else 60_000, epochs=1 if tiny else EPOCHS))
    if experiment is None:
        return
    bench.report.put("network", LAYERS)
    bench.report.put("rows", {"training": len(experiment.data.train), "test": 10_000})
    bench.report.put("epochs", experiment.epochs)
    right: dict[str, float] = {}
    for precision in PRECISIONS:
        took = bench.attempt(precision, lambda: _seeds(bench, experiment, precision), 5)  # noqa: B023
        right |= {precision: took} if took else {}
    fastest = min(right, key=right.__getitem__, default="float32")
    bench.attempt(f"whole process, {fastest}", lambda: _processes(bench, fastest), 10)


def _seeds(bench: Bench, experiment: Experiment, precision: str) -> float | None:
    """Seconds of the train loop, where the seeds' mean reaches the goal."""
    experiment.run(bench.device, precision, 1000)  # libraries choose their algorithms; its times are not told
    runs: list[Trained] = []
    for seed in range(bench.scale.seeds):
        if len(runs) >= 2 and bench.left < 0:
            bench.report.miss(f"{precision}, seeds from {seed} on", "no time was left")
            break
        runs.append(experiment.run(bench.device, precision, seed))
    accuracies = np.array([run.accuracy for run in runs])
    times = {
        "train loop": float(np.median([run.loop for run in runs])),
        "with preparation": float(np.median([run.prepared for run in runs])),
    }
    bench.report.put(precision, {
        "accuracies": accuracies.round(4).tolist(), "mean": round(float(accuracies.mean()), 5),
        "sd": round(float(accuracies.std(ddof=1)), 5), "p": above(accuracies, GOAL),
        "median_seconds": {name: round(seconds, 4) for name, seconds in times.items()},
    })  # fmt: skip
    what = f"MNIST, {precision}, {len(runs)} seeds"
    if len(experiment.data.train) == 60_000:
        bench.report.judge(Goal(what, "mean accuracy", float(accuracies.mean()), GOAL, "share"))
        bench.report.judge(*(Goal(what, name, took, SECONDS[name], "seconds") for name, took in times.items()))
    return times["train loop"] if accuracies.mean() >= GOAL else None


def _processes(bench: Bench, precision: str) -> None:
    """The interpreter's start to its end; the slowest is what counts."""
    found = []
    for _ in range(bench.scale.processes):
        began = time.perf_counter()
        command = (sys.executable, "-m", "benchmarks.gpu", "--one-mnist", precision, "--device", bench.device)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(
                done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
            )
        found.append({"seconds": round(seconds, 3), **json.loads(done.stdout.splitlines()[-1])})
    bench.report.put(f"whole process, {precision}", found)
    if bench.device != "cpu":
        took = max(run["seconds"] for run in found)
        bench.report.judge(Goal(f"MNIST, {precision}", "whole process", took, SECONDS["whole process"], "seconds"))


def one(device: str, precision: str) -> None:
    """What the whole process does; its last line is JSON."""
    began = time.perf_counter()
    tiny = device == "cpu"
    experiment = Experiment(rows=1024 if tiny else 60_000, epochs=1 if tiny else EPOCHS)
    loaded = time.perf_counter() - began
    found = experiment.run(device, precision, 0, again=False)
    print(json.dumps({
        "accuracy": round(found.accuracy, 4), "seconds_for_data": round(loaded, 3),
        "seconds_from_opening": round(found.prepared, 3),
    }))  # fmt: skip


def above(found: Any, goal: float) -> float | None:
    """One-sided p of a mean no higher than the goal: Student's t, its tail by the trapezoid rule."""
    n, sd = len(found), float(found.std(ddof=1))
    if n < 2 or sd == 0:
        return None
    t, v = (float(found.mean()) - goal) / (sd / math.sqrt(n)), n - 1
    angle = np.linspace(math.atan(t / math.sqrt(v)), math.pi / 2, 20_001)  # x = sqrt(v) tan: a finite interval
    density = np.cos(angle) ** (v - 1)
    scale = math.exp(math.lgamma((v + 1) / 2) - math.lgamma(v / 2)) / math.sqrt(math.pi)
    tail = scale * float(((density[1:] + density[:-1]) / 2).sum()) * float(angle[1] - angle[0])
    return float(f"{tail:.3g}")

"""64 seeds of moons 2-16-16-2, batch 32, Adam, trained as one job: `python -m benchmarks.many`.

Ours one after another, ours at once where the backend offers it, and JAX with its scanned epoch mapped over the seeds
(`jax.vmap`). Processor time of all threads, so that JAX, which takes two, is compared per core; what two threads make
of ours is wall time.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.goals import Goal, write
from benchmarks.interleaved import Contender, measure
from benchmarks.peers.beginning import first_weights
from benchmarks.workloads import MOONS
from mlcore import kernels
from mlcore.backends.backend import Problem
from mlcore.backends.native import Native

SEEDS = 64
ROUNDS = 9  # with two threads
COMPARED = 32  # first losses that must agree
NAMES = {"native": "at once", "one after another": "one after another", "jax": "beside jax.vmap of the scanned epoch"}


class OneAfterAnother:
    """A session for each seed; a step is one step of all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.sessions = [Native().open(p) for p in problems]
        for p, session in zip(problems, self.sessions, strict=True):
            session.restore(first_weights(p))
        self.made, self.unit, self.first = 0, problems[0].steps_per_epoch, np.zeros((0, 0))

    def __call__(self, steps: int) -> None:
        rates = np.full(steps, MOONS.rate)
        losses = np.array([session.train(self.made, steps, rates) for session in self.sessions])
        self.first = self.first if self.made else losses
        self.made += steps


class AtOnce:
    """Every seed in one call: `Native.open_many(problems).train(first, steps, rates)`, losses [seeds, steps]."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.session: Any = Native().open_many(problems)
        self.session.restore([first_weights(p) for p in problems])
        self.made, self.unit, self.first = 0, problems[0].steps_per_epoch, np.zeros((0, 0))

    def __call__(self, steps: int) -> None:
        losses = np.asarray(self.session.train(self.made, steps, np.full(steps, MOONS.rate)))
        self.first = self.first if self.made else losses
        self.made += steps


class Mapped:
    """The compiled scan of an epoch, mapped over the states and the orders of all seeds."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        import jax
        import jax.numpy as jnp

        from benchmarks.peers.beginning import orders
        from benchmarks.peers.scanned_jax import beginning, epoch_of

        p = problems[0]
        self.x, self.y, self.unit = jnp.asarray(p.rows.x), jnp.asarray(p.rows.y), p.steps_per_epoch
        self.state = jax.tree.map(lambda *states: jnp.stack(states), *(beginning(p) for p in problems))
        self.orders = [orders(p, 8) for p in problems]
        epoch = jax.vmap(epoch_of(p, MOONS.rate, MOONS.adam), in_axes=(0, None, None, 0))
        self.epoch, self.first = jax.jit(epoch, donate_argnums=0), np.zeros((0, 0))

    def __call__(self, steps: int) -> None:
        for _ in range(-(-steps // self.unit)):
            order = np.stack([next(order) for order in self.orders]).astype(np.int32)
            self.state, losses = self.epoch(self.state, self.x, self.y, order)
            found = np.asarray(losses)
            self.first = self.first if self.first.size else found


def contenders(libraries: Sequence[str]) -> dict[str, Contender]:
    """Everybody, by name; who is not there is said."""
    problems = [MOONS.problem(seed) for seed in range(SEEDS)]
    found: dict[str, Callable[[int], None]] = {"one after another": OneAfterAnother(problems)}
    if hasattr(Native, "open_many"):
        found["native"] = AtOnce(problems)
    else:
        print("the native backend cannot train many networks at once yet: only one after another is measured")
    if "jax" in libraries:
        found["jax"] = Mapped(problems)
    return found


def agree(runs: dict[str, Any]) -> None:
    """Raises when the first losses of somebody's 64 networks are others."""
    for run in runs.values():
        run(run.unit)
    own = runs["one after another"].first[:, :COMPARED]
    for name, run in runs.items():
        worst = float(np.abs(run.first[:, :COMPARED] / own - 1).max())
        if not worst < 1e-3:
            raise AssertionError(f"{name} does not train the same networks: losses differ by {worst:.2g}")


def with_two_threads(runs: dict[str, Any]) -> float:
    """How many times faster ours are at once than one after another on two threads: wall time, in turn, the median."""
    before, steps, ratios = kernels.threads(), 20 * runs["native"].unit, []
    kernels.set_threads(2)
    for _ in range(ROUNDS):
        took = {}
        for name in ("native", "one after another"):
            began = time.perf_counter()
            runs[name](steps)
            took[name] = time.perf_counter() - began
        ratios.append(took["one after another"] / took["native"])
    kernels.set_threads(before)
    return round(median(ratios), 3)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, write results/many.json."""
    runs = contenders(peers.installed(peers.asked(words, __doc__).against))
    agree(runs)
    ours = "native" if "native" in runs else "one after another"
    report = measure(runs, seconds=0.1, rounds=11).report(ours)
    ratios = report[f"times_slower_than_{ours}"]
    print(f"a step of {SEEDS} networks, {NAMES[ours]}: {report['microseconds_a_step'][ours]['median']:.1f} us")
    for name, ratio in ratios.items():
        print(f"  {NAMES[name]}: {ratio['median']:.2f} times slower")
    what, goals = f"{SEEDS} seeds of moons 2-16-16-2", []
    if "jax" in ratios:
        goals.append(Goal(f"{what}, {NAMES[ours]}", NAMES["jax"], ratios["jax"]["median"], 4.0))
    found = {"seeds": SEEDS, "ours": NAMES[ours], **report}
    if ours == "native":
        found["two_threads_faster_than_one_after_another"] = ratio = with_two_threads(runs)
        goals.append(Goal(f"{what}, two threads, wall time", "beside one after another", ratio, 1.5))
    write("many", found, goals, "jax", "cffi")


if __name__ == "__main__":
    main()

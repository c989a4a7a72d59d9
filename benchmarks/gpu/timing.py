"""Contenders in turn: blocks of whole epochs by the clock on the wall, from idle to idle, and by events."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple, Protocol

from benchmarks.gpu.bench import Bench, NotMeasured
from benchmarks.interleaved import Measured

APART = 0.1  # of the first unit's mean loss: orders differ, networks and first weights do not
COMPILING = 25.0  # seconds torch.compile may need for one contender


class Contender(Protocol):
    """`units` at a time; each has `steps`."""

    steps: int
    first_loss: float

    def __call__(self, units: int) -> None: ...


class Block(NamedTuple):
    """Seconds a step: on the wall, and between two events on the device (NaN without one)."""

    wall: float
    device: float


class Timed(NamedTuple):
    """What was found: seconds a step round by round, and how long each took to the end of its first unit."""

    wall: Measured
    device: Measured
    ready: dict[str, float]
    losses: dict[str, float]

    def ratio(self, slow: str, fast: str) -> float | None:
        """How many times faster `fast` is, the median of the rounds; None where one of them is missing."""
        if not {slow, fast} <= set(self.wall.seconds):
            return None
        return median(self.wall.ratio(slow, fast))

    def figures(self, ours: str) -> dict[str, Any]:
        """As JSON has it: microseconds a step, seconds to be ready, first losses, ratios to `ours`."""
        ratios = {name: self.ratio(name, ours) for name in self.wall.seconds if name != ours}
        return {
            "microseconds_a_step": {name: _told(times) for name, times in self.wall.seconds.items()},
            "microseconds_a_step_by_events": {name: _told(times) for name, times in self.device.seconds.items()},
            "seconds_until_ready": {name: round(seconds, 3) for name, seconds in self.ready.items()},
            "mean_loss_of_first_unit": {name: float(f"{loss:.5g}") for name, loss in self.losses.items()},
            f"times_slower_than_{ours}": {name: round(ratio, 3) for name, ratio in ratios.items() if ratio},
        }


def _told(times: list[float]) -> dict[str, float] | None:
    if any(map(math.isnan, times)):
        return None
    return {"median": round(median(times) * 1e6, 3), "best": round(min(times) * 1e6, 3)}


def wait(device: str) -> None:
    """Until the device has done all it was asked for."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize(device)


def in_turn(
    bench: Bench, what: str, makers: Mapping[str, Callable[[], Contender]], compiling: tuple[str, ...] = ()
) -> Timed:
    """Make every contender, run it once, then blocks in turn; the order rotates. Who fails is left out, and said.

    The first contender's loss is what the others' are held to. `compiling`: those that need time to compile.
    """
    ready: dict[str, float] = {}
    runs: dict[str, Contender] = {}
    for name, make in makers.items():
        needs = COMPILING if name in compiling else 0
        run = bench.attempt(f"{what}: {name}", lambda: _started(bench, make, ready, name), needs)  # noqa: B023
        if run is not None:
            first = next(iter(runs.values()), run)
            if bench.attempt(f"{what}: {name}", lambda: _alike(run, first)):  # noqa: B023
                runs[name] = run
    units = {name: bench.attempt(f"{what}: {name}", lambda: _calibrated(bench, run)) for name, run in runs.items()}  # noqa: B023
    runs = {name: run for name, run in runs.items() if units[name]}
    blocks: dict[str, list[Block]] = {name: [] for name in runs}
    for turn in range(bench.scale.rounds if runs else 0):
        names = list(runs)
        if turn >= 2 and bench.left < 0:
            bench.report.miss(f"{what}: rounds after {turn}", "no time was left")
            break
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            block = bench.attempt(f"{what}: {name}", lambda: timed(bench.device, runs[name], units[name] or 1))  # noqa: B023
            if block is None:
                del runs[name], blocks[name]
            else:
                blocks[name].append(block)
    losses = {name: run.first_loss for name, run in runs.items()}
    wall, device = (Measured({name: [b[i] for b in found] for name, found in blocks.items()}) for i in (0, 1))
    return Timed(wall, device, {name: ready[name] for name in runs}, losses)


def _started(bench: Bench, make: Callable[[], Contender], ready: dict[str, float], name: str) -> Contender:
    wait(bench.device)
    began = time.perf_counter()
    run = make()
    run(1)
    wait(bench.device)
    ready[name] = time.perf_counter() - began
    print(f"  {name}: ready after {ready[name]:.2f} s", flush=True)
    return run


def _alike(run: Contender, first: Contender) -> bool:
    """Whether both train the same network. Raises NotMeasured when they do not."""
    off = abs(run.first_loss / first.first_loss - 1)
    if not off <= APART:
        raise NotMeasured(f"trains another network: a mean loss of {run.first_loss:.4g}, not {first.first_loss:.4g}")
    return True


def _calibrated(bench: Bench, run: Contender) -> int:
    """How many units take about a block's seconds."""
    taken = timed(bench.device, run, 1).wall * run.steps
    return max(1, round(bench.scale.seconds / taken))


def timed(device: str, run: Contender, units: int) -> Block:
    """One block: the device is idle when it begins and when it ends."""
    wait(device)
    if not device.startswith("cuda"):
        began = time.perf_counter()
        run(units)
        return Block((time.perf_counter() - began) / units / run.steps, math.nan)
    import torch

    event: Any = torch.cuda.Event
    first, last = event(enable_timing=True), event(enable_timing=True)
    began = time.perf_counter()
    first.record()
    run(units)
    last.record()
    torch.cuda.synchronize(device)
    wall = time.perf_counter() - began
    return Block(wall / units / run.steps, first.elapsed_time(last) / 1e3 / units / run.steps)

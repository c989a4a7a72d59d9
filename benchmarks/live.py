"""What `log` costs a training loop of somebody's own: `python -m benchmarks.live`.

A loop that does nothing but log, its writer's thread beside it and sharing the interpreter, less the same loop with an
empty function: per call, the median of several runs. Processor time of the whole process, so that both threads count
and the neighbours on the machine do not; and wall time, in which they do. With floats; with a tensor, which has to be
detached; and while the disk is full.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare(1)  # before NumPy is loaded

import contextlib
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest import mock

from benchmarks import peers
from benchmarks.goals import Goal, write
from mlcore import journal, live

CALLS, ROUNDS = 100_000, 7
MOST = 2.0  # microseconds


def nothing(step: int, **values: Any) -> None:
    """What the empty loop calls in place of `log`."""


class Took(NamedTuple):
    """Microseconds a call."""

    processor: float
    wall: float


def timed(log: Callable[..., None], values: dict[str, Any], calls: int, end: Callable[[], None]) -> Took:
    """A loop that does nothing but log; `end` makes sure that all of it is written."""
    began, spent = time.perf_counter(), time.process_time()
    for step in range(calls):
        log(step, **values)
    took = time.perf_counter() - began
    end()
    return Took((time.process_time() - spent) / calls * 1e6, took / calls * 1e6)


@contextlib.contextmanager
def full() -> Iterator[None]:
    """Inside, the disk takes nothing."""

    def refuse(descriptor: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with mock.patch.object(journal, "write_all", refuse), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def measured(values: dict[str, Any], calls: int = CALLS, rounds: int = ROUNDS) -> list[Took]:
    """What a call of `log` costs beyond one of an empty function, in several runs."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            empty = timed(nothing, values, calls, lambda: None)
            run = live("benchmark", root=Path(folder))
            time.sleep(0.2)  # its first files are written
            took = timed(run.log, values, calls, run.close)
            found.append(Took(took.processor - empty.processor, took.wall - empty.wall))
    return found


class Case(NamedTuple):
    """What is logged, and whether the disk is full."""

    name: str
    values: dict[str, Any]
    refused: bool = False


def cases() -> list[Case]:
    """Everything that is measured."""
    one, two = {"loss": 0.5}, {"loss": 0.5, "validation_loss": 0.6}
    found = [Case("one float", one), Case("two floats", two), Case("one float, disk full", one, True)]
    with contextlib.suppress(ImportError):
        import torch

        found.append(Case("one tensor", {"loss": torch.tensor(0.5)}))
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, write results/live.json."""
    peers.asked(words, __doc__)
    results, goals = [], []
    for name, values, refused in cases():
        with full() if refused else contextlib.nullcontext():
            found = measured(values)
        spent, took = (median(each) for each in zip(*found, strict=True))
        results.append({"logged": name, "calls": CALLS, "processor_us": round(spent, 3), "wall_us": round(took, 3)})
        print(f"{name}: {spent:.2f} us of processor time, {took:.2f} us passed")
        goals.append(Goal("a call of log, both threads", name, spent, MOST, kind="microseconds"))
    write("live", {"results": results}, goals)


if __name__ == "__main__":
    main()

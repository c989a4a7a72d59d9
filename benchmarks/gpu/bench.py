"""What every section is given: a device, how much to do, how long it may take, and a report that is on disk at once."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks.goals import Goal

T = TypeVar("T")


class NotMeasured(Exception):
    """What is not here or does not fit into the time: said in the report, and nothing has failed."""


class Scale(NamedTuple):
    """How much is done. `seconds` and `rounds`: of each contender's blocks; `compiled`: torch.compile takes part."""

    rows: int = 59_904  # 468 batches of 128: nobody has a short one
    large: tuple[int, ...] = (1_000, 10_000, 100_000)
    seconds: float = 0.25
    rounds: int = 7
    members: int = 256
    small_members: int = 1024
    seeds: int = 10
    processes: int = 2
    compiled: bool = True


FULL = Scale()
QUICK = Scale(seconds=0.1, rounds=5, members=64, small_members=256, seeds=3, processes=1, compiled=False)
TINY = Scale(512, (100, 200), 0.005, 2, 3, 4, 2, 1, False)  # on a CPU: whether it runs, no figures


class Report:
    """A section's file: every figure is in it as soon as it is known."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path, self._began = path, time.monotonic()
        self.goals: list[Goal] = []
        self.results: dict[str, Any] = {}
        self.missing: dict[str, str] = {}
        self.content: dict[str, Any] = {**header, "state": "began and never ended"}
        self.write()

    def put(self, name: str, value: Any) -> None:
        """A figure, or several."""
        self.results[name] = value
        self.write()

    def judge(self, *goals: Goal) -> None:
        """Figures with what was hoped for."""
        self.goals += goals
        for goal in goals:
            print(goal, flush=True)
        self.write()

    def miss(self, name: str, why: str) -> None:
        """What was not measured, and why."""
        self.missing[name] = why
        print(f"  {name}: not measured: {why}", flush=True)
        self.write()

    def end(self, state: str) -> None:
        """`done`, or what went wrong."""
        self.content["state"] = state
        self.write()

    def write(self) -> None:
        """The file as it stands; whoever reads it meanwhile sees the one before."""
        self.content |= {
            "seconds": round(time.monotonic() - self._began, 2),
            "results": self.results,
            "not_measured": self.missing,
            "goals": [goal.plain() for goal in self.goals],
        }
        beside = self.path.with_suffix(".part")
        beside.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf-8")
        beside.replace(self.path)


class Bench(NamedTuple):
    """What a section is called with. `ends`: when its time is over (time.monotonic)."""

    device: str
    scale: Scale
    report: Report
    ends: float

    @property
    def left(self) -> float:
        """Seconds left for this section."""
        return self.ends - time.monotonic()

    def attempt(self, name: str, call: Callable[[], T], needs: float = 0) -> T | None:
        """What `call` returns, or None, with a line in the report, if it fails or needs more time than is left."""
        if self.left < needs:
            wanted = f"needs about {needs:.0f} s, and " if needs else ""
            self.report.miss(name, f"{wanted}{max(self.left, 0):.0f} s were left")
            return None
        try:
            return call()
        except NotMeasured as reason:
            self.report.miss(name, str(reason))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            self.report.miss(name, f"{type(error).__name__}: {str(error)[:500]} ({place})")
        return None

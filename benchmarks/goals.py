"""What was hoped for beside what was found: the same few words in every result, so that one table holds them all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"


class Goal(NamedTuple):
    """A figure and its bound.

    kind: `times` and `share` (of 1) have to be at least the bound; `most` (a share too) and what has a unit, `seconds`,
    `microseconds`, `kilobytes`, `mebibytes`, at most.
    """

    what: str
    beside: str
    found: float
    bound: float
    kind: str = "times"

    @property
    def held(self) -> bool:
        """Whether the figure is on the right side of its bound."""
        return self.found >= self.bound if self.kind in ("times", "share") else self.found <= self.bound

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return self._asdict() | {"found": float(f"{self.found:.4g}"), "held": self.held}

    def __str__(self) -> str:
        sign = "at least" if self.kind in ("times", "share") else "at most"
        bound = f"{sign} {self.bound:g}: {'held' if self.held else 'MISSED'}"
        return f"  {self.what}, {self.beside}: {self.found:.3g} {self.kind} ({bound})"


def write(name: str, found: Mapping[str, Any], goals: Sequence[Goal], *packages: str) -> None:
    """Print the goals and write results/NAME.json: machine, figures, goals."""
    from benchmarks import machine

    about = machine.describe("numpy", *packages)
    content = {"machine": about, **found, "goals": [goal.plain() for goal in goals]}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for goal in goals:
        print(goal)
    print(f"written to results/{name}.json; {about['tier']}, load {about['load'][0]}, OpenBLAS {about['openblas']}")

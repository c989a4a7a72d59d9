"""The results as Markdown. Made of the files alone, by the standard library: without a file no figure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results" / "gpu"
UNVERIFIED = "Training on a GPU is verified on CPU only: no figure of a GPU has been measured yet."
ORDER = ("check", "step", "accuracy", "ensemble", "full_batch", "waits", "memory")
UNITS = {"seconds": "s", "microseconds": "µs", "waits": "", "relative": ""}


def results_in(folder: Path = RESULTS) -> dict[str, Any]:
    """Every section's result, in their order."""
    paths = [path for name in ORDER if (path := folder / f"{name}.json").exists()]
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def state_of(folder: Path, name: str) -> str:
    """`done`, or why not."""
    return str(results_in(folder).get(name, {}).get("state", "not begun: no time was left"))


def lines(folder: Path = RESULTS) -> list[str]:
    """Where it was measured, every goal, a step's microseconds, and what was not measured."""
    found = results_in(folder)
    if not found:
        return [UNVERIFIED]
    return [*_where(found), *_goals(found), "", *_beside(found), "", *_steps(found), *_missing(found)]


def short(folder: Path = RESULTS) -> list[str]:
    """Net A beside the loops people write, and how many goals are held: what the README has room for."""
    found = results_in(folder)
    if not found:
        return [UNVERIFIED]
    goals = [goal for result in found.values() for goal in result["goals"]]
    held = sum(goal["held"] for goal in goals)
    every = "[each with its figure](benchmarks/README.md#on-a-gpu)"
    steps = {"step": found["step"]} if "step" in found else {}
    told = [*_where(found), *_goals(steps), "", *_beside(steps), ""]
    return [*told, f"Of {len(goals)} goals on a GPU, {held} are held: {every}."]


def _where(found: Mapping[str, Any]) -> Iterator[str]:
    first = next(iter(found.values()))
    machine, date = first["machine"], first["date"]
    torch = machine["versions"]["torch"]
    yield f"On {machine['device']} (driver {machine['driver']}), PyTorch {torch}, Python {machine['python']}, {date}."
    others = {name: result["date"] for name, result in found.items() if result["date"][:13] != date[:13]}
    if others:
        told = ", ".join(f"`{name}` {when}" for name, when in others.items())
        yield f"Of another run, of the program as it was then: {told}."
    yield ""


def _goals(found: Mapping[str, Any]) -> Iterator[str]:
    yield "| section | what | found | goal |"
    yield "| --- | --- | --- | --- |"
    for name, result in found.items():
        for goal in result["goals"]:
            least = goal["kind"] in ("times", "share")
            bound = f"{'at least' if least else 'at most'} {figure(goal['bound'], goal['kind'])}"
            bound = bound if goal["held"] else f"**{bound}: missed**"
            what = f"{goal['what']}, {goal['beside']}".replace("|", "\\|")
            yield f"| `{name}` | {what} | {figure(goal['found'], goal['kind'])} | {bound} |"


def _beside(found: Mapping[str, Any]) -> Iterator[str]:
    """What the loops are that a goal compares with, of those named by one."""
    for name, result in found.items():
        named = " ".join(goal["beside"] for goal in result["goals"])
        for who, what in result.get("baseline", {}).items():
            if who in named or who.split()[0] in named.split():
                yield f"* {who} (`{name}`): {what}."


def figure(value: float, kind: str) -> str:
    """A figure with its unit."""
    if kind == "share":
        return f"{value:.2%}"
    return f"{value:.3g} {UNITS.get(kind, kind)}".rstrip()


def _steps(found: Mapping[str, Any]) -> Iterator[str]:
    """Everybody's microseconds a step, by network and precision."""
    rows = [
        (name, what, contender, times, result["results"][what])
        for name, result in found.items()
        for what, own in result["results"].items()
        if isinstance(own, dict)
        for contender, times in own.get("microseconds_a_step", {}).items()
    ]
    if not rows:
        return
    yield ""
    yield "| section | measured | who | a step, median | by events | ready after |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, what, contender, times, own in rows:
        events = own["microseconds_a_step_by_events"][contender]
        by_events = f"{events['median']:,.1f} µs" if events else ""
        ready = own["seconds_until_ready"][contender]
        yield f"| `{name}` | {what} | {contender} | {times['median']:,.1f} µs | {by_events} | {ready:.2f} s |"


def _missing(found: Mapping[str, Any]) -> Iterator[str]:
    missing = [
        (name, what, why)
        for name, result in found.items()
        for what, why in [*result["not_measured"].items(), *_unfinished(result)]
    ]
    if missing:
        yield ""
        yield "Not measured:"
        yield ""
    for name, what, why in missing:
        yield f"* `{name}`: {what}: {' '.join(why.split())}"


def _unfinished(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [] if result["state"] == "done" else [("the rest", result["state"])]


def main() -> None:
    """Print the table of the committed results."""
    print("\n".join(lines()))


if __name__ == "__main__":
    main()

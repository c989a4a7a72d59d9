"""The numbers of both READMEs and the chart, made from the committed results: `python -m benchmarks.report`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.chart import drawn
from benchmarks.gpu import table
from benchmarks.peers import PEERS

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"
OWN_README = Path(__file__).parent / "README.md"
CHART = README.parent / "docs" / "images" / "speed.svg"
BEGIN, END = "<!-- numbers: made by python -m benchmarks.report -->\n", "<!-- end of numbers -->\n"
PACKAGES = {"torch": "PyTorch", "scikit-learn": "scikit-learn", "jax": "JAX", "numpy": "NumPy"}
UNITS = {"seconds": "s", "microseconds": "µs", "kilobytes": "kB", "mebibytes": "MiB"}
SHOWN = ("torch", "torch fused", "sklearn", "numpy", "jax")  # columns; results may hold more


def results_in(folder: Path = RESULTS) -> dict[str, Any]:
    """Every result, by the name of its program."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def numbers(results: Path = RESULTS) -> str:
    """The lines that stand between the marks of the README. What was never measured is left out."""
    found = results_in(results)
    parts = [_training(found["training"])] if "training" in found else []
    parts += [_sequences(found["sequences"])] if "sequences" in found else []
    parts += [_counted(found)] if goals_of(found) else []
    parts += [table.short(results / "gpu")]
    parts += [_waiting(found["latency"])] if "latency" in found else []
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts)


def goals(results: Path = RESULTS) -> str:
    """The lines that stand between the marks of benchmarks/README.md: every goal, program by program."""
    found = results_in(results)
    lines = ["| program | what | found | goal |", "| --- | --- | --- | --- |"]
    for program, goal in goals_of(found):
        bound = _judged(goal["held"], f"{_least(goal['kind'])} {_figure(goal['bound'], goal['kind'])}")
        what = f"{goal['what']}, {goal['beside']}"
        lines.append(f"| `{program}` | {what} | {_figure(goal['found'], goal['kind'])} | {bound} |")
    places = [f"`{name}` on {machine_of(result)}" for name, result in found.items() if result.get("goals")]
    gpu = ["### On a GPU", "", *table.lines(results / "gpu")]
    return "\n".join([f"Measured: {'; '.join(places)}.", "", *lines, "", *gpu, ""])


def machine_of(result: Mapping[str, Any]) -> str:
    """Where a result was measured, in a few words."""
    machine = result["machine"]
    return f"{machine['processor']} ({machine['tier']}, load {machine['load'][0]:.1f})"


def goals_of(found: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every goal with the program that measured it."""
    return [(name, goal) for name, result in found.items() for goal in result.get("goals", ())]


def _least(kind: str) -> str:
    return "at least" if kind in ("times", "share") else "at most"


def _figure(value: float, kind: str) -> str:
    """A figure with its unit."""
    if kind in ("share", "most"):
        return f"{value:.0%}"
    return f"{value:.3g} {UNITS.get(kind, kind)}"


def _counted(found: Mapping[str, Any]) -> Iterator[str]:
    """How many goals were held, and where all of them are."""
    held = sum(goal["held"] for _, goal in goals_of(found))
    yield f"Of {len(goals_of(found))} goals for products, training, whole processes and more, {held} are held:"
    yield "[each with its figure](benchmarks/README.md#goals-held-and-missed), won and lost, and how it was measured."


def written(readme: str, lines: str) -> str:
    """The README with other lines between its marks. Raises ValueError when a mark is missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README needs the lines {BEGIN!r} and {END!r}")
    return before + BEGIN + lines + END + after


def _training(found: Mapping[str, Any]) -> Iterator[str]:
    """Where it was measured, a row a workload, and who won."""
    machine, results = found["machine"], found["results"]
    versions, blas, load = machine["versions"], machine["openblas"], machine["load"][0]
    product = f"OpenBLAS ({blas['kernels']})" if "kernels" in blas else blas["numpy"]
    yield f"One thread on {machine['processor']} ({machine['tier']}), which others used too (load {load:.1f});"
    there = (f"{peer} {versions[name]}" for name, peer in PACKAGES.items() if versions.get(name))
    yield f"{', '.join(there)} on {product}."
    yield ""
    yield f"| one training step of | native | {' | '.join(f'beside {PEERS[peer]}' for peer in SHOWN)} |"
    yield "| --- " * (2 + len(SHOWN)) + "|"
    for result in results:
        took, ratios = result["microseconds_a_step"]["native"]["median"], ratios_of(result)
        compared = " | ".join(_compared(ratios[peer]) if peer in ratios else "" for peer in SHOWN)
        yield f"| {result['workload']} | {took:,.{0 if took >= 100 else 2}f} µs | {compared} |"
    yield ""
    yield "![Times faster than each library, by powers of ten](docs/images/speed.svg)"
    yield ""
    yield _verdict({(r["workload"], PEERS[peer]): ratio for r in results for peer, ratio in ratios_of(r).items()})


def ratios_of(result: Mapping[str, Any]) -> dict[str, float]:
    """How many times as long each peer takes: the median of the rounds."""
    return {peer: float(ratio["median"]) for peer, ratio in result["times_slower_than_native"].items()}


def _compared(ratio: float) -> str:
    return f"{ratio:.3g} times faster" if ratio >= 1 else f"**{1 / ratio:.3g} times slower**"


def _verdict(ratios: Mapping[tuple[str, str], float]) -> str:
    """Who won how often, and where it was lost or nearly so."""
    below = {pair: ratio for pair, ratio in ratios.items() if ratio < 1}
    lost = [f"to {name} on {workload} ({1 / ratio:.3g} times)" for (workload, name), ratio in below.items()]
    won = f"Native wins {len(ratios) - len(lost)} of {len(ratios)}"
    if lost:
        return f"{won} and loses {', '.join(lost)}."
    (workload, name), ratio = min(ratios.items(), key=lambda item: item[1])
    return f"{won}. The closest is {name} on {workload}: {ratio:.3g} times."


def _sequences(found: Mapping[str, Any]) -> Iterator[str]:
    """A row for each recurrent layer: its time, and PyTorch's fastest form beside it."""
    yield f"Recurrent layers, one thread, Adam, under a load of {found['machine']['load'][0]:.1f}:"
    yield ""
    yield "| one training step of | native | of the core's peak | beside PyTorch at its best |"
    yield "| --- | --- | --- | --- |"
    for result in found["results"]:
        took, ratios, share = (
            result["microseconds_a_step"]["native"]["median"],
            ratios_of(result),
            result["share_of_peak"],
        )
        best = _compared(min(ratios.values())) if ratios else ""
        yield f"| {result['workload']} | {took:,.0f} µs | {f'{share:.0%}' if share else ''} | {best} |"


def _waiting(found: Mapping[str, Any]) -> Iterator[str]:
    """How long a person at the app waits, beside what was hoped for."""
    paint, key, live = found["first_paint"], found["key_while_training"], found["live_1000_rows"]
    yield f"The app at {found['size']}, two threads, under a load of {found['machine']['load'][0]:.1f}:"
    yield ""
    yield "| from | to | median | 95 of 100 | goal |"
    yield "| --- | --- | --- | --- | --- |"
    yield _waited("a key", "its effect, while it trains flat out", key, {"median_ms": 25})
    yield _waited("a key", "boundary and curve of a network trained anew", live, {"median_ms": 60, "p95_ms": 120})
    ratio = paint["ratio_median"]
    start = f"{paint['mlj_best_s'] * 1000:.0f} ms at best | {ratio:.2f} times a bare Textual hello (median)"
    yield f"| the start | the first paint | {start} | {_judged(ratio <= 1.3, '1.3 times')} |"


def _waited(first: str, last: str, found: Mapping[str, float], goals: Mapping[str, float]) -> str:
    """A row of waiting times in milliseconds."""
    reached = all(found[name] <= most for name, most in goals.items())
    goal = _judged(reached, " and ".join(f"{most:g} ms" for most in goals.values()))
    return f"| {first} | {last} | {found['median_ms']:.0f} ms | {found['p95_ms']:.0f} ms | {goal} |"


def _judged(reached: bool, goal: str) -> str:
    return goal if reached else f"**{goal}: missed**"


def main() -> None:
    """Write the lines into both READMEs, and the chart."""
    README.write_text(written(README.read_text(encoding="utf-8"), numbers()), encoding="utf-8")
    OWN_README.write_text(written(OWN_README.read_text(encoding="utf-8"), goals()), encoding="utf-8")
    CHART.write_text(drawn(results_in()["training"]["results"]), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What it costs to check a table before it is read: `python -m benchmarks.reading`.

A CSV file of 200 MB with numbers, texts and dates, and one of numbers alone, each read by `mlcore.tables` and by a
plain `pandas.read_csv` of the same file, in processes of their own, in turn. Seconds on the clock and of processors of
the reading alone: both have imported pandas before, which reads in several threads. Ours counts the fields of every
record and finds dates; the third one is pandas that is told which column holds dates, for which it takes one thread.
NumPy asks for no large pages in any of them: a virtual machine that has to get one from its host first takes 4 ms for
it, at other times 0.1, which is more than all that is compared here. Writes results/reading.json.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.goals import Goal, write

MEGABYTES, ROUNDS, MOST = 200, 11, 1.25
CLOCKS = ("on the clock", "of processors")
ROWS = 200_000  # of a piece of a file
MADE = """\
import sys, numpy, pandas
kind, path, megabytes, rows = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
draw = numpy.random.default_rng(0)
def piece():
    numbers = {f"x{n}": draw.normal(size=rows).round(5) for n in range(8 if kind == "numbers" else 4)}
    if kind == "numbers":
        return pandas.DataFrame(numbers)
    days = pandas.Timestamp("2020-01-01") + pandas.to_timedelta(draw.integers(0, 2000, rows), "D")
    places = draw.choice(["north", "south", "east", "west"], rows)
    items = numpy.char.add("item ", draw.integers(0, 5000, rows).astype(str))
    return pandas.DataFrame(numbers | {"day": days, "place": places, "item": items})
with open(path, "w") as file:
    while file.tell() < megabytes * 1e6:
        piece().to_csv(file, index=False, header=not file.tell())
"""
TIMED = """\
import sys, time
import pandas
from mlcore.tables import parsing, reading
began = time.perf_counter(), time.process_time()
{read}
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""
READERS = {
    "mlj": "reading.read(sys.argv[1])",
    "pandas": "pandas.read_csv(sys.argv[1])",
    "pandas with dates": "pandas.read_csv(sys.argv[1], parse_dates=[c for c in ['day'] if sys.argv[2] == 'mixed'])",
}


def measured(kind: str, path: Path, rounds: int) -> dict[str, list[tuple[float, ...]]]:
    """Seconds on the clock and of processors of every reader in each round, a process for each; the order rotates."""
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in READERS}
    names, environ = list(READERS), os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            command = (sys.executable, "-c", TIMED.format(read=READERS[name]), str(path), kind)
            said = subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout
            found[name].append(tuple(map(float, said.split())))
    return found


def told(seconds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Median seconds of everybody, and ours beside theirs, round by round."""
    ratios = {
        name: round(median(a / b for a, b in zip(seconds["mlj"], times, strict=True)), 3)
        for name, times in seconds.items()
        if name != "mlj"
    }
    return {"seconds": {name: round(median(times), 3) for name, times in seconds.items()}, "mlj_over": ratios}


def main(words: Sequence[str] | None = None) -> None:
    """Make the files, measure, print, write results/reading.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    peers.add_against(parser)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each reads each file ({ROUNDS})")
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, help=f"of each file ({MEGABYTES})")
    asked = parser.parse_args(words)
    found: dict[str, Any] = {"megabytes": asked.megabytes, "rounds": asked.rounds}
    goals = []
    for kind, what in (("mixed", "numbers, texts and dates"), ("numbers", "numbers alone")):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{kind}.csv"
            command = (sys.executable, "-c", MADE, kind, str(path), str(asked.megabytes), str(ROWS))
            subprocess.run(command, check=True)
            seconds = measured(kind, path, asked.rounds)
        found[kind] = {}
        for place, clock in enumerate(CLOCKS):
            figures = told({name: [times[place] for times in rounds] for name, rounds in seconds.items()})
            found[kind][clock] = figures
            print(f"{what}, {clock}: {figures}", flush=True)
            label = f"a table of {asked.megabytes:g} MB read, {what}, {clock}"
            goals.append(Goal(label, "of a plain pandas.read_csv", figures["mlj_over"]["pandas"], MOST, kind="most"))
    write("reading", found, goals, "pandas")


if __name__ == "__main__":
    main()

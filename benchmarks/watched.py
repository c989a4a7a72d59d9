"""What looking at a run costs it, and what the app itself takes while it shows one.

`python -m benchmarks.watched` starts `mlj train` on runs that never end and opens and closes the real app on them in a
pseudo-terminal of 120 x 40: windows of a few seconds without anybody, with the Lab, and with the Lab behind the help,
in turn and in rotating order. Steps in a window are those the run itself tells; ratios are of neighbouring windows, so
that a slow phase of the machine meets all. Writes results/watched.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.goals import Goal, write
from benchmarks.latency import COLUMNS, ROWS, environment
from tools.virtual_terminal import VirtualTerminal

SETTLE = 2.0  # seconds from opening the app, or closing it, until a window begins
WINDOW = 4.0
CORES = os.cpu_count() or 1
LAB, HIDDEN, NOBODY = "the Lab", "panes hidden", "nobody"


class Subject(NamedTuple):
    """A run that is looked at. spare: whether it leaves a core to the app; `settings` of `mlj train`."""

    name: str
    recipe: str
    threads: int
    settings: tuple[str, ...]

    @property
    def spare(self) -> bool:
        return self.threads < CORES


SUBJECTS = (
    Subject("moons 2-16-16-2", "journey/moons", 1, ()),
    Subject("784-128-10", "journey/mnist-mlp", 1, ("layers=128 relu", "batch_size=128")),
    Subject(
        "784-512-256-10", "journey/mnist-mlp", os.cpu_count() or 1, ("layers=512 relu | 256 relu", "batch_size=128")
    ),
)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watched", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="windows of each kind")
    asked = parser.parse_args()
    found: dict[str, Any] = {"size": f"{COLUMNS}x{ROWS}", "window_s": WINDOW}
    goals = []
    for subject in SUBJECTS:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, training(subject, home) as run:
            found[subject.name] = measured(subject, run, home, asked.rounds)
        print(subject.name, json.dumps(found[subject.name]))
        goals += judged(subject, found[subject.name])
    write("watched", found, goals, "textual", "plotext")
    return 0


def judged(subject: Subject, found: dict[str, Any]) -> list[Goal]:
    """The goals of `tui.md` for one run: a share of the speed nobody watching would have left it."""
    bounds = {LAB: 0.98, HIDDEN: 0.98} if subject.spare else {LAB: 0.94, HIDDEN: 0.99}
    goals = [Goal(f"{subject.name}, steps with {how}", "nobody watching", found[how]["speed"], bound, "share")
             for how, bound in bounds.items()]  # fmt: skip
    if subject.spare:
        goals.append(Goal(f"{subject.name}, {LAB}", "one core", found[LAB]["app_cpu"], 0.45, "most"))
    return goals


@contextmanager
def training(subject: Subject, home: str) -> Iterator[Any]:
    """A run of a process of its own that goes on until it is told to stop."""
    from mlcore import MljError, open_run

    endless = ("epochs=1000000", "stopping.max_seconds=0", "stopping.patience=0", "recording.snapshot_every=0")
    settings = [word for each in (*subject.settings, *endless) for word in ("--set", each)]
    command = [sys.executable, "-m", "mlcore", "train", subject.recipe, *settings, "--threads", str(subject.threads)]
    process = subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        run, until = None, time.monotonic() + 60
        while run is None and time.monotonic() < until and process.poll() is None:
            time.sleep(0.3)
            try:
                run = open_run("last", Path(home) / "runs")
                run = run if run.status.socket else None
            except MljError:
                run = None
        if run is None:
            raise RuntimeError(f"{subject.name} did not begin")
        yield run
    finally:
        process.terminate()
        process.wait(60)


def measured(subject: Subject, run: Any, home: str, rounds: int) -> dict[str, Any]:
    """Speed with each way of looking, of that with nobody; processor time, bytes and frames of the app."""
    ways: dict[str, Callable[[], dict[str, float]]] = {
        NOBODY: lambda: alone(run),
        LAB: lambda: with_app(run, home, ()),
        HIDDEN: lambda: with_app(run, home, ("?",)),
    }
    order, seen = list(ways), {way: list[dict[str, float]]() for way in ways}
    for _ in range(rounds):
        for way in order:
            seen[way].append(ways[way]())
        order = order[1:] + order[:1]
    found: dict[str, Any] = {"threads": subject.threads, "steps_s": _median(seen[NOBODY], "steps_s")}
    for way in (LAB, HIDDEN):
        shares = [a["steps_s"] / b["steps_s"] for a, b in zip(seen[way], seen[NOBODY], strict=True)]
        found[way] = {"speed": round(statistics.median(shares), 4)}
        found[way] |= {name: _median(seen[way], name) for name in ("app_cpu", "kilobytes_s", "pictures_s")}
    return found


def alone(run: Any) -> dict[str, float]:
    """A window with nobody there, after the app before has gone."""
    time.sleep(SETTLE)
    return window(run)


def window(run: Any) -> dict[str, float]:
    """Steps a second the run makes over a window."""
    first, began = steps(run)
    time.sleep(WINDOW)
    last, ended = steps(run)
    return {"steps_s": (last - first) / (ended - began)}


def steps(run: Any) -> tuple[int, float]:
    """Steps the run has made, and when it said so; nobody stays connected."""
    from mlcore.worker import attach, protocol

    with attach(run) as client:
        client.send(protocol.View(wanted=False))
        while True:
            for message in client.wait(5):
                if isinstance(message, protocol.Update):
                    return message.step, time.perf_counter()


def with_app(run: Any, home: str, keys: tuple[str, ...]) -> dict[str, float]:
    """A window with the app on the run; afterwards it is closed, and the run goes on."""
    diary = Path(home) / "diary.jsonl"
    diary.write_text("")
    command = [sys.executable, "-m", "tui", str(run.folder), "--trace", str(diary)]
    terminal = VirtualTerminal(command, columns=COLUMNS, rows=ROWS, environ=environment(home), decode=False)
    with terminal:
        time.sleep(SETTLE)
        terminal.press(*keys)
        time.sleep(SETTLE / 2)
        before = _state(terminal, diary)
        found = window(run)
        after = _state(terminal, diary)
        terminal.press("ctrl+q")
        terminal.ended()
    seconds, cpu, written, pictures = (b - a for a, b in zip(before, after, strict=True))
    found |= {"app_cpu": cpu / seconds, "kilobytes_s": written / seconds / 1000, "pictures_s": pictures / seconds}
    return found


def _state(terminal: VirtualTerminal, diary: Path) -> tuple[float, float, float, float]:
    """Now, the app's processor time, the bytes it wrote, the pictures it drew."""
    text = Path(f"/proc/{terminal.process.pid}/stat").read_text(encoding="utf-8")
    user, system = text.rpartition(")")[2].split()[11:13]
    cpu = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    written = sum(len(output.data) for output in list(terminal.output))
    return time.monotonic(), cpu, float(written), float(diary.read_text().count('"event": "picture"'))


def _median(seen: list[dict[str, float]], name: str) -> float:
    return float(f"{statistics.median(each[name] for each in seen):.4g}")


if __name__ == "__main__":
    sys.exit(main())

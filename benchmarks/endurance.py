"""Whether the app stays as it is: its memory over a long run, resizes by the hundred, and a list of five hundred runs.

`python -m benchmarks.endurance --minutes 60` opens the real app at 120 x 40 on a small network that trains flat out,
drags its window about, and looks at the memory of app and worker every ten seconds. Writes results/endurance.json.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.goals import Goal, write
from benchmarks.latency import COLUMNS, EXPERIMENT, ROWS, environment
from tools.virtual_terminal import VirtualTerminal

RUNS = 500
SIZES = ((80, 24), (120, 40), (60, 18), (200, 60), (100, 30), (40, 12), (20, 6))
BEAT = 10.0  # seconds between two looks
WARM = 0.2  # of the time, at its beginning, in which caches fill


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the app trains and is looked at")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        found: dict[str, Any] = {"minutes": asked.minutes, "training": trained(home, asked.minutes)}
        found["runs"] = listed(home)
    told = found["training"]
    goals = [
        Goal("memory after a long run", "app", told["app_mib"], 300, "mebibytes"),
        Goal("growth an hour", "app", told["app_mib_an_hour"], 1, "mebibytes"),
        Goal("growth an hour", "worker", told["worker_mib_an_hour"], 1, "mebibytes"),
        Goal(f"memory with {RUNS} runs listed", "app", found["runs"]["app_mib"], 300, "mebibytes"),
    ]
    write("endurance", found, goals, "textual")
    return 0


def trained(home: str, minutes: float) -> dict[str, Any]:
    """Memory of both processes while a network trains flat out and the window changes its size."""
    file = Path(home) / "flat-out.toml"
    text = EXPERIMENT.format(rows=1000, epochs=10_000_000).replace("max_seconds = 120", "max_seconds = 0")
    file.write_text(text, encoding="utf-8")
    draw, seen = random.Random(1), list[tuple[float, float, float]]()
    with opened(home, str(file)) as terminal:
        time.sleep(3)
        terminal.press("f")
        end, resizes = time.monotonic() + 60 * minutes, 0
        while time.monotonic() < end:
            for _ in range(5):  # a storm, then the size it is measured at
                terminal.resize(*draw.choice(SIZES))
                resizes += 1
                time.sleep(0.1)
            terminal.resize(COLUMNS, ROWS)
            time.sleep(BEAT - 0.5)
            if terminal.process.poll() is not None:
                raise RuntimeError(f"the app ended with {terminal.process.returncode} after {resizes} resizes")
            app = terminal.process.pid
            seen.append((terminal.seconds, resident(app), max(map(resident, children(app)))))
            del terminal.output[:-1000]
        terminal.press("q")
        time.sleep(1)
        terminal.press("s")
        code = terminal.ended()
    seconds, app, worker = np.array(seen[int(WARM * len(seen)) :]).T
    return {
        "app_mib": round(float(app[-1]), 1),
        "worker_mib": round(float(worker[-1]), 1),
        "app_mib_an_hour": slope(seconds, app),
        "worker_mib_an_hour": slope(seconds, worker),
        "resizes": resizes,
        "exit_code": code,
    }


def slope(seconds: Sequence[float], mebibytes: Sequence[float]) -> float:
    """MiB an hour, as a straight line through all looks has it."""
    return round(float(np.polyfit(np.asarray(seconds) / 3600, mebibytes, 1)[0]), 2)


def opened(home: str, *words: str) -> VirtualTerminal:
    """The app in a terminal that notes what is written."""
    command = [sys.executable, "-m", "tui", *words]
    return VirtualTerminal(command, columns=COLUMNS, rows=ROWS, environ=environment(home), decode=False)


def resident(pid: int) -> float:
    """MiB a process has in memory; 0 once it has ended."""
    words = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").split()
    return int(words[words.index("VmRSS:") + 1]) / 1024 if "VmRSS:" in words else 0.0


def children(pid: int) -> list[int]:
    """The processes an app started: the worker it trains in, and one that has ended or is about to begin."""
    return [
        int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()
    ]


def listed(home: str) -> dict[str, Any]:
    """Seconds from `o` to the newest of five hundred runs on the screen, and the app's memory then."""
    from mlcore import list_runs, load_recipe
    from mlcore.run import Run
    from mlcore.runs import record
    from mlcore.training import train

    root = Path(home) / "runs"
    config = load_recipe("journey/moons").with_settings({"dataset.n_samples": 100, "epochs": 20})
    data = config.dataset.load()
    for _ in range(20):
        run = Run.create(config, root, data=data)
        for _event in record(train(config, data=data), run):
            pass
    folders = [each.folder for each in list_runs(root)]
    for number in range(RUNS - len(folders)):
        folder = folders[number % len(folders)]
        shutil.copytree(folder, folder.with_name(f"{folder.name}-{number}"))
    with opened(home, "journey/circles") as terminal:
        time.sleep(4)
        terminal.press("f")
        time.sleep(1)
        began, before = terminal.seconds, len(terminal.output)
        terminal.press("o")
        time.sleep(5)
        told = [output.seconds for output in terminal.output[before:] if f"{RUNS}".encode() in output.data]
        mebibytes = resident(terminal.process.pid)
        terminal.press("ctrl+q")
        terminal.ended()
    return {"runs": RUNS, "seconds": round(told[0] - began, 2) if told else None, "app_mib": round(mebibytes, 1)}


if __name__ == "__main__":
    sys.exit(main())

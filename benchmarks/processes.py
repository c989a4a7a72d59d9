"""How long whole programs take, from the shell to their end: `python -m benchmarks.processes`.

Wall time and the most memory of each, in turn, several times: 3,200 steps of moons with mlj, PyTorch and scikit-learn;
and MNIST until 97 and 98 % of the test rows are right, by `mlj train` and by a script of the same network in PyTorch.
Nothing heavy is imported here: the memory of a child would begin with ours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeAlias

from benchmarks import peers
from benchmarks.goals import Goal, write

WHOLE = Path(__file__).resolve().parent / "whole"
REPEATS = 5
UNITS, BATCH, RATE, WATCHED, EPOCHS = 256, 128, 0.1, 2000, 12
# Share of the test rows; the validation accuracy that stands for it; seconds hoped for.
ACCURACIES = ((0.97, 0.973, 2.0), (0.98, 0.98, 5.0))
EXPERIMENT = """\
layers = "{units} relu"
epochs = {epochs}
batch_size = {batch}
[dataset]
kind = "mnist"
split.validation = {watched}
[optimizer]
kind = "sgd"
momentum = 0.9
nesterov = true
learning_rate = {rate}
[stopping]
goal = "validation_accuracy >= {goal}"
restore_best = false
[recording]
snapshot_every = 0
"""
LIMIT = 60  # seconds of one program
BUDGET = 60  # seconds after which no new turn begins


class Ran(NamedTuple):
    """One program that has ended: wall seconds, most memory in MiB, exit code, what it printed."""

    seconds: float
    mebibytes: float
    code: int
    printed: str


Started: TypeAlias = Callable[[], Ran]


def ran(*command: str) -> Ran:
    """Run a program to its end."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        timer = _Deadline(child)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        out.seek(0)
        printed = out.read().decode(errors="replace")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
    return Ran(seconds, usage.ru_maxrss * unit / 2**20, child.returncode, printed)


class _Deadline:
    """Ends a program that takes too long."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        from threading import Timer

        self.timer = Timer(LIMIT, child.kill)
        self.timer.daemon = True
        self.timer.start()

    def cancel(self) -> None:
        """It has ended by itself."""
        self.timer.cancel()


def in_turn(programs: Mapping[str, Started], repeats: int, of_peers: int) -> dict[str, list[Ran]]:
    """Every program in turn, ours `repeats` times, peers, who take longer, less often. Failed ones are left out."""
    found: dict[str, list[Ran]] = {name: [] for name in programs}
    began = time.perf_counter()
    for turn in range(repeats):
        if time.perf_counter() - began > BUDGET:
            print(f"after {turn} of {repeats} turns {BUDGET} s are over: this machine is busy")
            break
        for name in [name for name in found if name == "native" or turn < of_peers]:
            found[name].append(programs[name]())
            if found[name][-1].code:
                print(f"{name} failed, or took more than {LIMIT} s, and is left out: {found.pop(name)[-1].code}")
    return found


def figures(runs: Sequence[Ran]) -> dict[str, float]:
    """Median and best wall seconds, and the most memory."""
    seconds = [run.seconds for run in runs]
    return {
        "runs": len(runs),
        "median_s": round(median(seconds), 3),
        "best_s": round(min(seconds), 3),
        "mebibytes": round(max(run.mebibytes for run in runs), 1),
    }


def moons(libraries: Sequence[str], repeats: int) -> tuple[dict[str, Any], list[Goal]]:
    """Import, 3,200 steps, exit."""
    names = ["native", *(name for name in ("torch", "sklearn") if name in libraries)]
    programs = {name: _script(f"moons_{name}.py") for name in names}
    found = {name: figures(runs) for name, runs in in_turn(programs, repeats, 3).items()}
    what, goals = "whole process, 3,200 steps of moons", []
    for name, least in (("torch", 25.0), ("sklearn", 10.0)):
        if name in found and "native" in found:
            ratio = found[name]["median_s"] / found["native"]["median_s"]
            goals.append(Goal(what, f"beside {peers.LIBRARIES[name]}", ratio, least))
    if "torch" in found and "native" in found:
        share = found["native"]["mebibytes"] / found["torch"]["mebibytes"]
        goals.append(Goal("its memory", "of that of PyTorch", share, 0.25, kind="most"))
    return found, goals


def _script(name: str, *words: str) -> Started:
    return lambda: ran(sys.executable, str(WHOLE / name), *words)


def mnist(libraries: Sequence[str], repeats: int) -> tuple[dict[str, Any], list[Goal]]:
    """Seconds until so many of the test rows are right. Nothing, and a line why, where MNIST is not."""
    folder = _folder()
    if folder is None:
        print("MNIST is not here and its time to accuracy is left out (MLJ_DATA_HOME, or mlj data fetch mnist)")
        return {}, []
    found: dict[str, Any] = {}
    goals = []
    for least, goal, most in ACCURACIES:
        programs = {"native": _mlj(goal)}
        if "torch" in libraries:
            words = (str(folder), goal, EPOCHS, UNITS, BATCH, RATE, WATCHED)
            programs["torch"] = _script("mnist_torch.py", *map(str, words))
        runs = in_turn(programs, repeats, 1)
        rows = {name: figures(those) | reached(those[-1].printed) for name, those in runs.items()}
        found[f"{least:.0%}"] = rows
        if "native" in rows:
            right = rows["native"]["test_accuracy"] >= least
            seconds = rows["native"]["median_s"] if right else float("inf")
            goals.append(Goal(f"mlj train, MNIST to {least:.0%} of the test rows", "wall", seconds, most, "seconds"))
    return found, goals


def _mlj(goal: float) -> Started:
    """`mlj train` on a file, nothing recorded."""
    text = EXPERIMENT.format(units=UNITS, epochs=EPOCHS, batch=BATCH, watched=WATCHED, rate=RATE, goal=goal)

    def start() -> Ran:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "mnist.toml"
            file.write_text(text, encoding="utf-8")
            return ran(sys.executable, "-m", "mlcore", "train", str(file), "--json", "--no-record")

    return start


def reached(printed: str) -> dict[str, float]:
    """The test accuracy and the epochs a program ended with: mlj's last event, or two numbers."""
    last = printed.strip().splitlines()[-1]
    if last.startswith("{"):
        event = json.loads(last)
        return {"test_accuracy": event["test_accuracy"], "epochs": event["epoch"]}
    epochs, accuracy = last.split()
    return {"test_accuracy": round(float(accuracy), 4), "epochs": int(epochs)}


def _folder() -> Path | None:
    """Where MNIST lies, asked of a process of its own."""
    ask = "from mlcore.datasets import files; print(files.find('mnist')[0].parent)"
    done = subprocess.run((sys.executable, "-c", ask), capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def main(words: Sequence[str] | None = None) -> None:
    """Run everything, print, write results/processes.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    peers.add_against(parser)
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"how often each program is run ({REPEATS})")
    asked = parser.parse_args(words)
    libraries = peers.installed(asked.against)
    found, goals = moons(libraries, asked.repeats)
    digits, hoped = mnist(libraries, asked.repeats)
    for name, row in [*found.items(), *((f"MNIST {p}: {n}", r) for p, rows in digits.items() for n, r in rows.items())]:
        print(f"{name:20} {row}")
    network = f"784-{UNITS}-10, batch {BATCH}, Nesterov SGD at {RATE}"
    write("processes", {"moons": found, "mnist": digits, "mnist_network": network}, goals + hoped, "torch",
          "scikit-learn")  # fmt: skip


if __name__ == "__main__":
    main()

"""Training on a GPU beside the loops people write in PyTorch, section by section: `python -m benchmarks.gpu`.

Sections run in a process of their own, which ends where the device is lost or nothing moves any more: another one goes
on with the next section. Every section writes its file at once, and the table is made of the files.
"""

from __future__ import annotations

import argparse
import faulthandler
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gpu import table

OUT = Path(__file__).parents[1] / "results" / "gpu"
LOST = 3  # exit code of a process whose device no longer answers
PATIENCE = 60.0  # seconds a section may take longer than its share


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    from benchmarks.gpu.sections import NAMES

    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute: fewer rounds, networks and seeds, no compiler")
    parser.add_argument("--budget", type=float, help="seconds in all, and at most a minute more (420; with --quick 60)")
    parser.add_argument("--only", metavar="A,B", help=f"of {','.join(NAMES)}")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1; cpu only tries whether everything runs")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, help="let torch.compile take part")
    parser.add_argument("--one-mnist", metavar="PRECISION", help=argparse.SUPPRESS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process
    asked = parser.parse_args(words)
    asked.only = asked.only.split(",") if asked.only else list(NAMES)
    if wrong := set(asked.only) - set(NAMES):
        parser.error(f"{', '.join(sorted(wrong))}: no such section; there are {', '.join(NAMES)}")
    asked.budget = asked.budget or (60.0 if asked.quick else 420.0)
    return asked


def main(words: Sequence[str] | None = None) -> int:
    """Every section asked for; 1 when one of them failed or was cut off."""
    asked = parsed(words)
    if asked.one_mnist:
        from benchmarks.gpu import accuracy

        accuracy.one(asked.device, asked.one_mnist)
        return 0
    asked.out.mkdir(parents=True, exist_ok=True)
    return here(asked) if asked.here else supervised(asked)


def supervised(asked: argparse.Namespace) -> int:
    """Processes one after the other until every section has its file."""
    ends = time.monotonic() + asked.budget
    todo = [name for name in _names() if name in asked.only]
    for name in todo:
        (asked.out / f"{name}.json").unlink(missing_ok=True)
    wanted = list(todo)
    while todo and ends - time.monotonic() > 0:
        words = ["--device", asked.device, "--out", str(asked.out), "--only", ",".join(todo), "--here"]
        words += ["--budget", f"{ends - time.monotonic():.1f}", *(["--quick"] if asked.quick else [])]
        words += [] if asked.compile is None else ["--compile" if asked.compile else "--no-compile"]
        subprocess.run((sys.executable, "-m", "benchmarks.gpu", *words), check=False)
        begun = [name for name in todo if (asked.out / f"{name}.json").exists()]
        if not begun:
            break
        todo = todo[todo.index(begun[-1]) + 1 :]
    (asked.out / "summary.md").write_text("\n".join(table.lines(asked.out)) + "\n", encoding="utf-8")
    states = {name: table.state_of(asked.out, name) for name in wanted}
    print("; ".join(f"{name}: {state}" for name, state in states.items()))
    print(f"the table is {asked.out / 'summary.md'}")
    return int(any(state != "done" for state in states.values()))


def here(asked: argparse.Namespace) -> int:
    """The sections in this process."""
    import torch

    from benchmarks.gpu import sections

    if asked.device == "cpu":
        torch.set_num_threads(1)  # only tried there, beside whatever else runs
    ends = time.monotonic() + asked.budget
    todo, scale = sections.of(asked.only), sections.scale_of(asked.device, asked.quick, asked.compile)
    failed = False
    for number, section in enumerate(todo):
        print(f"== {section.name}: {section.line}", flush=True)
        seconds = sections.share(section, todo[number + 1 :], max(ends - time.monotonic(), 0))
        faulthandler.dump_traceback_later(seconds + PATIENCE, exit=True)
        failed |= not sections.run(section, asked.out, asked.device, scale, seconds)
        if not answers(asked.device):
            return LOST
    faulthandler.cancel_dump_traceback_later()
    return int(failed)


def answers(device: str) -> bool:
    """Whether the device still works: after some errors every later call fails, until the process ends."""
    if not device.startswith("cuda"):
        return True
    import torch

    try:
        torch.zeros(1, device=device).item()
    except RuntimeError as error:
        print(f"the device is lost: {error}", flush=True)
        return False
    return True


def _names() -> tuple[str, ...]:
    from benchmarks.gpu.sections import NAMES

    return NAMES


if __name__ == "__main__":
    sys.exit(main())

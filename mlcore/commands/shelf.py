"""`mlj runs`: what has been trained, one run in full, and how to be rid of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mlcore.commands import table
from mlcore.commands.story import called, fact
from mlcore.errors import MljError, RunError, UsageError
from mlcore.report import accuracy, json_line
from mlcore.runs import Run, children, list_runs, open_run, runs_root
from mlcore.sanitize import sanitize

HEADER = ("name", "state", "data", "layers", "epochs", "accuracy", "seconds", "id")
NARROW, FEWER = 100, 6  # columns of the terminal under which the list has only this many of its own


def listing(args: argparse.Namespace) -> int:
    """Every run, the newest first."""
    runs = list_runs(args.runs_dir)
    if args.json:
        for run in runs:
            print(json_line(_plain(run)))
        return 0
    if not runs:
        with suppress(FileNotFoundError):
            os.scandir(runs_root(args.runs_dir)).close()  # a folder that cannot be read is not an empty one
        print(f"no runs in {runs_root(args.runs_dir)} yet; mlj train moons makes one", file=sys.stderr)
        return 0
    parents = {run.id for run in runs if run.children}
    print(_table([run for run in runs if run.parent not in parents]))
    return 0


def show(args: argparse.Namespace) -> int:
    """One run: its facts, its experiment, and what happened to it."""
    run = open_run(args.run, args.runs_dir)
    if args.json:
        said = {"loop": True, "settings": run.settings} if run.loop else {"config": run.config.to_dict()}
        print(json_line(_plain(run) | said | {"events": run.events}))
        return 0
    print("\n".join(_facts(run)))
    seeds = children(run, args.runs_dir)
    if seeds:
        print(f"\n{_table(seeds)}")
    if run.loop:
        print("\nsomebody's own loop" + (":" if run.settings else ""))
        print("\n".join(fact(sanitize(name, 20), sanitize(value, 200)) for name, value in run.settings.items()))
        return 0
    print("\nconfiguration:")
    print("\n".join("  " + sanitize(line, 200) for line in run.config.to_toml().rstrip().split("\n")))
    return 0


def remove(args: argparse.Namespace) -> int:
    """Delete runs, those of many seeds with all of them, after a question on a terminal. One that is running stays."""
    named = [open_run(name, args.runs_dir) for name in args.runs]
    named += [child for run in named for child in children(run, args.runs_dir)]
    runs = list({run.folder.resolve(): run for run in named}.values())
    for run in runs:
        if run.status.state == "running":
            hint = f"stop it first: mlj ctl {called(run)} stop"
            raise RunError(f"{run.name} is running", code="RUN_LOCKED", hint=hint)
    if not args.yes and not _sure(runs):
        return 0
    for run in runs:
        run.delete()
        print(f"removed {run.id} ({sanitize(run.name)})", file=sys.stderr)
    return 0


def _table(runs: list[Run]) -> str:
    """A run a line; on a narrow terminal without what is least asked for."""
    count = FEWER if 0 < table.room() < NARROW else len(HEADER)
    return "\n".join(table.lines((_cells(run)[:count] for run in runs), HEADER[:count], right=(4, 5, 6)))


def _cells(run: Run) -> tuple[Any, ...]:
    status = run.status
    try:
        config: dict[str, Any] = {"dataset": {"kind": ""}, "layers": "own loop"} if run.loop else run.config.to_dict()
    except MljError:  # one run that cannot be read must not hide the others
        return run.name, "damaged", "", "", "", "", "", run.id
    found, spread = accuracy(status.metrics), status.spread
    reached = f"{status.epoch:,}/{status.epochs:,}" if status.epochs else ""
    percent = f"{found:.1%}" if found == found else ""
    if spread and percent:
        low, _, high = spread["validation_accuracy" if "validation_accuracy" in spread else "train_accuracy"]
        percent = f"{percent} ({low:.1%} to {high:.1%})"
    name = f"{run.name} ({len(run.children)} seeds)" if run.children else run.name
    data, seconds = config["dataset"]["kind"], f"{status.seconds:.2f}"
    return name, status.state, data, config["layers"], reached, percent, seconds, run.id


def _plain(run: Run) -> dict[str, Any]:
    """A run as plain values."""
    status = run.status
    found = {
        "run": run.id,
        "name": run.name,
        "created": run.facts.get("created"),
        "parent": run.parent,
        "children": list(run.children),
        "state": status.state,
        "reason": status.reason,
        "epoch": status.epoch,
        "epochs": status.epochs,
        "step": status.step,
        "seconds": status.seconds,
        "exit_code": status.exit_code,
        "metrics": status.metrics,
        "spread": {name: {"low": low, "median": mid, "high": high} for name, (low, mid, high) in status.spread.items()},
        "folder": str(run.folder),
    }
    return {name: value for name, value in found.items() if value not in ("", None, [], {}) or name == "metrics"}


def _facts(run: Run) -> Iterator[str]:
    plain = _plain(run)
    metrics, spread, _ = (plain.pop(name, {}) for name in ("metrics", "spread", "children"))
    for name, value in plain.items():
        yield fact(name.replace("_", " "), sanitize(value, 200))
    for name, value in metrics.items():
        low_high = [_number(name, spread[name][end]) for end in ("low", "high")] if name in spread else []
        yield fact(name.replace("_", " "), _number(name, value) + (f"   ({' to '.join(low_high)})" if low_high else ""))
    snapshots = list(run.snapshots())
    if snapshots:
        yield fact("snapshots", f"{len(snapshots)}, epochs {snapshots[0]} to {snapshots[-1]}")
    for event in run.events:
        if event.get("event") in ("changed", "warned"):
            words = (f"{key} {value}" for key, value in event.items() if key not in ("event", "time"))
            yield fact(str(event["event"]), sanitize(", ".join(words), 200))


def _number(name: str, value: float) -> str:
    return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.6g}"


def _sure(runs: list[Run]) -> bool:
    """Whether the person at the terminal means it. Raises UsageError where nobody can be asked."""
    listed = ", ".join(f"{sanitize(run.name)} ({run.id})" for run in runs)
    if not sys.stdin.isatty():
        raise UsageError(f"this removes {listed} for good", hint="say so with --yes")
    print(f"remove {listed} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")

"""`mlj runs`: what has been trained, one run in full, what people say of it, and how to be rid of it and regret it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mlcore import shelf
from mlcore.commands import sweeps, table
from mlcore.commands.story import called, fact
from mlcore.errors import RunError, UsageError
from mlcore.folds import folded
from mlcore.form import data_name
from mlcore.report import accuracy, json_line
from mlcore.runs import Run, children, open_run, runs_root
from mlcore.sanitize import sanitize
from mlcore.sections import typed
from mlcore.sweeps import FOLD

HEADER = ("name", "state", "data", "layers", "epochs", "accuracy", "seconds", "id")
LONGEST = 24  # letters of the name of a file
NARROW, FEWER = 100, 6  # columns of the terminal under which the list has only this many of its own


def listing(args: argparse.Namespace) -> int:
    """Every run that a filter lets through, pinned ones first, then the newest or as sorted."""
    found = [shelf.Glance(run) for run in shelf.binned(args.runs_dir)] if args.bin else shelf.look(args.runs_dir)
    chosen = shelf.wanted(shelf.picked(found, args.filter), args.sort, args.reverse)
    if args.json:
        plain = [run for each in chosen for run in (each.run, *_seeds(each.run, args))]
        print("".join(f"{json_line(_plain(run))}\n" for run in plain), end="")
        return 0
    if not found:
        with suppress(FileNotFoundError):
            os.scandir(runs_root(args.runs_dir)).close()  # a folder that cannot be read is not an empty one
        where = "the bin of " if args.bin else ""
        print(f"no runs in {where}{runs_root(args.runs_dir)} yet; mlj train moons makes one", file=sys.stderr)
    elif not chosen:
        print(f"none of {len(found)} runs is let through by {args.filter!r:.120}", file=sys.stderr)
    else:
        print(_table([each.run for each in chosen]))
    return 0


def _seeds(run: Run, args: argparse.Namespace) -> list[Run]:
    return children(run, runs_root(args.runs_dir) / shelf.BIN if args.bin else args.runs_dir)


def rename(args: argparse.Namespace) -> int:
    """Call a run something else; nothing but its name changes."""
    run = open_run(args.run, args.runs_dir)
    old = run.name
    shelf.rename(run, args.name, args.runs_dir)
    print(f"{sanitize(old)} is called {sanitize(run.name)} now ({run.id})", file=sys.stderr)
    return 0


def tag(args: argparse.Namespace) -> int:
    """Add tags to a run; one with - in front is taken away; none are printed."""
    run = open_run(args.run, args.runs_dir)
    drop = tuple(word[1:] for word in args.tags if word.startswith("-"))
    add = tuple(word.removeprefix("+") for word in args.tags if not word.startswith("-"))
    said = shelf.label(run, lambda labels: labels.tagged(add, drop)) if args.tags else shelf.Glance(run).labels
    print(" ".join(map(sanitize, said.tags)) or f"{sanitize(run.name)} has no tags")
    return 0


def note(args: argparse.Namespace) -> int:
    """Write a note to a run, or print the one there is; an empty one takes it away."""
    run = open_run(args.run, args.runs_dir)
    if args.text is None:
        print(sanitize(shelf.Glance(run).labels.note, 2000) or f"{sanitize(run.name)} has no note")
    else:
        shelf.label(run, lambda labels: labels.noted(args.text))
    return 0


def pin(args: argparse.Namespace) -> int:
    """Pin runs, so that they are listed first, or unpin them."""
    for name in args.runs:
        shelf.label(open_run(name, args.runs_dir), lambda labels: labels.pinned_as(not args.off))
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
        print("\n" + ("\n".join(sweeps.of_run(run, args.runs_dir)) if run.sweep else _table(seeds)))
    if run.loop:
        print("\nsomebody's own loop" + (":" if run.settings else ""))
        print("\n".join(fact(sanitize(name, 20), sanitize(value, 200)) for name, value in run.settings.items()))
        return 0
    print("\nconfiguration:")
    print("\n".join("  " + sanitize(line, 200) for line in run.config.to_toml().rstrip().split("\n")))
    return 0


def remove(args: argparse.Namespace) -> int:
    """Put runs into the bin, those of many seeds with all of them; or delete them for good, after a question."""
    named = [open_run(name, args.runs_dir) for name in args.runs]
    if not args.for_good:
        for run in {run.folder.resolve(): run for run in named}.values():
            for each in shelf.discard(run):
                print(
                    f"{sanitize(each.name)} is in the bin; mlj runs restore {each.id} brings it back", file=sys.stderr
                )
        return 0
    named += [child for run in named for child in children(run, args.runs_dir)]
    runs = list({run.folder.resolve(): run for run in named}.values())
    for run in runs:
        if run.status.state == "running":
            hint = f"stop it first: mlj ctl {called(run)} stop"
            raise RunError(f"{run.name} is running", code="RUN_LOCKED", hint=hint)
    return _deleted(runs, args)


def restore(args: argparse.Namespace) -> int:
    """Take runs out of the bin."""
    for name in args.runs:
        for run in shelf.restore(name, args.runs_dir):
            print(f"{sanitize(run.name)} is back ({run.id})", file=sys.stderr)
    return 0


def prune(args: argparse.Namespace) -> int:
    """Delete for good what is in the bin, after a question on a terminal."""
    there = shelf.binned(args.runs_dir)
    if not there:
        print("the bin is empty", file=sys.stderr)
    elif args.yes or _sure(there):
        gone = shelf.prune(args.runs_dir, args.days)
        print(f"removed {len(gone)} of {len(there)} runs in the bin", file=sys.stderr)
    return 0


def _deleted(runs: list[Run], args: argparse.Namespace) -> int:
    if args.yes or _sure(runs):
        for run in runs:
            run.delete()
            print(f"removed {run.id} ({sanitize(run.name)})", file=sys.stderr)
    return 0


def _table(runs: list[Run]) -> str:
    """A run a line; on a narrow terminal without what is least asked for."""
    count = FEWER if 0 < table.room() < NARROW else len(HEADER)
    return "\n".join(table.lines((_cells(run)[:count] for run in runs), HEADER[:count], right=(4, 5, 6)))


def _cells(run: Run) -> tuple[Any, ...]:
    glance = shelf.Glance(run)
    status, config = glance.status, glance.config
    if glance.broken:  # one run that cannot be read must not hide the others
        return run.name, "damaged", "", "", "", "", "", run.id
    found, spread = accuracy(status.metrics), status.spread
    reached = f"{status.epoch:,}/{status.epochs:,}" if status.epochs else ""
    percent = f"{found:.1%}" if found == found else ""
    if spread and percent:
        low, _, high = spread["validation_accuracy" if "validation_accuracy" in spread else "train_accuracy"]
        percent = f"{percent} ({low:.1%} to {high:.1%})"
    count = len(run.children)
    whole = f"{len(run.sweep[FOLD])} folds" if folded(run.sweep) else f"sweep of {count}" if run.sweep else ""
    many = f" ({whole or f'{count} seeds'})" if count else ""
    said = ("*" if glance.labels.pinned else "", run.name + many, *(f"#{tag}" for tag in glance.labels.tags))
    name = " ".join(filter(None, said))
    data, seconds = sanitize(data_name(config["dataset"]), LONGEST), f"{status.seconds:.2f}"
    return name, status.state, data, config.get("layers", ""), reached, percent, seconds, run.id


def _plain(run: Run) -> dict[str, Any]:
    """A run as plain values."""
    status, said = run.status, shelf.Glance(run).labels
    found = {
        "run": run.id,
        "name": run.name,
        "created": run.facts.get("created"),
        "parent": run.parent,
        "children": list(run.children),
        "sweep": run.sweep,
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
        "tags": list(said.tags),
        "note": said.note,
        "pinned": said.pinned or "",
    }
    return {name: value for name, value in found.items() if value not in ("", None, [], {}) or name == "metrics"}


def _facts(run: Run) -> Iterator[str]:
    plain = _plain(run)
    metrics, spread, sweep, _ = (plain.pop(name, {}) for name in ("metrics", "spread", "sweep", "children"))
    for name, value in plain.items():
        yield fact(name.replace("_", " "), sanitize(value, 200))
    for name, values in sweep.items():
        yield fact("swept", sanitize(f"{name} = {', '.join(map(typed, values))}", 200))
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

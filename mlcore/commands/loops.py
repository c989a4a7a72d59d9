"""What can be said of somebody's own loops, which have curves but no configuration: plotted, compared, examined."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from mlcore.commands import table
from mlcore.commands.drawing import Band, Paper, curves
from mlcore.doctor.loops import Curves
from mlcore.errors import RunError, UsageError
from mlcore.report import in_order, json_line
from mlcore.runs import Run
from mlcore.sanitize import sanitize
from mlcore.sections import typed

WHY = "one loop each, and nothing but their curves is known: repeat them with several seeds to tell luck from skill"


def plot(run: Run, args: argparse.Namespace, paper: Paper) -> str:
    """Loss or accuracy by step. Raises RunError naming what was logged instead, UsageError for what takes a network."""
    if args.what not in ("loss", "accuracy"):
        hint = "mlj plot --what loss or accuracy"
        raise UsageError(f"run {run.name} is somebody's own loop: {args.what} takes a network", hint=hint)
    found = run.curves
    bands = {
        split: found[f"{split}_{args.what}"] for split in ("train", "validation") if f"{split}_{args.what}" in found
    }
    if not bands:
        bands = {sanitize(name, 24): curve for name, curve in found.items() if args.what in name}
    if not bands:
        hint = f"it logged {', '.join(sanitize(name, 40) for name in found)}" if found else "nothing was logged"
        raise RunError(f"run {run.name} has no {args.what} to plot", code="RUN_EMPTY", hint=hint)
    return curves(bands, paper, args.what, args.log, args.epoch)


def compare(runs: list[Run], args: argparse.Namespace) -> int:
    """Loops beside each other and beside runs of mlj: settings that differ, what each reached, their curves."""
    found = [each.single().curves for each in runs]
    names = _names(runs)
    what = args.what or ("accuracy" if all(_drawn("accuracy", each) for each in found) else "loss")
    rows = {**_differences(runs), **_reached(found)}
    if args.json:
        print(json_line({"metric": what, "runs": [each.id for each in runs], "rows": rows, "verdicts": [], "why": WHY}))
        return 0
    print("\n".join(table.lines(((name, *map(_written, values)) for name, values in rows.items()), ("", *names))))
    bands = dict(_bands(what, names, found))
    if bands:
        print("\n" + curves(bands, Paper.asked(args), what) + "\n")
    print(f"no verdict: {WHY}")
    return 0


def _names(runs: list[Run]) -> list[str]:
    names = [sanitize(each.name, 24) for each in runs]
    return [name if names.count(name) == 1 else each.id for name, each in zip(names, runs, strict=True)]


def _differences(runs: list[Run]) -> dict[str, list[Any]]:
    """The settings that are not the same in all."""
    plain = [each.settings for each in runs]
    rows = {name: [each.get(name) for each in plain] for name in dict.fromkeys(name for each in plain for name in each)}
    return {sanitize(name, 40): values for name, values in rows.items() if any(v != values[0] for v in values)}


def _reached(found: Sequence[Curves]) -> dict[str, list[Any]]:
    """The best and the last of each metric that two have."""
    rows: dict[str, list[Any]] = {}
    for name in in_order({name: 0.0 for each in found for name in each}):
        if sum(name in each for each in found) < 2 or name == "learning_rate":
            continue
        numbers = [[v for v in each.get(name, ((), ()))[1] if isfinite(v)] for each in found]
        best = min if "loss" in name else max
        rows[f"best {name}"] = [best(each) if each else None for each in numbers]
        rows[f"last {name}"] = [each[-1] if each else None for each in numbers]
    rows["steps"] = [max((xs[-1] for xs, _ in each.values()), default=0) for each in found]
    return rows


def _written(value: Any) -> str:
    return "" if value is None else f"{value:.5g}" if isinstance(value, float) else typed(value)


def _drawn(what: str, found: Curves) -> str:
    return next((f"{split}_{what}" for split in ("validation", "train") if f"{split}_{what}" in found), "")


def _bands(what: str, names: list[str], found: Sequence[Curves]) -> Iterator[tuple[str, Band]]:
    for name, each in zip(names, found, strict=True):
        metric = _drawn(what, each)
        if metric:
            yield name, each[metric]

"""`mlj compare`: what differs between runs, what each reached, their curves together, a verdict with an interval."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.commands import loops, table
from mlcore.commands.answers import SHARES
from mlcore.commands.contestants import (
    CONFIDENCE,
    Contestant,
    differences,
    incomparable,
    judge,
    median_range,
)
from mlcore.commands.drawing import Paper, curves
from mlcore.commands.story import plural
from mlcore.commands.topics import typed
from mlcore.errors import UsageError
from mlcore.metrics import GROWING, NUMBERS
from mlcore.report import json_line
from mlcore.runs import open_run
from mlcore.verdict import Verdict

MOST = 8  # curves that can be told apart
WHATS = {"classes": (*SHARES, "loss"), "numbers": (*NUMBERS, "loss")}


def compare(args: argparse.Namespace) -> int:
    """The runs beside each other."""
    runs = {run.id: run for run in (open_run(name, args.runs_dir) for name in args.runs)}
    if not 2 <= len(runs) <= MOST:
        raise UsageError(f"compare takes 2 to {MOST} different runs, got {len(runs)}", hint="mlj runs lists them")
    if any(run.loop for run in runs.values()):
        return loops.compare([*runs.values()], args)
    found = [Contestant(run, args.runs_dir) for run in runs.values()]
    what = _metric(args.what, found)
    names, said = _names(found), _verdicts(found[0], found[1:], what)
    if args.json:
        print(json_line(_plain(found, names, what, said)))
        return 0
    print("\n".join(table.lines(_rows(found, what), ("", *names))))
    paper = Paper.asked(args)
    drawn = _curves(found, names, what, paper)
    print(f"\n{drawn}\n" if drawn else "")
    for name, each, one in zip(names[1:], found[1:], said, strict=True):
        print(_words(found[0], each, (names[0], name), what, one))
        if isinstance(one, Verdict):
            print(f"  {_how(found[0], one, sum(isinstance(each, Verdict) for each in said))}")
    return 0


def _metric(asked: str | None, found: list[Contestant]) -> str:
    """The metric to compare by: as asked, else the first that all have. Raises UsageError naming who has it not."""
    known = {each: WHATS["numbers" if each.task == "regression" else "classes"] for each in found}
    if asked is None:
        return next(what for what in (*known[found[0]], "loss") if all(what in known[each] for each in found))
    for each, whats in known.items():
        if asked not in whats:
            raise UsageError(f"run {each.run.name} has no {asked}", hint="it has " + ", ".join(whats))
    return asked


def _names(found: list[Contestant]) -> list[str]:
    """What each is called; those who share a name by id."""
    names = [each.name for each in found]
    return [name if names.count(name) == 1 else each.run.id for name, each in zip(names, found, strict=True)]


# ---- beside each other ----


def _rows(found: list[Contestant], what: str) -> Iterator[tuple[str, ...]]:
    """Only the settings that differ, then what each reached."""
    for name, values in differences(found).items():
        yield name, *map(typed, values)
    for name, values in _measured(found, what).items():
        yield name, *(median_range(each, functools.partial(_written, name)) for each in values)


def _measured(found: list[Contestant], what: str) -> dict[str, list[list[float]]]:
    """Each number that was measured, of each run for each of its seeds."""
    name = _watched(found, what)
    rows: dict[str, list[list[float]]] = {}
    if name:
        tables = [each.curve(name)[1] for each in found]
        best = np.nanmax if what in GROWING else np.nanmin
        rows[f"best {name}"] = [[float(best(row)) for row in each if np.isfinite(row).any()] for each in tables]
        rows[f"last {name}"] = [[_last(row) for row in each if np.isfinite(row).any()] for each in tables]
    rows |= {f"{split} {what}": [[] for _ in found] for split in dict.fromkeys(each.judged[0] for each in found)}
    for place, each in enumerate(found):
        rows[f"{each.judged[0]} {what}"][place] = each.reached(what) if each.trained else []
    rows["parameters"] = [[each.models[0].network.size] if each.trained else [] for each in found]
    rows["epochs made"] = [[run.status.epoch for run in each.seeds] for each in found]
    rows["seconds"] = [[run.status.seconds for run in each.seeds] for each in found]
    return rows


def _last(row: NDArray[Any]) -> float:
    return float(row[np.isfinite(row)][-1])


def _watched(found: list[Contestant], what: str) -> str:
    """The recorded metric whose curves are drawn: of validation where all have it, else of training; or nothing."""
    for name in (f"validation_{what}", f"train_{what}", "validation_loss", "train_loss"):
        if all(each.curve(name)[0] for each in found):
            return name
    return ""


def _written(name: str, value: float) -> str:
    if name in ("parameters", "epochs made"):
        return f"{value:,.0f}"
    if name == "seconds":
        return f"{value:.3g}"
    return f"{value:.2%}" if name.endswith(SHARES) else f"{value:.5g}"


def _curves(found: list[Contestant], names: list[str], what: str, paper: Paper) -> str:
    """The curves over each other; of many seeds the median, with dots from the lowest to the highest."""
    metric = _watched(found, what)
    if not metric:
        return ""
    bands = {name: each.band(metric) for name, each in zip(names, found, strict=True)}
    return curves(bands, paper, metric.replace("_", " "))


# ---- the verdict ----


def _verdicts(first: Contestant, others: list[Contestant], what: str) -> list[Verdict | str]:
    """What can be told of each beside the first, or why nothing can.

    Where several can, their intervals hold all together: each is wider, as by Dunn 1961.
    """
    whys = [incomparable(first, other, what) for other in others]
    confidence = 1 - (1 - CONFIDENCE) / max(whys.count(""), 1)
    return [why or judge(first, other, what, confidence) for why, other in zip(whys, others, strict=True)]


def _words(first: Contestant, other: Contestant, names: tuple[str, str], what: str, one: Verdict | str) -> str:
    """The verdict in a sentence."""
    a, b = names
    split, rows = first.judged
    if isinstance(one, str):
        return f"{b} and {a} cannot be compared: {one}"
    far = f"{split} {what} {_apart(what, abs(one.difference))}"
    ends = sorted((one.low, one.high)) if one.difference >= 0 else sorted((-one.low, -one.high))
    interval = f"({100 * one.confidence:.4g} % interval {_apart(what, ends[0], bare=True)} to {_apart(what, ends[1])})"
    seeds = f"{len(first.seeds)} and {len(other.seeds)} seeds"
    of = seeds if len(first.seeds) > 1 else f"{plural(len(rows), f'{split} row')}"
    if not one.told:
        return f"no difference between {a} and {b} can be told from {of}: {far} apart {interval}"
    better, worse = (b, a) if (one.difference > 0) == (what in GROWING) else (a, b)
    return f"{better} is better than {worse}: {far} {'higher' if what in GROWING else 'lower'} {interval}, {of}"


def _apart(what: str, value: float, bare: bool = False) -> str:
    """A difference: of shares in points."""
    return f"{100 * value:.2f}{'' if bare else ' points'}" if what in SHARES else f"{value:.4g}"


def _how(first: Contestant, one: Verdict, times: int) -> str:
    """How a verdict was found, and what it does not say."""
    parts = [one.method]
    if times > 1:
        parts.append(f"wide enough for all {times} to hold together, Dunn 1961")
    if len(first.seeds) == 1:
        parts.append("of these two networks: other seeds may say otherwise, --set repeats=5 tells")
    return "; ".join(parts)


def _plain(found: list[Contestant], names: list[str], what: str, said: list[Verdict | str]) -> dict[str, Any]:
    """All of it as plain values."""
    measured, verdicts = _measured(found, what), []
    for name, each, one in zip(names[1:], found[1:], said, strict=True):
        words = {"first": found[0].run.id, "second": each.run.id}
        words |= {"words": _words(found[0], each, (names[0], name), what, one)}
        verdicts.append(words | (one._asdict() | {"told": one.told} if isinstance(one, Verdict) else {}))
    runs = [
        {"run": each.run.id, "name": each.run.name, "seeds": len(each.seeds)}
        | {name.replace(" ", "_"): values[place] for name, values in measured.items()}
        for place, each in enumerate(found)
    ]
    return {"metric": what, "runs": runs, "differences": differences(found), "verdicts": verdicts}

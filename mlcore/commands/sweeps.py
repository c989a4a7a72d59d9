"""`mlj train --sweep`: the combinations as a table, the best first, how the job ended, and what to try next."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlcore import folds, repeats, report, sweeps
from mlcore.commands import folds as folding
from mlcore.commands import table
from mlcore.commands.experiment import value_of
from mlcore.commands.story import called, fact, machine, metric, plural
from mlcore.config import Config
from mlcore.errors import UsageError
from mlcore.recording import STATES
from mlcore.runs import Run, children
from mlcore.sanitize import sanitize
from mlcore.sections import typed
from mlcore.sweeps import Row, Sweep

if TYPE_CHECKING:
    from mlcore.commands.repeats import Ends

WIDTH = 78  # columns of the table at most
COLUMN, SETTINGS, ROWS = 10, 4, 20  # cells a metric needs; settings with a column each; combinations that are shown
SPLITS = ("validation", "test", "train")


def swept(args: argparse.Namespace) -> dict[str, list[Any]]:
    """The settings that `--sweep` names, each with its values. Raises UsageError for one without."""
    found: dict[str, list[Any]] = {}
    for text in args.sweep:
        name, equals, values = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise UsageError(f"--sweep: expected NAME=VALUE,VALUE, got {text!r:.120}", hint="e.g. optimizer.l1=0,0.01")
        if name in found:
            raise UsageError(f"--sweep: {name} is there twice", hint=f"give all its values at once: {name}=A,B,C")
        found[name] = _values(values)
        if "" in found[name]:
            raise UsageError(f"--sweep: {name} has no value" + " between two commas" * bool(values), hint="NAME=A,B,C")
    return found


def _values(text: str) -> list[Any]:
    """Values as a list of a configuration file would have them, or what commas part: 0.1,1  "a","b"  8 relu,16 relu."""
    found = value_of(f"[{text}]") if text else [""]
    return found if isinstance(found, list) else [value_of(part.strip()) for part in text.split(",")]


# ---- the table ----


def lines(config: Config, sweep: Sweep, found: Mapping[int, Mapping[str, float]], bad: Mapping[int, str]) -> list[str]:
    """A combination a line, the best first: its runs, its settings, its metrics (of several seeds the median).

    found: the metrics of each network by its number; bad: how those ended that did not come to their end.
    """
    rows, words = sweeps.ranked(config, sweep, found), sweeps.shown(sweep)
    first = [word.replace("_", " ") for word in words.values()] if len(words) <= SETTINGS else ["settings"]
    cells = [[_numbers(row), *_settings(row, words)] for row in rows[:ROWS]]
    widths = [max(map(len, column)) for column in zip(["run", *first], *cells, strict=True)]
    ends = [", ".join(dict.fromkeys(bad[number] for number in row.numbers if number in bad)) for row in rows[:ROWS]]
    room = WIDTH - sum(widths) - 2 * len(widths) - (12 if any(ends) else 0)
    names = _names(config, sweep, rows)[: max(1, room // (COLUMN + 2))]
    for line, row, end in zip(cells, rows, ends, strict=False):
        line += [metric(name, row.metrics[name]) if name in row.metrics else "" for name in names]
        line += [end] if any(ends) else []
    header = ["run", *first, *(name.replace("_", " ") for name in names), *(["end"] if any(ends) else [])]
    texts = {"settings", "end", *(words[name] for name, values in sweep.items() if isinstance(values[0], str))}
    right = [place for place, word in enumerate(header) if word not in texts]
    told = [*table.lines(cells, header, right, WIDTH)]
    return told + ([f"and {len(rows) - ROWS} more"] if len(rows) > ROWS else [])


def _numbers(row: Row) -> str:
    low, high = min(row.numbers), max(row.numbers)
    return str(low) if low == high else f"{low} to {high}"


def _settings(row: Row, words: Mapping[str, str]) -> list[str]:
    return [*map(typed, row.settings.values())] if len(words) <= SETTINGS else [sweeps.told(row.settings, words)]


def _names(config: Config, sweep: Sweep, rows: list[Row]) -> list[str]:
    """The metrics there are: first what combinations are judged by, then those of validation, test and training."""
    there = list(dict.fromkeys(name for row in rows for name in row.metrics))
    judge = sweeps.monitor(config, sweep, there)
    known = [name for split in SPLITS for name in there if name.startswith(f"{split}_")]
    return list(dict.fromkeys([*([judge] if judge in there else []), *known]))


def of_run(run: Run, root: str | None) -> list[str]:
    """The table of a sweep that is on the disk, of what has begun."""
    known = dict(zip(run.children, run.numbers, strict=True))
    states = {known[each.id]: each.status for each in children(run, root)}
    bad = {place: status.state for place, status in states.items() if status.state != "finished"}
    found = {place: status.metrics for place, status in states.items()}
    told = lines(run.config, run.sweep, found, bad)
    if folds.folded(run.sweep):
        told += ["", *folding.of_run(run, found)]
    return told


# ---- the end ----


def conclusion(ends: Ends, parent: Run | None, how: str) -> Iterator[str]:
    """The result: the table, the best combination and its best run, and what to try next."""
    config, sweep, started = ends.config, ends.sweep, ends.started
    count = len(ends.members) // config.repeats
    seeds = f" of {plural(config.repeats, 'seed')} each" if config.repeats > 1 else ""
    yield f"{how}: {plural(count, 'combination')}{seeds} in {ends.seconds:.3g} s"
    if "layers" not in sweep:
        yield fact("network", f"{started.summary}, {plural(started.parameters, 'parameter')}")
    if not {"backend", "device"} & {*sweep}:
        yield fact("backend", machine(started))
    found = {number: ended.metrics for number, ended in ends.ended.items()}
    bad = {number: ended.reason for number, ended in ends.ended.items() if ended.reason in STATES}
    yield ""
    yield from (f"  {line}" for line in lines(config, sweep, found, bad))
    yield ""
    rows = sweeps.ranked(config, sweep, found)
    best, judge = rows[0], sweeps.monitor(config, sweep, rows[0].metrics)
    yield fact("best", sweeps.told(best.settings, sweeps.shown(sweep)))
    yield fact(judge.replace("_", " "), metric(judge, best.metrics.get(judge, math.nan)))
    if parent is not None:
        names = [child(parent, row.numbers[0]) for row in rows[:2]]
        yield fact("run", sanitize(parent.name))
        yield fact("best run", names[0])
        yield fact("try", f"mlj runs show {names[0]}")
        if len(names) > 1:
            yield fact("", f"mlj compare {' '.join(names)}")


def child(parent: Run, place: int) -> str:
    """What a person types to mean one network of many."""
    safe = called(parent) == parent.name
    return repeats.numbered(parent.name, place) if safe else parent.children[parent.numbers.index(place)]


def plain(ends: Ends) -> dict[str, Any]:
    """The combinations as plain values, the best first."""
    found = {number: ended.metrics for number, ended in ends.ended.items()}
    rows = sweeps.ranked(ends.config, ends.sweep, found)
    told = [{"settings": row.settings, "members": row.numbers, **report.in_order(row.metrics)} for row in rows]
    judge = sweeps.monitor(ends.config, ends.sweep, (name for row in rows for name in row.metrics))
    return {"sweep": ends.sweep, "monitor": judge, "combinations": told}


def judged(ends: Ends) -> int:
    """The exit code of a sweep, which looks for a good one: 8 where all diverged, 1 where none reached the goal."""
    reasons = {ended.reason for ended in ends.ended.values()}
    if reasons == {"diverged"}:
        print(f"mlj: error[DIVERGED]: all {len(ends.ended)} networks of the sweep diverged", file=sys.stderr)
        return 8
    if ends.config.stopping.goal and "goal" not in reasons:
        print(f"mlj: goal not reached by any network: {ends.config.stopping.goal}", file=sys.stderr)
        return 1
    return 0

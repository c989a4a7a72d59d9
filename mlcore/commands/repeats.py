"""`mlj train` with `repeats` above 1: many seeds as one job, and how far they are apart."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from mlcore import repeats, report
from mlcore.commands import sharing
from mlcore.commands.signals import stopped_by_signals
from mlcore.commands.story import ENDINGS, called, fact, machine, plural
from mlcore.commands.training import judged, test_loss
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Data
from mlcore.events import Ended, EpochEnded, Event, Snapshot, Started, Warned
from mlcore.repeats import Told
from mlcore.runs import Run
from mlcore.sanitize import sanitize

if TYPE_CHECKING:
    from mlcore.backends.pytorch.team import Team

TOLD = (EpochEnded, Warned, Snapshot)  # what of a single network becomes a JSON line, beside its end


class Ends:
    """How the networks ended, kept while their events pass."""

    def __init__(self, started: Started, count: int) -> None:
        self.started, self.repeats, self.began, self.seconds = started, count, time.monotonic(), 0.0
        self.by_seed: dict[int, Ended] = {}
        self.first: int = started.config["seed"]

    def listen(self, source: Iterator[Told]) -> Iterator[Told]:
        """Pass on and remember."""
        for told in source:
            if isinstance(told.event, Ended):
                self.by_seed[told.seed] = told.event
            yield told
        self.seconds = time.monotonic() - self.began

    def seeds(self, *reasons: str) -> list[int]:
        """The seeds that ended so, ascending."""
        return sorted(seed for seed, ended in self.by_seed.items() if ended.reason in reasons)


def train(args: argparse.Namespace, config: Config, data: Data) -> int:
    """Train every seed. Exit code as of one: 1 where a goal was missed by any, 8 where any diverged."""
    with sharing.apart() as team:
        return _train(args, config, data, team)


def _train(args: argparse.Namespace, config: Config, data: Data, team: Team | None) -> int:
    controls, ends = Controls(), Ends(repeats.first(config, data), config.repeats)
    parent = None if args.no_record else repeats.begin(config, args.runs_dir, name=args.name or "", data=data)
    train_many = repeats.train_many if team is None else sharing.shared_out(team, config, parent, args.threads)

    def stopping(number: int) -> None:
        if parent is not None:
            parent.exit_code = 128 + number
        controls.stop("interrupted")

    with stopped_by_signals(stopping) as asked:
        try:
            source = train_many(config, controls=controls, data=data, parent=parent)
            for _ in _telling(args, ends.listen(source), ends, data, parent):
                pass
        except Exception as error:
            error.run_folder = parent.folder if parent else None  # type: ignore[attr-defined]
            raise
    _conclude(args, config, ends, parent)
    if asked.number and ends.seeds("interrupted"):
        _say_interrupted(ends, parent)
        return 128 + asked.number
    return _judged(config, ends)


# ---- while they train ----


def _telling(
    args: argparse.Namespace, source: Iterator[Told], ends: Ends, data: Data, parent: Run | None
) -> Iterator[object]:
    """What is told, as the options and the terminal want it."""
    if args.json:
        return _json_lines(source, ends, parent)
    if not args.quiet:
        list(report.fallback([ends.started], sys.stderr))
    if args.log_every:
        return report.warnings(_leading(_article_lines(source, args.log_every, data)), sys.stderr)
    progress = not (args.quiet or args.no_progress)
    if progress and not report.escapes_allowed(sys.stdout, sys.stderr):
        source = _end_lines(source)
    events = report.warnings(_leading(source), sys.stderr)
    if progress and report.escapes_allowed(sys.stdout, sys.stderr):
        return report.ProgressLine(sys.stderr).follow(events)
    return events


def _article_lines(source: Iterator[Told], every: int, data: Data) -> Iterator[Told]:
    """Pass on, with the article's line for each network, its seed before it."""
    for seed, event in source:
        line = report.article_line(event, every, lambda model: test_loss(model, data))
        if line:
            print(f"seed {seed} | {line}", flush=True)
        yield Told(seed, event)


def _leading(source: Iterator[Told]) -> Iterator[Event]:
    """The events of one network at a time, the first that has not ended, and what all others warn of."""
    leader, ended = -1, {-1}
    for seed, event in source:
        if leader in ended:
            leader = seed
        if isinstance(event, Ended):
            ended.add(seed)
        if seed == leader or isinstance(event, Warned):
            yield event


def _end_lines(source: Iterator[Told]) -> Iterator[Told]:
    """Pass on, with a plain line for each network that ends."""
    for seed, event in source:
        if isinstance(event, Ended):
            numbers = [
                f"{_words(name)} {_number(name, value)}" for name, value in report.in_order(event.metrics).items()
            ]
            parts = [f"seed {seed}: {ENDINGS[event.reason]}", plural(event.epoch, "epoch"), *numbers]
            print(", ".join(parts), flush=True)
        yield Told(seed, event)


def _json_lines(source: Iterator[Told], ends: Ends, parent: Run | None) -> Iterator[Told]:
    """Pass on, each as its JSON line with its seed; the end of a single network is `seed_ended`."""
    run = parent.id if parent else ""
    for seed, event in source:
        if isinstance(event, Started) and seed == ends.first:
            _say(report.plain(event, run) | {"config": event.config | {"repeats": ends.repeats}})
        elif isinstance(event, Ended):
            child = {"run": parent.children[seed - ends.first]} if parent else {}
            _say(report.plain(event, "") | {"event": "seed_ended", "seed": seed} | child)
        elif isinstance(event, TOLD):
            _say(report.plain(event, run) | {"seed": seed})
        yield Told(seed, event)


def _say(plain: dict[str, object]) -> None:
    if plain.get("event"):
        print(report.json_line(plain), flush=True)


# ---- when they have ended ----


def _conclude(args: argparse.Namespace, config: Config, ends: Ends, parent: Run | None) -> None:
    """The result: a JSON line, the run's id, or a fact a line."""
    if args.json:
        print(report.json_line(_plain(config, ends, parent)), flush=True)
    elif args.quiet:
        print(parent.id if parent else "", end="\n" if parent else "")
    else:
        print("\n".join(_lines(config, ends, parent)))


def _plain(config: Config, ends: Ends, parent: Run | None) -> dict[str, object]:
    found = repeats.spread(ends.by_seed.values())
    ended = {"event": "ended", "reason": repeats.reason(ends.by_seed.values()), "repeats": config.repeats}
    run = {"run": parent.id} if parent else {}
    spread = {name: found[name]._asdict() for name in report.in_order(dict.fromkeys(found, 0.0))}
    return ended | {"ended": len(ends.by_seed), "seconds": ends.seconds, "spread": spread} | run


def _lines(config: Config, ends: Ends, parent: Run | None) -> Iterator[str]:
    reasons = Counter(ended.reason for ended in ends.by_seed.values())
    how = [ENDINGS[why] if len(reasons) == 1 else f"{count} {ENDINGS[why]}" for why, count in reasons.items()]
    seeds = f"seeds {config.seed} to {config.seed + config.repeats - 1}"
    yield f"{', '.join(how)}: {seeds} in {ends.seconds:.3g} s"
    yield fact("network", f"{ends.started.summary}, {plural(ends.started.parameters, 'parameter')}")
    yield fact("backend", machine(ends.started))
    found = repeats.spread(ends.by_seed.values())
    for name in report.in_order(dict.fromkeys(found, 0.0)):
        low, median, high = (_number(name, value) for value in found[name][:3])
        few = f", of {plural(found[name].seeds, 'seed')}" if found[name].seeds < config.repeats else ""
        yield fact(_words(name), f"{median}   ({low} to {high}{few})")
    if parent is not None:
        yield fact("run", sanitize(parent.name))
        yield fact("try", f"mlj runs show {called(parent)}")


def _judged(config: Config, ends: Ends) -> int:
    """The exit code, and a sentence for the seeds that failed."""
    for seed in ends.seeds("diverged")[:1]:
        others = len(ends.seeds("diverged")) - 1
        message = f"seed {seed}{f' and {others} more' if others else ''}: {ends.by_seed[seed].message}"
        return judged(config, msgspec.structs.replace(ends.by_seed[seed], message=message))
    missed = sorted(seed for seed, ended in ends.by_seed.items() if ended.reason != "goal")
    if not config.stopping.goal or not missed:
        return 0
    by = f"by {len(missed)} of {config.repeats} seeds, the first {missed[0]}"
    print(f"mlj: goal not reached {by}: {config.stopping.goal}", file=sys.stderr)
    return 1


def _say_interrupted(ends: Ends, parent: Run | None) -> None:
    """Where they stopped, and how each goes on."""
    stopped = ends.seeds("interrupted")
    where = f"mlj: interrupted at epoch {ends.by_seed[stopped[0]].epoch} of {plural(len(stopped), 'seed')}"
    if parent is None:
        print(f"{where}; nothing was recorded", file=sys.stderr)
    else:
        hint = f"go on with each: mlj resume {called(parent)}-{stopped[0]}"
        print(f"{where}; each has a checkpoint\n  hint: {hint}", file=sys.stderr)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(name: str, value: float) -> str:
    return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.5f}"

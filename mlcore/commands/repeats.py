"""`mlj train` with `repeats` above 1, `--sweep` or `--folds`: many networks as one job, and how far they are apart."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import msgspec

from mlcore import folds, repeats, report
from mlcore.commands import folds as folding
from mlcore.commands import sharing, sweeps
from mlcore.commands.ending import judged, test_loss
from mlcore.commands.signals import stopped_by_signals
from mlcore.commands.story import ENDINGS, called, fact, machine, metric, plural
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.datasets.dataset import Data, Dataset
from mlcore.errors import UsageError
from mlcore.events import Ended, EpochEnded, Event, Snapshot, Started, Warned
from mlcore.model import Model
from mlcore.repeats import Told
from mlcore.runs import Run
from mlcore.sanitize import sanitize
from mlcore.sweeps import FOLD, Sweep, members

if TYPE_CHECKING:
    from mlcore.backends.pytorch.team import Team

TOLD = (EpochEnded, Warned, Snapshot)  # what of a single network becomes a JSON line, beside its end


class Ends:
    """What the networks are, by number, and how they ended, kept while their events pass."""

    def __init__(self, config: Config, sweep: Sweep) -> None:
        self.config, self.sweep, self.began, self.seconds = config, sweep, time.monotonic(), 0.0
        self.members = {each.number: each for each in members(config, sweep)}
        self.first, self.folded = min(self.members), folds.folded(sweep)
        self.ended: dict[int, Ended] = {}

    def start(self, data: Data) -> None:
        """What the first says when it starts. Raises as `train` does when one of them cannot run here."""
        self.started = repeats.first([*self.members.values()], data)

    def called(self, number: int) -> dict[str, Any]:
        """How a JSON line says which network it is of."""
        if self.folded:
            own = {"fold": self.members[number].settings[FOLD]}
            return own | ({"member": number} if self.config.repeats > 1 else {})
        return {"member": number} if self.sweep else {"seed": number}

    def listen(self, source: Iterator[Told]) -> Iterator[Told]:
        """Pass on and remember."""
        for told in source:
            if isinstance(told.event, Ended):
                self.ended[told.number] = told.event
            yield told
        self.seconds = time.monotonic() - self.began

    def numbers(self, *reasons: str) -> list[int]:
        """Those that ended so, ascending."""
        return sorted(number for number, ended in self.ended.items() if ended.reason in reasons)


def train(args: argparse.Namespace, config: Config) -> int:
    """Train all. Exit code as of one: 1 where a goal was missed by any, 8 where any diverged; of a sweep by all."""
    sweep: Sweep = sweeps.swept(args)
    if args.folds:
        if sweep:
            hint = "sweep first, then cross-validate what was best"
            raise UsageError("--folds and --sweep do not go together", hint=hint)
        sweep = folds.sweep(config)
    with sharing.apart() as team:
        return _train(args, Ends(config, sweep), team)


def _train(args: argparse.Namespace, ends: Ends, team: Team | None) -> int:
    controls, config, sweep = Controls(), ends.config, ends.sweep
    data = config.dataset.load()
    ends.start(data)
    name = args.name or ""
    parent = None if args.no_record else repeats.begin(config, args.runs_dir, sweep=sweep, name=name, data=data)
    train_many = repeats.train_many if team is None else sharing.shared_out(team, config, sweep, parent, args.threads)

    def stopping(number: int) -> None:
        if parent is not None:
            parent.exit_code = 128 + number
        controls.stop("interrupted")

    with stopped_by_signals(stopping) as asked:
        try:
            source = train_many(config, sweep=sweep, controls=controls, data=data, parent=parent)
            for _ in _telling(args, ends.listen(source), ends, data, parent):
                pass
        except Exception as error:
            error.run_folder = parent.folder if parent else None  # type: ignore[attr-defined]
            raise
    _conclude(args, ends, parent)
    if asked.number and ends.numbers("interrupted"):
        _say_interrupted(ends, parent)
        return 128 + asked.number
    return sweeps.judged(ends) if sweep and not ends.folded else _judged(config, ends)


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
        return report.warnings(_leading(_article_lines(source, ends, args.log_every, data), ends), sys.stderr)
    progress = not (args.quiet or args.no_progress)
    if progress and not report.escapes_allowed(sys.stdout, sys.stderr):
        source = _end_lines(source, ends)
    events = report.warnings(_leading(source, ends), sys.stderr)
    if progress and report.escapes_allowed(sys.stdout, sys.stderr):
        return report.ProgressLine(sys.stderr).follow(events)
    return events


def _article_lines(source: Iterator[Told], ends: Ends, every: int, data: Data) -> Iterator[Told]:
    """Pass on, with the article's line for each network, what tells it from the others before it.

    Each is judged on the test rows of its own data: those of a fold, or of what a sweep changes of them.
    """

    @lru_cache(1)  # networks of other data come one after another
    def rows(dataset: Dataset) -> Data:
        return data if dataset == ends.config.dataset else dataset.load()

    def loss(dataset: Dataset, model: Model | None) -> float | None:
        return test_loss(model, rows(dataset))

    for number, event in source:
        member = ends.members[number]
        line = report.article_line(event, every, partial(loss, member.config.dataset))
        if line:
            print(f"{member.label} | {line}", flush=True)
        yield Told(number, event)


def _leading(source: Iterator[Told], ends: Ends) -> Iterator[Event]:
    """The events of one network at a time, the first that has not ended, and what all others warn of, once.

    Of what folds warn of alike, but for its numbers, the first fold's is passed on.
    """
    leader, ended, said = -1, {-1}, set[tuple[str, str]]()
    for number, event in source:
        if isinstance(event, Warned):
            what = folding.kind(event) if ends.folded else (event.code, event.message)
            if what in said:
                continue
            said.add(what)
        if leader in ended:
            leader = number
        if isinstance(event, Ended):
            ended.add(number)
        if number == leader or isinstance(event, Warned):
            yield event


def _end_lines(source: Iterator[Told], ends: Ends) -> Iterator[Told]:
    """Pass on, with a plain line for each network that ends."""
    for number, event in source:
        if isinstance(event, Ended):
            numbers = [
                f"{_words(name)} {metric(name, value)}" for name, value in report.in_order(event.metrics).items()
            ]
            label = ends.members[number].label
            parts = [f"{label}: {ENDINGS[event.reason]}", plural(event.epoch, "epoch"), *numbers]
            print(", ".join(parts), flush=True)
        yield Told(number, event)


def _json_lines(source: Iterator[Told], ends: Ends, parent: Run | None) -> Iterator[Told]:
    """Pass on, each as its JSON line with its seed, or in a sweep its number.

    The end of a single network is `seed_ended` or `member_ended`.
    """
    run = parent.id if parent else ""
    for number, event in source:
        who = ends.called(number)
        if isinstance(event, Started) and number == ends.first:
            swept = {"sweep": ends.sweep} if ends.sweep else {}
            _say(report.plain(event, run) | {"config": ends.config.to_dict()} | swept)
        elif isinstance(event, Ended):
            member = ends.members[number]
            own = {"seed": member.config.seed, "settings": member.settings} if ends.sweep else {}
            child = {"run": parent.children[number - ends.first]} if parent else {}
            _say(report.plain(event, "") | {"event": f"{next(iter(who))}_ended"} | who | own | child)
        elif isinstance(event, TOLD):
            _say(report.plain(event, run) | who)
        yield Told(number, event)


def _say(plain: dict[str, object]) -> None:
    if plain.get("event"):
        print(report.json_line(plain), flush=True)


# ---- when they have ended ----


def _conclude(args: argparse.Namespace, ends: Ends, parent: Run | None) -> None:
    """The result: a JSON line, the run's id, or a fact a line."""
    if args.json:
        print(report.json_line(_plain(ends, parent)), flush=True)
    elif args.quiet:
        print(parent.id if parent else "", end="\n" if parent else "")
    else:
        print("\n".join(_lines(ends, parent)))


def _plain(ends: Ends, parent: Run | None) -> dict[str, Any]:
    reason = repeats.reason(repeats.outcome(ends.config, ends.sweep, ends.ended))
    ended: dict[str, Any] = {"event": "ended", "reason": reason, "repeats": ends.config.repeats}
    ended |= {"ended": len(ends.ended), "seconds": ends.seconds}
    found = repeats.spread(ends.ended.values())
    spread = {name: found[name]._asdict() for name in report.in_order(dict.fromkeys(found, 0.0))}
    told = folding.plain(ends) if ends.folded else sweeps.plain(ends) if ends.sweep else {"spread": spread}
    return ended | told | ({"run": parent.id} if parent else {})


def _lines(ends: Ends, parent: Run | None) -> Iterator[str]:
    config, reasons = ends.config, Counter(ended.reason for ended in ends.ended.values())
    each = [ENDINGS[why] if len(reasons) == 1 else f"{count} {ENDINGS[why]}" for why, count in reasons.items()]
    how = ", ".join(each)
    if ends.sweep:
        yield from (folding if ends.folded else sweeps).conclusion(ends, parent, how)
        return
    seeds = f"seeds {config.seed} to {config.seed + config.repeats - 1}"
    yield f"{how}: {seeds} in {ends.seconds:.3g} s"
    yield fact("network", f"{ends.started.summary}, {plural(ends.started.parameters, 'parameter')}")
    yield fact("backend", machine(ends.started))
    found = repeats.spread(ends.ended.values())
    for name in report.in_order(dict.fromkeys(found, 0.0)):
        low, median, high = (metric(name, value) for value in found[name][:3])
        few = f", of {plural(found[name].seeds, 'seed')}" if found[name].seeds < config.repeats else ""
        yield fact(_words(name), f"{median}   ({low} to {high}{few})")
    if parent is not None:
        yield fact("run", sanitize(parent.name))
        yield fact("try", f"mlj runs show {called(parent)}")


def _judged(config: Config, ends: Ends) -> int:
    """The exit code, and a sentence for the seeds that failed."""
    for seed in ends.numbers("diverged")[:1]:
        others = len(ends.numbers("diverged")) - 1
        message = f"{ends.members[seed].label}{f' and {others} more' if others else ''}: {ends.ended[seed].message}"
        return judged(config, msgspec.structs.replace(ends.ended[seed], message=message))
    missed = sorted(seed for seed, ended in ends.ended.items() if ended.reason != "goal")
    if not config.stopping.goal or not missed:
        return 0
    by = f"by {len(missed)} of {config.repeats} seeds, the first {missed[0]}"
    if ends.folded:
        by = f"by {len(missed)} of {plural(len(ends.members), 'network')}, the first {ends.members[missed[0]].label}"
    print(f"mlj: goal not reached {by}: {config.stopping.goal}", file=sys.stderr)
    return 1


def _say_interrupted(ends: Ends, parent: Run | None) -> None:
    """Where they stopped, and how each goes on."""
    stopped, what = ends.numbers("interrupted"), "network" if ends.sweep else "seed"
    where = f"mlj: interrupted at epoch {ends.ended[stopped[0]].epoch} of {plural(len(stopped), what)}"
    if parent is None:
        print(f"{where}; nothing was recorded", file=sys.stderr)
    else:
        rest = len(ends.members) - len(ends.ended)
        others = f", and {rest} had not begun" if rest else ""
        hint = f"go on with each: mlj resume {sweeps.child(parent, stopped[0])}"
        print(f"{where}; each has a checkpoint{others}\n  hint: {hint}", file=sys.stderr)


def _words(name: str) -> str:
    return name.replace("_", " ")

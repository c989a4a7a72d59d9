"""Somebody's own loops beside each other, and beside runs of mlj: by their curves, which is all that is known of them.

Loops of the same name and the same settings, but for a seed, are repeats of one experiment: their curves are one band,
and several of them beside several others give a verdict over the repeats, as seeds do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import terms, verdict
from mlcore.comparison import Comparison, Said, far, written
from mlcore.contestants import CONFIDENCE, Contestant
from mlcore.errors import UsageError
from mlcore.metrics import GROWING
from mlcore.runs import Run, children
from mlcore.sanitize import sanitize

SPLITS = ("validation", "test", "train")  # whose curve is compared, the first that all have
FALLING = (
    "loss",
    "error",
    "mse",
    "mae",
    "rmse",
    "perplexity",
    "nll",
)  # words of metrics that shrink as they get better
SEEDS = ("seed", "random_state", "random_seed")
FEWEST = 10  # steps two curves share before it is said where they part
ALONE = "one loop each: only repeats, loops of the same name and settings, tell it from luck"


class LoopContestant(Contestant):
    """Repeats of a loop, or one; or a run of mlj of which only the curves count."""

    def __init__(self, seeds: Sequence[Run]) -> None:
        self.run, self.name, self.asked = seeds[0], sanitize(seeds[0].name, 24), list(seeds)
        self.seeds = children(self.run, self.run.folder.parent) if self.run.children else list(seeds)

    def curve(self, name: str) -> tuple[list[int], NDArray[np.float64]]:
        """The steps at which any of the repeats measured it, and their values there, NaN before and after its own."""
        there = [points for points in (self._points(history, name) for history in self.histories) if len(points[0])]
        steps = np.unique(np.concatenate([xs for xs, _ in there])) if there else np.empty(0)
        return [int(step) for step in steps], at(steps, there)

    def axes(self, curve: str) -> dict[str, list[float]]:
        """Steps, twice, and the seconds of the repeat that came farthest."""
        steps = self.curve(curve)[0]
        longest = max(self.histories, key=lambda history: len(history.get("step", ())), default={})
        seconds = at(np.array(steps, np.float64), [self._points(longest, "seconds")])
        return {"epoch": [*steps], "step": [*steps], "seconds": seconds[0].tolist() if len(seconds) else []}

    @staticmethod
    def _points(history: Mapping[str, list[Any]], name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Steps, ascending, each once, and values: the last of those of one step. None where it was no number."""
        xs, ys = (np.array(history.get(key, ()), np.float64) for key in ("step", name))
        known = np.isfinite(ys) if len(xs) == len(ys) else np.zeros(len(ys), bool)
        xs, ys = xs[: len(ys)][known][::-1], ys[known][::-1]
        xs, places = np.unique(xs, return_index=True)
        return xs, ys[places]

    def ends(self, name: str) -> list[float]:
        """The last value of a metric of each repeat that has one."""
        points = (self._points(history, name)[1] for history in self.histories)
        return [float(values[-1]) for values in points if len(values)]

    def bests(self, name: str) -> list[float]:
        """The best value of each."""
        best = np.min if better_when_less(name) else np.max
        points = (self._points(history, name)[1] for history in self.histories)
        return [float(best(values)) for values in points if len(values)]


class LoopComparison(Comparison):
    """2 to 8 loops or groups of repeats, compared with the first by a metric they all logged."""

    unit = "step"
    found: list[LoopContestant]  # type: ignore[assignment]

    def _contestants(self, runs: list[Run]) -> list[Contestant]:
        grouped = groups(runs)
        return [LoopContestant(each) for each in (grouped if len(grouped) > 1 else [[run] for run in runs])]

    @cached_property
    def logged(self) -> list[str]:
        """What all of them measured, by its whole name."""
        names = dict.fromkeys(name for each in self.found for name in each.measured)
        return [name for name in names if all(name in each.measured for each in self.found)]

    @property
    def whats(self) -> tuple[str, ...]:
        """The same without the split."""
        bare = dict.fromkeys(_bare(name) for name in self.logged)
        return tuple(sorted(bare, key=lambda what: ("accuracy", "loss", what).index(what)))

    @property
    def curved(self) -> tuple[str, ...]:
        """The same: there is a curve of each."""
        return self.whats

    def _metric(self, asked: str | None) -> str:
        """As asked, else the first that all have; nothing where they have nothing in common."""
        if asked is None or asked in self.whats:
            return asked or next(iter(self.whats), "")
        for each in self.found:
            known = list(dict.fromkeys(_bare(name) for name in each.measured))
            if asked not in known:
                hint = f"it logged {', '.join(sanitize(name, 40) for name in known) or 'nothing'}"
                raise UsageError(f"run {sanitize(each.run.name)} has no {asked}", hint=hint)
        raise UsageError(
            f"{asked} was not logged of the same split by all of them",
            hint="some logged it of training, some of validation",
        )

    @cached_property
    def curve(self) -> str:
        """Of validation where all have it, else of test, else of training."""
        names = (*(f"{split}_{self.what}" for split in SPLITS), self.what)
        return next((name for name in names if name in self.logged), "")

    def differences(self) -> dict[str, list[Any]]:
        """The settings their authors told of that are not the same in all."""
        plain = [each.run.settings for each in self.found]
        names = dict.fromkeys(name for each in plain for name in each)
        rows = {name: [each.get(name) for each in plain] for name in names}
        return {sanitize(name, 40): values for name, values in rows.items() if any(v != values[0] for v in values)}

    def measured(self) -> dict[str, list[list[float]]]:
        """The best and the last of each metric that two have, of each repeat; steps and seconds."""
        rows: dict[str, list[list[float]]] = {}
        names = [name for each in self.found for name in each.measured]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                if better(name):
                    rows[f"best {sanitize(name, 40)}"] = [each.bests(name) for each in self.found]
                rows[f"last {sanitize(name, 40)}"] = [each.ends(name) for each in self.found]
        rows["steps"] = [[run.status.step for run in each.seeds] for each in self.found]
        rows["seconds"] = [[run.status.seconds for run in each.seeds] for each in self.found]
        return rows

    def _beside(self, first: Contestant, other: Contestant) -> tuple[Sequence[int], NDArray[Any], NDArray[Any]]:
        """At the steps of the one that measured less often, as far as both go."""
        (xs, a), (us, b) = first.curve(self.curve), other.curve(self.curve)
        both = xs and us
        grid = [x for x in min(xs, us, key=len) if both and max(xs[0], us[0]) <= x <= min(xs[-1], us[-1])]
        grid = grid if len(grid) >= FEWEST else []
        steps = np.array(grid, np.float64)
        return grid, at(steps, [(np.array(xs), row) for row in a]), at(steps, [(np.array(us), row) for row in b])

    def verdicts(self) -> list[Said]:
        """What can be told of each beside the first: over repeats with an interval, of single loops without one."""
        if not self.curve:
            return [Said("nothing to judge them by: there is no metric that all of them logged")]
        others, ends = self.found[1:], [each.ends(self.curve) for each in self.found]
        several = [len(ends[0]) > 1 and len(each) > 1 for each in ends[1:]]
        confidence = 1 - (1 - CONFIDENCE) / max(sum(several), 1)
        said = []
        for name, other, mine, judged in zip(self.names[1:], others, ends[1:], several, strict=True):
            if not ends[0] or not mine:
                which = name if ends[0] else self.names[0]
                said.append(Said(f"nothing to judge {which} by: its {_spoken(self.curve)} was never a finite number"))
            elif judged:
                one = verdict.over_seeds(np.array(ends[0]), np.array(mine), confidence)
                said.append(Said(self._words(other, name, one), self._how(one, sum(several)), one))
            elif len(ends[0]) == len(mine) == 1:
                said.append(Said(self._single(name, other), ALONE))
            else:
                counts = f"{len(ends[0])} and {len(mine)} repeats"
                said.append(Said(f"{self.names[0]} and {name} are {counts}: give both several of the same name"))
        return said

    def _words(self, other: Contestant, b: str, one: verdict.Verdict) -> str:
        """A verdict over repeats in a sentence."""
        a, name, what = self.names[0], self.curve, self.what
        low, high = sorted((one.low, one.high)) if one.difference >= 0 else sorted((-one.low, -one.high))
        apart = f"last {_spoken(name)} {far(what, abs(one.difference))}"
        interval = f"({100 * one.confidence:.4g} % interval {far(what, low, bare=True)} to {far(what, high)})"
        of = f"{len(self.found[0].ends(name))} and {len(other.ends(name))} repeats"  # type: ignore[attr-defined]
        if not one.told:
            return f"no difference between {a} and {b} can be told from {of}: {apart} apart {interval}"
        side = "higher" if one.difference > 0 else "lower"
        if not better(name):
            return f"{b} differs from {a}: {apart} {side} {interval}, {of}"
        if (one.difference < 0) == better_when_less(name):
            return f"{b} is better than {a}: {apart} {side} {interval}, {of}"
        return f"{a} is better than {b}: {apart} {'lower' if side == 'higher' else 'higher'} {interval}, {of}"

    def _how(self, one: verdict.Verdict, times: int) -> str:
        parts = [one.method.replace("seeds", "repeats")]
        if times > 1:
            parts.append(f"wide enough for all {times} to hold together, Dunn 1961")
        runs = [run for each in self.found for run in each.seeds]
        if any(run.status.state != "finished" for run in runs) or any(each.changes for each in self.found):
            parts.append("not all ran to their end unchanged")
        return "; ".join((*parts, "by the numbers the loops logged: on which rows only they know"))

    def _single(self, b: str, other: LoopContestant) -> str:
        """Two numbers and how far they are apart."""
        first, name = self.found[0], self.curve
        pairs = {"last": (first.ends(name)[0], other.ends(name)[0])}
        if better(name):
            pairs["best"] = first.bests(name)[0], other.bests(name)[0]
        words = (
            f"{kind} {written(name, v)} and {written(name, u)}, {self._signed(v - u)}" for kind, (u, v) in pairs.items()
        )
        return f"{_spoken(name)} of {b} and {self.names[0]}: {'; '.join(words)}"

    def _signed(self, value: float) -> str:
        return f"{far(self.what, abs(value))} {'higher' if value > 0 else 'lower'}" if value else "the same"


def comparison(runs: Iterable[Run], what: str | None = None) -> Comparison:
    """Runs compared as far as they can be. Raises UsageError when they cannot."""
    runs = list(runs)
    return (LoopComparison if any(run.loop for run in runs) else Comparison)(runs, what)


def groups(runs: Sequence[Run]) -> list[list[Run]]:
    """Repeats together: loops of the same name and settings, but for a seed."""
    found: dict[Any, list[Run]] = {}
    for run in runs:
        settings = {name: value for name, value in run.settings.items() if name not in SEEDS}
        found.setdefault((run.name, repr(settings)) if run.loop else run.id, []).append(run)
    return list(found.values())


def at(places: NDArray[Any], curves: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> NDArray[np.float64]:
    """The values of some curves at other places [curves, places]: on the line between two points, NaN beyond them."""
    rows = [np.interp(places, xs, ys, math.nan, math.nan) for xs, ys in curves if len(xs)]
    return np.array(rows, np.float64).reshape(len(rows), len(places))


def better_when_less(name: str) -> bool:
    """Whether a metric shrinks as it gets better."""
    return not set(terms.word(name).split("_")).isdisjoint(FALLING)


def better(name: str) -> bool:
    """Whether it is known which way a metric gets better."""
    return better_when_less(name) or terms.word(name).endswith((*GROWING, "auc", "bleu", "reward"))


def _bare(name: str) -> str:
    split, _, rest = name.partition("_")
    return rest if split in SPLITS and rest else name


def _spoken(name: str) -> str:
    return sanitize(name.replace("_", " "), 40)

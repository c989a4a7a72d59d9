"""Runs beside each other: what differs, what each reached, their curves, which is better, and where they part.

`mlj compare` prints it, the app's Compare screen shows it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcore import verdict
from mlcore.contestants import (
    CONFIDENCE,
    Band,
    Contestant,
    differences,
    incomparable,
    judge,
    median_range,
)
from mlcore.errors import UsageError
from mlcore.metrics import GROWING, NUMBERS, SHARES
from mlcore.runs import Run
from mlcore.sections import typed
from mlcore.verdict import Parting, Verdict

MOST = 8  # curves that can be told apart
WHATS = {"classes": (*SHARES, "loss"), "numbers": (*NUMBERS, "loss")}


class Said(NamedTuple):
    """What is told of a run beside the first: in words, how that was found, and in numbers where it can be told."""

    words: str
    how: str = ""
    verdict: Verdict | None = None


class Comparison:
    """2 to 8 different runs, compared by a metric with the first. Raises UsageError when they are not."""

    unit = "epoch"  # what the curves are over

    def __init__(self, runs: Sequence[Run], what: str | None = None) -> None:
        self.found = self._contestants(list({run.id: run for run in runs}.values()))
        if not 2 <= len(self.found) <= MOST:
            hint = "mlj runs lists them"
            raise UsageError(f"compare takes 2 to {MOST} different runs, got {len(self.found)}", hint=hint)
        names = [each.name for each in self.found]
        self.names = [n if names.count(n) == 1 else each.run.id for n, each in zip(names, self.found, strict=True)]
        self.what = self._metric(what)

    def _contestants(self, runs: list[Run]) -> list[Contestant]:
        return [Contestant(run) for run in runs]

    @property
    def whats(self) -> tuple[str, ...]:
        """The metrics all of them have."""
        known = [WHATS["numbers" if each.task == "regression" else "classes"] for each in self.found]
        return tuple(what for what in known[0] if all(what in each for each in known))

    @property
    def curved(self) -> tuple[str, ...]:
        """The same, those first of which there are curves."""
        measured = {name.partition("_")[2] for each in self.found for name in each.measured}
        return tuple(sorted(self.whats, key=lambda what: what not in measured))

    def _metric(self, asked: str | None) -> str:
        """As asked, else the first that all have. Raises UsageError naming who has it not."""
        if asked is None or asked in self.whats:
            return asked or self.whats[0]
        for each in self.found:
            whats = WHATS["numbers" if each.task == "regression" else "classes"]
            if asked not in whats:
                raise UsageError(f"run {each.run.name} has no {asked}", hint="it has " + ", ".join(whats))
        return asked

    # ---- beside each other ----

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Only the settings that differ, what was changed on the way, then what each reached."""
        for name, values in self.differences().items():
            yield name, *map(typed, values)
        if any(each.changes for each in self.found):
            yield "changed on the way", *(", ".join(each.changes) for each in self.found)
        for name, values in self.measured().items():
            yield name, *(median_range(each, functools.partial(written, name)) for each in values)

    def differences(self) -> dict[str, list[Any]]:
        """The settings that are not the same in all."""
        return differences(self.found)

    def measured(self) -> dict[str, list[list[float]]]:
        """Each number that was measured, of each run for each of its seeds."""
        name, found, what = self.curve, self.found, self.what
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

    # ---- curves ----

    @cached_property
    def curve(self) -> str:
        """The recorded metric whose curves are drawn: of validation where all have it, else of training; or nothing."""
        for name in (f"validation_{self.what}", f"train_{self.what}", "validation_loss", "train_loss"):
            if all(each.curve(name)[0] for each in self.found):
                return name
        return ""

    def bands(self) -> list[Band]:
        """The curve of each; of many seeds the median, and the lowest and the highest."""
        return [each.band(self.curve) for each in self.found] if self.curve else []

    def partings(self) -> list[Parting]:
        """Where each of the others parts from the first."""
        return [parting for _, parting in self._apart()] if self.curve else []

    def parted(self) -> list[str]:
        """The same in words."""
        said, unit = [], self.unit
        for name, (places, one) in zip(self.names[1:], self._apart() if self.curve else (), strict=False):
            if not places:
                continue
            same = f"the same numbers until {unit} {places[one.same - 1]:,}, " if one.same else ""
            if one.apart is None:
                said.append(f"{name} and {self.names[0]}: {same}never apart by more than two standard deviations")
            else:
                where = f"apart by more than two standard deviations from {unit} {places[one.apart]:,} on"
                said.append(f"{name} and {self.names[0]}: {same}{where}")
        return said

    def _apart(self) -> Iterator[tuple[Sequence[int], Parting]]:
        """The same as places in the curves, and what those are numbered."""
        first, *others = self.found
        for other in others:
            places, a, b = self._beside(first, other)
            yield places, verdict.parting(a, b)

    def _beside(self, first: Contestant, other: Contestant) -> tuple[Sequence[int], NDArray[Any], NDArray[Any]]:
        """The curves of two [seeds, places], place by place the same epoch."""
        (places, a), (_, b) = first.curve(self.curve), other.curve(self.curve)
        return places, a, b

    # ---- the verdict ----

    def verdicts(self) -> list[Said]:
        """What can be told of each beside the first, or why nothing can.

        Where several can, their intervals hold all together: each is wider, as by Dunn 1961.
        """
        first, *others = self.found
        whys = [incomparable(first, other, self.what) for other in others]
        times = whys.count("")
        confidence = 1 - (1 - CONFIDENCE) / max(times, 1)
        said = []
        for name, other, why in zip(self.names[1:], others, whys, strict=True):
            if why:
                said.append(Said(f"{name} and {self.names[0]} cannot be compared: {why}"))
            else:
                one = judge(first, other, self.what, confidence)
                said.append(Said(self._words(other, name, one), self._how(one, times), one))
        return said

    def _words(self, other: Contestant, b: str, one: Verdict) -> str:
        """The verdict in a sentence."""
        first, a, what = self.found[0], self.names[0], self.what
        split, rows = first.judged
        apart = f"{split} {what} {far(what, abs(one.difference))}"
        ends = sorted((one.low, one.high)) if one.difference >= 0 else sorted((-one.low, -one.high))
        interval = f"({100 * one.confidence:.4g} % interval {far(what, ends[0], bare=True)} to {far(what, ends[1])})"
        seeds = f"{len(first.seeds)} and {len(other.seeds)} seeds"
        of = seeds if len(first.seeds) > 1 else f"{len(rows):,} {split} row{'s' * (len(rows) != 1)}"
        if not one.told:
            return f"no difference between {a} and {b} can be told from {of}: {apart} apart {interval}"
        better, worse = (b, a) if (one.difference > 0) == (what in GROWING) else (a, b)
        return f"{better} is better than {worse}: {apart} {'higher' if what in GROWING else 'lower'} {interval}, {of}"

    def _how(self, one: Verdict, times: int) -> str:
        """How a verdict was found, and what it does not say."""
        parts = [one.method]
        if times > 1:
            parts.append(f"wide enough for all {times} to hold together, Dunn 1961")
        if len(self.found[0].seeds) == 1:
            parts.append("of these two networks: other seeds may say otherwise, --set repeats=5 tells")
        return "; ".join(parts)

    def plain(self) -> dict[str, Any]:
        """All of it as plain values."""
        measured, first = self.measured(), self.found[0]
        verdicts = []
        apart = self.partings() or [Parting(0, None)] * (len(self.found) - 1)
        for each, said, one in zip(self.found[1:], self.verdicts(), apart, strict=True):
            numbers = said.verdict._asdict() | {"told": said.verdict.told} if said.verdict else {}
            where = {"same_epochs": one.same, "apart_epoch": None if one.apart is None else one.apart + 1}
            words = {"first": first.run.id, "second": each.run.id, "words": said.words}
            verdicts.append(words | numbers | where)
        runs = [
            {"run": each.run.id, "name": each.run.name, "seeds": len(each.seeds)}
            | {name.replace(" ", "_"): values[place] for name, values in measured.items()}
            for place, each in enumerate(self.found)
        ]
        return {"metric": self.what, "runs": runs, "differences": self.differences(), "verdicts": verdicts}


def _last(row: NDArray[Any]) -> float:
    return float(row[np.isfinite(row)][-1])


def written(name: str, value: float) -> str:
    """A measured number as people read it."""
    if name in ("parameters", "epochs made"):
        return f"{value:,.0f}"
    if name == "seconds":
        return f"{value:.3g}"
    return f"{value:.2%}" if name.endswith(SHARES) else f"{value:.5g}"


def far(what: str, value: float, bare: bool = False) -> str:
    """A difference as people read it: of shares in points."""
    return f"{100 * value:.2f}{'' if bare else ' points'}" if what in SHARES else f"{value:.4g}"

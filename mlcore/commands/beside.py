"""A network on a table beside simpler models: what is to beat, told before training, and where it stands at the end."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from mlcore import baselines, rivals, standing
from mlcore.baselines import Baseline
from mlcore.commands.story import fact
from mlcore.datasets.dataset import Data
from mlcore.events import Ended, Event, Started
from mlcore.report import json_line
from mlcore.rivals import Rival
from mlcore.standing import Standing

LEFT = ("interrupted", "diverged")  # ends after which nobody asks


class Beside:
    """The rivals of a network on a table. They are fitted when it starts; other data have none, and a quiet run."""

    def __init__(self, args: argparse.Namespace, data: Data) -> None:
        self.data, self.json = data, bool(args.json)
        self.asked = baselines.tabular(data) and not args.quiet
        self.brief = bool(args.no_progress)
        self.several: tuple[Rival, ...] = ()
        self.standing: Standing | None = None

    def listen(self, events: Iterator[Event]) -> Iterator[Event]:
        """Pass on; say what is to beat when it has started, and in JSON where it stands before its end."""
        for event in events:
            if self.asked and isinstance(event, Ended) and event.model is not None and event.reason not in LEFT:
                self.standing = standing.judge(event.model, self.data, self.several)
                if self.json:
                    print(json_line(plain(self.standing, self.data)), flush=True)
            yield event
            if self.asked and isinstance(event, Started):
                self.several = rivals.fit(self.data)
                self._before()

    def _before(self) -> None:
        """What is to beat, on the validation rows: the test rows are left alone until the end."""
        split = "train" if self.data.validation is None else "validation"
        rows = self.data.validation or self.data.train
        found = baselines.scores(self.several, self.data, rows)
        notes = tuple(each.note for each in self.several if each.note)
        if self.json:
            print(
                json_line({"event": "baselines", "split": split, "scores": scores(found), "notes": notes}), flush=True
            )
        elif not self.brief:
            print(fact("to beat", f"{listed(found, self.data)} on the {split} rows"), flush=True)
            for note in notes:
                print(fact("", note), flush=True)

    def lines(self) -> Iterator[str]:
        """Where the network stands, a fact a line."""
        if self.standing is not None:
            n = len(self.data.held[1])
            yield fact(
                "beside it", f"{listed(self.standing.found, self.data)} on the same {n:,} {self.standing.split} rows"
            )
            yield fact("in short", self.standing.sentence)


def plain(found: Standing, data: Data) -> dict[str, Any]:
    """A standing as plain values."""
    return {
        "event": "baselines",
        "split": found.split,
        "network": found.network,
        "scores": scores(found.found),
        "sentence": found.sentence,
        "notes": found.notes,
    }


def scores(found: tuple[Baseline, ...]) -> dict[str, float]:
    """Scores by name, as JSON has them."""
    return {each.name.replace(" ", "_"): each.score for each in found}


def listed(found: tuple[Baseline, ...], data: Data) -> str:
    """Scores in a sentence: `commonest class 61.5%, logistic regression 80.4%`."""
    shares = data.task.kind != "regression"
    return ", ".join(f"{each.name} {standing.told(each.score, shares)}" for each in found)

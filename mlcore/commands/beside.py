"""A network on a table beside simpler models: what is to beat, told before training, and where it stands at the end."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from mlcore import baselines, forecasting, rivals, standing
from mlcore.baselines import Baseline
from mlcore.commands.story import fact
from mlcore.datasets.dataset import Data, Rows
from mlcore.events import Ended, Event, Started
from mlcore.forecasting import Errors
from mlcore.model import Model
from mlcore.report import json_line
from mlcore.rivals import Rival

LEFT = ("interrupted", "diverged")  # ends after which nobody asks


class Beside:
    """Simpler models on the rows of a network, fitted when it starts: of a table, or what is said of a series.

    Other data have none, and nothing is said of them where a run is quiet.
    """

    def __init__(self, args: argparse.Namespace, data: Data) -> None:
        self.data, self.json, self.brief = data, bool(args.json), bool(args.no_progress)
        self.series = data.train.growth is not None
        self.asked = (baselines.tabular(data) or self.series) and not args.quiet
        self.several: tuple[Rival, ...] = ()
        self.told: tuple[str, ...] = ()

    def listen(self, events: Iterator[Event]) -> Iterator[Event]:
        """Pass on; say what is to beat when it has started, and in JSON where it stands before its end."""
        for event in events:
            if self.asked and isinstance(event, Ended) and event.model is not None and event.reason not in LEFT:
                said, self.told = (self._foretold if self.series else self._stands)(event.model)
                self._say(said)
            yield event
            if self.asked and isinstance(event, Started):
                split = "train" if self.data.validation is None else "validation"
                (self._before_series if self.series else self._before)(split, self.data.validation or self.data.train)

    def _say(self, said: dict[str, Any]) -> None:
        if self.json:
            print(json_line({"event": "baselines"} | said), flush=True)

    def _before(self, split: str, rows: Rows) -> None:
        """What is to beat: the test rows are left alone until the end."""
        self.several = rivals.fit(self.data)
        found = baselines.scores(self.several, self.data, rows)
        notes = tuple(each.note for each in self.several if each.note)
        self._say({"split": split, "scores": scores(found), "notes": notes})
        if not (self.json or self.brief):
            print(fact("to beat", f"{listed(found, self.data)} on the {split} rows"), flush=True)
            for note in notes:
                print(fact("", note), flush=True)

    def _stands(self, model: Model) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Where the network stands, as plain values and as facts."""
        found = standing.judge(model, self.data, self.several)
        same = f"on the same {len(self.data.held[1]):,} {found.split} rows"
        said = {"split": found.split, "network": found.network, "scores": scores(found.found)}
        said |= {"sentence": found.sentence, "notes": found.notes}
        beside = f"{listed(found.found, self.data)} {same}"
        return said, (fact("beside it", beside), fact("in short", found.sentence))

    # ---- of a series ----

    def _before_series(self, split: str, rows: Rows) -> None:
        found = _errors(self.data, rows)
        self._say({"split": split, "errors": _plain(found)})
        if not (self.json or self.brief):
            print(fact("to beat", f"{_off(found)} on the {split} rows"), flush=True)

    def _foretold(self, model: Model) -> tuple[dict[str, Any], tuple[str, ...]]:
        """How far off the forecast is, and others."""
        split, rows = self.data.held
        own, found = forecasting.errors(*forecasting.values(model, self.data, rows)), _errors(self.data, rows)
        sentence = foretold(own, found)
        said = {"split": split, "network": own._asdict(), "errors": _plain(found), "sentence": sentence}
        horizons = f"{len(rows)} horizon{'s' * (len(rows) != 1)} of {rows.y.shape[1]}"
        over = f"on the same {rows.y.size:,} values, {horizons}" if split != "train" else "on the training rows"
        return said, (fact("beside it", f"{_off(found)} {over}"), fact("in short", sentence))


def foretold(own: Errors, found: dict[str, Errors]) -> str:
    """What the errors of a forecast and of those without a network mean."""
    *naive, linear = found
    best = min(naive, key=lambda name: found[name].mape)
    against = f"{own.mape:.1%} off on average against {found[best].mape:.1%} of {best!r}"
    if not own.mape < found[best].mape:
        return f"the network is no better than what is said without learning: {against}"
    also = f"; {linear} does as well, {found[linear].mape:.1%}" if found[linear].mape <= 1.1 * own.mape else ""
    return f"the network is better than what is said without learning: {against}{also}"


def _errors(data: Data, rows: Rows) -> dict[str, Errors]:
    truth = rows.growth.values(rows.y) if rows.growth is not None else rows.y
    return {name: forecasting.errors(truth, said) for name, said in forecasting.naive(data, rows).items()}


def _plain(found: dict[str, Errors]) -> dict[str, dict[str, float]]:
    return {name.replace(",", "").replace(" ", "_"): each._asdict() for name, each in found.items()}


def _off(found: dict[str, Errors]) -> str:
    """Errors in a sentence."""
    return "off by " + ", ".join(f"{each.mape:.1%} {name!r}" for name, each in found.items())


# ---- of a table ----


def scores(found: tuple[Baseline, ...]) -> dict[str, float]:
    """Scores by name, as JSON has them."""
    return {each.name.replace(" ", "_"): each.score for each in found}


def listed(found: tuple[Baseline, ...], data: Data) -> str:
    """Scores in a sentence: `commonest class 61.5%, logistic regression 80.4%`."""
    shares = data.task.kind != "regression"
    return ", ".join(f"{each.name} {standing.told(each.score, shares)}" for each in found)

"""`mlj plot`: the curves of a run, what it believes, what it mistakes for what, how it fits."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcore import examining, forecasting
from mlcore.commands import insides, loops, maps
from mlcore.commands.data import class_name, raw
from mlcore.commands.drawing import Paper, curves, points
from mlcore.commands.evaluating import WIDEST
from mlcore.commands.story import plural
from mlcore.config import Config
from mlcore.contestants import Contestant
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import RunError, UsageError
from mlcore.model import Model
from mlcore.runs import Run, open_run
from mlcore.sanitize import sanitize

SHOWN = 3000  # points of a split drawn at most, evenly taken


class Sitter(NamedTuple):
    """A run that sits for its picture: its network at one epoch, and its data."""

    name: str
    config: Config
    model: Model
    data: Data

    @property
    def classes(self) -> bool:
        """Whether it tells classes apart."""
        return self.data.task.kind != "regression"

    @property
    def held(self) -> tuple[str, Rows]:
        """The rows it is judged by: test, else validation, else training rows; with their name."""
        return self.data.held


def plot(args: argparse.Namespace) -> int:
    """One picture of a run."""
    run, paper = open_run(args.run, args.runs_dir), Paper.asked(args)
    if run.loop:
        print(loops.plot(run, args, paper))
        return 0
    if args.what in PICTURES or args.what in INSIDES:
        sitter = _sitter(run.single(), args.epoch)
    if args.what in INSIDES:
        print(INSIDES[args.what](sitter, args, paper))
    elif args.what in PICTURES:
        print(PICTURES[args.what](sitter, paper))
    else:
        print(_curves(Contestant(run), args, paper))
    return 0


def _curves(run: Contestant, args: argparse.Namespace, paper: Paper) -> str:
    """Loss or accuracy by epoch, of training and of validation; of many seeds the medians and how far they reach."""
    bands = {split: run.band(f"{split}_{args.what}") for split in ("train", "validation")}
    there = {split: band for split, band in bands.items() if band[0]}
    if not there:
        message = f"run {run.run.name} has no {args.what} to plot"
        raise RunError(message, code="RUN_EMPTY", hint="mlj runs show says more")
    last = max(int(band[0][-1]) for band in there.values())
    if args.epoch is not None and args.epoch > last:
        raise UsageError(
            f"--epoch: run {run.run.name} has made {plural(last, 'epoch')}, got {args.epoch:,}", hint="name one of them"
        )
    return curves(there, paper, args.what, args.log, args.epoch)


def _sitter(run: Run, epoch: int | None) -> Sitter:
    model, config = run.model(epoch), run.config
    return Sitter(run.name, config, model, config.dataset.load())


def _boundary(sitter: Sitter, paper: Paper) -> str:
    """The class it answers everywhere on a plane, under the rows it is judged by."""
    if not sitter.classes:
        raise unfit(sitter, "predicts numbers", "a decision map shows classes", "fit")
    if sitter.data.input_shape != (2,):
        count = sitter.data.input_shape[0]
        raise unfit(sitter, f"has {plural(count, 'feature')}", "a decision map takes two", "confusion")
    name, rows = sitter.held
    return maps.decision(sitter.config, sitter.model, sitter.data, _some(rows), name, paper)


def _confusion(sitter: Sitter, paper: Paper) -> str:
    """How often each class was taken for each other."""
    if not sitter.classes:
        raise unfit(sitter, "predicts numbers", "only classes are mistaken for each other", "fit")
    name, rows = sitter.held
    classes = len(sitter.data.task.class_names)
    if classes > WIDEST and not maps.has_room(classes, paper):
        message = f"run {sitter.name} has {classes:,} classes: a matrix of them has no room in {paper.width} columns"
        raise UsageError(
            message,
            code="USAGE_UNFIT",
            hint=f"--width {classes + 2 * maps.CELL} makes it; mlj evaluate --json has it in numbers",
        )
    found = examining.confusion(examining.judge(sitter.model, sitter.data, name))
    names = [class_name(sitter.data, number) for number in range(len(found))]
    return maps.confusion(found, names, f"{len(rows):,} {name} rows", paper)


def _fit(sitter: Sitter, paper: Paper) -> str:
    """Train, test and prediction points: against the one feature, else predictions against the truth."""
    if sitter.classes:
        what = "boundary" if sitter.data.input_shape == (2,) else "confusion"
        raise unfit(sitter, "predicts classes", "a fit is of numbers", what)
    name, held = sitter.held
    held, train = _some(held), _some(sitter.data.train)
    if sitter.data.input_shape == (1,) and sitter.data.task.outputs == 1:
        return _against_x(sitter, train, held, name, paper)
    parts = {"perfect": held, "train": train} | {name: held}
    true = [rows.y.ravel() for rows in parts.values()]
    said = [true[0], *(_predicted(sitter, rows).ravel() for rows in list(parts.values())[1:])]
    title = "prediction (up) and truth (across)"
    return f"{title}\n{_points(true, said, list(parts), paper._replace(height=paper.height - 1))}"


def _against_x(sitter: Sitter, train: Rows, held: Rows, name: str, paper: Paper) -> str:
    x, there = raw(sitter.data, held)[:, 0], [("train", raw(sitter.data, train)[:, 0], train.y[:, 0])]
    there += [(name, x, held.y[:, 0])] if name != "train" else []
    there.append(("prediction", x, _predicted(sitter, held)[:, 0]))
    names, xs, ys = zip(*there, strict=True)
    feature = sanitize(sitter.data.feature_names[0])
    return f"target (up) and {feature} (across)\n{_points(xs, ys, names, paper._replace(height=paper.height - 1))}"


def _forecast(sitter: Sitter, paper: Paper) -> str:
    """The series, its truth and what is said of the rows held back, in their order, with a band around it."""
    if not forecasting.forecasts(sitter.data):
        raise unfit(sitter, "does not learn from a series", "a forecast is of what comes next", "loss")
    found = forecasting.forecast(sitter.model, sitter.data)
    x = np.arange(len(found.said)) + 1.0
    known = np.concatenate([found.before, found.truth])
    truth = np.arange(len(known)) + 1.0 - len(found.before), known
    bands = {"forecast": (x, found.said, found.said + found.low, found.said + found.high), "truth": truth}
    drawn = curves(bands, paper._replace(height=paper.height - 1), f"{len(x):,} {found.split} rows in their order")
    return f"{drawn}\ndots: eight of ten validation rows lie from {found.low:+.4g} to {found.high:+.4g} of the forecast"


def _predicted(sitter: Sitter, rows: Rows) -> NDArray[Any]:
    return examining.outputs(sitter.model, sitter.data.inputs(rows))


def _points(xs: Any, ys: Any, names: Any, paper: Paper) -> str:
    label = np.repeat(np.arange(len(xs)), [len(x) for x in xs])
    return points(np.concatenate(xs), np.concatenate(ys), label, names, paper)


def _some(rows: Rows) -> Rows:
    return rows.take(slice(None, None, -(-len(rows) // SHOWN)))


def unfit(sitter: Sitter, has: str, takes: str, instead: str) -> UsageError:
    """The error for a picture a run does not fit."""
    return UsageError(f"run {sitter.name} {has}: {takes}", code="USAGE_UNFIT", hint=f"try --what {instead}")


def _projection(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> str:
    """Rows on their main components, at the inputs or after a hidden layer."""
    split = args.split or sitter.held[0]
    return insides.projection(sitter.model, sitter.data, split, args.layer, paper)


def _filters(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> str:
    """What the first layer looks for."""
    return insides.filters(sitter.model, sitter.data, paper)


INSIDES: Mapping[str, Callable[[Sitter, argparse.Namespace, Paper], str]] = {
    "projection": _projection,
    "filters": _filters,
}
PICTURES: Mapping[str, Callable[[Sitter, Paper], str]] = {
    "boundary": _boundary,
    "confusion": _confusion,
    "fit": _fit,
    "forecast": _forecast,
}

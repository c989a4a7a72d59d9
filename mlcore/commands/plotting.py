"""`mlj plot`: the curves of a run, what it believes, what it mistakes for what, how it fits."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import evaluation, examining, forecasting, metrics, report
from mlcore.commands import insides, judging, loops, maps, reasons, saving
from mlcore.commands.charts import listed, of_curves
from mlcore.commands.drawing import Paper, curves, points
from mlcore.commands.evaluating import WIDEST
from mlcore.commands.rows import class_name, raw
from mlcore.commands.sitters import Drawing, Sitter, captioned, unfit
from mlcore.commands.story import called, plural
from mlcore.contestants import Contestant
from mlcore.datasets.dataset import Rows
from mlcore.errors import Diverged, RunError, UsageError
from mlcore.runs import Run, open_run
from mlcore.sanitize import sanitize

SHOWN = 3000  # points of a split drawn at most, evenly taken


def plot(args: argparse.Namespace) -> int:
    """One picture of a run: printed, written to a file, or as numbers."""
    run = open_run(args.run, args.runs_dir)
    kind, paper = saving.kind(args.out), saving.paper(args)
    unasked(args)
    drawing = draw(run, args, paper)
    if args.json and drawing.numbers is None:
        raise UsageError(f"--json: {args.what} is not told in numbers", hint="leave it out, or draw it with -o")
    if kind:
        saving.save(Path(args.out), kind, drawing.text)
    if args.json:
        written = {"out": args.out} if kind else {}
        print(report.json_line({"what": args.what, **written, **(drawing.numbers or {})}))
    elif kind:
        print(f"wrote {sanitize(args.out, 500)}")
    else:
        print(drawing.text)
    return 0


def unasked(args: argparse.Namespace) -> None:
    """Raise UsageError for an option that another picture takes."""
    for name, takers in OPTIONS.items():
        if getattr(args, name) is not None and args.what not in takers:
            message = f"--{name}: {args.what} takes none"
            raise UsageError(message, hint=f"it is of --what {', '.join(takers)}")


def draw(run: Run, args: argparse.Namespace, paper: Paper) -> Drawing:
    """The picture of a run that is asked for."""
    if run.loop:
        return loops.plot(run, args, paper)
    if args.what not in PICTURES:
        return _curves(Contestant(run), args, paper)
    try:
        return PICTURES[args.what](Sitter.of(run.single(), args.epoch), args, paper)
    except Diverged as error:
        raise Diverged(f"run {run.name}: {error}", hint=f"mlj doctor {called(run)} says why") from None


def _curves(run: Contestant, args: argparse.Namespace, paper: Paper) -> Drawing:
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
    return captioned(
        lambda room: curves(there, room, args.what, args.log, args.epoch),
        of_curves(there, args.what, "epoch"),
        listed(there, run.run.name),
        paper,
    )


def _boundary(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """The class it answers everywhere on a plane, under the rows it is judged by."""
    if not sitter.classes:
        raise unfit(sitter, "predicts numbers", "a decision map shows classes", "fit")
    if sitter.data.input_shape != (2,):
        count = sitter.data.input_shape[0]
        raise unfit(sitter, f"has {plural(count, 'feature')}", "a decision map takes two", "confusion")
    name, rows = sitter.rows(args.split)
    with np.errstate(all="ignore"):
        z = examining.outputs(sitter.model, sitter.data.inputs(rows))
    wrong = int((metrics.predicted(z) != rows.y).sum())
    sentence = f"{wrong:,} of {len(rows):,} {name} rows lie where another class is answered"
    return captioned(
        lambda room: maps.decision(sitter.config, sitter.model, sitter.data, _some(rows), name, room),
        sentence,
        None,
        paper,
    )


def _confusion(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """How often each class was taken for each other."""
    if not sitter.classes:
        raise unfit(sitter, "predicts numbers", "only classes are mistaken for each other", "fit")
    name, rows = sitter.rows(args.split)
    classes = len(sitter.data.task.class_names)
    if classes > WIDEST and not maps.has_room(classes, paper) and not args.json:
        message = f"run {sitter.name} has {classes:,} classes: a matrix of them has no room in {paper.width} columns"
        raise UsageError(
            message,
            code="USAGE_UNFIT",
            hint=f"--width {classes + 2 * maps.CELL} makes it; --json has it in numbers",
        )
    found = examining.confusion(examining.judge(sitter.model, sitter.data, name))
    names = [class_name(sitter.data, number) for number in range(len(found))]
    wrong = found - np.diag(np.diag(found))
    label, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
    times = int(wrong.max())
    sentence = f"{plural(int(wrong.sum()), 'mistake')}"
    sentence += f", most often {names[label]} taken for {names[said]} ({times:,})" if times else ""
    numbers = {"run": sitter.name, "split": name, "rows": len(rows), "classes": names, "confusion": found.tolist()}
    of = f"{len(rows):,} {name} rows"
    return captioned(lambda room: maps.confusion(found, names, of, room), sentence, numbers, paper)


def _fit(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """Train, test and prediction points: against the one feature, else predictions against the truth."""
    if sitter.classes:
        what = "boundary" if sitter.data.input_shape == (2,) else "confusion"
        raise unfit(sitter, "predicts classes", "a fit is of numbers", what)
    name, held = sitter.rows(args.split)
    found = evaluation.of_numbers(*held.own(_predicted(sitter, held))).scores
    sentence = f"R2 {found['r2']:.4f} on {name} rows, mean absolute error {found['mae']:.4g}"
    held, train = _some(held), _some(sitter.data.train)
    if sitter.data.input_shape == (1,) and sitter.data.task.outputs == 1:
        return captioned(lambda room: _against_x(sitter, train, held, name, room), sentence, None, paper)
    parts = {"perfect": held, "train": train} | {name: held}
    own = [rows.own(_predicted(sitter, rows)) for rows in parts.values()]
    true = [truth.ravel() for _, truth in own]
    said = [true[0], *(answers.ravel() for answers, _ in own[1:])]
    title = "prediction (up) and truth (across)"
    return captioned(
        lambda room: f"{title}\n{_points(true, said, list(parts), room._replace(height=room.height - 1))}",
        sentence,
        None,
        paper,
    )


def _against_x(sitter: Sitter, train: Rows, held: Rows, name: str, paper: Paper) -> str:
    x, there = raw(sitter.data, held)[:, 0], [("train", raw(sitter.data, train)[:, 0], train.y[:, 0])]
    there += [(name, x, held.y[:, 0])] if name != "train" else []
    there.append(("prediction", x, _predicted(sitter, held)[:, 0]))
    names, xs, ys = zip(*there, strict=True)
    feature = sanitize(sitter.data.feature_names[0])
    return f"target (up) and {feature} (across)\n{_points(xs, ys, names, paper._replace(height=paper.height - 1))}"


def _forecast(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """The series, its truth and what is said of the rows held back, in their order, with a band around it."""
    if not forecasting.forecasts(sitter.data):
        raise unfit(sitter, "does not learn from a series", "a forecast is of what comes next", "loss")
    found = forecasting.forecast(sitter.model, sitter.data)
    x = np.arange(len(found.said)) + 1.0
    known = np.concatenate([found.before, found.truth])
    truth = np.arange(len(known)) + 1.0 - len(found.before), known
    bands = {"forecast": (x, found.said, found.said + found.low, found.said + found.high), "truth": truth}
    title = f"{len(x):,} {found.split} rows in their order"
    sentence = f"dots: eight of ten validation rows lie from {found.low:+.4g} to {found.high:+.4g} of the forecast"
    numbers = {"run": sitter.name, "split": found.split, "rows": len(x), "said": found.said.tolist()}
    numbers |= {"truth": found.truth.tolist(), "low": found.low, "high": found.high}
    return captioned(lambda room: curves(bands, room, title), sentence, numbers, paper)


def _predicted(sitter: Sitter, rows: Rows) -> NDArray[Any]:
    """The numbers it answers, in the units of the targets."""
    return sitter.model.loss.probabilities(examining.outputs(sitter.model, sitter.data.inputs(rows)))


def _points(xs: Any, ys: Any, names: Any, paper: Paper) -> str:
    label = np.repeat(np.arange(len(xs)), [len(x) for x in xs])
    return points(np.concatenate(xs), np.concatenate(ys), label, names, paper)


def _some(rows: Rows) -> Rows:
    return rows.take(slice(None, None, -(-len(rows) // SHOWN)))


def _projection(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """Rows on their main components, at the inputs or after a hidden layer."""
    name, _ = sitter.rows(args.split)
    return Drawing(insides.projection(sitter.model, sitter.data, name, args.layer, paper))


def _filters(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """What the first layer looks for."""
    return Drawing(insides.filters(sitter.model, sitter.data, paper))


PICTURES: Mapping[str, Callable[[Sitter, argparse.Namespace, Paper], Drawing]] = {
    "boundary": _boundary,
    "confusion": _confusion,
    "fit": _fit,
    "forecast": _forecast,
    "projection": _projection,
    "filters": _filters,
    **judging.PICTURES,
    **reasons.PICTURES,
}
OPTIONS = {
    "column": ("dependence",),
    "repeats": ("importance", "dependence"),
    "seed": ("importance", "dependence"),
    "split": tuple(name for name in PICTURES if name not in ("forecast", "filters")),
}

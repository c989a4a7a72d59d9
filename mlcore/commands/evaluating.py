"""`mlj evaluate`: how right a trained network is on the rows of a split."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import evaluation, examining, metrics, report
from mlcore.commands import table
from mlcore.commands.answers import answering, joined, numbers
from mlcore.commands.rows import class_name
from mlcore.commands.story import called
from mlcore.datasets.dataset import Data
from mlcore.errors import Diverged, UsageError
from mlcore.examining import Judged
from mlcore.model import blueprint
from mlcore.runs import open_run
from mlcore.sanitize import sanitize

WIDEST = 20  # classes up to which a table of mistakes is printed


def evaluate(args: argparse.Namespace) -> int:
    """Loss, metrics and mistakes on one split."""
    run = open_run(args.run, args.runs_dir)
    model = run.model(args.epoch)
    data = model.data()
    classes = data.task.kind != "regression"
    if args.calibration and not classes:
        raise UsageError("--calibration: a regression has no probabilities", hint="leave it out")
    try:
        judged = examining.judge(model, data, args.split, answering(args, model))
    except Diverged as error:
        raise Diverged(f"run {run.name}: {error}", hint=f"mlj doctor {called(run)} says why") from None
    found = examining.figures(judged, data, blueprint(run.config, data)[1])
    found = {f"{args.split}_{name}": value for name, value in found.items()}
    mistakes = examining.confusion(judged) if classes else None
    if args.json:
        said: dict[str, Any] = {"run": run.id, "split": args.split, "rows": len(judged.rows), **found}
        if mistakes is not None:
            said |= {"confusion": mistakes.tolist(), "classes": _classes(mistakes, data)}
        if args.calibration:
            said |= {"calibration": examining.calibration(judged).tolist()}
        if args.worst:
            said |= {"worst": list(_worst(judged, data, args.worst))}
        if args.report:
            said |= {"report": _said(judged, data)}
        print(report.json_line(said))
        return 0
    print(f"{sanitize(run.name)}: {len(judged.rows):,} rows of the {args.split} split")
    print("\n".join(f"  {line}" for line in table.lines(_facts(found, data))))
    if mistakes is not None and len(mistakes) <= WIDEST:
        print("\n".join(("", *_mistaken(mistakes, data), *([] if args.report else ["", *_each_class(mistakes, data)]))))
    if args.report:
        print("\n".join(("", *(_report_of_classes if classes else _report_of_numbers)(judged, data))))
    if args.calibration:
        print("\n".join(("", *_confidence(judged))))
    if args.worst:
        print("\n".join(("", *_listed(list(_worst(judged, data, args.worst)), args))))
    return 0


def _facts(found: dict[str, float], data: Data) -> Iterator[tuple[str, str]]:
    """Names and values of metrics, with the best possible beside those it is known of."""
    for name, value in found.items():
        form = ".2%" if name.endswith(metrics.SHARES) else ".5f"
        best = f"   (best possible {data.ceiling:{form}})" if data.ceiling and name.endswith(("accuracy", "r2")) else ""
        yield name.replace("_", " "), f"{value:{form}}{best}"


def _worst(judged: Judged, data: Data, count: int) -> Iterator[dict[str, Any]]:
    """The rows with the greatest loss, the worst first."""
    classes = data.task.kind != "regression"
    for row in judged.worst[:count].tolist():
        label, p = judged.rows.y[row], judged.answers[row]
        told = {
            "row": int(judged.numbers[row]),
            "label": class_name(data, int(label)) if classes else numbers(np.atleast_1d(label)),
        }
        if classes:
            told |= {"prediction": class_name(data, int(p.argmax())), "probability": float(p.max())}
            told |= {"probability_of_label": float(p[int(label)])}
        else:
            told |= {"prediction": numbers(p)}
        yield told | {"loss": float(judged.losses[row])}


def _listed(worst: list[dict[str, Any]], args: argparse.Namespace) -> Iterator[str]:
    """The worst rows as a table."""
    shares = ("probability", "probability_of_label")
    header = list(worst[0])
    body = [[f"{v:.1%}" if k in shares else joined(v) for k, v in told.items()] for told in worst]
    yield f"the rows with the greatest loss; mlj trace {args.run} --split {args.split} --row N shows why"
    yield from table.lines(body, [name.replace("_", " ") for name in header], right=[0, *range(3, len(header))])


def _mistaken(mistakes: NDArray[Any], data: Data) -> Iterator[str]:
    """The confusion matrix as a table."""
    names = [class_name(data, number) for number in range(len(mistakes))]
    body = [(name, *row) for name, row in zip(names, mistakes.tolist(), strict=True)]
    yield "label (down) and prediction (across)"
    yield from table.lines(body, ("", *names), right=range(1, len(names) + 1))


def _each_class(mistakes: NDArray[Any], data: Data) -> Iterator[str]:
    """Precision, recall and F1 of each class as a table."""
    body = [
        (name, f"{own['precision']:.2%}", f"{own['recall']:.2%}", f"{own['f1']:.2%}", f"{own['rows']:,}")
        for name, own in _classes(mistakes, data).items()
    ]
    return table.lines(body, ("class", "precision", "recall", "f1", "rows"), right=range(1, 5))


def _classes(mistakes: NDArray[Any], data: Data) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and rows of each class, by its name."""
    names = ("precision", "recall", "f1")
    return {
        class_name(data, number): dict(zip(names, own, strict=True)) | {"rows": int(rows)}
        for number, (*own, rows) in enumerate(examining.report(mistakes).tolist())
    }


def _said(judged: Judged, data: Data) -> dict[str, Any]:
    """The report as plain values: scores, means over classes and each class by name; of numbers the largest errors."""
    if data.task.kind == "regression":
        found = evaluation.of_numbers(*judged.values)
        return found.scores | {"largest": list(_farthest(found, judged))}
    told = evaluation.of_classes(judged.answers, judged.rows.y)
    ranked = np.column_stack([told.classes, told.areas, told.averages]).tolist()
    names = ("precision", "recall", "f1", "rows", "roc_auc", "average_precision")
    rows = [own | {"rows": int(own["rows"])} for own in (dict(zip(names, row, strict=True)) for row in ranked)]
    classes = {class_name(data, k): own for k, own in enumerate(rows)}
    means = {"macro": told.macro, "weighted": told.weighted}
    averages = {name: dict(zip(names[:3], mean.tolist(), strict=True)) for name, mean in means.items()}
    return told.scores | averages | {"classes": classes}


def _report_of_classes(judged: Judged, data: Data) -> Iterator[str]:
    """Each class, the means over them, and the scores of all rows."""
    told = evaluation.of_classes(judged.answers, judged.rows.y)
    ranked = zip(told.classes.tolist(), told.areas.tolist(), told.averages.tolist(), strict=True)
    body = [
        (class_name(data, k), *_shares(own[:3]), f"{own[3]:,.0f}", *_shares([area, average], ".4f"))
        for k, (own, area, average) in enumerate(ranked)
    ]
    rows = f"{len(judged.rows):,}"
    for name, mean in (("macro average", told.macro), ("weighted average", told.weighted)):
        body.append((name, *_shares(mean.tolist()), rows, "", ""))
    header = ("class", "precision", "recall", "f1", "rows", "roc auc", "average precision")
    yield from table.lines(body, header, right=range(1, len(header)))
    yield ""
    yield from table.lines(_scores(told.scores), right=[1])


def _report_of_numbers(judged: Judged, data: Data) -> Iterator[str]:
    """How far off the numbers are, and the rows where they are farthest off."""
    found = evaluation.of_numbers(*judged.values)
    yield from table.lines(_scores(found.scores), right=[1])
    yield from ("", "the largest errors")
    body = [[joined(value) for value in told.values()] for told in _farthest(found, judged)]
    yield from table.lines(body, ("row", "truth", "prediction", "residual"), right=range(4))


def _farthest(found: evaluation.NumberReport, judged: Judged) -> Iterator[dict[str, Any]]:
    every, known = judged.values
    each_row = len(known) // len(judged.rows)
    for place in found.largest.tolist():
        truth, said = known[place], every[place]
        three = {"truth": truth, "prediction": said, "residual": truth - said}
        yield {"row": int(judged.numbers[place // each_row])} | {
            name: numbers(values) for name, values in three.items()
        }


def _scores(scores: dict[str, float]) -> Iterator[tuple[str, str]]:
    """Names and values of scores, and why one is not defined."""
    undefined = {"mape": "not defined: a truth is 0"}
    for name, value in scores.items():
        form = ".2%" if name.endswith(("accuracy", "mape")) else ".5f"
        told = undefined.get(name, "not defined: rows of one class") if np.isnan(value) else f"{value:{form}}"
        yield name.replace("_", " "), told


def _shares(values: list[float], form: str = ".2%") -> Iterator[str]:
    return ("-" if np.isnan(value) else f"{value:{form}}" for value in values)


def _confidence(judged: Judged) -> Iterator[str]:
    """How sure the network was and how often it was right, bin by bin."""
    bins = examining.calibration(judged)
    body = [(f"{sure:.1%}", f"{right:.1%}", f"{count:,.0f}") for count, sure, right in bins if count]
    yield "how sure it was, and how often it was right"
    yield from table.lines(body, ("confidence", "accuracy", "rows"), right=range(3))

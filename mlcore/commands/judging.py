"""Pictures of how right a network is: ROC and precision-recall curves, calibration, residuals."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import evaluation, examining, information, plots, ranking
from mlcore.commands.charts import Series, beneath, chart, spark
from mlcore.commands.drawing import Paper, legend
from mlcore.commands.rows import class_name
from mlcore.commands.sitters import Drawing, Sitter, captioned, unfit
from mlcore.commands.table import fold
from mlcore.errors import UsageError
from mlcore.examining import Judged

LINES = 6  # classes whose curves are drawn, those with the least area
POINTS = 500  # of a curve that is told as numbers
SHOWN = 3000  # residuals drawn, evenly taken
BINS = 60  # of the distribution beneath a picture
WIDER = 0.25  # rank correlation from which residuals are said to grow with the prediction


def judged(sitter: Sitter, args: argparse.Namespace) -> Judged:
    """What it says of the rows of --split, else of those it is judged by."""
    return examining.judge(sitter.model, sitter.data, args.split or sitter.held[0])


def of_classes(sitter: Sitter, what: str) -> None:
    """Raise UsageError where there are no classes."""
    if not sitter.classes:
        raise unfit(sitter, "predicts numbers", f"{what} is of classes", "residuals")


def told(sitter: Sitter, found: Judged, **numbers: Any) -> dict[str, Any]:
    """What every picture says in numbers."""
    return {"run": sitter.name, "split": found.split, "rows": len(found.rows), **numbers}


def roc(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """Of rows of a class the share found, over that of others taken for it, at every threshold."""
    of_classes(sitter, "a ROC curve")
    found = judged(sitter, args)
    curves = {k: ranking.roc(found.answers[:, k], found.rows.y == k) for k in _ranked(found, sitter, both=True)}
    areas = {k: curve.area for k, curve in curves.items()}
    mean = float(np.mean([*areas.values()]))
    series = [_traced(sitter, k, curves[k].false, curves[k].true, areas[k], paper) for k in _hardest(areas)]
    if len(curves) > 1:
        x = np.linspace(0, 1, 200)
        y = np.mean([np.interp(x, curve.false, curve.true) for curve in curves.values()], axis=0)
        series.append(Series("mean of classes", x, y, f"{mean:.4f}"))
    series.append(Series("chance", np.linspace(0, 1, 40), np.linspace(0, 1, 40), "0.5", dotted=True))
    title = f"share found (up) and share of others taken for it (across), {_rows(found)}"
    if len(curves) == 1 and 1 in curves:
        false, true = curves[1].at(0.5)
        one, other = class_name(sitter.data, 1), class_name(sitter.data, 0)
        sentence = (
            f"area under the curve {mean:.3f}; at 0.5 it finds {true:.1%} of {one} and takes {false:.1%} of {other}"
        )
        sentence += f" for {one}"
    else:
        worst = min(areas, key=lambda k: areas[k])
        sentence = f"mean area under the curves {mean:.3f}"
        sentence += (
            f", least {areas[worst]:.3f}: {class_name(sitter.data, worst)}" if areas[worst] < mean else ", of each"
        )
    numbers = {
        class_name(sitter.data, k): {"area": curve.area, **_listed(curve._asdict(), curve.false, curve.true)}
        for k, curve in curves.items()
    }
    whole = (0.0, 1.0)
    return captioned(
        lambda room: chart(series, room, title, span=whole, limits=whole),
        sentence,
        told(sitter, found, area=mean, classes=numbers),
        paper,
    )


def precision_recall(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """How many of the rows said to be of a class are, over how many of its rows are found, at every threshold."""
    of_classes(sitter, "a precision-recall curve")
    found = judged(sitter, args)
    y = found.rows.y
    curves = {k: ranking.precision_recall(found.answers[:, k], y == k) for k in _ranked(found, sitter, both=False)}
    averages = {k: curve.average for k, curve in curves.items()}
    mean = float(np.mean([*averages.values()]))
    series = [_traced(sitter, k, curves[k].recall, curves[k].precision, averages[k], paper) for k in _hardest(averages)]
    shares = {k: float((y == k).mean()) for k in curves}
    title = f"precision (up) and recall (across), {_rows(found)}"
    if len(curves) == 1 and 1 in curves:
        precision, recall = curves[1].at(0.5)
        sentence = f"average precision {mean:.3f}, by chance {shares[1]:.3f}; at 0.5 precision is {precision:.1%} and"
        sentence += f" recall {recall:.1%}"
    else:
        x = np.linspace(0, 1, 200)
        ups = [np.interp(x, curve.recall, curve.precision) for curve in curves.values()]
        series.append(Series("mean of classes", x, np.mean(ups, axis=0), f"{mean:.4f}"))
        worst = min(averages, key=lambda k: averages[k])
        sentence = f"mean average precision {mean:.3f}, least {averages[worst]:.3f}: {class_name(sitter.data, worst)},"
        sentence += f" which {shares[worst]:.1%} of the rows are"
    numbers = {
        class_name(sitter.data, k): {
            "average_precision": curve.average,
            "share": shares[k],
            **_listed(curve._asdict(), curve.recall, curve.precision),
        }
        for k, curve in curves.items()
    }
    levels = [shares[1]] if len(curves) == 1 and 1 in curves else []
    whole = (0.0, 1.0)
    return captioned(
        lambda room: chart(series, room, title, span=whole, limits=whole, levels=levels),
        sentence,
        told(sitter, found, average_precision=mean, classes=numbers),
        paper,
    )


def _ranked(found: Judged, sitter: Sitter, both: bool) -> list[int]:
    """The classes that have a curve: of two the second alone. both: whether rows of others are needed too."""
    support = np.bincount(found.rows.y, minlength=found.answers.shape[1])
    classes = [1] if len(support) == 2 else range(len(support))
    there = [k for k in classes if support[k] and not (both and support[k] == len(found.rows))]
    if not there:
        message = f"run {sitter.name}: the {found.split} rows are all of one class, and a curve takes two"
        raise UsageError(message, code="USAGE_UNFIT", hint="try another --split")
    return there


def _hardest(values: Mapping[int, float]) -> list[int]:
    """The classes drawn: all, or of many those with the least area, in their order."""
    return sorted(sorted(values, key=lambda k: values[k])[:LINES])


def _traced(sitter: Sitter, k: int, x: NDArray[Any], y: NDArray[Any], value: float, paper: Paper) -> Series:
    some = ranking.outline(x, y, max(paper.width - 10, 2))
    return Series(class_name(sitter.data, k), x[some], y[some], f"{value:.4f}")


def _listed(curve: Mapping[str, NDArray[Any]], x: NDArray[Any], y: NDArray[Any]) -> dict[str, list[float]]:
    some = ranking.outline(x, y, POINTS)
    return {name: values[some].tolist() for name, values in curve.items()}


def _rows(found: Judged) -> str:
    return f"{len(found.rows):,} {found.split} rows"


def calibration(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """How often it was so over how sure it was: of two classes of the second, of more of the answer it gave."""
    of_classes(sitter, "calibration")
    found = judged(sitter, args)
    p, y, two = found.answers.astype(np.float64), found.rows.y, found.answers.shape[1] == 2
    said, happened = (p[:, 1], y == 1) if two else (p.max(axis=1), p.argmax(axis=1) == y)
    bins = information.reliability(said, happened, 10)
    there = bins[bins[:, 0] > 0]
    one = class_name(sitter.data, 1) if two else ""
    title = f"share that is {one}" if two else "share that is right"
    title += f" (up) and {'its probability' if two else 'confidence'} (across), {_rows(found)}"
    ideal = Series("perfect", np.linspace(0, 1, 40), np.linspace(0, 1, 40), dotted=True)
    series = [Series("this network", there[:, 1], there[:, 2]), ideal]
    ece, brier = information.calibration_error(p, y), evaluation.brier(p, y)
    sure, right = float(p.max(axis=1).mean()), float((p.argmax(axis=1) == y).mean())
    how = "as sure as it may be" if abs(sure - right) < 0.01 else "too sure" if sure > right else "not sure enough"
    sentence = f"calibration error {ece:.3f}, Brier score {brier:.3f}: confidence is {sure:.1%} on average and"
    sentence += f" {right:.1%} of answers are right, so it is {how}"
    whole = (0.0, 1.0)
    counts = np.histogram(said, BINS, whole)[0]
    told_bins = [dict(zip(("rows", "said", "happened"), row, strict=True)) for row in there.tolist()]
    return captioned(
        lambda room: beneath(chart(series, _less(room), title, span=whole, limits=whole), counts, room),
        sentence,
        told(sitter, found, calibration_error=ece, brier=brier, confidence=sure, accuracy=right, bins=told_bins),
        paper,
    )


def residuals(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """What the truth is above the prediction, over the prediction, and how that is distributed."""
    if sitter.classes:
        raise unfit(sitter, "predicts classes", "residuals are of numbers", "calibration")
    found = judged(sitter, args)
    said, truth = found.values
    off, each_row = truth - said, len(said) // len(found.rows)
    some = slice(None, None, -(-len(said) // SHOWN))
    outputs = said.shape[1]
    names = [f"output {k + 1}" for k in range(outputs)] if outputs > 1 else []
    label = np.tile(np.arange(outputs), len(said[some]))
    title = f"residual: truth - prediction (up) and prediction (across), {_rows(found)}"

    def draw(room: Paper) -> str:
        above = fold(title, room.width)
        height = room.height - len(above) - 1 - bool(names)
        drawn = plots.scatter(
            said[some].ravel(), off[some].ravel(), label, room.width, height,
            glyphs=room.glyphs, colors=room.colors, levels=(0.0,),
        )  # fmt: skip
        return "\n".join([*above, drawn, *([legend(names, room)] if names else []), _distribution(off, room)])

    low, half, high = np.quantile(off, (0.25, 0.5, 0.75)).tolist()
    worst = int(np.abs(off).max(axis=1).argmax())
    farthest = float(off[worst, np.abs(off[worst]).argmax()])
    grows = _rank_correlation(said.ravel(), np.abs(off).ravel())
    sentence = (
        f"half of the residuals lie from {low:+.4g} to {high:+.4g}, their mean is {off.mean():+.4g}; the largest is"
    )
    sentence += f" {farthest:+.4g} in row {int(found.numbers[worst // each_row]):,}"
    if abs(grows) >= WIDER:
        sentence += f"; they are larger where predictions are {'large' if grows > 0 else 'small'}"
    numbers = {
        "mean": float(off.mean()),
        "quartiles": [low, half, high],
        "largest": {"row": int(found.numbers[worst // each_row]), "residual": farthest},
        "rank_correlation_of_size_and_prediction": grows,
        "prediction": said[some].squeeze(-1).tolist() if outputs == 1 else said[some].tolist(),
        "residual": off[some].squeeze(-1).tolist() if outputs == 1 else off[some].tolist(),
    }
    return captioned(draw, sentence, told(sitter, found, **numbers), paper)


def _distribution(off: NDArray[Any], paper: Paper) -> str:
    """How many residuals are how large, as a line from the smallest to the largest."""
    ends = [f"{value:+.4g}" for value in (off.min(), off.max())]
    columns = max(0, min(BINS, paper.width - sum(map(len, ends)) - 16))
    counts = np.histogram(off, max(columns, 1))[0]
    return f"distribution  {ends[0]} {spark(counts, columns, paper)} {ends[1]}"


def _rank_correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Spearman's rank correlation of two series [n]; 0 where one never changes. Draws keep the order they came in."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    ranks = np.array([np.argsort(np.argsort(each, kind="stable"), kind="stable") for each in (a, b)])
    return float(np.corrcoef(ranks)[0, 1])


def _less(paper: Paper) -> Paper:
    """A line less, for what is beneath."""
    return paper._replace(height=paper.height - 1)


PICTURES = {"roc": roc, "pr": precision_recall, "calibration": calibration, "residuals": residuals}

"""Pictures of what a network's answers rest on: the importance of columns, and how answers go with one of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlcore import dependence as going
from mlcore import importance as resting
from mlcore.commands.charts import NAME, Series, bars, beneath, chart
from mlcore.commands.drawing import Paper
from mlcore.commands.sitters import Drawing, Sitter, captioned, unfit
from mlcore.commands.story import plural
from mlcore.commands.table import fold
from mlcore.dependence import Dependence
from mlcore.importance import Importance
from mlcore.sanitize import sanitize

REPEATS = 10
LINES = 6  # classes whose curves are drawn, those that change most
NAMES: Mapping[str, str] = {"accuracy": "accuracy", "r2": "R²"}


def importance(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """How much worse answers get when a column is shuffled, the most important first."""
    found = _permuted(sitter, args)
    order, mean, spread = found.order.tolist(), found.mean, found.spread
    names = [sanitize(found.names[place], NAME) for place in order]
    body = [(name, f"{mean[place]:+.4f}", f"{spread[place]:.4f}") for name, place in zip(names, order, strict=True)]
    what = NAMES[found.metric] if paper.glyphs == "braille" or found.metric != "r2" else "R2"
    title = f"fall of {what} from {found.score:.4f} when a column is shuffled, {found.rows:,} {found.split} rows, "
    title += f"{found.falls.shape[1]} times"
    idle = [place for place in order if mean[place] <= spread[place] / 2]
    best = order[0]
    sentence = f"{what} falls most without {names[0]}, by {mean[best]:.3f} (give or take {spread[best]:.3f})"
    sentence += f"; {len(idle)} of {plural(len(order), 'column')} make no difference that shows" if idle else ""

    def draw(room: Paper) -> str:
        above = fold(title, room.width)
        several = len(order) > room.height - len(above) - 1  # the header takes a line too
        fit = len(order) if not several else max(1, room.height - len(above) - 2)
        values = [float(mean[place]) for place in order[:fit]]
        lines = [*above, *bars(body[:fit], values, room, ("column", "fall", "spread"))]
        return "\n".join([*lines, *([f"… and {len(order) - fit:,} less important ones"] if several else [])])

    rest = [
        {"column": found.names[place], "fall": float(mean[place]), "spread": float(spread[place])} for place in order
    ]
    numbers = {"metric": found.metric, "score": found.score, "repeats": found.falls.shape[1], "columns": rest}
    return captioned(draw, sentence, _told(sitter, found, numbers), paper)


def _permuted(sitter: Sitter, args: argparse.Namespace) -> Importance:
    _of_columns(sitter, "importance")
    split, seed = args.split or sitter.held[0], 0 if args.seed is None else args.seed
    return resting.permutation(sitter.model, sitter.data, split, repeats=args.repeats or REPEATS, seed=seed)


def _of_columns(sitter: Sitter, what: str) -> None:
    """Raise UsageError where features are pixels or steps."""
    if sitter.data.image_shape:
        raise unfit(sitter, "looks at pictures", f"{what} is of columns, and one pixel means little", "filters")
    if sitter.data.sequence:
        instead = "confusion" if sitter.classes else "residuals"
        raise unfit(sitter, "looks at sequences", f"{what} is of columns, and one step means little", instead)


def dependence(sitter: Sitter, args: argparse.Namespace, paper: Paper) -> Drawing:
    """What is answered on average when every row has one value of a column, over these values."""
    _of_columns(sitter, "dependence")
    split, column = args.split or sitter.held[0], args.column
    if column is None:
        found = _permuted(sitter, args)
        column = _whole(sitter, [found.names[place] for place in found.order])
    told = going.partial(sitter.model, sitter.data, split, column)
    draw = _bars if told.texts else _lines
    shown = _shown(told)
    numbers = {
        "column": told.name,
        "values": told.values.tolist(),
        "counts": told.counts.tolist(),
        "outputs": {
            name: {"mean": told.mean[:, k].tolist(), "low": told.low[:, k].tolist(), "high": told.high[:, k].tolist()}
            for k, name in enumerate(told.outputs)
        },
    }
    sentence = _sentence(sitter, told, shown)
    return captioned(lambda room: draw(sitter, told, shown, room), sentence, _told(sitter, told, numbers), paper)


def _whole(sitter: Sitter, names: Sequence[str]) -> str:
    """The first of some columns that has a dependence: that is one number, or texts."""
    return next((name for name in names if going.whole(sitter.data, name)), names[0])


def _shown(told: Dependence) -> list[int]:
    """The outputs drawn: of two classes the second, of many those that change most, in their order."""
    if told.mean.shape[1] == 2 and not told.outputs[0].startswith("output "):
        return [1]
    return sorted(np.argsort(-np.ptp(told.mean, axis=0), kind="stable")[:LINES].tolist())


def _title(sitter: Sitter, told: Dependence) -> str:
    what = "mean probability" if sitter.classes else "mean prediction"
    return f"{what} (up) and {sanitize(told.name, NAME)} (across), {told.rows:,} {told.split} rows"


def _lines(sitter: Sitter, told: Dependence, shown: Sequence[int], paper: Paper) -> str:
    x, alone = told.values, len(shown) == 1
    series = [
        Series(
            told.outputs[k] if len(told.outputs) > 1 else "mean", x, told.mean[:, k],
            low=told.low[:, k] if alone else None, high=told.high[:, k] if alone else None,
        )
        for k in shown
    ]  # fmt: skip
    if len(x) == 1:  # a line of one value
        series = [each._replace(x=np.repeat(x, 2), y=np.repeat(each.y, 2), low=None, high=None) for each in series]
    span = (float(x[0]), float(x[-1])) if len(x) > 1 else None
    title = _title(sitter, told) + ("; dots: eight of ten rows" if alone and len(x) > 1 else "")
    return beneath(chart(series, paper._replace(height=paper.height - 1), title, span=span), told.counts, paper)


def _bars(sitter: Sitter, told: Dependence, shown: Sequence[int], paper: Paper) -> str:
    """A row for each text, with a bar for the answer that changes most."""
    first = max(shown, key=lambda k: float(np.ptp(told.mean[:, k])))
    heads = [told.outputs[k] if len(told.outputs) > 1 else "mean" for k in shown]
    body = [
        (sanitize(text, NAME), f"{count:,}", *(f"{told.mean[place, k]:.4g}" for k in shown))
        for place, (text, count) in enumerate(zip(told.values, told.counts.tolist(), strict=True))
    ]
    above = fold(_title(sitter, told).replace(" (up)", "").replace(" (across)", ""), paper.width)
    left = paper.height - len(above) - 1
    fit = max(1, left - (len(body) > left))
    header = (sanitize(told.name, NAME), "rows", *(sanitize(head, NAME) for head in heads))
    lines = [*bars(body[:fit], told.mean[:fit, first].tolist(), paper, header)]
    more = [f"… and {len(body) - fit:,} more"] if len(body) > fit else []
    return "\n".join([*above, *lines, *more])


def _sentence(sitter: Sitter, told: Dependence, shown: Sequence[int]) -> str:
    """From where to where the answer that changes most goes."""
    k = max(shown, key=lambda each: float(np.ptp(told.mean[:, each])))
    mean, name = told.mean[:, k], sanitize(told.name, NAME)
    low, high = int(mean.argmin()), int(mean.argmax())
    what = f"the probability of {sanitize(told.outputs[k], NAME)}" if sitter.classes else "the prediction"
    what += f" of {told.outputs[k]}" if not sitter.classes and len(told.outputs) > 1 else ""
    if low == high:
        return f"{what} is {mean[low]:.4g} whatever {name} is"
    where = [told.values[place] for place in (low, high)]
    at = [sanitize(each, NAME) if isinstance(each, str) else f"{each:.4g}" for each in where]
    return f"{what} is least, {mean[low]:.4g}, at {name} {at[0]} and greatest, {mean[high]:.4g}, at {at[1]}"


def _told(sitter: Sitter, found: Importance | Dependence, numbers: dict[str, Any]) -> dict[str, Any]:
    return {"run": sitter.name, "split": found.split, "rows": found.rows, **numbers}


PICTURES = {"importance": importance, "dependence": dependence}

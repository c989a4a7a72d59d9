"""Advice: what a frame says about the health of a run, in sentences with a way out. Pure functions of a Frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from tui.frame import Frame, LayerRow, Series
from tui.text import figure

FAST, SLOW = -2.0, -4.5  # log10 of update to weight beyond which steps are too long or next to nothing
FAR = -1.5  # where it is certain
MANY = 0.5  # of the units of a layer
EPOCHS = 10  # below which curves say nothing
RISE, FALL = 0.15, 0.95  # overfitting: validation so much above its lowest while training fell to this share
KNOWN = 0.98  # of the loss of knowing nothing: nothing was learned


class Advice(NamedTuple):
    """One finding: what is so, and what to try; the most urgent come first."""

    words: str
    remedy: str = ""


def advice(frame: Frame) -> tuple[Advice, ...]:
    """Everything worth a word."""
    return tuple(_findings(frame))


def _findings(frame: Frame) -> Iterator[Advice]:
    if frame.message:
        yield Advice(frame.message, frame.hint)
    if frame.state == "diverged":
        yield Advice("The loss is no longer a number.", "Halve the rate with [ and begin again with r.")
        return
    if not frame.epoch:
        return
    if frame.state in ("running", "paused"):
        yield from _pace(frame.layers)
    yield from _units(frame.layers)
    yield from _overfitting(frame)
    yield from _nothing_learned(frame)


def _pace(layers: tuple[LayerRow, ...]) -> Iterator[Advice]:
    """Steps beside weights: around 1e-3 is healthy."""
    known = [row for row in layers if math.isfinite(row.ratio)]
    fast = [row for row in known if row.ratio > FAST]
    if fast and (len(fast) == len(known) or max(row.ratio for row in fast) > FAR):
        worst = max(fast, key=lambda row: row.ratio)
        words = (
            f"The rate is high: a step moves {worst.name} by 10^{worst.ratio:.1f} of its size, where 10^-3 is healthy."
        )
        yield Advice(words, "Halve it with [, or type one with L while it runs.")
    elif known and all(row.ratio < SLOW for row in known):
        slowest = max(row.ratio for row in known)
        words = f"The steps are tiny: 10^{slowest:.1f} of the weights, where 10^-3 is healthy."
        yield Advice(words, "Double the rate with ], unless it has learned all there is.")


def _units(layers: tuple[LayerRow, ...]) -> Iterator[Advice]:
    for row in layers:
        if row.dead >= MANY:
            dead = round(row.dead * row.units)
            words = f"{dead} of {row.units} {row.bend} units of {row.name} are dead: they answer the same to every row."
            yield Advice(
                words, "Dead units do not come back: begin again with r at a lower rate, or change the bend with a."
            )
        elif row.stuck >= MANY:
            words = f"{100 * row.stuck:.0f} % of the answers of {row.name} lie at the flat ends of {row.bend}."
            yield Advice(words, "Hardly any gradient gets through there: a lower rate, scaled inputs, or relu with a.")


def _overfitting(frame: Frame) -> Iterator[Advice]:
    """Validation rises while training goes on falling, after a mean over a tenth of the epochs."""
    curves = {each.name: _smooth(each) for each in frame.losses}
    train, validation = curves.get("train", []), curves.get("validation", [])
    if min(len(train), len(validation)) < EPOCHS or len(train) != len(validation):
        return
    best = min(range(len(validation)), key=lambda place: validation[place])
    lowest, last = validation[best], validation[-1]
    if last < lowest * (1 + RISE) or not train[-1] < FALL * train[best]:
        return
    epoch = next(each for each in frame.losses if each.name == "validation").x[best]
    rose = f"validation loss rose from {figure(lowest)} to {figure(last)} while training loss fell"
    words = f"Overfitting since epoch {epoch:,.0f}: {rose}."
    yield Advice(words, "Go back there with , and branch with b; fewer neurons, dropout or more rows help.")


def _smooth(series: Series) -> list[float]:
    """The mean over a tenth of the points up to each; nothing where a point is no number."""
    values = series.y.tolist()
    if not all(map(math.isfinite, values)):
        return []
    width = max(1, len(values) // 10)
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return [(sums[p + 1] - sums[max(0, p + 1 - width)]) / min(p + 1, width) for p in range(len(values))]


def _nothing_learned(frame: Frame) -> Iterator[Advice]:
    """A loss that stays at ln K after a tenth of the run."""
    classes, loss = len(frame.class_names), frame.metrics.get("train_loss", math.nan)
    late = frame.epoch >= max(EPOCHS, frame.epochs // 10)
    if frame.task == "regression" or classes < 2 or not late or not loss > KNOWN * math.log(classes):
        return
    words = f"Nothing is learned yet: the loss is {figure(loss)}, guessing costs {figure(math.log(classes))}."
    yield Advice(words, "Try twice the rate with ], more neurons with up, or another bend with a.")


def plainly(frame: Frame) -> str:
    """How it goes where nothing is wrong."""
    if frame.state == "loading" or not frame.epoch:
        return "It has not learned anything yet."
    state = {"running": "It learns", "paused": "It is held"}.get(frame.state, f"The run is {frame.state}")
    return f"{state}, epoch {frame.epoch:,} of {frame.epochs:,}; nothing looks wrong."

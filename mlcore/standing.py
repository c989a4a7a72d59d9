"""Where a network stands beside simpler models on the same rows, and whether a difference can be told.

A table may hold little: then a network is no better than the commonest class, or a linear model does as well. That is
said with its numbers, so that nobody takes the size of a network for what it knows.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mlcore import baselines, examining, metrics, verdict
from mlcore.baselines import Baseline
from mlcore.datasets.dataset import Array, Data, Rows
from mlcore.model import Model
from mlcore.rivals import Rival

SURE = 0.95
STEADY = 2.0  # standard errors of a mean over folds


class Standing(NamedTuple):
    """What a network and its rivals reach on a split, accuracies or R²; what that means, and what is to be known."""

    split: str
    network: float
    found: tuple[Baseline, ...]
    sentence: str
    notes: tuple[str, ...] = ()


def judge(model: Model, data: Data, several: Sequence[Rival]) -> Standing:
    """Where a network stands on the rows it is judged by. Two models are compared row by row (`mlcore.verdict`)."""
    split, rows = data.held
    x = data.inputs(rows)
    own = answers(model, data, rows)
    theirs = {rival.name: rival.answer(x) for rival in several}
    network = baselines.score(own, rows.y, data)
    found = tuple(Baseline(name, baselines.score(said, rows.y, data)) for name, said in theirs.items())
    lead = {name: _lead(own, said, rows.y, data) for name, said in theirs.items()}
    where = f"on {len(rows):,} {split} rows"
    text = sentence(network, found, lead, shares=data.task.kind != "regression", where=where)
    return Standing(split, network, found, text, tuple(rival.note for rival in several if rival.note))


def answers(model: Model, data: Data, rows: Rows) -> Array:
    """What a network says: class numbers [n], or numbers [n, outputs]."""
    z = examining.outputs(model, data.inputs(rows))
    if data.task.kind == "regression":
        return model.loss.probabilities(z).reshape(rows.y.shape)
    return metrics.predicted(z)


def _lead(own: Array, other: Array, y: Array, data: Data) -> tuple[float, float]:
    """The interval in which the network's score minus the other's lies."""
    if data.task.kind != "regression":
        found = verdict.paired_shares(other == y, own == y, SURE)
    elif len(y) < 2 or (y == y[0]).all():
        return -np.inf, np.inf
    else:
        found = verdict.paired_rows(metrics.r2, other, own, y, SURE)
    return found.low, found.high


def sentence(
    network: float,
    found: Sequence[Baseline],
    lead: Mapping[str, tuple[float, float]],
    *,
    shares: bool,
    where: str,
) -> str:
    """What the scores mean. lead: for each rival the interval of the network's score minus the rival's.

    A rival is better or worse where its interval leaves zero out, else it does as well.
    """
    base, *others = found
    if lead[base.name][0] <= 0:
        against = (
            f"{told(network, shares)} against {told(base.score, shares)} {where}, {_range(lead[base.name], shares)}"
        )
        what = "the mean of the target" if base.name == "mean" else f"the {base.name}"
        best = max(others, key=lambda other: other.score, default=base)
        more = (
            f"; {best.name} {told(best.score, shares)}" if best.score > base.score else "; nor is any other model here"
        )
        return f"the network is no better than {what}: {against}{more if others else ''}"
    if not others:
        return f"the network is better than the {base.name} by {_range(lead[base.name], shares)} {where}"
    line, *rest = others
    kind = "a linear model"
    if lead[line.name][0] <= 0:
        verb = "is better" if lead[line.name][1] < 0 else "does as well"
        text = f"{kind} {verb}: {line.name} {told(line.score, shares)} against {told(network, shares)} {where}"
    else:
        text = f"the network is better than {kind} by {_range(lead[line.name], shares)} {where}"
    for other in rest:
        if lead[other.name][1] < 0:
            text += f"; {other.name} is better still: {told(other.score, shares)}"
    return text


def over_folds(own: Sequence[float], theirs: Mapping[str, Sequence[float]], shares: bool) -> str:
    """What the scores of the same folds mean: a lead counts that is two standard errors of its mean over the folds.

    Folds share most of their training rows, so that this is no test but a rule of thumb (Bengio, Grandvalet 2004).
    """
    found = [Baseline(name, statistics.fmean(scores)) for name, scores in theirs.items()]
    lead = {}
    for name, scores in theirs.items():
        each = [mine - other for mine, other in zip(own, scores, strict=True)]
        half = STEADY * statistics.stdev(each) / len(each) ** 0.5 if len(each) > 1 else np.inf
        lead[name] = statistics.fmean(each) - half, statistics.fmean(each) + half
    return sentence(statistics.fmean(own), found, lead, shares=shares, where=f"over {len(own)} folds")


def told(score: float, shares: bool) -> str:
    """A score as people read it."""
    return f"{score:.1%}" if shares else f"R² {score:.3f}"


def _range(lead: tuple[float, float], shares: bool) -> str:
    """An interval in words."""
    if not np.isfinite(lead).all():
        return "of too few rows to tell"
    low, high = (f"{100 * each:+.1f}" if shares else f"{each:+.3f}" for each in lead)
    return f"{low} to {high}" + (" points" if shares else " of R²")

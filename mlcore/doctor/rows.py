"""Rules about the rows: what no network can mend."""

from __future__ import annotations

import numpy as np

from mlcore.datasets.dataset import Rows
from mlcore.doctor.case import Case, Finding, percent
from mlcore.doctor.neighbours import agreement, by_chance, interval
from mlcore.errors import ConfigError
from mlcore.layers.layer import Array

COMPARED = 100_000  # rows of a part that are compared with others
LARGE = 10.0  # a scaled input has deviation 1: beyond this a first step meets slopes a hundred times too steep
SMALL = 0.01
RARE = 0.2  # of an equal share
GIVEN_AWAY = 0.97  # of what chance leaves open, told by one feature
EASY = 0.8  # of what chance leaves open, told by all the others: no wonder that one tells it too


def not_finite(case: Case) -> Finding | None:
    """Values that are not numbers, or infinite: one of them makes the whole loss no number."""
    for name, rows in _parts(case).items():
        for what, values in (("input", rows.x), ("target", rows.y.reshape(len(rows), -1))):
            bad = np.argwhere(~np.isfinite(values)) if values.dtype.kind == "f" else np.zeros((0, 2), np.int64)
            if len(bad):
                row, column = bad[0].tolist()
                named = case.data.feature_names[column] if what == "input" else f"output {column}"
                evidence = (
                    f"{len(bad):,} {what} values of the {name} rows are not finite, the first in row {row}, {named}"
                )
                numbers = {"values": len(bad), "row": row}
                return Finding("not_finite", "severe", evidence, "leave such rows out, or fill the values in", numbers)
    return None


def unscaled_input(case: Case) -> Finding | None:
    """Inputs far from the size that initializers and rates are made for: mean 0, deviation 1.

    Only sizes count, not differences between features: a rare one-hot column or a pixel at the border is small and
    harmless (LeCun et al. 1998, section 4.3, asks for similar covariances; dividing by 10 is where it shows). Tokens
    have no size: they name things.
    """
    first = case.network.layers[0]
    x = case.sample.x.reshape(len(case.sample), -1).astype(np.float64)
    x = x[:, : x.shape[1] - first.token_columns]
    if first.tokens or not x.size:
        return None
    size = np.sqrt(np.square(x).mean(axis=0))
    largest = int(size.argmax())
    top = float(size[largest])
    if not np.isfinite(top) or SMALL <= top <= LARGE:
        return None
    name = case.data.feature_names[largest] if largest < len(case.data.feature_names) else f"input {largest}"
    if not top:
        return Finding("unscaled_input", "severe", "every input is zero", "look at the columns: they say nothing")
    spread = float(np.median(size[size > 0]))
    evidence = (
        f"inputs reach the network at a size of {top:.3g} ({name}; half of them are below {spread:.3g}), not near 1"
    )
    settings = scaling(case)
    remedy = "scale the inputs" if settings else "scale the inputs: mean 0 and deviation 1 in every column"
    numbers = {"largest": top, "median": spread}
    return Finding("unscaled_input", "severe" if top > 10 * LARGE else "moderate", evidence, remedy, numbers, settings)


def scaling(case: Case) -> dict[str, str]:
    """The first way of scaling that this data set has and does not use."""
    for way in ("standard", "minmax", "div255"):
        try:
            changed = case.config.with_settings({"dataset.scale": way})
        except ConfigError:
            continue
        if changed != case.config:
            return {"dataset.scale": way}
    return {}


def imbalance(case: Case) -> Finding | None:
    """A class so rare that always answering another one looks good; the upper end of its interval is rare too."""
    n = len(case.data.train)
    if not case.classes or _weighted(case):
        return None
    rarest, largest = int(case.shares.argmin()), float(case.shares.max())
    share = float(case.shares[rarest])
    if interval(share, n)[1] * case.classes > RARE:
        return None
    names = case.data.task.class_names
    name = names[rarest] if rarest < len(names) else str(rarest)
    evidence = (
        f"class {name} has {round(share * n):,} of {n:,} training rows ({percent(share)}); "
        f"always answering the commonest class is right for {percent(largest)}"
    )
    remedy = (
        "gather more rows of it, weigh its rows (--set loss.class_weight=balanced), "
        "and judge by the table of mistakes: mlj evaluate RUN"
    )
    numbers = {"share": share, "commonest": largest}
    return Finding("imbalance", "severe" if share == 0 else "moderate", evidence, remedy, numbers)


def _weighted(case: Case) -> bool:
    return getattr(case.loss, "class_weight", "none") != "none" or case.data.train.w is not None


def duplicates(case: Case) -> Finding | None:
    """Training rows that repeat others, far more often than chance makes them where inputs have few values."""
    train = case.data.train
    keys = _keys(train)
    again = len(keys) - len(set(keys))
    share = again / len(keys)
    if again < 5 or share < 0.05 or share < 10 * _collisions(train):
        return None
    targets = dict(zip(keys, _targets(train), strict=False))
    torn = sum(targets[key] != target for key, target in zip(keys, _targets(train), strict=False))
    evidence = f"{again:,} of {len(keys):,} training rows ({percent(share)}) repeat the inputs of another"
    evidence += f", {torn:,} of them with another target" if torn else ""
    remedy = "keep one of each before the split: repeated rows count twice, and end up on both sides of it"
    return Finding("duplicates", "moderate", evidence, remedy, {"rows": again, "share": share, "torn": torn})


def leak(case: Case) -> Finding | None:
    """Rows of the test that were trained on, or a feature that gives the target away."""
    return _shared(case) or _telling(case)


def _shared(case: Case) -> Finding | None:
    known = set(_keys(case.data.train))
    for name, rows in _parts(case).items():
        if name == "train":
            continue
        keys = _keys(rows)
        seen = sum(key in known for key in keys)
        share = seen / len(keys)
        if (
            len(known.intersection(keys)) < 3
            or share < 0.02
            or share < 10 * len(known) * _collisions(case.data.train, pairs=True)
        ):
            continue
        evidence = f"{seen:,} of {len(keys):,} {name} rows ({percent(share)}) have the inputs of a training row"
        remedy = f"split off the {name} rows after the repeated ones are gone: they measure memory, not learning"
        return Finding("leak", "severe", evidence, remedy, {"rows": seen, "share": share})
    return None


def _telling(case: Case) -> Finding | None:
    """A feature that alone tells the target, where all the others together do not. Among two it may simply be good."""
    x = case.sample.x.reshape(len(case.sample), -1).astype(np.float64)
    if x.shape[1] < 3 or len(x) < 50 or not case.asks:
        return None
    told = np.array([_tells(case, column) for column in x.T])
    best = int(told.argmax())
    others = told < GIVEN_AWAY
    if told[best] < GIVEN_AWAY or not others.any():
        return None
    chance = by_chance(case)
    rest = (agreement(case, x[:, others]) - chance) / (1 - chance)
    if rest > EASY:
        return None
    name, alone, by_others = case.data.feature_names[best], percent(float(told[best])), percent(max(0.0, rest))
    evidence = f"{name} alone tells {alone} of the target; the nearest rows by all other features tell {by_others}"
    remedy = f"ask whether {name} is known before the target is; if not, leave it out"
    return Finding("leak", "severe", evidence, remedy, {"told": float(told[best]), "rest": rest, "feature": best})


def _tells(case: Case, column: Array) -> float:
    """How much of the target one feature tells by itself, of what chance leaves open.

    Of classes: how often rows that follow each other in its order have the same; of numbers: whether it is a straight
    line of them.
    """
    y, n = case.sample.y, len(column)
    if case.classes:
        in_order = y[np.lexsort((np.random.RandomState(0).permutation(n), column))]  # equal values in any order
        chance = by_chance(case)
        return float(((in_order[1:] == in_order[:-1]).mean() - chance) / (1 - chance))
    if y.reshape(n, -1).shape[1] > 1 or not column.std() or not y.std():
        return 0.0
    return float(np.corrcoef(column, y.ravel())[0, 1] ** 2 > 0.999)


def _parts(case: Case) -> dict[str, Rows]:
    parts = {"train": case.data.train, "validation": case.data.validation, "test": case.data.test}
    return {name: rows for name, rows in parts.items() if rows is not None and len(rows)}


def _keys(rows: Rows) -> list[int]:
    """A number for each row that equal inputs share."""
    x = np.ascontiguousarray(rows.x[:COMPARED].reshape(len(rows.x[:COMPARED]), -1))
    return [hash(row.tobytes()) for row in x]


def _targets(rows: Rows) -> list[bytes]:
    return [y.tobytes() for y in rows.y[:COMPARED]]


def _collisions(rows: Rows, pairs: bool = False) -> float:
    """The share of rows that would repeat another by chance, were their features independent.

    pairs: the probability that two rows do.
    """
    x = rows.x[:1000].reshape(len(rows.x[:1000]), -1)
    equal = 1.0
    for column in x.T:
        _, counts = np.unique(column, return_counts=True)
        equal *= float(np.square(counts / len(x)).sum())
    return equal if pairs else min(1.0, equal * len(rows))

"""What curves alone tell of a training loop that is not ours: no network, no data, no other rates to hold it to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from mlcore.doctor.case import Finding, percent
from mlcore.doctor.curves import noise, smooth
from mlcore.layers.layer import Array

Curves: TypeAlias = Mapping[str, tuple[Sequence[int], Sequence[float]]]

FEWEST = 10  # values before a curve says anything
RISE = 0.1  # of the lowest validation loss
STILL = 0.02  # of the first loss: a training that took off no more than that got nowhere
GREW = 0.5  # of what was lost since the beginning: a training loss that climbs back so far runs away
LOSSES = ("train_loss", "validation_loss")


def of_curves(curves: Curves) -> tuple[Finding, ...]:
    """What is wrong with a loop, the most severe first. A loss that is no number hides everything else."""
    broken = no_number(curves)
    if broken is not None:
        return (broken,)
    found = (rule(curves) for rule in (runaway, plateau, overfitting))
    return tuple(finding for finding in found if finding is not None)


def no_number(curves: Curves) -> Finding | None:
    """A loss that is NaN or infinite, and stays so."""
    for name in LOSSES:
        steps, values = _numbers(curves, name)
        bad = ~np.isfinite(values)
        if len(values) and bad[-1]:
            first = int(steps[len(values) - int(np.argmin(bad[::-1]))]) if not bad.all() else int(steps[0])
            evidence = f"{name.replace('_', ' ')} is {values[-1]:g} from step {first:,} on"
            remedy = "take a lower rate, clip the gradient, or look at the rows of that step"
            return Finding("rate_too_high", "severe", evidence, remedy, {"step": first})
    return None


def runaway(curves: Curves) -> Finding | None:
    """A training loss that climbs back what it had lost."""
    steps, values = _finite(curves, "train_loss")
    if len(values) < FEWEST:
        return None
    curve = smooth(values)
    best, last = int(curve.argmin()), float(curve[-max(2, len(curve) // 20) :].mean())
    rise, fallen = last - float(curve[best]), float(curve[0] - curve[best])
    if rise <= max(GREW * fallen, 5 * noise(values), RISE * abs(float(curve[best]))):
        return None
    evidence = f"since step {int(steps[best]):,} the training loss rose from {curve[best]:.3g} to {last:.3g}"
    numbers = {"step": int(steps[best]), "lowest": float(curve[best]), "last": last}
    return Finding("rate_too_high", "severe", evidence, "take a lower rate, or clip the gradient", numbers)


def plateau(curves: Curves) -> Finding | None:
    """A training loss that never left where it began."""
    _, values = _finite(curves, "train_loss")
    if len(values) < 5 * FEWEST:
        return None
    tenth = len(values) // 10
    first, last = float(np.median(values[:tenth])), float(np.median(values[-tenth:]))
    if first - last > max(STILL * abs(first), 2 * noise(values) / tenth**0.5):
        return None
    evidence = f"the first tenth of the training losses has a median of {first:.4g}, the last tenth {last:.4g}"
    remedy = "another rate (higher or lower), inputs of a size near 1, or labels that belong to their rows"
    return Finding("plateau", "severe", evidence, remedy, {"first": first, "last": last})


def overfitting(curves: Curves) -> Finding | None:
    """A validation loss that rises while the training loss goes on falling, by more than its own noise."""
    steps, values = _finite(curves, "validation_loss")
    train_steps, train = _finite(curves, "train_loss")
    if min(len(values), len(train)) < FEWEST:
        return None
    curve, train = smooth(values), smooth(train)
    best, last = int(curve.argmin()), float(curve[-max(2, len(curve) // 20) :].mean())
    lowest, then = float(curve[best]), float(np.interp(steps[best], train_steps, train))
    if last - lowest < max(RISE * abs(lowest), 3 * noise(values)) or not train[-1] < then - 0.05 * abs(then):
        return None
    evidence = (
        f"since step {int(steps[best]):,} the validation loss rose from {lowest:.3g} to {last:.3g} "
        f"({percent((last - lowest) / max(abs(lowest), 1e-12))}) while the training loss fell from {then:.3g} to "
        f"{train[-1]:.3g}"
    )
    remedy = "stop there, take a smaller network or more decay, or find more rows"
    numbers = {"step": int(steps[best]), "lowest": lowest, "last": last, "train": float(train[-1])}
    return Finding("overfitting", "moderate", evidence, remedy, numbers)


def _numbers(curves: Curves, name: str) -> tuple[Array, Array]:
    steps, values = curves.get(name, ((), ()))
    return np.asarray(steps, np.float64), np.asarray(values, np.float64)


def _finite(curves: Curves, name: str) -> tuple[Array, Array]:
    steps, values = _numbers(curves, name)
    return steps[np.isfinite(values)], values[np.isfinite(values)]

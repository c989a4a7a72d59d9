"""Units that do nothing: dead ones answer zero to every row, saturated ones are stuck at an end of their range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mlcore.doctor.case import FEW, Case, Finding, Severity, percent
from mlcore.layers.activations import Activation
from mlcore.layers.layer import INFERENCE, Array, Layer
from mlcore.network import Network
from mlcore.spec import kind_of

NEAR = np.linspace(-4, 4, 801, dtype=np.float32)[:, None]
FAR = np.array([[-50.0], [50.0]], np.float32)  # where what squashes is flat
FLAT = 0.05  # of its steepest slope: flatter than this a unit hardly learns (tanh beyond 2.2, sigmoid beyond 4.4)
DEAD = 1e-3  # of the steepest slope: nothing gets through any more
HALF, MOST = 0.5, 0.9  # of a layer's units
LITTLE = 0.3  # of the loss of knowing nothing gone


class Bend(NamedTuple):
    """What the units of one activation do on the sample.

    number: the layer, from 1; dead: the share of its units whose slope is zero for every row; stuck: the share of units
    and rows at the flat ends of an activation that squashes, else 0.
    """

    number: int
    layer: Layer
    units: int
    dead: float
    stuck: float


def bends(network: Network, activations: Sequence[Array]) -> Iterator[Bend]:
    """Every activation of a network, by what each layer answered to the rows looked at [B, …]."""
    for number, layer in enumerate(network.layers):
        if not number or not curved(layer):
            continue
        slopes = _slopes(layer, activations[number - 1])
        if not np.isfinite(slopes).all():
            continue
        slopes = slopes.reshape(len(slopes), -1) / _slopes(layer, NEAR).max()
        dead = float((slopes.max(axis=0) < DEAD).mean())
        stuck = float((slopes < FLAT).mean()) if squashes(layer) else 0.0
        yield Bend(number + 1, layer, slopes.shape[1], dead, stuck)


def curved(layer: Layer) -> bool:
    """Whether it is an activation whose slope changes."""
    return isinstance(layer, Activation) and bool(np.ptp(_slopes(layer, NEAR)) > 1e-6)


def squashes(layer: Layer) -> bool:
    """Whether it bends around zero into two flat ends, as sigmoid and tanh do; relu6 is flat on one side at once."""
    slopes = _slopes(layer, NEAR)[:, 0]
    around = slopes[np.abs(NEAR[:, 0]) <= 1]
    return bool(around.min() > FLAT * slopes.max() and _slopes(layer, FAR).max() < FLAT * slopes.max())


def _slopes(layer: Layer, x: Array) -> Array:
    """The size of an activation's derivative at x, element by element, by its own backward."""
    with np.errstate(all="ignore"):
        y, saved = layer.forward({}, x, INFERENCE)
        slopes: Array = np.abs(layer.backward({}, saved, np.ones_like(y))[0])
    return slopes


def dead_units(case: Case) -> Finding | None:
    """Units that answer the same to every row and get no gradient: they never come back.

    Healthy networks of relu have some too, a fifth of a layer and where inputs are few and positive up to 88 %: so it
    takes most of a layer, or half of one in a network that learned little.
    """
    if len(case.sample) < FEW:
        return None
    trained = case.reason != "diverged"
    look, when = (case.end, "after training") if trained else (case.start, "before training")
    enough = HALF if trained and case.learned < LITTLE else MOST
    found = [bend for bend in bends(case.network, look.activations) if bend.dead >= enough and not squashes(bend.layer)]
    if not found:
        return None
    worst = max(found, key=lambda bend: bend.dead)
    before = next(
        (bend.dead for bend in bends(case.network, case.start.activations) if bend.number == worst.number), 0.0
    )
    evidence = (
        f"{round(worst.dead * worst.units)} of the {worst.units} {kind_of(worst.layer)} units of layer {worst.number} "
        f"are dead {when}: they answer the same to all {len(case.sample)} rows looked at"
    )
    evidence += f"; {round(before * worst.units)} were before" if trained else ""
    lower = case.around[1]
    settings = {"optimizer.learning_rate": lower.rate} if lower and before < enough else {}
    remedy = (
        "take a lower rate: dead units do not come back" if settings else "scale the inputs, begin with smaller weights"
    )
    severity: Severity = "severe" if worst.dead == 1 and case.learned < LITTLE else "moderate"
    return Finding("dead_units", severity, evidence, remedy, {"share": worst.dead, "before": before}, settings)


def saturated_units(case: Case) -> Finding | None:
    """Units at the flat ends of what squashes: almost no gradient gets through.

    Healthy networks saturate as they learn, up to 77 % of a layer: so it counts at the start, where they have 21 % at
    most, and at the end only in a network that learned little.
    """
    looks = [("before training", case.start)] if case.begun else []
    looks += [("after training", case.end)] if case.learned < LITTLE and case.reason != "diverged" else []
    for when, look in looks:
        found = max(bends(case.network, look.activations), key=lambda bend: bend.stuck, default=None)
        if found is None or found.stuck < HALF:
            continue
        evidence = (
            f"{when} {percent(found.stuck)} of the answers of layer {found.number} ({kind_of(found.layer)}) "
            f"lie at its flat ends, where the slope is below {percent(FLAT)} of the steepest"
        )
        remedy = "scale the inputs, and draw first weights by the number of inputs of a unit"
        settings = {} if case.config.init == "glorot_uniform" else {"init": "glorot_uniform"}
        return Finding("saturated_units", "moderate", evidence, remedy, {"share": found.stuck}, settings)
    return None

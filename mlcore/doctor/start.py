"""Rules about the network as it is built and drawn, before its first step."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mlcore.doctor.case import Case, Finding, Look
from mlcore.doctor.rows import scaling
from mlcore.doctor.units import curved, squashes
from mlcore.layers import line
from mlcore.spec import kind_of

HIGH = 4.0  # times the loss of an output of zero: He-normal weights behind softplus reach 3.3 by chance
FAR = 10.0  # numbers to be learned, or answered at first, beyond this size
APART = 30.0  # times the loss of the best constant, at which a regression of such numbers begins; diabetes has 5
WELL = 0.85  # of the loss of knowing nothing gone: it learns in spite of it
FADED = 1e-3  # gradient of the first layer by that of the last; 300 healthy ones had 0.0014 and more
SWOLLEN = 100.0  # times the size of the inputs
BLOWN = 1e3  # times the gradient of the last layer


def activation_on_logits(case: Case) -> Finding | None:
    """An activation behind the outputs: the loss takes raw numbers, and what is squeezed cannot become large.

    As the head follows from the data and is never written, an output layer that was written with its activation stands
    before it, and is as narrow as the outputs.
    """
    layers, outputs = case.network.layers, case.network.output_shape[0]
    places = sorted({slot.layer for slot in case.network.slots if slot.param.role == "weight"})
    if places and places[-1] < len(layers) - 1 and curved(layers[-1]):
        evidence = (
            f"{kind_of(layers[-1])} stands behind the output layer, and the loss takes its outputs for raw numbers"
        )
        return Finding(
            "activation_on_logits", "severe", evidence, "end with the dense layer: the loss squeezes by itself"
        )
    if len(places) < 3:
        return None
    before, written, head = places[-3:]
    width, wide = case.network.shapes[written + 1][0], case.network.shapes[before + 1][0]
    bend = next((layer for layer in layers[written + 1 : head] if curved(layer)), None)
    if bend is None or width != outputs or wide < 2 * width or not (width == 1 or squashes(bend)):
        return None
    evidence = (
        f"the last hidden layer is as narrow as the output ({width}) and goes through {kind_of(bend)}: "
        f"it looks like an output layer, but mlj puts its own, Dense({outputs}), behind it"
    )
    body = line.write(case.config.layers[:written])
    return Finding("activation_on_logits", "moderate", evidence, "leave it out", {"units": width}, {"layers": body})


def bad_initial_loss(case: Case) -> Finding | None:
    """An untrained network that is sure of itself: its first steps only unlearn (CS231n: at first the loss is ln K)."""
    if not case.begun:
        return None
    loss, zero = case.start.loss, case.zero_loss
    size = float(np.sqrt(np.square(case.start.activations[-1].astype(np.float64)).mean()))
    if case.classes:
        if not loss > HIGH * zero:
            return None
        known = f" = ln {case.classes}" if math.isclose(zero, math.log(case.classes), rel_tol=1e-3) else ""
        evidence = (
            f"the loss begins at {loss:.3g}; outputs of zero cost {zero:.3g}{known}, the first have size {size:.2g}"
        )
        numbers = {"loss": loss, "expected": zero, "outputs": size}
        remedy, settings = _calmer(case)
        return Finding("bad_initial_loss", "moderate", evidence, remedy, numbers, settings)
    targets = float(np.sqrt(np.square(case.loss.compared(case.sample.y).astype(np.float64)).mean()))
    if not loss > APART * case.constant_loss or max(targets, size) < FAR:
        return None
    evidence = (
        f"the loss begins at {loss:.3g}, the best constant costs {case.constant_loss:.3g}: "
        f"targets have the size {targets:.3g}, first outputs {size:.3g}"
    )
    remedy = (
        'learn targets of a size near 1: dataset.target_scale = "standard", or subtract their mean and divide by it'
    )
    if size > 10 * targets:
        remedy = _calmer(case)[0]
    numbers = {"loss": loss, "expected": case.constant_loss, "targets": targets, "outputs": size}
    return Finding("bad_initial_loss", "moderate", evidence, remedy, numbers)


def _calmer(case: Case) -> tuple[str, dict[str, str]]:
    """The remedy for outputs that begin too large."""
    ways = scaling(case)
    if ways and np.abs(case.sample.x).mean() > 1.5:
        return "scale the inputs", ways
    if case.config.init == "he_normal":
        return "draw smaller first weights", {"init": "glorot_uniform"}
    return "draw first weights by the number of inputs of a unit", {"init": "he_normal"}


class Flow(NamedTuple):
    """The gradient of a layer's weights: the layer, from 1, and the root of its mean square."""

    layer: int
    size: float


def flows(case: Case, look: Look) -> list[Flow]:
    """The gradient of every layer that has weights, first layer first."""
    found = []
    for slot in sorted(case.network.slots):
        if slot.param.role == "weight":
            g = look.gradient[slot.offset : slot.offset + slot.size].astype(np.float64)
            found.append(Flow(slot.layer + 1, float(np.sqrt(np.square(g).mean()))))
    return found


def vanishing(case: Case) -> Finding | None:
    """A gradient that fades on its way back: the first layers stay as they were drawn (Hochreiter 1991)."""
    found = flows(case, case.start)
    if len(found) < 3 or case.learned > WELL or not found[-1].size > 0 or not case.begun:
        return None
    share = found[0].size / found[-1].size
    if not share < FADED:
        return None
    evidence = (
        f"the gradient of layer {found[0].layer} is {share:.1g} of that of layer {found[-1].layer}: "
        f"of {len(found)} layers with weights the first hardly learn"
    )
    remedy = "take fewer layers, or relu in place of what squeezes, with init he_normal"
    settings = _straighter(case)
    return Finding(
        "vanishing", "severe" if share < FADED / 100 else "moderate", evidence, remedy, {"share": share}, settings
    )


def _straighter(case: Case) -> dict[str, str]:
    """The same body with relu for every activation that squeezes."""
    relu = line.parse("1 relu")[1]
    body = tuple(relu if curved(layer) and squashes(layer) else layer for layer in case.config.layers)
    return {} if body == case.config.layers else {"layers": line.write(body), "init": "he_normal"}


def exploding(case: Case) -> Finding | None:
    """Numbers that grow from layer to layer, forward or back: one step then throws the weights far away."""
    if not case.begun:
        return None
    found = flows(case, case.start)
    sizes = [float(np.sqrt(np.square(a.astype(np.float64)).mean())) for a in case.start.activations]
    inputs = float(np.sqrt(np.square(case.sample.x.astype(np.float64)).mean()))
    back = found[0].size / found[-1].size if found[-1].size else 0.0
    ahead = max(sizes) / inputs if inputs else 0.0
    if not (ahead > SWOLLEN or back > BLOWN) and np.isfinite([ahead, back]).all():
        return None
    evidence = (
        f"numbers grow {ahead:.2g} times from the inputs to layer {int(np.argmax(sizes)) + 1}, "
        f"gradients {back:.2g} times on the way back"
    )
    remedy = "draw first weights by the number of inputs of a unit: their variance 2 / inputs keeps sizes equal"
    settings = {} if case.config.init == "he_normal" else {"init": "he_normal"}
    return Finding("exploding", "severe", evidence, remedy, {"forward": ahead, "backward": back}, settings)


def equal_units(case: Case) -> Finding | None:
    """Units that begin alike stay alike: a layer of them is as good as one unit."""
    if not case.begun:
        return None
    for number, views in enumerate(case.network.views(case.start.vector)):
        for slot in case.network.own[number]:
            w = views[slot.name]
            w = w if w.ndim == 2 else w.reshape(len(w), -1).T  # a filter is a unit, and stands first
            if (
                slot.param.role == "weight"
                and w.shape[-1] > 1
                and number < len(case.network.layers) - 1
                and not np.ptp(w, axis=-1).any()
            ):
                evidence = (
                    f"all {w.shape[-1]} units of layer {number + 1} begin with the same weights, so they learn the same"
                )
                remedy = "draw the first weights at random"
                return Finding("equal_units", "severe", evidence, remedy, {"layer": number + 1}, {"init": "he_normal"})
    return None

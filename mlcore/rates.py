"""The learning rate finder: fresh networks, a rate raised at every step, and what the loss makes of it.

Smith 2017, section 3.3, with three changes. Several networks from different seeds are raised and the median taken, as
one alone is a matter of luck. The loss is that of fixed training rows after each step, without dropout: the loss of
each batch is too noisy to read. And the rule depends on the optimizer.

The rule. Where a step is as long as the gradient (SGD, with momentum or without), steps shorten by themselves as the
network learns, so it may go as fast as it can: the rate at the minimum of the smoothed curve. Where an optimizer
divides by the gradient's size (Adam and its kin), the last steps are as long as the first and the rate decides how
close to the minimum it ends: the rate at which nine tenths of the fall are done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mlcore import backends
from mlcore.backends.backend import Problem, Weights
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.errors import ConfigError
from mlcore.layers.layer import Array
from mlcore.model import blueprint
from mlcore.optimizers import Optimizer

LOW, HIGH = 1e-6, 10.0
STEPS, MORE = 300, 1000  # rates to try, and how many where the loss has hardly fallen
HARDLY = 0.25  # of the first loss
LEAST_STEPS = 10
NETWORKS = 5
WORK = 2e10  # numbers times rows times steps that all networks together may take; at least one is raised
WATCHED = 512  # rows whose loss is followed
DIVERGED = 4  # times the lowest loss
CEILING = 2.0  # times the first loss: above it all losses count alike
SMOOTH = 0.01  # of the steps: the deviation of the Gaussian the curve is smoothed by is three times that
SHARE = 0.9  # of the fall, for optimizers whose steps do not shorten
LEAST = 0.02  # of the first loss: a smaller fall is none


class Sweep(NamedTuple):
    """What was found: rates [n], the median loss after a step at each [n], the smoothed curve [n] up to divergence.

    suggestion is None where the loss never fell; `why` says how it was found. first: the loss before any step.
    """

    rates: Array
    losses: Array
    smoothed: Array
    first: float
    suggestion: float | None
    why: str
    networks: int


def nothing() -> None:
    """Nobody waits for anything."""


def find(
    config: Config,
    data: Data | None = None,
    *,
    low: float = LOW,
    high: float = HIGH,
    steps: int | None = None,
    tick: Callable[[], None] = nothing,
) -> Sweep:
    """Raise the rate geometrically from `low` to `high` in `steps` steps, and suggest one. Nothing is kept or changed.

    Without `steps` it takes 300, and where the loss falls by less than a quarter in them begins again with 1,000.
    `tick` is called before every step: what it raises gives the search up. Raises ConfigError for a range that is none,
    and what training this experiment would raise.
    """
    if not 0 < low < high < np.inf:
        raise ConfigError(f"rates: expected 0 < from < to, got from {low:g} to {high:g}", hint="e.g. from 1e-6 to 10")
    if steps is not None and steps < LEAST_STEPS:
        hint = "a curve of fewer points has no shape"
        raise ConfigError(f"steps: expected at least {LEAST_STEPS}, got {steps}", hint=hint)
    data = data or config.dataset.load()
    found = _swept(config, data, _range(low, high, steps or STEPS), tick)
    fall = found.first - float(found.smoothed.min(initial=found.first))
    if steps is None and fall < HARDLY * found.first:
        found = _swept(config, data, _range(low, high, MORE), tick)
    return found


def _range(low: float, high: float, steps: int) -> Array:
    rates: Array = low * (high / low) ** (np.arange(steps) / (steps - 1))
    return rates


def _swept(config: Config, data: Data, rates: Array, tick: Callable[[], None]) -> Sweep:
    """As many fresh networks as the work allows, raised through `rates` [n]."""
    network, _ = blueprint(config, data)
    allowed = WORK / (len(rates) * config.batch_of(len(data.train)) * network.size)
    alone = config.with_settings({"repeats": 1})
    seeds = [(config.seed + n) % (2**32 - 1) for n in range(int(np.clip(allowed, 1, NETWORKS)))]
    curves = [raised(alone.with_settings({"seed": seed}), data, rates, tick) for seed in seeds]
    return suggest(rates, curves, config.optimizer)


@np.errstate(over="ignore", invalid="ignore")  # a loss that is no number ends the curve
def raised(config: Config, data: Data, rates: Array, tick: Callable[[], None] = nothing) -> Array:
    """The loss of fixed rows before the first step and after each [n + 1 or fewer]; it ends where it diverges."""
    network, loss = blueprint(config, data)
    chosen = backends.choose(config, network, loss)
    session = chosen.backend.open(Problem.of(config, data, network, loss))
    session.restore(Weights.first(network, config))
    watched, losses = data.train.take(slice(0, WATCHED)), []
    try:
        for step in range(-1, len(rates)):
            tick()
            if step >= 0 and not np.isfinite(session.train(step, 1, rates[step : step + 1])[-1]):
                break
            losses.append(loss(session.predict(watched.x), watched.y)[0])
            if not np.isfinite(losses[-1]) or losses[-1] > max(DIVERGED * min(losses), losses[0]):
                break
    finally:
        session.close()
    return np.array(losses)


def suggest(rates: Array, curves: list[Array], optimizer: Optimizer) -> Sweep:
    """The rate that curves of losses speak for, each as `raised` gives it for `rates` [n]."""
    length = max(map(len, curves)) - 1
    table = np.full((len(curves), len(rates)), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve) - 1] = curve[1:] / max(float(curve[0]), 1e-30)
    relative = np.median(np.minimum(np.nan_to_num(table, nan=CEILING), CEILING), axis=0)[:length]
    smooth, first = smoothed(relative, 3 * SMOOTH * len(rates)), float(np.median([curve[0] for curve in curves]))
    lowest = int(smooth.argmin()) if length else 0
    fall = 1 - float(smooth[lowest]) if length else 0.0
    found, why = None, "the loss does not fall at any of these rates"
    if fall > LEAST and proportional(optimizer):
        found, why = float(rates[lowest]), "the minimum of the smoothed loss"
    elif fall > LEAST:
        place = int(np.flatnonzero(1 - smooth >= SHARE * fall)[0])
        found, why = float(rates[place]), f"{SHARE:.0%} of the fall of the smoothed loss"
    return Sweep(rates[:length], relative * first, smooth * first, first, found, why, len(curves))


def smoothed(values: Array, deviation: float) -> Array:
    """Values [n] averaged with their neighbours, by a Gaussian of `deviation` places."""
    places = np.arange(len(values))
    weights = np.exp(-0.5 * ((places[:, None] - places) / deviation) ** 2)
    average: Array = weights @ values / weights.sum(axis=1)
    return average


def proportional(optimizer: Optimizer) -> bool:
    """Whether a gradient twice as large makes a step twice as long: so SGD does, and Adam does not."""
    lengths: list[Any] = []
    for size in (1.0, 2.0):
        w, moments = np.zeros(1), np.zeros((optimizer.moments, 1))
        optimizer.move(w, np.array([size]), moments, 0, 1.0)
        lengths.append(abs(w[0]))
    return bool(lengths[1] > 1.5 * lengths[0])

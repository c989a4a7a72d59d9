"""Rules about how the loss went: too fast, too slowly, nowhere, or back up where it counts."""

from __future__ import annotations

import math

import numpy as np

from mlcore.doctor.case import Case, Finding, Severity, percent
from mlcore.doctor.neighbours import interval
from mlcore.layers.layer import Array

BETTER = 0.15  # of the loss of knowing nothing: how much more another rate has to learn
SLOW = 0.3  # learned so little, a rate may be too low
NOTHING = 0.03  # learned so little, it is nothing
STILL = 0.02  # of the size of the weights: a network that moved less stands where it was drawn
FEWEST = 50  # steps before nothing learned means something
RISE = 0.1  # of the lowest validation loss, and of what knowing nothing costs
WIDE = 0.18  # half of the interval of an accuracy: 15 rows of which 12 are right


def rate_too_high(case: Case) -> Finding | None:
    """Steps that jump over the valley: the loss is no number any more, or a lower rate learns far more in as many."""
    own, lower, _ = case.around
    rate = case.config.optimizer.learning_rate
    settings = {"optimizer.learning_rate": lower.rate} if lower else {}
    numbers = {"rate": rate, "loss": case.end.loss} | ({"lower": lower.rate, "loss_lower": lower.loss} if lower else {})
    if case.reason == "diverged":
        evidence = f"at a rate of {rate:g} {case.message or f'the loss is not a number at step {case.steps}'}"
        evidence += f"; at {lower.rate:g} it is {lower.loss:.3g}" if lower and lower.loss < math.inf else ""
        return Finding("rate_too_high", "severe", evidence, "take a lower rate", numbers, settings)
    if own is None or lower is None or not case.asks or not own.loss - lower.loss >= BETTER * case.constant_loss:
        return None
    evidence = (
        f"after {own.steps:,} steps at a rate of {rate:g} the loss is {own.loss:.3g}, at {lower.rate:g} it is "
        f"{lower.loss:.3g}; knowing nothing costs {case.constant_loss:.3g}"
    )
    severity: Severity = "severe" if case.learned < SLOW else "moderate"
    return Finding("rate_too_high", severity, evidence, "take a lower rate", numbers, settings)


def rate_too_low(case: Case) -> Finding | None:
    """Steps so small that training ends before it began, where a higher rate gets far.

    Of a long training of which only the beginning was seen, the beginning is carried on to its end: what would get
    there is slow on purpose.
    """
    own, lower, higher = case.around
    if own is None or lower is None or higher is None or case.progress > SLOW or not case.asks:
        return None
    gain = own.loss - higher.loss
    if not gain >= 2 * BETTER * case.constant_loss or own.loss - lower.loss > BETTER * case.constant_loss:
        return None
    fallen = case.start.loss - own.loss
    if own.steps < case.planned and fallen * case.planned / own.steps > 0.5 * case.constant_loss:
        return None
    rate, moved = own.rate, first_step(case)
    evidence = (
        f"after {own.steps:,} steps at a rate of {rate:g} the loss is {own.loss:.3g}, at {higher.rate:g} it is "
        f"{higher.loss:.3g}; the first step changes the weights by {moved:.1g} of their size, 1e-3 is usual"
    )
    numbers = {"rate": rate, "loss": own.loss, "higher": higher.rate, "loss_higher": higher.loss, "first_step": moved}
    settings = {"optimizer.learning_rate": higher.rate}
    severity: Severity = "severe" if case.progress < NOTHING else "moderate"
    return Finding("rate_too_low", severity, evidence, "take a higher rate, or many more epochs", numbers, settings)


def first_step(case: Case) -> float:
    """The size of the first update, at the highest rate of the schedule, by that of the weights.

    CS231n's rule of thumb is 1e-3; 300 healthy experiments had 2e-4 to 1.1, half of them above 0.03.
    """
    optimizer, look, planned = case.config.optimizer, case.start, max(case.planned, 1)
    after, moments = look.vector.copy(), np.zeros((optimizer.moments, len(look.vector)), look.vector.dtype)
    steps = np.linspace(0, planned - 1, 100).astype(np.int64)
    rate = optimizer.learning_rate * float(case.config.schedule.rates(steps, planned, case.per_epoch).max())
    with np.errstate(all="ignore"):  # of weights that begin at zero it is infinite
        optimizer.update(after, look.gradient.copy(), moments, step=0, rate=rate, weights=case.network.weights)
        moved = np.linalg.norm(after - look.vector) / np.linalg.norm(look.vector)
    return float(moved)


def plateau(case: Case) -> Finding | None:
    """A loss that stays at what knowing nothing costs: the network answers the class shares, whatever it sees."""
    curve = case.series("train_loss")
    tail = curve[-max(3, len(curve) // 3) :]
    if len(curve) < 3 or case.steps < FEWEST or not abs(case.learned) < NOTHING:
        return None
    moved = float(np.linalg.norm(case.end.vector - case.start.vector))
    still = moved < STILL * float(np.linalg.norm(case.start.vector))
    if abs(float(tail.mean()) / case.constant_loss - 1) > 2 * NOTHING or still or not case.asks:
        return None
    cost = case.constant_loss
    known = f", ln {case.classes}" if case.classes and math.isclose(cost, math.log(case.classes), rel_tol=0.01) else ""
    same = "the shares of the classes" if case.classes else "one number"
    evidence = (
        f"for the last {len(tail)} epochs the loss was {tail.mean():.4g}; "
        f"answering {same} to every row costs {cost:.4g}{known}"
    )
    remedy = "look at the other findings; if there are none: more units, another rate, inputs that say something"
    settings = {}
    if case.config.optimizer.weight_decay:
        remedy, settings = "let go of the weight decay first", {"optimizer.weight_decay": 0.0}
    return Finding("plateau", "severe", evidence, remedy, {"loss": float(tail.mean()), "constant": cost}, settings)


def overfitting(case: Case) -> Finding | None:
    """A validation loss that rises while the training loss goes on falling, by more than its own noise."""
    curve, train = smooth(case.series("validation_loss")), smooth(case.series("train_loss"))
    if len(curve) < 10 or not case.asks:
        return None
    best, last = int(curve.argmin()), float(curve[-max(2, len(curve) // 20) :].mean())
    lowest, jitter = float(curve[best]), noise(case.series("validation_loss"))
    rise = last - lowest
    if rise < max(RISE * lowest, RISE * case.constant_loss, 3 * jitter) or not train[-1] < 0.95 * train[best]:
        return None
    if not _surely_worse(case, 1.0 if rise > lowest / 2 else 2.0):
        return None
    epoch = int(case.series("epoch")[best])
    kept = case.config.stopping.restore_best
    evidence = (
        f"since epoch {epoch} the validation loss rose from {lowest:.3g} to {last:.3g} (its noise is {jitter:.1g}) "
        f"while the training loss fell from {train[best]:.3g} to {train[-1]:.3g}"
    )
    remedy = "stop there, take a smaller network, or find more rows"
    remedy += "; the weights kept are those of the best epoch" if kept else ""
    settings = {"stopping.patience": max(10, len(curve) // 10), "stopping.restore_best": True}
    numbers = {"epoch": epoch, "lowest": lowest, "last": last, "train": float(train[-1])}
    return Finding("overfitting", "mild" if kept else "moderate", evidence, remedy, numbers, settings)


def _surely_worse(case: Case, errors: float) -> bool:
    """Whether the last weights are worse than those kept, row by row, by that many standard errors."""
    rows = case.data.validation
    if rows is None or np.array_equal(case.kept, case.end.vector):
        return True  # nothing to compare: the curve has to do
    difference = case.row_losses(case.end.vector, rows) - case.row_losses(case.kept, rows)
    return bool(difference.mean() > errors * difference.std() / math.sqrt(len(rows)))


def noisy_validation(case: Case) -> Finding | None:
    """Too few validation rows to tell one epoch from another: the best one is chosen by luck."""
    rows, curve = case.data.validation, case.series("validation_accuracy")
    if rows is None or not case.classes or not len(curve):
        return None
    n, right = len(rows), float(np.median(curve[-max(3, len(curve) // 3) :]))
    low, high = interval(right, n)
    if (high - low) / 2 < WIDE:
        return None
    evidence = (
        f"{n} validation rows: an accuracy of {percent(right)} means {percent(low)} to {percent(high)} (95 % interval)"
    )
    need = math.ceil(0.25 * (1.96 / 0.05) ** 2)
    remedy = (
        f"take more rows for validation ({need} tell 5 points apart), or judge by cross-validation over several seeds"
    )
    settings = {} if n >= len(case.data.train) / 2 else {"dataset.split.validation": 0.2}
    if settings and n >= 0.2 * len(case.data.train):
        settings = {}
    return Finding("noisy_validation", "mild", evidence, remedy, {"rows": n, "low": low, "high": high}, settings)


def smooth(curve: Array) -> Array:
    """The mean of each five neighbours, fewer at the ends."""
    if len(curve) < 5:
        return curve
    sums, counts = (np.convolve(values, np.ones(5), "same") for values in (curve, np.ones(len(curve))))
    smooth: Array = sums / counts
    return smooth


def noise(curve: Array) -> float:
    """The deviation of a curve from epoch to epoch: half of its second half's jumps are noise of two values."""
    jumps = np.diff(curve[len(curve) // 2 :])
    return float(1.4826 * np.median(np.abs(jumps - np.median(jumps))) / math.sqrt(2)) if len(jumps) else 0.0

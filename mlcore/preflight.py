"""Before an experiment is trained: what can be known in a second or two of whether it will learn at all.

The list is CS231n's "before learning: sanity checks", with the shapes before it and the C kernels after it. Each check
says ok, failed or skipped, what it saw, and where it failed what to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore import backends, gradients, losses, metrics
from mlcore.backends.backend import Problem, Weights
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import ConfigError
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.model import blueprint
from mlcore.network import Network
from mlcore.optimizers import Adam
from mlcore.spec import kind_of

Verdict: TypeAlias = Literal["ok", "failed", "skipped"]

FEW = 20  # rows that must be learnt by heart
RATES = (0.003, 0.03)  # Adam's, tried in this order
LONGEST, PATIENCE = 2000, 1.0  # steps and seconds for learning them, at each rate
BLOCK = 25  # steps between two looks
LEARNT = 0.05  # of the loss of outputs that are all zero
SAMPLE = 512  # rows of the first loss
BATCH = 64  # rows of the batch the C kernels are held to
WORK = 2e8  # multiplications for moving numbers
DROWNED = 10  # times the loss that decay and L1 may add
TOO_SURE, TOO_GOOD = 2.0, 0.5  # times the loss of outputs that are all zero


class Check(NamedTuple):
    """One line: its name, how it went, what was seen, and the way out where it failed."""

    name: str
    verdict: Verdict
    evidence: str
    remedy: str = ""


class Subject(NamedTuple):
    """What is checked: an experiment on its data, at its first weights."""

    config: Config
    data: Data
    network: Network
    loss: Loss
    vector: Array

    @classmethod
    def of(cls, config: Config, data: Data) -> Subject:
        """The network of an experiment at its first weights. Raises ConfigError where there is none."""
        network, loss = blueprint(config, data)
        return cls(config, data, network, loss, network.init(config.seed, config.init))

    def problem(self, rows: Rows, batch: int) -> Problem:
        """The experiment on some of its rows."""
        return Problem(self.network, self.loss, self.config.optimizer, rows, self.data.factor, batch, self.config.seed)


def preflight(config: Config, data: Data | None = None) -> Iterator[Check]:
    """Every check in order, each as soon as it is known. Nothing is kept, and the experiment is not touched.

    Raises DataError when there is no data to check on.
    """
    data = data or config.dataset.load()
    for number in range(len(CHECKS)):
        yield check(config, data, number)


def check(config: Config, data: Data, number: int) -> Check:
    """One check of `CHECKS` by its place there; where there is no network, one says why and the others are skipped."""
    name = tuple(CHECKS)[number]
    try:
        subject = Subject.of(config, data)
    except ConfigError as error:
        broken = "shapes" if error.code == "CONFIG_SHAPE" else "loss"
        if name == broken:
            return Check(name, "failed", str(error), error.hint)
        return Check(name, "skipped", f"needs {broken}")
    return CHECKS[name](subject)


def shapes(subject: Subject) -> Check:
    """Every layer takes what the one before it gives."""
    network = subject.network
    return Check("shapes", "ok", f"{network.summary()}, {network.size:,} parameters")


def loss_fits(subject: Subject) -> Check:
    """The loss is one for this task, and its targets are those the data has."""
    task, y = subject.data.task, subject.data.train.y
    if task.kind == "regression":
        evidence = f"{kind_of(subject.loss)} for numbers from {y.min():.3g} to {y.max():.3g}"
    else:
        seen = len(np.unique(y))
        evidence = f"{kind_of(subject.loss)} for {task.outputs} classes"
        if seen < task.outputs:
            remedy = "more training rows, or dataset.split.stratify = true"
            return Check("loss", "failed", f"{evidence}, but the training rows have only {seen} of them", remedy)
    return Check("loss", "ok", evidence)


def inputs(subject: Subject) -> Check:
    """Inputs are finite and of a size that first weights are made for."""
    data = subject.data
    x = data.inputs(data.train.take(slice(0, SAMPLE))).astype(np.float64)
    if not np.isfinite(x).all():
        return Check("inputs", "failed", "some are not finite", "remove such rows or fill the values in")
    size = float(np.sqrt((x * x).mean()))
    evidence = f"root mean square {size:.3g}, from {x.min():.3g} to {x.max():.3g}"
    if size > 10 or size < 0.01:
        return Check("inputs", "failed", f"{evidence}: far from 1", "dataset.scale = standard")
    return Check("inputs", "ok", evidence)


def first_loss(subject: Subject) -> Check:
    """A network that has learnt nothing has the loss of one that says nothing: ln K for K classes."""
    data, loss = subject.data, subject.loss
    rows = data.train.take(slice(0, SAMPLE))
    z, _ = subject.network.forward(subject.vector, data.inputs(rows))
    found, silent = loss(z, rows.y)[0], loss(np.zeros_like(z), rows.y)[0]
    what = "outputs of zero have" if data.task.kind == "regression" else f"ln {data.task.outputs} ="
    evidence = f"{found:.4f} beside {what} {silent:.4f}"
    if not found <= TOO_SURE * silent + 1e-12:
        remedy = "smaller first weights (init = glorot_uniform), scaled inputs, or another seed"
        return Check("first loss", "failed", f"{evidence}: sure before it has learnt", remedy)
    if found < TOO_GOOD * silent and data.task.kind != "regression":
        remedy = "look for a feature that gives the answer away"
        return Check("first loss", "failed", f"{evidence}: too good for one that has learnt nothing", remedy)
    return Check("first loss", "ok", evidence)


def penalty(subject: Subject) -> Check:
    """Decay and L1, where there are any, must raise what is minimised, and not drown it."""
    rule = subject.config.optimizer
    if rule.decoupled or not (rule.weight_decay or rule.l1):
        why = "its decay is no part of the loss" if rule.decoupled else "no weight decay and no L1"
        return Check("penalty", "skipped", f"{kind_of(rule)}: {why}")
    w = subject.vector[: subject.network.weights].astype(np.float64)
    rows = subject.data.train.take(slice(0, SAMPLE))
    z, _ = subject.network.forward(subject.vector, subject.data.inputs(rows))
    loss, added = subject.loss(z, rows.y)[0], rule.weight_decay / 2 * float(w @ w) + rule.l1 * float(np.abs(w).sum())
    evidence = f"weight_decay {rule.weight_decay:g} and l1 {rule.l1:g} add {added:.4g} to a loss of {loss:.4g}"
    if added <= 0:
        return Check("penalty", "failed", f"{evidence}: all weights are zero", "init = he_normal")
    if added > DROWNED * max(loss, 1e-12):
        remedy = (
            f"optimizer.weight_decay = {rule.weight_decay / 100:g}" if rule.weight_decay else "a smaller optimizer.l1"
        )
        return Check("penalty", "failed", f"{evidence}: the loss drowns in it", remedy)
    return Check("penalty", "ok", evidence)


@np.errstate(over="ignore", invalid="ignore")
def by_heart(subject: Subject) -> Check:
    """A few rows can be learnt by heart, by Adam without decay or dropout: else the network is too small or cut.

    Rows count the same, and the loss asks for nothing but the target, so that it can get to zero.
    """
    if subject.data.task.steps:
        return Check("by heart", "skipped", "an answer at every step: what the first cannot know stays in the loss")
    some = spread(subject.data.train, FEW)
    some = Rows(some.x, some.y)
    calm = [layer for layer in subject.network.layers if kind_of(layer) != "dropout"]  # which has no parameters
    network = Network(calm, subject.network.shapes[0], subject.network.lengths)
    subject = subject._replace(network=network, loss=losses.bare(subject.loss))
    silent = subject.loss(np.zeros((len(some), *subject.network.output_shape), np.float32), some.y)[0]
    lowest, steps = np.inf, 0
    for rate in RATES:
        for steps, loss, right in learning(subject, some, rate):
            lowest = min(lowest, loss)
            if loss <= LEARNT * silent and right:
                return Check("by heart", "ok", f"{len(some)} rows reach a loss of {loss:.2g} in {steps} steps of adam")
    evidence = (
        f"{len(some)} rows stay at a loss of {lowest:.3g} after {steps} steps of adam (zero outputs: {silent:.3g})"
    )
    if len(subject.network.layers) == 1:
        return Check("by heart", "failed", evidence, "no hidden layer: layers = 16 relu")
    return Check("by heart", "failed", evidence, "more units, another activation, or other first weights: seed, init")


def learning(subject: Subject, rows: Rows, rate: float) -> Iterator[tuple[int, float, bool]]:
    """Steps made, the loss, and whether every row is right, every few steps; it ends when time is up."""
    config, network, loss = subject.config, subject.network, subject.loss
    optimizer = Adam(learning_rate=rate)
    problem = subject.problem(rows, len(rows))._replace(optimizer=optimizer)
    choice = backends.choose(config, network, loss, optimizer)
    session = choice.backend.open(problem)
    session.restore(Weights(subject.vector, np.zeros((optimizer.moments, network.size), np.float32), 0))
    began, step = time.perf_counter(), 0
    try:
        while step < LONGEST and time.perf_counter() - began < PATIENCE:
            if not np.isfinite(session.train(step, BLOCK, np.full(BLOCK, rate))[-1]):
                return
            step += BLOCK
            z = session.predict(rows.x)
            found = metrics.evaluate(z, rows.y, subject.data.task)
            yield step, loss(z, rows.y)[0], found.get("accuracy", 1.0) == 1.0
    finally:
        session.close()


def spread(rows: Rows, count: int) -> Rows:
    """So many rows, as far as there are, with as many of each class; for numbers evenly spaced ones."""
    if rows.y.ndim > 1:
        return rows.take(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int))
    order = np.argsort(rows.y, kind="stable")
    rank = np.empty(len(rows), int)
    rank[order] = np.concatenate([np.arange(size) for size in np.unique(rows.y, return_counts=True)[1]])
    return rows.take(np.sort(np.argsort(rank, kind="stable")[:count]))


def gradient(subject: Subject) -> Check:
    """Backpropagation says what central differences say."""
    rows = spread(subject.data.train, gradients.ROWS)
    result = gradients.check(subject.problem(rows, len(rows)), subject.vector, work=WORK, native=False)
    moved, kinks = sum(a.moved for a in result.arrays), sum(a.kinks for a in result.arrays)
    evidence = f"{result.worst} in float64, {moved} numbers"
    evidence += f", {kinks} on a kink" if kinks else ""
    if result.ok:
        return Check("gradient", "ok", evidence)
    worst = result.arrays[0]
    remedy = f"the backward pass of layer {worst.layer}, {worst.kind}, or of one after it, is wrong: mlj gradcheck"
    return Check("gradient", "failed", f"{evidence}, worst in {worst.name}", remedy)


def kernels(subject: Subject) -> Check:
    """The C kernels' gradient on a batch of these rows is the pages' own."""
    rows = subject.data.train.take(slice(0, BATCH))
    errors, skipped = gradients.native_errors(subject.problem(rows, len(rows)), subject.vector)
    if skipped:
        return Check("kernels", "skipped", skipped)
    worst = max(errors, key=lambda name: errors[name])
    evidence = f"float32 in C within {errors[worst]:.1e} of the pages in float64, {len(rows)} rows"
    if errors[worst] <= gradients.NATIVE:
        return Check("kernels", "ok", evidence)
    return Check("kernels", "failed", f"{evidence}, worst in {worst}", "backend = reference; mlj info for a bug report")


CHECKS: dict[str, Callable[[Subject], Check]] = {
    "shapes": shapes,
    "loss": loss_fits,
    "inputs": inputs,
    "first loss": first_loss,
    "penalty": penalty,
    "by heart": by_heart,
    "gradient": gradient,
    "kernels": kernels,
}

"""Evidence: what the doctor has to see of an experiment before it can judge. All that takes time is here.

A configuration is trained for a while; of a run the records are read. Where that went badly, the same experiment is
tried at lower and at higher rates: nothing says more about a rate.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlcore import backends, losses
from mlcore.backends.backend import Problem, Session, Weights
from mlcore.backends.reference import Reference
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.doctor.case import Case, Look, Trial, even
from mlcore.doctor.curves import first_step
from mlcore.errors import ConfigError
from mlcore.events import Ended, EpochEnded
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.model import blueprint
from mlcore.network import Network
from mlcore.runs import Run
from mlcore.training import train

SAMPLE = 512  # training rows looked at: enough for a share within 4 points, few enough for a wide network
WORK = 6e9  # multiply-adds of a training: half a second of the C kernels on one core
STEPS = 20_000  # of a training at most; those of a small network take 5 us each
SECONDS = 5.0  # and no longer than this, on whatever machine and backend
CHUNK = 50  # steps between two looks at the clock
WELL = 0.85  # of the loss of knowing nothing gone: nobody asks whether another rate learns more
LEAP, USUAL = 0.1, 3e-3  # first steps, by the size of the weights
LADDER = 6  # trials in one direction at most


class Followed(NamedTuple):
    """A training that was watched: its history by epochs, its last weights, those kept, and how far it came."""

    history: Mapping[str, Sequence[float]]
    last: Array
    kept: Array
    steps: int
    reason: str = ""
    message: str = ""


def of_config(config: Config, data: Data | None = None) -> Case:
    """The case of an experiment that nobody has trained: it is trained here, as far as the doctor's time goes."""
    data = config.dataset.load() if data is None else data
    config, refused = _fitting(_here(config), data)
    network, loss = blueprint(config, data)
    most = affordable(config, data, network)
    whole = most // per_epoch(config, data)
    if whole:
        followed = _by_epochs(config, data, whole)
    else:
        vector, steps, diverged = attempt(config, data, network, loss, most)
        followed = Followed({}, vector, vector, steps, "diverged" if diverged else "")
    return _case(config, data, network, loss, followed, refused)


def of_run(run: Run) -> Case:
    """The case of a run: its records and its weights, looked at on its data. Raises what `Run.restore` raises."""
    point = run.single().restore()
    config, data, kept = _here(point.config), point.data, run.model().vector
    network, loss = blueprint(config, data)
    last = kept if point.state is None else point.state.weights.vector
    history, status = run.history, run.status
    followed = Followed(history, last, kept, status.step, status.reason or status.state, status.message)
    begun = not run.parent or list(history.get("epoch", ()))[:1] == [1]
    return _case(config, data, network, loss, followed, begun=begun)


def affordable(config: Config, data: Data, network: Network) -> int:
    """How many steps the doctor makes: a count, not a time, so that its findings are the same on every machine."""
    work = 3.0 * network.weights * config.batch_of(len(data.train))  # forward, and backward to weights and inputs
    return min(max(3, min(STEPS, int(WORK / max(work, 1.0)))), config.epochs * per_epoch(config, data))


def per_epoch(config: Config, data: Data) -> int:
    """Steps of an epoch."""
    return -(-len(data.train) // config.batch_of(len(data.train)))


def look(config: Config, network: Network, loss: Loss, vector: Array, sample: Rows) -> Look:
    """A network on the sample: one plain pass forward and back, by the pages themselves."""
    session = Reference().open(Problem(network, loss, config.optimizer, sample, 1.0, len(sample), config.seed))
    session.restore(Weights(vector, np.zeros_like(session.moments), 0))
    with np.errstate(all="ignore"):
        found = session.inspect(sample.x, sample.y)
    return Look(vector, found.loss, found.activations, found.gradient)


def attempt(config: Config, data: Data, network: Network, loss: Loss, steps: int) -> tuple[Array, int, bool]:
    """The experiment's first steps: the weights after them, how many there were, and whether the loss is no number."""
    choice = backends.choose(config, network, loss)
    problem = Problem.of(config, data, network, loss)
    session: Session = choice.backend.open(problem)
    epoch = problem.steps_per_epoch
    until = time.monotonic() + SECONDS
    session.restore(Weights.first(network, config))
    factors = config.schedule.rates(np.arange(steps), config.epochs * epoch, epoch)
    rates, made, diverged = factors * config.optimizer.learning_rate, 0, False
    try:
        while made < steps and not diverged and time.monotonic() < until:
            found = session.train(made, min(CHUNK, steps - made), rates[made:])
            diverged = not np.isfinite(found[-1])
            made += len(found) - diverged
        return session.weights().vector, made, diverged
    finally:
        session.close()


def _here(config: Config) -> Config:
    """The experiment as one network on this machine, wherever it was meant for: the numbers are the same everywhere."""
    here = {"backend": "auto", "device": "auto", "engine": "auto", "precision": config.weight_type, "repeats": 1}
    return config.with_settings(here | {"recording.snapshot_every": 0})


def _fitting(config: Config, data: Data) -> tuple[Config, str]:
    """The experiment with a loss that fits its task, and why its own does not, or nothing."""
    try:
        losses.choose(config.loss, data.task.kind, data.task.outputs)
    except ConfigError as error:
        return config.with_settings({"loss": "auto"}), f"{error}; {error.hint}"
    return config, ""


def _by_epochs(config: Config, data: Data, epochs: int) -> Followed:
    """Train, and stop after that many epochs, or when time is up."""
    history: dict[str, list[float]] = {}
    until, followed = time.monotonic() + SECONDS, None
    with closing(iter(train(config, data=data))) as events:  # type: ignore[type-var]
        for event in events:
            if isinstance(event, EpochEnded):
                for name, value in {"epoch": event.epoch, "step": event.step, **event.metrics}.items():
                    history.setdefault(name, []).append(value)
                last, best = event.model.vector, event.state.best_vector
                followed = Followed(history, last, last if best is None else best, event.step)
                if event.epoch < config.epochs and (event.epoch >= epochs or time.monotonic() > until):
                    break
            elif isinstance(event, Ended):
                last = followed.last if followed else event.model.vector
                followed = Followed(history, last, event.model.vector, event.step, event.reason, event.message)
    assert followed is not None  # an epoch at least was affordable
    return followed


def _case(
    config: Config,
    data: Data,
    network: Network,
    loss: Loss,
    followed: Followed,
    refused: str = "",
    begun: bool = True,
) -> Case:
    rows = even(data.train, SAMPLE)
    sample = Rows(data.inputs(rows), rows.y)
    case = Case(
        config=config,
        data=data,
        network=network,
        loss=loss,
        sample=sample,
        start=look(config, network, loss, network.init(config.seed, config.init), sample),
        end=look(config, network, loss, followed.last, sample),
        kept=followed.kept,
        history=followed.history,
        steps=followed.steps,
        planned=config.epochs * per_epoch(config, data),
        reason=followed.reason,
        message=followed.message,
        refused=refused,
        begun=begun,
    )
    return replace(case, trials=_trials(case)) if _doubtful(case) else case


def _doubtful(case: Case) -> bool:
    """Whether another rate is worth a trial."""
    return case.reason == "diverged" or not case.learned >= WELL


def _trials(case: Case) -> tuple[Trial, ...]:
    """The experiment for the same steps at its rate and around it.

    Down while the first step is a leap or the loss no number, up until it would be one: a rate a thousand times too low
    is not mended by ten.
    """
    own, moved, until = _trial(case, 1.0), first_step(case), time.monotonic() + SECONDS
    lower, higher = [_trial(case, 0.1)], []
    while _goes_on(lower, until) and (lower[-1].loss == math.inf or 0.1 ** len(lower) * moved > USUAL):
        lower.append(_trial(case, 0.1 ** (len(lower) + 1)))
    if own.loss < math.inf:
        higher.append(_trial(case, 10.0))
        while _goes_on(higher, until) and 10.0 ** (len(higher) + 1) * moved < LEAP:
            higher.append(_trial(case, 10.0 ** (len(higher) + 1)))
    return tuple(sorted([own, *lower, *higher]))


def _goes_on(tried: list[Trial], until: float) -> bool:
    return len(tried) < LADDER and time.monotonic() < until


def _trial(case: Case, factor: float) -> Trial:
    """The experiment at its rate times a factor."""
    rate = float(f"{case.config.optimizer.learning_rate * factor:.3g}")
    steps = min(affordable(case.config, case.data, case.network), max(case.steps, CHUNK))
    tried = case.config.with_settings({"optimizer.learning_rate": rate})
    vector, made, diverged = attempt(tried, case.data, case.network, case.loss, steps)
    loss = float(case.row_losses(vector, case.sample).mean())
    return Trial(rate, made, math.inf if diverged or not math.isfinite(loss) else loss)

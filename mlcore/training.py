"""train(config): the loop. It pulls slices from a session and turns them into events; it does nothing else."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from mlcore import backends, changes
from mlcore.backends.backend import Problem, Session, Weights, Work
from mlcore.config import Config
from mlcore.controls import Controls, Pacer
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import ConfigError
from mlcore.events import Changed, Ended, EpochEnded, Event, Metrics, Progress, Reason, Snapshot, Started, Turn, Warned
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.measuring import cause, measure
from mlcore.model import Model, Preparation, blueprint
from mlcore.state import WATCHED, State, check_goal, watched

SLICE = 0.05  # seconds of work handed to a session at a time
ROLLBACKS = 3  # times a diverged run goes back to its last epoch
SHOWN = 3.0  # seconds a run may take at full speed to be spread out at the pace `show`
TIMED = 50  # steps after which its speed is known well enough to tell


def train(
    config: Config,
    *,
    resume: State | None = None,
    controls: Controls | None = None,
    data: Data | None = None,
    together: bool = False,
) -> Iterator[Event]:
    """Train an experiment; every event says where it is. Closing the iterator stops it.

    together: say `Turn` before each slice, so that somebody can train those of many networks at once.
    Raises DataError, ConfigError or BackendError before the first event when the experiment cannot be run here.
    """
    run = _Run(config, data or config.dataset.load(), controls or Controls(), resume, together)
    try:
        yield from run.events()
    finally:
        run.session.close()


class _Run:
    """One training run: the session, and the few numbers that change."""

    def __init__(
        self, config: Config, data: Data, controls: Controls, resume: State | None, together: bool = False
    ) -> None:
        self.config, self.data, self.controls, self.together = config, data, controls, together
        self.network, self.loss = blueprint(config, data)
        self.preparation = Preparation.of(data)
        check_goal(config.stopping, data)
        for rows in filter(None, (data.train, data.validation, data.test)):
            rows.check_weights()
        self.choice = backends.choose(
            config.backend, config.device, config.precision, self.network, self.loss, config.optimizer
        )
        self.resumed = resume is not None
        self.state = self.good = resume or State.first(self.network, config)  # good: as of the last whole epoch
        self.rollbacks = 0
        self.session = self._open(self.state.weights)
        self.updates = self.began = self.state.weights.step
        self.later: dict[str, Any] = {}  # settings that wait for the end of the epoch
        self.speed = self.fastest = 0.0  # steps a second of the session, measured
        self.rate = 0.0  # of the last step

    @property
    def batch_size(self) -> int:
        size = self.config.batch_size
        return len(self.data.train) if size == "full" else min(size, len(self.data.train))

    @property
    def steps_per_epoch(self) -> int:
        return self.problem.steps_per_epoch

    def _open(self, weights: Weights) -> Session:
        rows, factor, seed = self.data.train, self.data.factor, self.config.seed
        self.problem = Problem(self.network, self.loss, self.config.optimizer, rows, factor, self.batch_size, seed)
        session = self.choice.backend.open(self.problem)
        session.restore(weights)
        return session

    def model(self, vector: Array | None = None) -> Model:
        """The network as it is now, or with other weights."""
        if vector is None:
            vector = self.session.weights().vector
        return Model(self.config, self.network, self.loss, self.preparation, vector)

    def events(self) -> Iterator[Event]:
        yield self._started()
        if self.config.repeats > 1:
            alone = f"of {self.config.repeats} seeds {self.config.seed} alone is trained here; mlj train trains all"
            yield Warned(self.state.epoch, self.updates, "REPEATS", alone)
        for notice in () if self.resumed else self.data.notices:
            yield Warned(self.state.epoch, self.updates, *notice)
        reason: Reason | None = None
        self.pacer = Pacer(self.controls.pace, self._position(), self.config.epochs)
        while reason is None:
            if self.controls.waiting:
                self.controls.hold()
                self.pacer = Pacer(self.controls.pace, self._position(), self.config.epochs)  # a pause is not caught up
            orders = self.controls.orders()
            yield from self._apply(orders.settings)
            if orders.checkpoint:
                yield self._snapshot(asked=True)
            if orders.stop:
                reason = "interrupted" if orders.stop == "interrupted" else "stopped"
            elif self.state.epoch >= self.config.epochs:
                reason = "finished"
            elif not self.controls.holding:
                reason = yield from self._slice()
                if reason == "diverged" and self._may_roll_back():
                    reason = None
                    yield from self._roll_back()
        yield from self._end(reason)

    def _slice(self) -> Generator[Event, None, Reason | None]:
        """One call into the session, its events, and the reason to stop if there is one."""
        if self.controls.pace == "show" and self._long():
            self.controls.pace = "full"
        if self.pacer.pace != self.controls.pace or self.pacer.epochs != self.config.epochs:
            self.pacer = Pacer(self.controls.pace, self._position(), self.config.epochs)
        allowed = self.controls.allowance
        steps = self._steps(allowed)
        if allowed == "step":
            self.controls.spent()
        first = self.state.epoch * self.steps_per_epoch + self.state.place
        rates = self._rates(self.updates, steps)
        work = Work(self.session, first, steps, rates)
        if self.together:
            yield Turn(work)
        losses = work.done()
        self.rate = float(rates[len(losses) - 1])
        self.speed = len(losses) / max(work.seconds, 1e-9)
        self.fastest = max(self.fastest, self.speed)
        made = len(losses) if np.isfinite(losses[-1]) else len(losses) - 1
        self.state = self.state.counted(losses[:made], work.seconds, self.problem)
        self.updates += made
        ended = self.state.place == self.steps_per_epoch
        if allowed == "epoch" and ended:
            self.controls.spent()  # before anybody hears of it: what is asked for from here on is asked anew
        yield Progress(self.state.epoch, self.updates, self.state.seconds, losses, self.model)
        if made < len(losses):
            return "diverged"
        reason = (yield from self._epoch()) if ended else None
        if allowed != "step":
            self.controls.sleep(self.pacer.wait(self._position()))
        return reason

    def _may_roll_back(self) -> bool:
        return self.config.stopping.on_divergence == "rollback" and self.rollbacks < ROLLBACKS

    def _roll_back(self) -> Iterator[Event]:
        """Go back to the last whole epoch, with half the learning rate."""
        self.rollbacks += 1
        why = cause(self.session, self.problem, self.state.epoch * self.steps_per_epoch + self.state.place)
        told = f"the loss was not a number ({why}); back to epoch {self.good.epoch} with half the learning rate"
        yield Warned(self.state.epoch, self.updates, "ROLLED_BACK", f"{told}, {self.rollbacks} of {ROLLBACKS} times")
        self.session.restore(self.good.weights)
        self.state, self.updates = self.good, self.good.weights.step
        yield self._change("optimizer.learning_rate", self.config.optimizer.learning_rate / 2)

    def _steps(self, allowed: str) -> int:
        """How many steps the next slice has: about 50 ms of work, never past the end of the epoch."""
        left = self.steps_per_epoch - self.state.place
        if allowed == "step":
            return 1
        due = self.pacer.target()
        paced = left if due == math.inf else math.ceil((due - self._position()) * self.steps_per_epoch)
        timed = math.ceil(self.speed * SLICE) if self.speed else 1
        return max(1, min(left, paced, timed))

    def _long(self) -> bool:
        """Whether the whole run takes too long to be spread out; known once some steps were timed."""
        total = self.config.epochs * self.steps_per_epoch
        return self.updates - self.began >= TIMED and total > SHOWN * self.fastest

    def _rates(self, first: int, steps: int) -> Array:
        total = self.config.epochs * self.steps_per_epoch
        factors = self.config.schedule.rates(np.arange(first, first + steps), total, self.steps_per_epoch)
        rates: Array = factors * (self.state.factor * self.config.optimizer.learning_rate)
        return rates

    def _position(self) -> float:
        return self.state.epoch + self.state.place / self.steps_per_epoch

    def _epoch(self) -> Generator[Event, None, Reason | None]:
        """Close an epoch: measure, say so, remember the best, take a snapshot, decide whether to go on."""
        began, s = time.perf_counter(), self.state
        found: Metrics = {"train_loss": s.loss_sum / s.loss_rows}
        if len(self.data.train) <= WATCHED:
            found |= self._measure("train", self.data.train, None)
        if self.data.validation is not None:
            found |= self._measure("validation", self.data.validation, self.loss)
        found["learning_rate"] = self.rate
        weights, seconds = self.session.weights(), s.seconds + time.perf_counter() - began
        self.state = s._replace(epoch=s.epoch + 1, place=0, loss_sum=0.0, loss_rows=0, weights=weights, seconds=seconds)
        keep = self.data.validation is not None
        self.state = self.good = self.state.remember(found, self.config.stopping, self.config.schedule, keep)
        model = self.model(weights.vector)
        yield EpochEnded(self.state.epoch, self.updates, self.state.seconds, found, model, self.state)
        every = self.config.recording.snapshot_every
        if every and self.state.epoch % every == 0 and self.state.epoch < self.config.epochs:
            yield self._snapshot()
        return self.state.reason(found, self.config.stopping)

    def _measure(self, split: str, rows: Rows, loss: Loss | None) -> Metrics:
        return measure(self.session, split, rows, self.data.task, watched(self.config.stopping, self.data), loss)

    def _measured(self, *splits: str) -> Metrics:
        there = ((split, getattr(self.data, split)) for split in splits)
        return {k: v for split, rows in there if rows for k, v in self._measure(split, rows, self.loss).items()}

    def _apply(self, settings: dict[str, Any]) -> Iterator[Event]:
        """Changes made by a person. All but the learning rate reopen the session from its weights.

        What cannot be is said and left: a slip of the hand does not end a run.
        """
        if self.state.place == 0:
            settings, self.later = self.later | settings, {}
        for name, value in settings.items():
            if name == "batch_size" and self.state.place:
                self.later[name] = value  # an epoch keeps its batches
                continue
            try:
                yield self._change(name, value)
            except ConfigError as error:
                yield Warned(self.state.epoch, self.updates, error.code, f"{error}; nothing was changed")

    def _change(self, name: str, value: Any) -> Changed:
        if changes.is_weight(name):
            return self._edit(name, value)
        old, new = self.config, changes.changed(self.config, name, value)
        check_goal(new.stopping, self.data)
        self.config = new
        if name == "layers":
            self.network, self.loss = blueprint(new, self.data)
        if name != "optimizer.learning_rate" and name.startswith(("optimizer", "batch_size", "layers")):
            self._reopen(old)
        return Changed(self.state.epoch, self.updates, name, old.setting(name), self.config.setting(name))

    def _edit(self, name: str, value: Any) -> Changed:
        """A weight set by hand. The best network so far is forgotten: it was of a run nobody had touched."""
        weights, old = changes.edited(self.network, self.session.weights(), name, value)
        self.session.restore(weights)
        self.state = self.state.touched(weights)
        if self.state.place == 0:
            self.good = self.state
        found, model = self._measured("train", "validation"), self.model(weights.vector)
        return Changed(self.state.epoch, self.updates, name, old, value, found, model, self.state)

    def _reopen(self, old: Config) -> None:
        weights = State(self.session.weights()).between(old.optimizer, self.config.optimizer).weights
        self.session.close()
        self.session = self._open(weights)

    def _snapshot(self, final: bool = False, asked: bool = False) -> Snapshot:
        self.state = self.state._replace(weights=self.session.weights())
        model = self.model(self.state.weights.vector)
        return Snapshot(self.state.epoch, self.updates, self.state, final, model, asked)

    def _end(self, reason: Reason) -> Iterator[Event]:
        yield self._snapshot(final=True)
        s, kept = self.state, self.state.weights
        message = ""
        if reason == "diverged":
            where = s.epoch * self.steps_per_epoch + s.place
            message = f"the loss is not a number at step {self.updates}: {cause(self.session, self.problem, where)}"
        best = self.state.best_vector if reason != "interrupted" else None
        if best is not None:
            self.session.restore(kept._replace(vector=best))
        found = self._measured("train", "validation", "test") if reason != "interrupted" else {}
        model = self.model(best if best is not None else kept.vector)
        yield Ended(reason, s.epoch, self.updates, s.seconds, found, s.best_epoch, message, model)

    def _started(self) -> Started:
        backend, (isa, threads) = self.choice.backend, self.choice.machine
        return Started(
            config=self.config.to_dict(),
            backend=backend.name,
            device=backend.device,
            isa=isa,
            threads=threads,
            parameters=self.network.size,
            summary=self.network.summary(),
            why=self.choice.why,
            epochs=self.config.epochs,
            steps_per_epoch=self.steps_per_epoch,
            epoch=self.state.epoch,
            step=self.updates,
            ceiling=self.data.ceiling,
        )

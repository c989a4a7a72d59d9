"""train(config): the loop. It pulls slices from a session and turns them into events; it does nothing else."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

import numpy as np

from mlcore import backends, changes
from mlcore.backends.backend import Closed, Measuring, Problem, Session, Weights, Work
from mlcore.config import Config
from mlcore.controls import Controls, Pacer
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import ConfigError
from mlcore.events import Changed, Ended, EpochEnded, Event, Metrics, Progress, Reason, Snapshot, Started, Turn, Warned
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.measuring import cause, measure
from mlcore.model import Model, Preparation, blueprint
from mlcore.slices import Tempo, parts, shown, watch
from mlcore.state import State, check_goal, watched

ROLLBACKS = 3  # times a diverged run goes back to its last epoch


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
        self.choice = backends.choose(config, self.network, self.loss)
        self.resumed = resume is not None
        self.state = resume or State(Weights.first(self.network, config))
        self.good = self.state  # as of the last whole epoch
        self.rollbacks = 0
        self.session = self._open(self.state.weights)
        self.updates = self.state.weights.step
        self.rate = 0.0  # of the last step
        self.later: dict[str, Any] = {}  # settings that wait for the end of the epoch
        self.tempo = Tempo()

    def _open(self, weights: Weights) -> Session:
        self.problem = Problem.of(self.config, self.data, self.network, self.loss)
        session = self.choice.backend.open(self.problem)
        session.restore(weights)
        self.most = watch(session, self.config, self.data)  # epochs a slice may have
        return session

    def model(self, vector: Array | None = None) -> Model:
        """The network as it is now, or with other weights."""
        vector = self.session.parameters() if vector is None else vector
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
            if self.controls.waiting and not (self.later and self.state.place == 0):
                self.controls.hold()
                self.pacer = Pacer(self.controls.pace, self._position(), self.config.epochs)  # a pause is not caught up
            orders = self.controls.orders(self.updates)
            yield from self._apply(orders.settings)
            if orders.checkpoint:
                yield self._snapshot(asked=True)
            if orders.stop:
                reason = "interrupted" if orders.stop == "interrupted" else "stopped"
            elif self.state.epoch >= self.config.epochs:
                reason = "finished"
            elif not self.controls.holding:
                reason = yield from self._slice()
                if reason == "diverged":
                    reason = yield from self._roll_back()
        yield from self._end(reason)

    def _slice(self) -> Generator[Event, None, Reason | None]:
        """One call into the session, its events, and the reason to stop if there is one."""
        if self.controls.pace == "show" and self.tempo.slow(self.config.epochs * self.problem.steps_per_epoch):
            self.controls.pace = "full"
        if self.pacer.pace != self.controls.pace or self.pacer.epochs != self.config.epochs:
            self.pacer = Pacer(self.controls.pace, self._position(), self.config.epochs)
        allowed = self.controls.allowance
        steps = self._steps(allowed)
        if allowed == "step":
            self.controls.spent()
        first, rates = self._here(), self._rates(self.updates, steps)
        work = Work(self.session, first, steps, rates, self.most > 0 and not self.together)
        if self.together:
            yield Turn(work)
        losses = work.done()
        self.tempo.saw(len(losses), work.seconds)
        reason = yield from self._tell(work, losses, rates, allowed)
        if allowed != "step":
            self.controls.sleep(self.pacer.wait(self._position()))
        return reason

    def _tell(self, work: Work, losses: Array, rates: Array, allowed: str) -> Generator[Event, None, Reason | None]:
        """The events of a slice that was trained, epoch by epoch.

        Where the run ends, or somebody asks for something, what was trained beyond that epoch is taken back: nobody can
        tell how many epochs a slice had.
        """
        made = len(losses) if np.isfinite(losses[-1]) else len(losses) - 1
        told = parts(self.state.place, self.problem.steps_per_epoch, made, len(losses), work.closed)
        for part in told:
            reason: Reason | None = None
            own, last = losses[part.first : part.end], part is told[-1]
            self.rate = float(rates[max(part.end, 1) - 1])
            self.state = self.state.counted(own, work.seconds * len(own) / len(losses), self.problem)
            self.updates += len(own)
            if part.ended and allowed == "epoch":
                self.controls.spent()  # before anybody hears of it: what is asked for from here on is asked anew
            now = partial(self.model, part.closed.weights.vector) if part.closed else self.model
            seen = losses[part.first :] if last else own
            yield Progress(self.state.epoch, self.updates, self.state.seconds, seen, now)
            if part.ended:
                reason = yield from self._epoch(part.closed)
            if not last and (reason or self.controls.wanted):
                self.session.restore(self.state.weights)
                return reason
        return "diverged" if made < len(losses) else reason

    def _roll_back(self) -> Generator[Event, None, Reason | None]:
        """Go back to the last whole epoch, with half the learning rate; or it has diverged."""
        if self.config.stopping.on_divergence != "rollback" or self.rollbacks == ROLLBACKS:
            return "diverged"
        self.rollbacks += 1
        why, epoch = self._cause(), self.good.epoch
        told = f"the loss was not a number ({why}); back to epoch {epoch} with half the learning rate"
        yield Warned(self.state.epoch, self.updates, "ROLLED_BACK", f"{told}, {self.rollbacks} of {ROLLBACKS} times")
        self.session.restore(self.good.weights)
        self.state, self.updates = self.good, self.good.weights.step
        yield self._change("optimizer.learning_rate", self.config.optimizer.learning_rate / 2)
        return None

    def _steps(self, allowed: str) -> int:
        """How many steps the next slice has: about 50 ms of work, beyond the epoch only where nobody can tell."""
        left = self.problem.steps_per_epoch - self.state.place
        if allowed == "step":
            return 1
        if self.most > 1 and not (allowed or self.later or self.together):
            ahead = self.config.epochs - self.state.epoch - 1
            left += min(self.most - 1, ahead) * self.problem.steps_per_epoch
        due = self.pacer.target()
        paced = left if due == math.inf else math.ceil((due - self._position()) * self.problem.steps_per_epoch)
        return max(1, min(left, paced, self.tempo.steps, self.controls.room(self.updates)))

    def _rates(self, first: int, steps: int) -> Array:
        total = self.config.epochs * self.problem.steps_per_epoch
        factors = self.config.schedule.rates(np.arange(first, first + steps), total, self.problem.steps_per_epoch)
        rates: Array = factors * (self.state.factor * self.config.optimizer.learning_rate)
        return rates

    def _cause(self) -> str:
        return cause(self.session, self.problem, self._here())

    def _here(self) -> int:
        return self.state.epoch * self.problem.steps_per_epoch + self.state.place

    def _position(self) -> float:
        return self.state.epoch + self.state.place / self.problem.steps_per_epoch

    def _epoch(self, closed: Closed | None) -> Generator[Event, None, Reason | None]:
        """Close an epoch: measure, say so, remember the best, take a snapshot, decide whether to go on."""
        began, s = time.perf_counter(), self.state
        found: Metrics = {"train_loss": s.loss_sum / s.loss_rows}
        if closed is not None:
            found |= closed.metrics
        elif self.most and isinstance(self.session, Measuring):
            found |= self.session.measured()
        else:
            for split in shown(self.data):
                found |= self._measure(split, None if split == "train" else self.loss)
        found["learning_rate"] = self.rate
        weights = closed.weights if closed is not None else self.session.weights()
        seconds = s.seconds + time.perf_counter() - began
        self.state = s._replace(epoch=s.epoch + 1, place=0, loss_sum=0.0, loss_rows=0, weights=weights, seconds=seconds)
        keep = self.data.validation is not None
        self.state = self.good = self.state.remember(found, self.config.stopping, self.config.schedule, keep)
        model = self.model(weights.vector)
        yield EpochEnded(self.state.epoch, self.updates, self.state.seconds, found, model, self.state)
        every = self.config.recording.snapshot_every
        if every and self.state.epoch % every == 0 and self.state.epoch < self.config.epochs:
            yield Snapshot(self.state.epoch, self.updates, self.state, False, model)
        return self.state.reason(found, self.config.stopping)

    def _measure(self, split: str, loss: Loss | None) -> Metrics:
        rows: Rows | None = getattr(self.data, split)
        chosen = watched(self.config.stopping, self.data)
        return {} if rows is None else measure(self.session, split, rows, self.data.task, chosen, loss)

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
            state = State(self.session.weights()).between(old.optimizer, new.optimizer)
            self.session.close()
            self.session = self._open(state.weights)
        elif name.startswith(("schedule", "stopping")):
            self.most = watch(self.session, new, self.data)
        return Changed(self.state.epoch, self.updates, name, old.setting(name), self.config.setting(name))

    def _edit(self, name: str, value: Any) -> Changed:
        """A weight set by hand. The best network so far is forgotten: it was of a run nobody had touched."""
        weights, old = changes.edited(self.network, self.session.weights(), name, value)
        self.session.restore(weights)
        self.state = self.state.touched(weights)
        self.good = self.good if self.state.place else self.state
        found = self._measure("train", self.loss) | self._measure("validation", self.loss)
        return Changed(self.state.epoch, self.updates, name, old, value, found, self.model(weights.vector), self.state)

    def _snapshot(self, final: bool = False, asked: bool = False) -> Snapshot:
        self.state = self.state._replace(weights=self.session.weights())
        return Snapshot(self.state.epoch, self.updates, self.state, final, self.model(self.state.weights.vector), asked)

    def _end(self, reason: Reason) -> Iterator[Event]:
        yield self._snapshot(final=True)
        s, kept = self.state, self.state.weights
        message = f"the loss is not a number at step {self.updates}: {self._cause()}" if reason == "diverged" else ""
        best = self.state.best_vector if reason != "interrupted" else None
        if best is not None:
            self.session.restore(kept._replace(vector=best))
        found: Metrics = {}
        if reason != "interrupted":
            for split in ("train", "validation", "test"):
                found |= self._measure(split, self.loss)
        model = self.model(kept.vector if best is None else best)
        epoch = s.best_epoch if self.config.stopping.restore_best else s.epoch
        yield Ended(reason, s.epoch, self.updates, s.seconds, found, epoch, message, model)

    def _started(self) -> Started:
        return Started(
            config=self.config.to_dict(),
            precision=self.config.precision,
            **self.choice.facts(self.session),
            parameters=self.network.size,
            summary=self.network.summary(),
            epochs=self.config.epochs,
            steps_per_epoch=self.problem.steps_per_epoch,
            epoch=self.state.epoch,
            step=self.updates,
            ceiling=self.data.ceiling,
        )

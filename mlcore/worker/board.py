"""The board: what is known of the present experiment. The trainer writes on it, the server reads from it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mlcore import events
from mlcore.backends.backend import Weights
from mlcore.config import Config
from mlcore.controls import FRAME, Controls
from mlcore.datasets.dataset import Data
from mlcore.events import Event
from mlcore.model import Model, Preparation, blueprint
from mlcore.state import State
from mlcore.worker import protocol
from mlcore.worker.film import Film
from mlcore.worker.gauge import Gauge
from mlcore.worker.history import History
from mlcore.worker.moment import Moment
from mlcore.worker.past import Past
from mlcore.worker.pictures import Stage, describe
from mlcore.worker.protocol import Update

if TYPE_CHECKING:
    from mlcore.runs import Run

RESTED = 50  # times as long as a copy of the network took, which training waits for, before the next
ENDINGS = {"stopped": "stopped", "interrupted": "stopped", "diverged": "diverged"}


class Board:
    """One experiment. `changed` counts what was written, `moment` is the newest network, `said` what must not be lost.

    Every method may be called from any thread. `number` counts the experiments of a worker.
    """

    def __init__(self, number: int, config: Config, controls: Controls, *, lab: bool = False) -> None:
        self.number, self.config, self.controls, self.lab = number, config, controls, lab
        self.lock = threading.Lock()
        self.wake: Callable[[bool], None] = lambda urgent: None
        self.watched: Callable[[], bool] = lambda: False
        self.first_config, self.name, self.deaf = config, "", ""  # deaf: why nobody can be told anything
        self.past = Past(config)
        self.saved = -1  # the step of the newest checkpoint
        self.run: Run | None = None
        self.kept = not lab
        self.parent: Board | None = None  # until the run is made: films of the past need not stay in memory
        self.parent_id = ""
        self.began = time.monotonic()
        self.seconds_lived = 0.0  # of wall time, once it is over
        self.state, self.message = "loading", ""
        self.epoch, self.step, self.seconds, self.rate = 0, 0, 0.0, 0.0
        self.metrics: dict[str, float] = {}
        self.best_epoch = self.saved_epoch = -1
        self.curves: dict[str, History] = {}
        self.film = Film()
        self.changed = 0
        self.started: protocol.Started | None = None
        self.stage: Stage | None = None
        self.moment: Moment | None = None
        self.said: list[protocol.Message] = []
        self._next_moment = 0.0
        self.gauge = Gauge()
        self._rate_step, self._rate_seconds = 0, 0.0

    def open(self, data: Data, stage: Stage, resume: State | None) -> None:
        """The data is there: what does not need the trainer."""
        self.data, self.stage = data, stage
        network, loss = blueprint(self.config, data)
        resume = resume or State(Weights.first(network, self.config))
        self.blank = Model(self.config, network, loss, Preparation.of(data), resume.weights.vector)
        self.net = describe(network, data)
        if resume.place == 0:
            self.film.add(resume)
        self.moment = Moment(self.blank, resume.epoch, resume.weights.step, resume.weights.moments)

    def follow(self, parent: Board, epoch: int) -> None:
        """This experiment goes on from an epoch of another: it shares that one's past."""
        self.parent = parent
        with parent.lock:
            self.curves = {name: curve.until(epoch) for name, curve in parent.curves.items()}
            self.film = parent.film.until(epoch)
            self.metrics = self.film.metrics.get(epoch, {})
            self.past = parent.past.until(self.film.at(epoch).weights.step, self.config)

    def at(self, epoch: int) -> Moment:
        """The network at an epoch of the film, or the nearest before it. The caller holds the lock."""
        state, b = self.film.at(epoch), self.blank
        step = state.weights.step
        config, network, loss = self.past.at(step), b.network, b.loss
        if config.layers != b.config.layers:
            network, loss = blueprint(config, self.data)
        model = Model(config, network, loss, b.preparation, state.weights.vector)
        return Moment(model, state.epoch, step, state.weights.moments, self.film.metrics.get(state.epoch, {}))

    def see(self, event: Event) -> None:
        """Write down what an event says, and wake the server when somebody is to be told."""
        urgent = False
        with self.lock:
            match event:
                case events.Started():
                    self._started(event)
                case events.Progress():
                    self._progress(event)
                case events.EpochEnded():
                    self._epoch(event)
                case events.Snapshot():
                    self.saved, self.saved_epoch = event.step, event.epoch
                case events.Changed():
                    self._changed(event)
                case events.Warned():
                    warned = protocol.Warned(number=self.number, code=event.code, message=event.message)
                    self.said.append(warned)
                case events.Ended():
                    self._ended(event)
                    urgent = True
            self.changed += 1
        self.wake(urgent)

    def touch(self) -> None:
        """Something outside the events changed: paused, pace, kept."""
        with self.lock:
            self.changed += 1
        self.wake(False)

    def say(self, message: protocol.Message) -> None:
        """Something every client must hear."""
        with self.lock:
            self.said.append(message)
            self.changed += 1
        self.wake(True)

    def fail(self, failed: protocol.Failed) -> None:
        """The run could not go on."""
        with self.lock:
            self.state, self.message = "failed", failed.message
        self.say(msgspec.structs.replace(failed, number=self.number))

    def _started(self, event: events.Started) -> None:
        assert self.stage is not None
        self.state, self.epoch, self.step = "running", event.epoch, event.step
        self.steps_per_epoch = event.steps_per_epoch
        self.place = event.step - event.epoch * event.steps_per_epoch
        self.started = protocol.Started(
            number=self.number,
            config=event.config,
            run=self.run.id if self.run else "",
            name=self.run.name if self.run else "",
            backend=event.backend,
            device=event.device,
            isa=event.isa,
            threads=event.threads,
            summary=event.summary,
            why=event.why,
            epochs=event.epochs,
            steps_per_epoch=event.steps_per_epoch,
            scene=self.stage.scene,
            net=self.net,
            parent=self.parent_id,
            lab=self.lab,
            device_name=event.device_name,
            engine=event.engine,
            precision=event.precision,
        )
        self.gauge = Gauge(event.device)
        self._rate_step = event.step

    def _progress(self, event: events.Progress) -> None:
        losses = event.losses
        self.place += len(losses)
        x = event.epoch + (self.place - len(losses) + 1 + np.arange(len(losses))) / self.steps_per_epoch
        self.curve("step_loss").add(x, losses)
        self.rate = (event.step - self._rate_step) / max(event.seconds - self._rate_seconds, 1e-9)
        if event.seconds - self._rate_seconds > 1:
            self._rate_step, self._rate_seconds = event.step, event.seconds
        self.step, self.seconds = event.step, event.seconds
        self.gauge.look()
        now = time.monotonic()
        if self.place < self.steps_per_epoch and now >= self._next_moment and self.watched():
            self._look(event.now(), event.epoch, event.step)
            self._next_moment = now + max(FRAME, RESTED * (time.monotonic() - now))

    def _epoch(self, event: events.EpochEnded) -> None:
        self.epoch, self.step, self.seconds, self.metrics = event.epoch, event.step, event.seconds, event.metrics
        self.place = 0
        for name, value in event.metrics.items():
            self.curve(name).add(event.epoch, value)
        self.film.add(event.state, event.metrics)
        self.best_epoch = event.state.best_epoch or self.best_epoch
        self.moment = Moment(event.model, event.epoch, event.step, event.state.weights.moments)

    def _look(self, model: Model, epoch: int, step: int) -> None:
        assert self.moment is not None
        self.moment = self.moment._replace(model=model, epoch=epoch, step=step)

    def _changed(self, event: events.Changed) -> None:
        """What is changed at a moment is part of it: whoever branches from there begins with the change."""
        if event.state is not None:
            self.metrics = self.metrics | event.metrics
            self.moment = Moment(event.model, event.epoch, event.step, event.state.weights.moments)
            if event.state.place == 0:
                self.film.add(event.state, self.metrics)
        else:
            self.config = self.config.with_settings({event.name: event.new})
            self.past.turn(event.step, self.config)
            self.steps_per_epoch = self.steps_in_epoch()
            self.metrics = {name: value for name, value in self.metrics.items() if name != "learning_rate"}
        told = {name: getattr(event, name) for name in ("epoch", "step", "name", "old", "new")}
        self.said.append(protocol.Changed(number=self.number, **told))

    def steps_in_epoch(self) -> int:
        """Batches in an epoch, as configured now."""
        rows = len(self.data.train)
        return -(-rows // self.config.batch_of(rows))

    def _ended(self, event: events.Ended) -> None:
        self.state = ENDINGS.get(event.reason, "finished")
        self.seconds_lived = time.monotonic() - self.began
        self.message, self.seconds, self.step, self.epoch = event.message, event.seconds, event.step, event.epoch
        self.metrics = self.metrics | event.metrics
        self._look(event.model, event.epoch, event.step)
        self.best_epoch = event.best_epoch or self.best_epoch
        self.said.append(
            protocol.Ended(
                number=self.number,
                reason=event.reason,
                epoch=event.epoch,
                step=event.step,
                seconds=event.seconds,
                metrics=event.metrics,
                best_epoch=event.best_epoch,
                message=event.message,
            )
        )

    def curve(self, name: str) -> History:
        """The curve of that name, begun if need be."""
        if name not in self.curves:
            self.curves[name] = History()
        return self.curves[name]

    def seen(self, epoch: int | None) -> tuple[Moment, float]:
        """The network now or after an epoch of the film, and the learning rate it was trained with."""
        assert self.moment is not None
        with self.lock:
            rates = self.curves.get("learning_rate")
            rate = rates.at(self.epoch if epoch is None else epoch) if rates else self.config.optimizer.learning_rate
            if epoch is None:
                return self.moment, rate
            return self.at(epoch), rate

    @property
    def lived(self) -> float:
        """Seconds since it was ordered, until it ended."""
        return self.seconds_lived or self.age

    @property
    def age(self) -> float:
        """Seconds since it was ordered."""
        return time.monotonic() - self.began

    @property
    def over(self) -> bool:
        """Whether the run has ended, one way or another."""
        return self.state not in ("loading", "running")

    def update(self) -> Update:
        """Where the run is. The caller holds the lock."""
        paused = self.state == "running" and self.controls.paused and not self.controls.allowance
        return Update(
            number=self.number,
            state="paused" if paused else self.state,
            epoch=self.epoch,
            epochs=self.config.epochs,
            step=self.step,
            seconds=self.seconds,
            rate=self.rate,
            learning_rate=self.metrics.get("learning_rate", self.config.optimizer.learning_rate),
            best_epoch=self.best_epoch,
            saved_epoch=self.saved_epoch if self.run else -1,
            pace=self.controls.pace,
            metrics=self.metrics,
            film=self.film.epochs(),
            run=self.run.id if self.run else "",
            name=self.run.name if self.run else "",
            kept=self.kept,
            saved=self.saved,
            message=self.message,
            gauges=None if self.over else self.gauge.found,
        )

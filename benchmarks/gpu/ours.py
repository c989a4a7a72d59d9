"""mlj as a contender: one network, or many as one program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.gpu.bench import NotMeasured
from benchmarks.peers.beginning import first_weights
from mlcore.backends.backend import Problem

STARTS = 8  # first weights that members share in turn: drawing 256 of net A would take longer than training them


class Ours:
    """A session, asked for a whole unit of epochs at a time, as the trainer asks for slices."""

    def __init__(self, backend: Any, p: Problem, rate: float, unit: int = 1) -> None:
        self.steps, self.first_loss, self._step = unit * p.steps_per_epoch, float("nan"), 0
        self.rates = np.full(self.steps, rate)
        self.session = backend.open(p)
        self.session.restore(first_weights(p))

    def __call__(self, units: int) -> None:
        for _ in range(units):
            losses = self.session.train(self._step, self.steps, self.rates)
            self._step += self.steps
            if np.isnan(self.first_loss):
                self.first_loss = float(np.mean(losses))


class Many:
    """Networks in one program; `steps` counts those of every member, `first_loss` is the first one's."""

    def __init__(self, backend: Any, problems: Sequence[Problem], rate: float, unit: int = 1) -> None:
        if not hasattr(backend, "open_many"):
            raise NotMeasured("this mlj does not train many networks as one program of PyTorch")
        self.each, self.first_loss, self._step = unit * problems[0].steps_per_epoch, float("nan"), 0
        self.steps = self.each * len(problems)
        self.rates = np.full(self.each, rate)
        self.session = backend.open_many(problems)
        seeds = [problems[0].seed + number for number in range(min(STARTS, len(problems)))]
        starts = [first_weights(problems[0]._replace(seed=seed)) for seed in seeds]
        self.session.restore([starts[number % len(starts)] for number in range(len(problems))])

    def __call__(self, units: int) -> None:
        for _ in range(units):
            losses = self.session.train(self._step, self.each, self.rates)
            self._step += self.each
            if np.isnan(self.first_loss):
                self.first_loss = float(np.mean(losses[0]))

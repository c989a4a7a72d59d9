"""One network in several processes: each takes its rows of every batch, one sum a step makes their gradients one.

The first process has the run: it trains as if it were alone and tells the others, which do the same on their rows.
Every process has all data, all weights and all moments, and makes the same update, so that the first can measure,
predict and write a checkpoint by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch

from mlcore.backends.backend import Closed, Problem, Weights
from mlcore.backends.pytorch.program import Program, Tables
from mlcore.backends.pytorch.rows import Whole
from mlcore.backends.pytorch.session import TorchSession
from mlcore.backends.pytorch.team import Opening, Order, Team
from mlcore.layers.layer import Array

Tensor: TypeAlias = Any


class SharedProgram(Program):
    """The program of a network of which every process takes its rows.

    Batches and dropout are those of the whole batch, of which rows are taken. The loss of these is divided by what the
    whole batch weighs, so that sums over the processes are its mean loss and the gradient of that.
    """

    def __init__(self, problem: Problem, precision: str, device: torch.device, team: Team) -> None:
        super().__init__([problem], precision, device, lanes=False)
        self.team = team

    def body(self, tables: Tables, out: Tensor) -> None:
        self.step.whole = Whole(self.size_of(tables), self.team.sum)
        super().body(tables, out)

    def _batches(self, index: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        own = self.team.share(self.rows if index is None else index.shape[-1])
        x, parts = super()._batches(None if index is None else index[:, own])
        if index is None:
            x, parts = x[own], {name: part[own] for name, part in parts.items()}
        return x, parts | {"total": self._total(index)}

    def _total(self, index: Tensor | None) -> Tensor:
        """What all rows of a batch weigh, of each step or of all."""
        weight = self.data.parts.get("weight")
        if weight is not None:
            return weight.sum() if index is None else weight[index].sum(-1)
        size = self.rows if index is None else index.shape[-1]
        return self.zeros(*(() if index is None else index.shape[:1])) + size

    def _masks(self, places: Tensor, size: int) -> dict[int, Tensor]:
        own = self.team.share(size)
        return {number: mask[:, own] for number, mask in super()._masks(places, size).items()}

    def gradient(self, vector: Tensor, x: Tensor, parts: Any, masks: Any, classes: Any) -> Any:
        gradient, loss, after = super().gradient(vector, x, parts, masks, classes)
        both = self.team.add(torch.cat([gradient, loss.reshape(1)]))
        return both[:-1], both[-1], after


class SharedSession(TorchSession):
    """A network on this process's device, trained together with the same session of every other process."""

    def __init__(self, problem: Problem, device: str, precision: str, team: Team) -> None:
        self.team = team
        super().__init__(problem, device, precision, "eager")

    def _program(self) -> Program:
        return SharedProgram(self.problem, self.precision, self.device, self.team)


class LeadingSession(SharedSession):
    """That of the first process: what it trains, all train. Everything else it does by itself."""

    def restore(self, weights: Weights) -> None:
        super().restore(weights)
        self._told = False

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        with self.team.all_train(self._order(first_step, steps, rates)):
            return super().train(first_step, steps, rates)

    def train_epochs(self, first_step: int, steps: int, rates: Array) -> tuple[Array, list[Closed]]:
        with self.team.all_train(self._order(first_step, steps, rates)):
            return super().train_epochs(first_step, steps, rates)

    def _order(self, first_step: int, steps: int, rates: Array) -> Order:
        """What the others have to know to do the same: the problem once, weights where they do not have these."""
        opening, weights = None, None
        if self.team.session is not self:
            threads = torch.get_num_threads()
            opening = Opening(self.problem, self.device.type, self.precision, threads)
        if opening is not None or not self._told:
            weights = self.weights()
        self.team.session, self._told = self, True
        return Order(opening, weights, first_step, steps, rates)

    def close(self) -> None:
        self.team.session = None if self.team.session is self else self.team.session
        super().close()


def follow(team: Team, errand: Callable[[Any], list[Any]] | None = None) -> None:
    """Do what the first process tells, until it has no more. What is no order of ours is an errand to hand in."""
    session: SharedSession | None = None
    while (order := team.hear()) is not None:
        if not isinstance(order, Order):
            assert errand is not None
            team.gather(errand(order))
            continue
        if order.opening is not None:
            torch.set_num_threads(order.opening.threads)
            session = SharedSession(order.opening.problem, order.opening.device, order.opening.precision, team)
        assert session is not None  # the first order of a session opens it
        if order.weights is not None:
            session.restore(order.weights)
        session.train(order.first_step, order.steps, order.rates)

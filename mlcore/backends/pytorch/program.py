"""The program of a session: its numbers on the device, and how steps of training are run there.

Everything that differs from step to step (rows, rate, number, dropout) is read from tables on the device, everything a
step leaves is written there: the same body runs eagerly on a CPU, eagerly on a GPU, compiled, and inside a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch

from mlcore import kernels, philox
from mlcore.backends.backend import Problem
from mlcore.backends.pytorch import cuda
from mlcore.backends.pytorch.optimizers import Rule
from mlcore.backends.pytorch.resident import resident
from mlcore.backends.pytorch.step import Step
from mlcore.layers.augment import Augment
from mlcore.layers.dropout import Dropout
from mlcore.layers.layer import Array
from mlcore.optimizers import Optimizer
from mlcore.philox import Purpose
from mlcore.spec import changed

Tensor: TypeAlias = Any
Snapshot: TypeAlias = tuple[Tensor, Tensor]
ROOM = 1 << 24  # numbers that the rows and masks of the steps of a chunk may take
MOST = 32  # steps of a chunk


class Piece(NamedTuple):
    """Steps `first` … of an epoch that have `size` rows each; `place` is the number of the first within its epoch."""

    first: int
    steps: int
    size: int
    epoch: int
    place: int


def pieces(first_step: int, steps: int, rows: int, batch: int) -> Iterator[Piece]:
    """A range of steps as pieces, none beyond its epoch; where one batch holds all rows, epochs do not matter."""
    if batch >= rows:
        yield Piece(first_step, steps, rows, first_step, 0)
        return
    whole, rest = divmod(rows, batch)
    per_epoch = whole + bool(rest)
    done = 0
    while done < steps:
        epoch, place = divmod(first_step + done, per_epoch)
        count = min(steps - done, whole - place) if place < whole else 1
        yield Piece(first_step + done, count, batch if place < whole else rest, epoch, place)
        done += count


class Tables(NamedTuple):
    """What differs between steps, on the device. L lanes: one for each network of many, none for one alone.

    batch [steps, L, size]: which rows, None for all in their own order; numbers [2, steps, L] float64: rate, and which
    update of the network it is, from 1; places [2, steps]: epoch and step, which choose the dropout.
    """

    batch: Tensor | None
    numbers: Tensor
    places: Tensor

    def part(self, first: int, steps: int) -> Tables:
        """Those of some of the steps."""
        own = slice(first, first + steps)
        return Tables(None if self.batch is None else self.batch[own], self.numbers[:, own], self.places[:, own])


class Program:
    """Weights, moments and rows on a device, and the body of a step.

    One problem: vector [P], moments [k, P]. Many (lanes): vector [M, P], moments [k, M, P]; they differ in seed, rate,
    decay, L1 and the shares of dropout, in nothing else.
    """

    def __init__(self, problems: Sequence[Problem], precision: str, device: torch.device, lanes: bool) -> None:
        problem = problems[0]
        self.problems, self.problem, self.device = problems, problem, device
        self.lanes = (len(problems),) if lanes else ()
        self.step = Step(problem, precision, device, lanes)
        self.dtype = self.step.dtype
        self.data = resident(problem, problem.rows, device, self.dtype)
        self.rows, self.size = len(problem.rows), min(problem.batch_size, len(problem.rows))
        self.shuffled = problem.batch_size < len(problem.rows)
        self.vector = self.zeros(*self.lanes, problem.network.size)
        self.moments = self.zeros(problem.optimizer.moments, *self.lanes, problem.network.size)
        self.alike = not self.shuffled or len({p.seed for p in problems}) == 1  # all lanes see the same rows
        self._seeds = [p.seed for p in problems]
        self._own_orders = self._seeds[:1] if self.alike or not lanes else self._seeds
        self.own_kernels = cuda.offered(device, self.dtype)
        if self.own_kernels:
            cuda.kernels(device.index)
        self._optimizers = [changed(p.optimizer, weight_decay=0.0) if p.penalised else p.optimizer for p in problems]
        self.rule = self._rule(self._optimizers)
        self._drops = self._shares(problems)
        self._moves = [n for n, layer in enumerate(problem.network.layers) if isinstance(layer, Augment)]
        own = self._seeds if lanes else self._seeds[:1]
        self._own_seeds = torch.tensor(own, dtype=torch.int64, device=device).reshape((*self.lanes, 1))
        self._orders: dict[int, Tensor] = {}
        self.one = self._one  # the engine may compile it

    def zeros(self, *shape: int) -> Tensor:
        """Numbers on the device."""
        return torch.zeros(shape, dtype=self.dtype, device=self.device)

    def _rule(self, own: Sequence[Optimizer]) -> Rule:
        return cuda.OneKernel(own, self.vector) if self.own_kernels else Rule(own, self.vector)

    def plain(self) -> None:
        """Leave kernels of our own aside: a compiler sees through PyTorch's operations and not through them."""
        self.own_kernels = self.step.own_kernels = False
        self.rule = self._rule(self._optimizers)

    def _shares(self, problems: Sequence[Problem]) -> dict[int, tuple[int, tuple[int, ...], Tensor, Tensor, Tensor]]:
        """Of each dropout: numbers of a row, their shape, and for each lane the seed, the bound and the scale."""
        found = {}
        for number, layer in enumerate(self.problem.network.layers):
            if isinstance(layer, Dropout):
                keeps = [1 - p.network.layers[number].rate for p in problems]  # type: ignore[attr-defined]
                shape = self.problem.network.shapes[number]
                column = (*self.lanes, 1)
                seeds, bounds = (
                    torch.tensor(values, dtype=torch.int64, device=self.device).reshape(column)
                    for values in (self._seeds[: len(keeps)], [int(np.ceil(keep * 2**24)) for keep in keeps])
                )
                scales = torch.tensor([1 / keep for keep in keeps], dtype=self.dtype, device=self.device)
                found[number] = (int(np.prod(shape)), tuple(shape), seeds, bounds, scales.reshape(column))
        return found

    def snapshot(self) -> Snapshot:
        """Copies of all that training changes: weights with their statistics, and moments."""
        return self.vector.clone(), self.moments.clone()

    def go_back(self, before: Snapshot) -> None:
        """Be as at that snapshot, at the same places in memory."""
        for part, value in zip((self.vector, self.moments), before, strict=True):
            part.copy_(value)

    # ---- tables ----

    def tables(self, piece: Piece, rates: Array, updates: Array | int) -> Tables:
        """Those of a piece: rates [steps] or [steps, L], updates [L] made before it. Nothing is waited for."""
        numbers = np.empty((2, piece.steps, *self.lanes))
        numbers[0] = rates.reshape(piece.steps, *(rates.shape[1:] or (1,) * len(self.lanes)))
        numbers[1] = np.arange(1, piece.steps + 1).reshape(-1, *(1,) * len(self.lanes)) + updates
        places = np.empty((2, piece.steps), np.int64)
        places[1] = np.arange(piece.first, piece.first + piece.steps)
        places[0] = places[1] if not self.shuffled else piece.epoch
        index = None
        if self.shuffled:
            start, count = piece.place * self.size, piece.steps * piece.size
            order = self.order(piece.epoch)[:, start : start + count]
            index = order.reshape(len(order), piece.steps, piece.size).transpose(0, 1)
            index = index if self.lanes and not self.alike else index[:, 0]
        return Tables(index, self.upload(numbers), self.upload(places))

    def upload(self, values: Array) -> Tensor:
        """A copy on the device that the host does not wait for."""
        found = torch.from_numpy(np.ascontiguousarray(values))
        return found if self.device.type == "cpu" else found.pin_memory().to(self.device, non_blocking=True)

    def order(self, epoch: int) -> Tensor:
        """The rows of an epoch in the trainer's order, for each lane or for all [L or 1, n]; two are remembered."""
        if epoch not in self._orders:
            made = self._orders_of(epoch)
            while len(self._orders) > 1:
                del self._orders[next(iter(self._orders))]
            self._orders[epoch] = self.upload(made).long()
        return self._orders[epoch]

    def _orders_of(self, epoch: int) -> Array:
        """The order of an epoch, for each lane or for all [L or 1, n]: the generator's, or one that is given."""
        if self.problem.order is not None:
            return self.problem.order(epoch)[None]
        make = philox.order if kernels.unavailable() else kernels.order
        return np.stack([make(seed, epoch, self.rows) for seed in self._own_orders])

    def size_of(self, tables: Tables) -> int:
        """How many rows each of these steps has."""
        return self.rows if tables.batch is None else int(tables.batch.shape[-1])

    def most(self, size: int) -> int:
        """How many steps of so many rows a chunk may have."""
        lanes = self.lanes[0] if self.lanes else 1
        rows = size * int(np.prod(self.problem.network.row)) * (1 if self.alike else lanes) * self.shuffled
        masks = sum(4 * size * width * lanes for width, *_ in self._drops.values())
        return int(min(MOST, max(1, ROOM // max(1, rows + masks))))

    # ---- the body ----

    def body(self, tables: Tables, out: Tensor) -> None:
        """All steps of a chunk, one after another; the loss of each before its update goes to out [steps, L]."""
        steps, size = len(out), self.size_of(tables)
        x, parts = self._batches(tables.batch)
        masks = self._masks(tables.places, size)
        rates, t = tables.numbers
        numbers = [each.to(self.dtype) for each in self.rule.tables(rates, t)]
        if self.lanes:
            numbers = [each.unsqueeze(-1) for each in numbers]
        found = []
        for k in range(steps):
            whole = tables.batch is None
            own = parts if whole else {name: part[k] for name, part in parts.items()}
            found.append(
                self.one(x if whole else x[k], own, {n: m[k] for n, m in masks.items()}, [n[k] for n in numbers])
            )
        torch.stack(found, out=out)

    def _one(self, x: Tensor, parts: Any, masks: Any, numbers: Sequence[Tensor]) -> Tensor:
        """One step: gradient, penalties, the optimizer's rule, statistics. Returns the loss before it [L]."""
        vector, network = self.vector, self.problem.network
        gradient, loss, after = self.gradient(vector, x, parts, masks, self.data.classes)
        with torch.no_grad():
            if self.problem.penalty:
                loss = loss + self._penalty(gradient, len(x), parts)
            self.rule.update(vector, gradient, self.moments, numbers, network.weights)
            if after:
                vector[..., network.learned :] = torch.cat(after, dim=-1)
        return loss

    def _penalty(self, gradient: Tensor, rows: int, parts: Any) -> Tensor:
        """What the weights of one network cost a batch; its slope is added to the gradient."""
        weights = self.problem.network.weights
        whole = parts["weight"].sum() if "weight" in parts else torch.full_like(self.vector[0], rows)
        share = self.problem.penalty / (whole + (whole == 0))
        gradient[:weights].addcmul_(self.vector[:weights], share)
        return share / 2 * self.vector[:weights].square().sum()

    def gradient(self, vector: Tensor, x: Tensor, parts: Any, masks: Any, classes: Any) -> Any:
        """Gradient, loss and new statistics, of one network or of every lane."""
        if self.lanes:
            return self.step.many(vector, x, parts, masks, classes, self.alike)
        return self.step.gradient(vector, x, parts, masks, classes)

    def _batches(self, index: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """The rows of all steps [steps, L, size, …], gathered at once; or all rows, which every step takes."""
        if index is None:
            return self.step.inputs(self.data.x), self.data.parts

        def taken(values: Tensor) -> Tensor:
            return values.index_select(0, index.reshape(-1)).reshape(*index.shape, *values.shape[1:])

        return self.step.inputs(taken(self.data.x)), {name: taken(part) for name, part in self.data.parts.items()}

    def _masks(self, places: Tensor, size: int) -> dict[int, Tensor]:
        """What each dropout multiplies by in every step [steps, L, size, …].

        The random words are those of its page, made by the same operations on integers, for all steps at once.
        """
        found = {}
        for number, (width, shape, seeds, bounds, scales) in self._drops.items():
            make = cuda.masks if self.own_kernels else _masks
            kept = make(places, seeds, bounds, scales, number, size * width)
            found[number] = kept.reshape(places.shape[1], *self.lanes, size, *shape)
        for number in self._moves:
            drawn = _words(places, self._own_seeds, Purpose.AUGMENT, number, 4 * size) * 2.0**-24
            found[number] = drawn.to(self.dtype).reshape(places.shape[1], *self.lanes, size, 4)
        return found


def _masks(places: Tensor, seeds: Tensor, bounds: Tensor, scales: Tensor, layer: int, count: int) -> Tensor:
    """As `cuda.masks`, of PyTorch's operations: [steps, lanes, count], or [steps, count] of one network."""
    return (_words(places, seeds, Purpose.DROPOUT, layer, count) < bounds).to(scales.dtype) * scales


def _words(places: Tensor, seeds: Tensor, purpose: Purpose, layer: int, count: int) -> Tensor:
    """The upper 24 bits of random words, for epochs and steps `places` [2, steps] and seeds [L, 1] or [1]."""
    epoch, step = (each.reshape(-1, *(1,) * seeds.dim()) for each in places)
    blocks = torch.arange((count + 3) // 4, dtype=torch.int64, device=places.device)
    words = philox.counted(blocks, purpose, seeds, epoch, step, layer)
    whole = torch.stack([*torch.broadcast_tensors(*words)], dim=-1)  # type: ignore[no-untyped-call]
    return whole.flatten(-2)[..., :count] >> 8

"""Many networks as one program: what a GPU does for one small network it does for hundreds in hardly more time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import torch

from mlcore.backends.backend import Members, Problem, of_each
from mlcore.backends.pytorch import engines
from mlcore.backends.pytorch.program import Program, Snapshot, pieces
from mlcore.backends.pytorch.reading import Reading, matmul_precision
from mlcore.layers.dropout import Dropout
from mlcore.layers.layer import Array

if TYPE_CHECKING:
    from mlcore.backends.pytorch.session import TorchSession

DIFFERING = {"learning_rate": 1.0, "weight_decay": 0.0, "l1": 0.0}  # settings of the optimizer each lane has its own of


def shape(problem: Problem) -> tuple[Any, ...]:
    """What networks must have in common to be one program: everything but seed, rate, decay and shares of dropout."""
    rule = msgspec.structs.replace(problem.optimizer, **DIFFERING)
    alike = tuple(Dropout() if isinstance(layer, Dropout) else layer for layer in problem.network.layers)
    rows = tuple(id(part) for part in problem.rows)
    return alike, problem.network.row, problem.loss, rule, rows, problem.factor, problem.batch_size


class TogetherSession(Members):
    """Networks that make the same steps as one program: products of all lanes at once, one update for all.

    `sessions` are the members: predict, weights and restore work on each as ever, between two calls of `train`; their
    numbers lie in this program from now on. Results equal those of members alone but for the order of sums.
    synchronisations: how often the host has waited for the device.
    """

    def __init__(self, sessions: Sequence[TorchSession]) -> None:
        if not sessions:
            raise ValueError("sessions: expected one or more, got none")
        first = sessions[0]
        for session in sessions:
            if shape(session.problem) != shape(first.problem) or session.precision != first.precision:
                what = "seed, learning rate, weight decay, l1 and shares of dropout"
                raise ValueError(f"sessions: expected networks that differ in {what} alone")
        self.sessions, self.precision, self.device = tuple(sessions), first.precision, first.device
        self.program = Program([s.problem for s in sessions], self.precision, self.device, lanes=True)
        for lane, session in enumerate(self.sessions):
            self.program.vector[lane] = session.program.vector
            self.program.moments[:, lane] = session.program.moments
            session.settle(self.program.vector[lane], self.program.moments[:, lane])
        self.engine = engines.make(first.asked, self.program)
        self.synchronisations = 0

    def train(self, first_step: int, steps: int, rates: Array | Sequence[Array]) -> list[Array]:
        each = of_each(len(self.sessions), steps, rates).T
        made = np.array([session.step for session in self.sessions])
        before = self.program.snapshot()
        losses = self._read(self._enqueue(first_step, 0, steps, each, made)).astype(np.float32)
        ends = {
            lane: int(np.argmin(np.isfinite(own))) for lane, own in enumerate(losses.T) if not np.isfinite(own).all()
        }
        if ends:
            self._again(first_step, steps, each, made, before, ends)
        for lane, session in enumerate(self.sessions):
            session.step += ends.get(lane, steps)
        return [own[: ends[lane] + 1] if lane in ends else own for lane, own in enumerate(losses.T)]

    def _enqueue(self, first_step: int, begin: int, end: int, rates: Array, made: Array) -> torch.Tensor:
        """Steps begin … end - 1 of a call are on their way: losses [end - begin, members]."""
        program = self.program
        out = torch.empty((end - begin, *program.lanes), dtype=program.dtype, device=self.device)
        done = 0
        with matmul_precision(self.precision):
            for piece in pieces(first_step + begin, end - begin, program.rows, program.size):
                at = begin + done
                tables = program.tables(piece, rates[at : at + piece.steps], made + at)
                self.engine.run(tables, out[done : done + piece.steps])
                done += piece.steps
        return out

    def _again(
        self, first_step: int, steps: int, rates: Array, made: Array, before: Snapshot, ends: dict[int, int]
    ) -> None:
        """The call once more, stopping where a member ends, so that it keeps its numbers of then."""
        kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        at = 0
        self.program.go_back(before)
        for stop in sorted({*ends.values(), steps}):
            self._enqueue(first_step, at, stop, rates, made)
            at = stop
            kept |= {
                lane: (self.program.vector[lane].clone(), self.program.moments[:, lane].clone())
                for lane, end in ends.items()
                if end == stop
            }
        for lane, (vector, moments) in kept.items():
            self.program.vector[lane], self.program.moments[:, lane] = vector, moments

    def _read(self, value: torch.Tensor) -> Array:
        self.synchronisations += self.device.type == "cuda"
        return Reading([value]).done()[0]

    def close(self) -> None:
        super().close()
        del self.engine, self.program

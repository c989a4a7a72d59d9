"""What is measured at the end of an epoch, as sums on the device: nobody waits for them before the slice ends."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch

from mlcore.backends.backend import Watch
from mlcore.backends.measured import Sums, summable
from mlcore.backends.pytorch import losses
from mlcore.backends.pytorch.program import Program
from mlcore.backends.pytorch.resident import Resident, resident
from mlcore.layers.layer import Array

Tensor: TypeAlias = Any
CHUNK = 8192  # rows evaluated at once


class Measured:
    """The splits of a watch on the device, and the numbers their sums stand for."""

    def __init__(self, program: Program, watch: Watch) -> None:
        self.program, self.watch = program, watch
        self._sums = Sums(program.problem, watch)
        data = {
            name: resident(program.problem, rows, program.device, program.dtype) for name, rows in watch.splits.items()
        }
        self.splits: dict[str, Resident] = data
        self.labels = {name: self._targets(rows.rows.y) for name, rows in data.items()}

    @classmethod
    def of(cls, program: Program, watch: Watch) -> Measured | None:
        """For what sums can tell; None where they cannot."""
        return cls(program, watch) if summable(watch) else None

    def _targets(self, y: Array) -> Tensor:
        """What outputs are compared with: class numbers [n], or numbers [n, O]."""
        if self.watch.task.kind == "regression":
            return torch.from_numpy(self._sums.numbers(y)).to(self.program.device).to(self.program.dtype)
        return torch.from_numpy(y).to(self.program.device).long()

    @torch.no_grad()
    def sums(self) -> Tensor:
        """Of each split: its loss where asked, rows that are right, absolute and squared errors [splits, 3 + O]."""
        return torch.stack([self._of(name) for name in self.splits])

    def _of(self, name: str) -> Tensor:
        data, step, vector = self.splits[name], self.program.step, self.program.vector
        total = torch.zeros(self._sums.width, dtype=torch.float64, device=self.program.device)
        for first in range(0, len(data), CHUNK):
            own = slice(first, first + CHUNK)
            z = step.outputs(vector, step.inputs(data.x[own]))[-1]
            y = self.labels[name][own]
            if name in self.watch.losses:
                total[0] += losses.total(step.loss, z, data.targets.take(own))
            if self.watch.task.kind == "regression":
                missed = (z - y).double()
                total[2] += missed.abs().sum()
                total[3:] += missed.square().sum(0)
            else:
                said = (z[:, 0] > 0).long() if z.shape[1] == 1 else z.argmax(1)
                total[1] += ((said == y) & ~z.isnan().any(1)).sum()
        return total

    def metrics(self, sums: Array) -> dict[str, float]:
        """The metrics of an epoch from its sums."""
        return self._sums.metrics(sums)

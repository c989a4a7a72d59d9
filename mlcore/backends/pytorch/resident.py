"""Training rows on a device: once for all sessions that learn from them, as small as they came."""

from __future__ import annotations

from typing import Any, TypeAlias
from weakref import WeakValueDictionary

import numpy as np
import torch

from mlcore.backends.backend import Problem
from mlcore.backends.pytorch import losses
from mlcore.datasets.dataset import Rows

Tensor: TypeAlias = Any


class Resident:
    """Inputs [n, …] (uint8 where they came so) and targets of rows, on a device."""

    def __init__(self, problem: Problem, rows: Rows, device: torch.device, dtype: torch.dtype) -> None:
        self.rows = rows  # so that nobody else gets their addresses
        like = torch.empty((), dtype=dtype, device=device)
        self.x: Tensor = torch.from_numpy(np.ascontiguousarray(problem.network.rows(rows.x))).to(device)
        targets = losses.targets(problem.loss, rows.y, rows.w, problem.network.output_shape, like)
        self.targets, self.classes = targets, targets.classes
        named = {"y": targets.y, "factor": targets.factor, "weight": targets.weight}
        self.parts: dict[str, Tensor] = {name: part for name, part in named.items() if part is not None}

    def __len__(self) -> int:
        return len(self.rows)


_KNOWN: WeakValueDictionary[tuple[Any, ...], Resident] = WeakValueDictionary()


def resident(problem: Problem, rows: Rows, device: torch.device, dtype: torch.dtype) -> Resident:
    """Those rows on the device: as some session that is open has them, or brought there now."""
    arrays = tuple(id(part) for part in rows)
    key = (*arrays, problem.loss, problem.network.row, problem.network.output_shape, str(device), dtype)
    found = _KNOWN.get(key)
    if found is None:
        found = _KNOWN[key] = Resident(problem, rows, device, dtype)
    return found

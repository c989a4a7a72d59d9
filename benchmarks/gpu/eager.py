"""The loops people write in PyTorch, from the textbook's to the most careful one: E0, E1, E2, E3.

All start at mlj's own first weights and take batches of the same size in an order of their own. A contender is called
with a number of units (`unit` epochs each); `steps` are in a unit, `first_loss` is the mean of its first unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.peers.beginning import binary
from benchmarks.peers.pytorch import modules
from mlcore.backends.backend import Problem

E0, E1, E2, E3 = "E0 textbook loop", "E1 careful loop", "E2 torch.compile", "E3 reduce-overhead"
E3_COMPILED = "E3 reduce-overhead, optimizer compiled"
ABOUT = {
    E0: "DataLoader(TensorDataset, shuffle=True), .to(device), loss.item() every step, Adam as it comes",
    E1: "float32 pixels on the device, torch.randperm there, fused Adam, one .item() an epoch",
    E2: "E1 with network and loss through torch.compile(dynamic=False)",
    E3: 'E1 with network and loss through torch.compile(mode="reduce-overhead")',
    E3_COMPILED: 'E3, and optimizer.step of a capturable Adam through torch.compile(mode="reduce-overhead") too',
}


class Careful:
    """E1: data on the device, a permutation made there, the optimizer in one call, no wait before the unit's end."""

    def __init__(self, p: Problem, rate: float, device: str, precision: str = "float32", unit: int = 1) -> None:
        import torch

        self.torch, self.device, self.precision, self.unit = torch, device, precision, unit
        self.steps, self.batch, self.first_loss = unit * p.steps_per_epoch, p.batch_size, float("nan")
        self.model = torch.nn.Sequential(*modules(p)).to(device)
        self.loss = torch.nn.BCEWithLogitsLoss() if binary(p) else torch.nn.CrossEntropyLoss()
        self.x, self.y = self.placed(*self.tensors(p))
        self.forward: Any = self.lossy
        self.optimizer = self.adam(rate)

    def tensors(self, p: Problem) -> tuple[Any, Any]:
        """Inputs and targets as float32 and whatever the loss takes."""
        x = self.torch.from_numpy(p.rows.x).float().mul_(p.factor) if p.factor != 1 else self.torch.from_numpy(p.rows.x)
        y = p.rows.y.astype(np.float32).reshape(-1, 1) if binary(p) else p.rows.y.astype(np.int64)
        return x, self.torch.from_numpy(y)

    def placed(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Where the data lie while training."""
        return x.to(self.device), y.to(self.device)

    def adam(self, rate: float) -> Any:
        """The optimizer at its fastest."""
        return self.torch.optim.Adam(self.model.parameters(), lr=rate, fused=True)

    def lossy(self, x: Any, y: Any) -> Any:
        """The loss of a batch, in the precision asked for."""
        if self.precision != "bf16":
            return self.loss(self.model(x), y)
        with self.torch.autocast(self.torch.device(self.device).type, self.torch.bfloat16):
            return self.loss(self.model(x), y)

    def batches(self) -> Iterator[tuple[Any, Any]]:
        """Every row once."""
        if self.batch >= len(self.x):
            yield self.x, self.y
            return
        order: Any = self.torch.randperm(len(self.x), device=self.device)
        for rows in order.split(self.batch):
            yield self.x[rows], self.y[rows]

    def step(self, x: Any, y: Any) -> Any:
        """One update; the loss before it, which nobody has waited for."""
        self.optimizer.zero_grad()
        loss = self.forward(x, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def __call__(self, units: int) -> None:
        self.torch.set_float32_matmul_precision("high" if self.precision == "tf32" else "highest")
        for _ in range(units):
            losses = [self.step(x, y) for _ in range(self.unit) for x, y in self.batches()]
            mean = self.mean(losses)
            if np.isnan(self.first_loss):
                self.first_loss = mean

    def mean(self, losses: list[Any]) -> float:
        """The one wait of a unit."""
        return float(self.torch.stack(losses).mean())


class Textbook(Careful):
    """E0: as the tutorials have it."""

    def placed(self, x: Any, y: Any) -> tuple[Any, Any]:
        data = self.torch.utils.data
        self.loader = data.DataLoader(data.TensorDataset(x, y), batch_size=self.batch, shuffle=True)
        return x, y

    def adam(self, rate: float) -> Any:
        return self.torch.optim.Adam(self.model.parameters(), lr=rate)

    def batches(self) -> Iterator[tuple[Any, Any]]:
        for x, y in self.loader:
            yield x.to(self.device), y.to(self.device)

    def step(self, x: Any, y: Any) -> Any:
        return super().step(x, y).item()

    def mean(self, losses: list[Any]) -> float:
        return float(np.mean(losses))


class Compiled(Careful):
    """E2: network and loss compiled."""

    mode: str | None = None

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        self.forward = self.torch.compile(self.lossy, mode=self.mode, dynamic=False)


class Reduced(Compiled):
    """E3: the compiled network in CUDA graphs; whose outputs lie in the graph's own memory."""

    mode = "reduce-overhead"

    def step(self, x: Any, y: Any) -> Any:
        self.torch.compiler.cudagraph_mark_step_begin()
        return super().step(x, y).clone()


class ReducedWhole(Reduced):
    """E3 with the optimizer compiled into CUDA graphs too."""

    def adam(self, rate: float) -> Any:
        cuda = self.device.startswith("cuda")
        lr = self.torch.tensor(rate, device=self.device) if cuda else rate
        optimizer = self.torch.optim.Adam(self.model.parameters(), lr=lr, foreach=True, capturable=cuda)
        self.update = self.torch.compile(optimizer.step, mode=self.mode, fullgraph=False)
        return optimizer

    def step(self, x: Any, y: Any) -> Any:
        self.torch.compiler.cudagraph_mark_step_begin()
        self.optimizer.zero_grad()
        loss = self.forward(x, y)
        loss.backward()
        self.update()
        return loss.detach().clone()


KINDS: dict[str, type[Careful]] = {
    E0: Textbook, E1: Careful, E2: Compiled, E3: Reduced, E3_COMPILED: ReducedWhole
}  # fmt: skip


def made(name: str, p: Problem, rate: float, device: str, precision: str = "float32", unit: int = 1) -> Careful:
    """A contender by its name."""
    return KINDS[name](p, rate, device, precision, unit)

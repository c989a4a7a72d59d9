"""PyTorch's own recurrent modules as its tutorials train them: sequences in memory, Adam in one call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.peers.beginning import batches, first_weights
from mlcore.backends.backend import Problem
from mlcore.layers.recurrent import Recurrent
from mlcore.spec import kind_of

FORMS = {
    "torch": "PyTorch",
    "torch time first": "PyTorch, time first",
    "torch compiled": "PyTorch, compiled",
}


class TorchSequences:
    """A recurrent layer, of which the last state goes into an output layer; the first weights are everybody's.

    time_first: sequences lie step by step, as the module takes them by itself. torch's second bias learns too, so that
    only the first loss is that of the others.
    """

    def __init__(self, p: Problem, rate: float, *, time_first: bool = False, compiled: bool = False) -> None:
        import torch

        recurrent, head = _modules(p, time_first)
        self.losses = list[float]()
        x = torch.from_numpy(p.rows.x)
        self.x = x.transpose(0, 1).contiguous() if time_first else x
        self.y, self.axis = torch.from_numpy(p.rows.y.astype(np.int64)), int(time_first)
        self.rows = (rows if isinstance(rows, slice) else torch.from_numpy(rows) for rows in batches(p))
        loss = torch.nn.CrossEntropyLoss()

        def forward(x: Any, y: Any) -> Any:
            states, _ = recurrent(x)
            return loss(head(states[-1] if time_first else states[:, -1]), y)

        self.forward: Any = torch.compile(forward, dynamic=False) if compiled else forward
        self.optimizer = torch.optim.Adam([*recurrent.parameters(), *head.parameters()], lr=rate, fused=True)

    def __call__(self, steps: int) -> None:
        losses = []
        for _ in range(steps):
            rows = next(self.rows)
            self.optimizer.zero_grad()
            loss = self.forward(self.x.index_select(self.axis, rows), self.y[rows])
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        self.losses += [float(loss) for loss in losses]


def _modules(p: Problem, time_first: bool) -> tuple[Any, Any]:
    import torch

    layer, (own, out) = p.network.layers[0], p.network.views(first_weights(p).vector)
    assert isinstance(layer, Recurrent)
    made = getattr(torch.nn, kind_of(layer).upper())
    recurrent = made(own["w"].shape[0], layer.units, batch_first=not time_first)
    head = torch.nn.Linear(*out["w"].shape)
    given = {"weight_ih_l0": own["w"].T, "weight_hh_l0": own["u"].T, "bias_ih_l0": own["b"].ravel()}
    with torch.no_grad():
        for name, value in given.items():
            getattr(recurrent, name).copy_(torch.from_numpy(value))
        recurrent.bias_hh_l0.zero_()
        head.weight.copy_(torch.from_numpy(out["w"].T))
        head.bias.copy_(torch.from_numpy(out["b"]))
    return recurrent, head


def contenders(p: Problem, rate: float) -> Iterator[tuple[str, TorchSequences]]:
    """PyTorch in every form."""
    yield "torch", TorchSequences(p, rate)
    yield "torch time first", TorchSequences(p, rate, time_first=True)
    yield "torch compiled", TorchSequences(p, rate, compiled=True)

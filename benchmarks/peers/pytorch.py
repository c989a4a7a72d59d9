"""PyTorch as its tutorials write it, without a loader: the data are tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.peers.beginning import batches, binary, first_weights
from mlcore.backends.backend import Problem
from mlcore.layers.conv import Conv2d
from mlcore.layers.dense import Dense
from mlcore.layers.flatten import Flatten
from mlcore.layers.pool import MaxPool2d


def modules(p: Problem) -> Iterator[Any]:
    """The layers of a network, at the first weights every contender starts from."""
    import torch

    for layer, own in zip(p.network.layers, p.network.views(first_weights(p).vector), strict=True):
        module = _module(layer, own)
        with torch.no_grad():
            for name, values in zip(("weight", "bias"), own.values(), strict=False):
                getattr(module, name).copy_(
                    torch.from_numpy(values.T if name == "weight" and values.ndim == 2 else values)
                )
        yield module


def _module(layer: Any, own: Any) -> Any:
    from torch import nn

    if isinstance(layer, Dense):
        return nn.Linear(*own["w"].shape)
    if isinstance(layer, Conv2d):
        return nn.Conv2d(own["w"].shape[1], layer.filters, layer.kernel, layer.stride, layer.padding)
    if isinstance(layer, MaxPool2d):
        return nn.MaxPool2d(layer.size, layer.stride or None)
    return nn.Flatten() if isinstance(layer, Flatten) else nn.ReLU()


class Torch:
    """Eager training; `fused`: the optimizer in one call; `compiled`: network and loss through torch.compile.

    last: images lie channels last, which is faster on a CPU.
    """

    def __init__(
        self,
        p: Problem,
        rate: float,
        adam: bool,
        *,
        fused: bool = False,
        compiled: bool = False,
        threads: int = 1,
        last: bool = False,
    ) -> None:
        import torch

        torch.set_num_threads(threads)
        self.torch, self.losses = torch, list[float]()
        self.x, self.y = torch.from_numpy(p.rows.x), torch.from_numpy(self._targets(p))
        self.rows = (rows if isinstance(rows, slice) else torch.from_numpy(rows) for rows in batches(p))
        model = torch.nn.Sequential(*modules(p))
        if len(p.network.shapes[0]) > 1:
            kept = torch.channels_last if last else torch.contiguous_format
            self.x = self.x.reshape(-1, 1, *p.network.shapes[0][-2:]).to(memory_format=kept)
            model = model.to(memory_format=kept)
        loss = torch.nn.BCEWithLogitsLoss() if binary(p) else torch.nn.CrossEntropyLoss()
        self.forward: Any = lambda x, y: loss(model(x), y)
        if compiled:
            self.forward = torch.compile(self.forward, dynamic=False)  # the short last batch is compiled for itself
        kind: Any = torch.optim.Adam if adam else torch.optim.SGD
        self.optimizer = kind(model.parameters(), lr=rate, fused=fused)

    def _targets(self, p: Problem) -> Any:
        return p.rows.y.astype(np.float32).reshape(-1, 1) if binary(p) else p.rows.y.astype(np.int64)

    def __call__(self, steps: int) -> None:
        losses = []
        for _ in range(steps):
            rows = next(self.rows)
            self.optimizer.zero_grad()
            loss = self.forward(self.x[rows], self.y[rows])
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        self.losses += [float(loss) for loss in losses]

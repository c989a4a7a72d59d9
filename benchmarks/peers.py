"""The same training, written well in NumPy and in PyTorch: same first weights, same batches, data in memory.

Networks are Dense and ReLU in turn with softmax cross-entropy. Every contender keeps its place and goes on where it
stopped; `losses` holds the loss of each step it made.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore import philox
from mlcore.backends.backend import Problem, Session, Weights
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array


def first_weights(p: Problem) -> Weights:
    """He-normal weights from the problem's seed, no moments."""
    vector = p.network.init(p.seed, "he_normal")
    return Weights(vector, np.zeros((p.optimizer.moments, len(vector)), np.float32), 0)


def batches(p: Problem, epochs: int = 50) -> Iterator[Array]:
    """The rows of one batch after another for ever; the orders are made beforehand and repeat after `epochs`."""
    n, size = len(p.rows), p.batch_size
    orders = [philox.order(p.seed, epoch, n).astype(np.int64) for epoch in range(epochs)]
    for order in itertools.cycle(orders):
        for start in range(0, n, size):
            yield order[start : start + size]


class OurSession:
    """A session of mlj, stepped like the others."""

    def __init__(self, p: Problem, session: Session, rate: float) -> None:
        self.session, self.rate, self.losses, self.step = session, rate, list[float](), 0
        session.restore(first_weights(p))

    def __call__(self, steps: int) -> None:
        self.losses += self.session.train(self.step, steps, np.full(steps, self.rate)).tolist()
        self.step += steps


class NumPy:
    """A plain good NumPy step: parameters in one vector, products written in place, one update of the whole vector."""

    def __init__(self, p: Problem, rate: float, adam: bool) -> None:
        self.x, self.y, self.rate, self.losses, self.rows = p.rows.x, p.rows.y, rate, list[float](), batches(p)
        self.w, moments, self.t = first_weights(p)
        self.g = np.zeros_like(self.w)
        self.update = self._adam if adam else self._sgd
        if adam:
            self.m, self.v = moments
        dense = [number for number, layer in enumerate(p.network.layers) if isinstance(layer, Dense)]
        views, gradients = p.network.views(self.w), p.network.views(self.g)
        self.p = [(views[number]["w"], views[number]["b"]) for number in dense]
        self.dp = [(gradients[number]["w"], gradients[number]["b"]) for number in dense]

    def __call__(self, steps: int) -> None:
        for _ in range(steps):
            rows = next(self.rows)
            self.losses.append(self._step(self.x[rows], self.y[rows]))

    def _step(self, x: Array, y: Array) -> float:
        kept = [x]
        for w, b in self.p[:-1]:
            h = kept[-1] @ w
            h += b
            kept.append(np.maximum(h, 0, out=h))
        w, b = self.p[-1]
        z = kept[-1] @ w
        z += b
        z -= z.max(axis=1, keepdims=True)
        each, own = np.arange(len(y)), z[np.arange(len(y)), y]
        np.exp(z, out=z)
        total = z.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - own).mean())
        z /= total
        z[each, y] -= 1
        z *= np.float32(1 / len(y))
        self._backward(kept, z)
        self.update()
        return loss

    def _backward(self, kept: list[Array], dz: Array) -> None:
        for number in reversed(range(len(self.p))):
            x, (w, _), (dw, db) = kept[number], self.p[number], self.dp[number]
            np.matmul(x.T, dz, out=dw)
            np.sum(dz, axis=0, out=db)
            if number:
                dz = dz @ w.T
                dz *= x > 0

    def _sgd(self) -> None:
        self.g *= np.float32(self.rate)
        self.w -= self.g

    def _adam(self) -> None:
        self.t += 1
        self.m *= np.float32(0.9)
        self.m += np.float32(0.1) * self.g
        self.v *= np.float32(0.999)
        np.multiply(self.g, self.g, out=self.g)
        self.g *= np.float32(0.001)
        self.v += self.g
        scale = np.sqrt(self.v * np.float32(1 / (1 - 0.999**self.t)))
        scale += np.float32(1e-8)
        np.divide(self.m, scale, out=scale)
        scale *= np.float32(self.rate / (1 - 0.9**self.t))
        self.w -= scale


class Torch:
    """Eager PyTorch as its tutorials write it, without a loader: the data are tensors."""

    def __init__(self, p: Problem, rate: float, adam: bool, fused: bool = False) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch, self.losses = torch, list[float]()
        self.x, self.y = torch.from_numpy(p.rows.x), torch.from_numpy(p.rows.y.astype(np.int64))
        self.rows = map(torch.from_numpy, batches(p))
        self.model = torch.nn.Sequential(*self._layers(p))
        self.loss = torch.nn.CrossEntropyLoss()
        kind: Any = torch.optim.Adam if adam else torch.optim.SGD
        self.optimizer = kind(self.model.parameters(), lr=rate, fused=fused)

    def _layers(self, p: Problem) -> Iterator[Any]:
        nn, torch = self.torch.nn, self.torch
        for layer, own in zip(p.network.layers, p.network.views(first_weights(p).vector), strict=True):
            if not isinstance(layer, Dense):
                yield nn.ReLU()
                continue
            linear = nn.Linear(*own["w"].shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(own["w"].T))
                linear.bias.copy_(torch.from_numpy(own["b"]))
            yield linear

    def __call__(self, steps: int) -> None:
        losses = []
        for _ in range(steps):
            rows = next(self.rows)
            self.optimizer.zero_grad()
            loss = self.loss(self.model(self.x[rows]), self.y[rows])
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        self.losses += [float(loss) for loss in losses]

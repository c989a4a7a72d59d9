"""A plain good NumPy step: parameters in one vector, products written in place, one update of the whole vector."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.beginning import batches, binary, first_weights
from mlcore.backends.backend import Problem
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array


class NumPy:
    """Training with NumPy alone."""

    def __init__(self, p: Problem, rate: float, adam: bool) -> None:
        self.x, self.y, self.rate, self.losses, self.rows = p.rows.x, p.rows.y, rate, list[float](), batches(p)
        self.w, moments, self.t = first_weights(p)
        self.g = np.zeros_like(self.w)
        self.update = self._adam if adam else self._sgd
        self.loss = self._binary if binary(p) else self._softmax
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
        loss = self.loss(z, y)
        self._backward(kept, z)
        self.update()
        return loss

    def _softmax(self, z: Array, y: Array) -> float:
        """The loss; z becomes its gradient."""
        z -= z.max(axis=1, keepdims=True)
        each = np.arange(len(y))
        own = z[each, y]
        np.exp(z, out=z)
        total = z.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - own).mean())
        z /= total
        z[each, y] -= 1
        z *= np.float32(1 / len(y))
        return loss

    def _binary(self, z: Array, y: Array) -> float:
        """The loss of one logit a row; z becomes its gradient."""
        logit, target = z[:, 0], y.astype(np.float32)
        e = np.exp(-np.abs(logit))
        loss = float((np.maximum(logit, 0) - logit * target + np.log1p(e)).mean())
        logit[...] = (np.where(logit >= 0, 1, e) / (1 + e) - target) / np.float32(len(y))
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

"""A trained network bound to buffers: one C call a prediction, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore import kernels
from mlcore.backends.plan import lower, unsupported
from mlcore.backends.program import Program
from mlcore.datasets.dataset import Rows, Scaling
from mlcore.errors import DataError
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import SGD


class Predictor:
    """Call it, and `out` [B, O] holds the raw outputs for the raw inputs that lie in `x` [B, features].

    Both are float32, C-contiguous and the caller's: written, read and reused as he likes between two calls. Inputs are
    scaled as the training rows were: the scaling, x' = (x - shift) factor, is folded into the first layer where that is
    a Dense, w' = factor w and b' = b - (shift factor) w, made in double and rounded once. Smooth
    clipping is no part of it and takes some microseconds more. Not for two threads at once.
    """

    def __init__(self, network: Network, loss: Loss, vector: Array, scaling: Scaling, x: Array, out: Array) -> None:
        shift, factor, smooth = scaling
        _check("x", x, (len(x), len(factor)))
        _check("out", out, (len(x), *network.output_shape))
        self.x, self.out, self._network, self._loss = x, out, network, loss
        self._vector = vector.astype(np.float32)
        self._shift, self._factor = shift.astype(np.float32), factor.astype(np.float32)
        self._scaling = scaling if smooth else None
        self._taken = np.zeros_like(x) if smooth else x  # what the first layer is given
        self._dense = bool(network.layers and isinstance(network.layers[0], Dense))
        self._scaled = self._dense and not smooth
        if self._scaled:
            first = network.views(self._vector)[0]
            w = first["w"].astype(np.float64)
            first["b"][...] = first["b"] - (shift * factor) @ w
            first["w"][...] = factor[:, None] * w
        self._native = self._bind() if self._can_be_native() else None

    def __call__(self) -> None:
        """Fill `out`."""
        if self._scaling is not None:
            self._taken[...] = self._scaling.apply(self.x)
        if self._native is not None:
            predict, arguments = self._native
            predict(*arguments)
            return
        x = self._taken if self._scaled or self._scaling is not None else (self.x - self._shift) * self._factor
        self.out[...] = self._network.forward(self._vector, x)[0]

    def _can_be_native(self) -> bool:
        missing = unsupported(self._network, self._loss, SGD())
        return bool(self._dense and len(self.x) and not missing and not kernels.unavailable())

    def _bind(self) -> tuple[Callable[..., None], tuple[Any, ...]]:
        rows, outputs = len(self.x), self._network.output_shape
        loss = type(self._loss)()  # what it makes of targets does not matter here
        plan = lower(self._network, loss, SGD(), rows)
        labels = loss.fits("multiclass")
        y = np.zeros(rows, np.int32) if labels else np.zeros((rows, *outputs), np.float32)
        self._program = program = Program(plan, Rows(np.zeros_like(self.x), y), 1.0, 0)
        program.write("parameters", self._vector)
        at = program.ffi.from_buffer
        return program.lib.mlj_predict, (program.plan, at(self._taken), 0, rows, at("float[]", self.out))


def _check(name: str, array: Array, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32 or not array.flags.carray:
        raise DataError(
            f"{name}: expected a writable, contiguous float32 array of shape {list(shape)}, "
            f"got {array.dtype} {list(array.shape)}",
            code="DATA_SCHEMA",
        )

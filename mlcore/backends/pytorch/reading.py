"""How exactly a device computes products, and how what it computed comes to the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch

from mlcore.layers.layer import Array

Tensor: TypeAlias = Any


@contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Products and convolutions with every bit of float32, or for the precision tf32 with the ten of TensorFloat-32."""
    before, few = torch.get_float32_matmul_precision(), precision == "tf32"
    convolutions = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=few)
    torch.set_float32_matmul_precision("high" if few else "highest")
    try:
        with convolutions:
            yield
    finally:
        torch.set_float32_matmul_precision(before)


class Reading:
    """Tensors on their way to the host: started at once, waited for together, by one event."""

    def __init__(self, values: Sequence[Tensor]) -> None:
        self.cuda = bool(values) and values[0].is_cuda
        self.values = [self._started(value.detach()) for value in values]
        if self.cuda:
            self.event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self.event.record()

    def _started(self, value: Tensor) -> Tensor:
        if not self.cuda:
            return value.clone()
        return torch.empty(value.shape, dtype=value.dtype, pin_memory=True).copy_(value, non_blocking=True)

    def done(self) -> list[Array]:
        """The values as arrays; here the host waits."""
        if self.cuda:
            self.event.synchronize()
            return [value.numpy().copy() for value in self.values]
        return [value.numpy() for value in self.values]

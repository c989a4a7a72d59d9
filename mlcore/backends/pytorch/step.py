"""A step of training as a function of tensors: nothing in it asks the device for a number, so it can be captured.

One network, or many that differ in their first weights, their rows, their dropout: the same function, mapped over the
first axis (lanes) by torch.func.vmap.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

import torch
from torch.func import grad_and_value, vmap

from mlcore.backends.backend import Problem
from mlcore.backends.pytorch import cuda, losses, rows
from mlcore.backends.pytorch.losses import Targets
from mlcore.backends.pytorch.rows import INFERENCE, Pass, Whole
from mlcore.layers.activations import ReLU
from mlcore.layers.dense import Dense
from mlcore.losses import SoftmaxCrossEntropy
from mlcore.spec import kind_of

Tensor: TypeAlias = Any  # torch.Tensor: torch has no types where it is not installed


class Step:
    """The network, its loss and its gradient, for vectors [P] of parameters in the order of `network.slots`.

    mapped: many networks at once, for which torch knows no channels_last. Gradients are taken on the thread that asks
    for them: one thread captures a graph, and a kernel of our own needs the device's context.
    """

    def __init__(self, problem: Problem, precision: str, device: torch.device, mapped: bool) -> None:
        network, table = problem.network, rows.table()
        self.network, self.loss, self.factor = network, problem.loss, problem.factor
        self.rows = [table[kind_of(layer)] for layer in network.layers]
        self.sizes = [slot.size for slot in network.slots]
        self.dtype = torch.float64 if precision == "float64" else torch.float32
        self._half = precision == "bf16"
        self._tensor_cores = precision in ("tf32", "bf16") and device.type == "cuda"
        self._mapped = mapped
        self._device = device.type
        self.own_kernels = precision in ("float32", "tf32") and cuda.offered(device, self.dtype)
        plain = isinstance(problem.loss, SoftmaxCrossEntropy) and problem.loss == SoftmaxCrossEntropy()
        self._own_loss = plain and problem.rows.w is None
        self.whole: Whole | None = None  # where the rows of a batch lie in several processes
        self.statistics = [slot for slot in network.slots if slot.param.role == "statistic"]

    def inputs(self, x: Tensor) -> Tensor:
        """Rows as they lie on the device as the network takes them: whole numbers of 8 bits are scaled."""
        return x.to(self.dtype) * self.factor if x.dtype == torch.uint8 else x.to(self.dtype)

    def _cast(self) -> AbstractContextManager[Any]:
        """Products in bfloat16 where that is asked for; weights, losses and updates stay as they are."""
        if not self._half:
            return nullcontext()
        return torch.autocast(self._device, torch.bfloat16, cache_enabled=False)

    def outputs(self, vector: Tensor, x: Tensor, mode: Pass = INFERENCE) -> list[Tensor]:
        """The output of every layer for inputs x [B, …].

        The vector is split by one operation, whose derivative puts the gradient together by one.
        """
        p: list[dict[str, Tensor]] = [{} for _ in self.rows]
        for slot, piece in zip(self.network.slots, vector.split(self.sizes), strict=True):
            value = piece.detach() if slot.param.role == "statistic" else piece
            p[slot.layer][slot.name] = value.view(slot.param.shape)
        x, lengths = self.network.opened(x)
        if lengths is not None:
            mode = mode._replace(lengths=lengths.long())
        found: list[Tensor] = []
        layers, applied = self.network.layers, False
        with self._cast():
            for number, (row, layer) in enumerate(zip(self.rows, layers, strict=True)):
                if mode.own_kernels and isinstance(layer, Dense) and x.dim() == 2:
                    applied = isinstance(layers[number + 1] if number + 1 < len(layers) else None, ReLU)
                    x = cuda.affine(x, p[number]["w"], p[number]["b"], applied)
                elif applied:
                    applied = False  # the dense layer before has done it
                else:
                    kept = found[self.network.skips[number]] if number in self.network.skips else None
                    x = row(layer, p[number], x, mode._replace(layer=number, kept=kept, mapped=self._mapped))
                found.append(x)
        found[-1] = found[-1].to(self.dtype)
        return found

    def mean_loss(
        self, vector: Tensor, x: Tensor, parts: Mapping[str, Tensor], masks: Mapping[int, Tensor], classes: Any = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The loss of a batch in training, and the statistics as they are after it.

        parts: y, and where rows count differently factor and weight, of some rows of a batch total (see `Targets`);
        masks: what each dropout multiplies by.
        """
        z, after = self._trained(vector, x, masks)
        return self._mean(z, parts, classes), after

    def _mean(self, z: Tensor, parts: Mapping[str, Tensor], classes: Any) -> Tensor:
        targets = Targets(parts["y"], parts.get("factor"), parts.get("weight"), classes, parts.get("total"))
        return losses.mean(self.loss, z, targets)

    def _trained(
        self, vector: Tensor, x: Tensor, masks: Mapping[int, Tensor], own_kernels: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Outputs [B, O] of a pass in training, and the statistics as they are after it."""
        moved: dict[int, dict[str, Tensor]] = {}
        images, plain = self._tensor_cores and not self._mapped, self._mapped or self._device == "cuda"
        mode = Pass(True, 0, masks, moved, self.whole, own_kernels, images, plain=plain)
        z = self.outputs(vector, x, mode)[-1]
        after = tuple(moved[slot.layer][slot.name].flatten() for slot in self.statistics) if moved else ()
        return z, after

    def gradient(
        self, vector: Tensor, x: Tensor, parts: dict[str, Tensor], masks: dict[int, Tensor], classes: Any
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Gradient [P], loss and new statistics of one network on one batch."""
        own = self.own_kernels and self.whole is None and len(x) <= cuda.FEW
        with torch.autograd.set_multithreading_enabled(False):
            leaf = vector.detach().requires_grad_()
            z, after = self._trained(leaf, x, masks, own)
            if own and self._own_loss and z.numel() <= cuda.SMALL:
                loss, dz = cuda.softmax_cross_entropy(z.detach(), parts["y"])
                (gradient,) = torch.autograd.grad(z, leaf, dz)
            else:
                loss = self._mean(z, parts, classes)
                (gradient,) = torch.autograd.grad(loss, leaf)
        return gradient, loss.detach(), after

    def pure(
        self, vector: Tensor, x: Tensor, parts: dict[str, Tensor], masks: dict[int, Tensor], classes: Any
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """As `gradient`, by torch.func: what can be compiled as a whole, and mapped over many networks."""
        asked = grad_and_value(self.mean_loss, has_aux=True)
        gradient, (loss, after) = asked(vector, x, parts, masks, classes)
        return gradient, loss, after

    def many(
        self, vector: Tensor, x: Tensor, parts: dict[str, Tensor], masks: dict[int, Tensor], classes: Any, alike: bool
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """As `gradient` for vectors [M, P], each with rows of its own [M, B, …], or all with the same [B, …]."""
        own = None if alike else 0
        mapped = vmap(self.pure, in_dims=(0, own, own, 0, None))
        gradient, loss, after = mapped(vector, x, parts, masks, classes)
        return gradient, loss, after

"""Optimizers in PyTorch: one row for each kind, on vectors [P] of one network or [M, P] of many.

Nothing of a step is a number of Python: the rate and what follows from the step's number come from tables on the
device, so that a step that was captured once is right for every step. What lanes (networks) may differ in is a column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from mlcore.optimizers import Optimizer
from mlcore.spec import kind_of

Tensor: TypeAlias = Any  # torch.Tensor, which must not be imported here


class Row(NamedTuple):
    """A rule: `table(o, rates, t)` makes its numbers for steps t = 1, 2, …, and `move` takes those of one step."""

    table: Callable[[Any, Tensor, Tensor], tuple[Tensor, ...]]
    move: Callable[[Any, Tensor, Tensor, Tensor, Sequence[Tensor]], None]


def _down(o: Any, rates: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    return (-rates,)


def _corrected(o: Any, rates: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    """Adam's rate, and what its second moment is multiplied by; both for moments that began at zero."""
    return -rates / (1 - o.beta1**t), 1 / (1 - o.beta2**t)


def _folded(o: Any, rates: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    """Adam's rate with both corrections in it, so that its epsilon meets the root as it is."""
    return -rates * (1 - o.beta2**t).sqrt() / (1 - o.beta1**t), rates.new_ones(()).expand_as(rates)


def _sgd(o: Any, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor]) -> None:
    if o.momentum:
        v = moments[0].mul_(o.momentum).add_(g)
        g = g.add(v, alpha=o.momentum) if o.nesterov else v
    w.addcmul_(g, numbers[0])


def _rmsprop(o: Any, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor]) -> None:
    s = moments[0].mul_(o.rho).addcmul_(g, g, value=1 - o.rho)
    w.addcmul_(g / s.sqrt().add_(o.epsilon), numbers[0])


def _adagrad(o: Any, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor]) -> None:
    s = moments[0].addcmul_(g, g)
    w.addcmul_(g / s.sqrt().add_(o.epsilon), numbers[0])


def _adam(o: Any, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor]) -> None:
    m = moments[0].mul_(o.beta1).add_(g, alpha=1 - o.beta1)
    v = moments[1].mul_(o.beta2).addcmul_(g, g, value=1 - o.beta2)
    w.addcmul_(m / (v * numbers[1]).sqrt_().add_(o.epsilon), numbers[0])


TABLE: dict[str, Row] = {
    "sgd": Row(_down, _sgd),
    "rmsprop": Row(_down, _rmsprop),
    "adagrad": Row(_down, _adagrad),
    "adam": Row(_corrected, _adam),
    "adamw": Row(_corrected, _adam),
    "adam_hat": Row(_folded, _adam),
}


class Rule:
    """An optimizer, or one for each lane that differ in rate, decay and L1 alone: penalties, then the row's move."""

    def __init__(self, optimizers: Sequence[Optimizer], like: Tensor) -> None:
        self.optimizer = optimizers[0]
        self._row = TABLE[kind_of(self.optimizer)]
        self._columns = {name: self._column(optimizers, name, like) for name in ("weight_decay", "l1")}

    def _column(self, optimizers: Sequence[Optimizer], name: str, like: Tensor) -> Tensor | None:
        values = [getattr(each, name) for each in optimizers]
        if not any(values):
            return None
        return like.new_tensor(values if like.dim() == 1 else [[value] for value in values])

    def tables(self, rates: Tensor, t: Tensor) -> list[Tensor]:
        """Its numbers for some steps, float64: the rates [steps, …] themselves first."""
        return [rates, *self._row.table(self.optimizer, rates, t)]

    def clip(self, g: Tensor) -> None:
        """Shorten each gradient g [.., P] that is longer than allowed."""
        if self.optimizer.clip_norm:
            norm = g.norm(dim=-1, keepdim=True)
            g.mul_((self.optimizer.clip_norm / (norm + 1e-6)).clamp(max=1))

    def update(self, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor], weights: int) -> None:
        """Move w [.., P] by the gradient g, which it may change; numbers are those of this step."""
        rate, *own = numbers
        decay, l1 = self._columns["weight_decay"], self._columns["l1"]
        self.clip(g)
        decaying, moved = w[..., :weights], g[..., :weights]
        if decay is not None and not self.optimizer.decoupled:
            moved.addcmul_(decaying, decay)
        if l1 is not None:
            moved.addcmul_(decaying.sign(), l1)
        if decay is not None and self.optimizer.decoupled:
            decaying.mul_(1 - rate * decay)
        self._row.move(self.optimizer, w, g, moments, own)

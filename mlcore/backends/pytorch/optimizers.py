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
Move: TypeAlias = Callable[[Any, Tensor, Tensor, Tensor, Sequence[Tensor]], None]


class Row(NamedTuple):
    """A rule: `table(o, rates, t)` makes its numbers for steps t = 1, 2, …, and `move` takes those of one step."""

    table: Callable[[Any, Tensor, Tensor], tuple[Tensor, ...]]
    move: Move


def _down(o: Any, rates: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    return (-rates,)


def _corrected(o: Any, rates: Tensor, t: Tensor) -> tuple[Tensor, ...]:
    """Adam's rate, and what its second moment is multiplied by; both for moments that began at zero."""
    return -rates / (1 - o.beta1**t), 1 / (1 - o.beta2**t)


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


def _adam_at_once(o: Any, w: Tensor, g: Tensor, moments: Tensor, numbers: Sequence[Tensor]) -> None:
    """One kernel instead of eight: the weights, both moments and the corrections in a single pass."""
    import torch

    rate, t = numbers
    known = {"weight_decay": 0.0, "eps": o.epsilon, "amsgrad": False, "maximize": False}
    torch._fused_adam_([w], [g], [moments[0]], [moments[1]], [], [t], lr=rate, beta1=o.beta1, beta2=o.beta2, **known)  # type: ignore[attr-defined, unused-ignore]


TABLE: dict[str, Row] = {
    "sgd": Row(_down, _sgd),
    "rmsprop": Row(_down, _rmsprop),
    "adagrad": Row(_down, _adagrad),
    "adam": Row(_corrected, _adam),
    "adamw": Row(_corrected, _adam),
}
AT_ONCE = Row(lambda o, rates, t: tuple(each.flatten(1)[:, :1] for each in (rates, t)), _adam_at_once)


def row(optimizer: Optimizer, cuda: bool, in_step: bool) -> Row:
    """The rule of an optimizer; in_step: all lanes have one rate and one t. On a GPU then Adam is one kernel."""
    import torch

    if cuda and in_step and kind_of(optimizer) in ("adam", "adamw") and hasattr(torch, "_fused_adam_"):
        return AT_ONCE
    return TABLE[kind_of(optimizer)]


class Penalties(NamedTuple):
    """What is done to the gradient, or to the weights, before the rule: numbers, or columns [M, 1] of many networks."""

    clip_norm: float
    weight_decay: Any
    l1: Any
    decoupled: bool

    @classmethod
    def of(cls, optimizers: Sequence[Optimizer], like: Tensor) -> Penalties:
        """Those of one optimizer, or of one for each lane."""
        first = optimizers[0]

        def column(name: str) -> Any:
            values = [getattr(each, name) for each in optimizers]
            if not any(values):
                return None
            return like.new_tensor(values[:1] if len(optimizers) == 1 else [[value] for value in values])

        return cls(first.clip_norm, column("weight_decay"), column("l1"), first.decoupled)

    def apply(self, w: Tensor, g: Tensor, weights: int, rates: Tensor) -> None:
        """Clip the gradient g [.., P], then add decay and L1 of the first `weights` numbers of w, or shrink them."""
        if self.clip_norm:
            norm = g.norm(dim=-1, keepdim=True)
            g.mul_((self.clip_norm / (norm + 1e-6)).clamp(max=1))
        decaying, moved = w[..., :weights], g[..., :weights]
        if self.weight_decay is not None and not self.decoupled:
            moved.addcmul_(decaying, self.weight_decay)
        if self.l1 is not None:
            moved.addcmul_(decaying.sign(), self.l1)
        if self.weight_decay is not None and self.decoupled:
            decaying.mul_(1 - rates * self.weight_decay)

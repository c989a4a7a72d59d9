"""Optimizers: how a gradient becomes a step. Each is one in-place update of one flat vector.

Weight decay here is L2 in the gradient (g + decay * w) and touches weights, not biases: the first `weights` numbers.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from mlcore.catalogue import Catalogue, Entry
from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]
Epsilon: TypeAlias = Annotated[float, Meta(gt=0, description="keeps the division from zero")]

CATALOGUE = Catalogue(
    "optimizer",
    Entry("sgd", "a step against the gradient, with momentum if wanted", "mlcore.optimizers:SGD"),
    Entry("rmsprop", "steps scaled by the recent size of each gradient", "mlcore.optimizers:RMSProp"),
    Entry("adam", "momentum and scaling together, the usual first choice", "mlcore.optimizers:Adam"),
)


class Optimizer(Spec, frozen=True, tag_field="kind"):
    """One in-place update of one flat vector. `moments` says how many vectors of state it keeps beside it."""

    moments: ClassVar[int] = 0

    learning_rate: Annotated[float, Meta(gt=0, description="how far a step goes; the first number to tune")] = 0.01
    weight_decay: Annotated[float, Meta(ge=0, description="how strongly weights are pulled to zero")] = 0.0

    def update(self, w: Array, g: Array, moments: Array, *, step: int, rate: float, weights: int) -> None:
        """Move w [P] by the gradient g [P]; moments [M, P] are changed too.

        step counts from 0; rate is the learning rate of this step; the first `weights` numbers decay.
        """
        if self.weight_decay:
            g = g.copy()
            g[:weights] += w.dtype.type(self.weight_decay) * w[:weights]
        self.move(w, g, moments, step, w.dtype.type(rate))

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        """The rule itself, decay already in g."""
        raise NotImplementedError(type(self).__name__)


class SGD(Optimizer, frozen=True, tag="sgd"):
    """A step against the gradient, with the memory of earlier steps if momentum is above zero.

    v = momentum v + g      w = w - rate v      (Nesterov: w = w - rate (g + momentum v))

    Sutskever et al. 2013, with the sign and scale PyTorch uses.
    """

    moments: ClassVar[int] = 1

    momentum: Annotated[float, Meta(ge=0, lt=1, description="share of the last step kept in the next; 0: none")] = 0.0
    nesterov: Annotated[bool, Meta(description="momentum that looks ahead of the step")] = False

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        if not self.momentum:
            w -= rate * g
            return
        v, momentum = moments[0], w.dtype.type(self.momentum)
        v *= momentum
        v += g
        w -= rate * (g + momentum * v) if self.nesterov else rate * v


class RMSProp(Optimizer, frozen=True, tag="rmsprop"):
    """Each number is scaled by the recent size of its own gradient.

    s = rho s + (1 - rho) g²      w = w - rate g / (sqrt(s) + epsilon)          (Hinton, lecture 6e)
    """

    moments: ClassVar[int] = 1

    rho: Annotated[float, Meta(ge=0, lt=1, description="share of the size remembered from step to step")] = 0.99
    epsilon: Epsilon = 1e-8

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        s, real = moments[0], w.dtype.type
        s *= real(self.rho)
        s += real(1 - self.rho) * (g * g)
        w -= rate * g / (np.sqrt(s) + real(self.epsilon))


class Adam(Optimizer, frozen=True, tag="adam"):
    """Momentum and scaling together, corrected for their start at zero.

    m = beta1 m + (1 - beta1) g      v = beta2 v + (1 - beta2) g²
    w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)          t = 1, 2, …

    Kingma and Ba 2015, algorithm 1.
    """

    moments: ClassVar[int] = 2

    beta1: Annotated[float, Meta(ge=0, lt=1, description="share of the direction remembered from step to step")] = 0.9
    beta2: Annotated[float, Meta(ge=0, lt=1, description="share of the size remembered from step to step")] = 0.999
    epsilon: Epsilon = 1e-8

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        m, v = moments
        real = w.dtype.type
        m *= real(self.beta1)
        m += real(1 - self.beta1) * g
        v *= real(self.beta2)
        v += real(1 - self.beta2) * (g * g)
        correction1, correction2 = real(1 - self.beta1 ** (step + 1)), real(1 - self.beta2 ** (step + 1))
        w -= rate * (m / correction1) / (np.sqrt(v / correction2) + real(self.epsilon))

"""Optimizers: how a gradient becomes a step. Each is one in-place update of one flat vector.

What all of them can do besides, in this order and in PyTorch's conventions:

clip_norm      g = g min(1, clip_norm / (|g| + 1e-6))       |g| of the whole gradient of the loss
weight_decay   g = g + weight_decay w                       the gradient of weight_decay/2 |w|² (L2; adamw: decoupled)
l1             g = g + l1 sign(w)                           the gradient of l1 sum |w|, 0 where w is 0

Decay and L1 touch weights, not biases, gains or statistics: the first `weights` numbers of the vector.
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

Decay: TypeAlias = Annotated[float, Meta(ge=0, description="how strongly weights are pulled to zero")]

CATALOGUE = Catalogue(
    "optimizer",
    Entry("sgd", "a step against the gradient, with momentum if wanted", "mlcore.optimizers:SGD"),
    Entry("rmsprop", "steps scaled by the recent size of each gradient", "mlcore.optimizers:RMSProp"),
    Entry("adagrad", "steps scaled by all gradients so far: ever smaller ones", "mlcore.optimizers:Adagrad"),
    Entry("adam", "momentum and scaling together, the usual first choice", "mlcore.optimizers:Adam"),
    Entry("adamw", "adam whose weight decay is no part of the gradient", "mlcore.optimizers:AdamW"),
)


class Optimizer(Spec, frozen=True, tag_field="kind"):
    """One in-place update of one flat vector. `moments` says how many vectors of state it keeps beside it."""

    moments: ClassVar[int] = 0
    decoupled: ClassVar[bool] = False  # decay shrinks the weights themselves: w = w - rate weight_decay w

    learning_rate: Annotated[float, Meta(gt=0, description="how far a step goes; the first number to tune")] = 0.01
    weight_decay: Decay = 0.0
    l1: Annotated[float, Meta(ge=0, description="pull of constant strength to zero, where many weights then stay")] = (
        0.0
    )
    clip_norm: Annotated[float, Meta(ge=0, description="longest gradient; a longer one is shortened; 0: any")] = 0.0

    def update(self, w: Array, g: Array, moments: Array, *, step: int, rate: float, weights: int) -> None:
        """Move w [P] by the gradient g [P]; moments [M, P] are changed too.

        step counts from 0; rate is the learning rate of this step; the first `weights` numbers decay.
        """
        g = self.clipped(g)
        if self.weight_decay or self.l1:
            real, decaying = w.dtype.type, w[:weights]
            g = g.copy()
            if self.weight_decay and not self.decoupled:
                g[:weights] += real(self.weight_decay) * decaying
            if self.l1:
                g[:weights] += real(self.l1) * np.sign(decaying)
            if self.decoupled:
                decaying -= real(rate * self.weight_decay) * decaying
        self.move(w, g, moments, step, w.dtype.type(rate))

    def clipped(self, g: Array) -> Array:
        """The gradient g [P], shortened to `clip_norm` where it is longer. Squares are added in double."""
        if not self.clip_norm:
            return g
        norm = np.sqrt(np.square(g, dtype=np.float64).sum())
        shortened: Array = g * g.dtype.type(np.minimum(1.0, self.clip_norm / (norm + 1e-6)))
        return shortened

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        """The rule itself; clipping, decay and L1 are done."""
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


class Adagrad(Optimizer, frozen=True, tag="adagrad"):
    """Each number is scaled by all its gradients so far: what is rarely moved is moved far.

    s = s + g²      w = w - rate g / (sqrt(s) + epsilon)          (Duchi, Hazan and Singer 2011, figure 1)

    s only grows, so that steps end by themselves; it likes a higher learning rate than the others.
    """

    moments: ClassVar[int] = 1

    epsilon: Epsilon = 1e-10

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        s = moments[0]
        s += g * g
        w -= rate * g / (np.sqrt(s) + w.dtype.type(self.epsilon))


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


class AdamHat(Adam, frozen=True, tag="adam_hat"):
    """Adam in the order its paper gives for efficiency: epsilon is added to the root before the correction.

    w = w - rate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)          t = 1, 2, …

    Kingma and Ba 2015, end of section 2, where epsilon has a hat; scikit-learn's and TensorFlow's Adam. It is Adam with
    an epsilon of epsilon / sqrt(1 - beta2^t): the two part where gradients are hardly larger than epsilon. No
    configuration offers it: it is there so that `mlcore.MLPClassifier` has scikit-learn's curves.
    """

    def move(self, w: Array, g: Array, moments: Array, step: int, rate: Any) -> None:
        m, v = moments
        real = w.dtype.type
        m *= real(self.beta1)
        m += real(1 - self.beta1) * g
        v *= real(self.beta2)
        v += real(1 - self.beta2) * (g * g)
        root, first = np.sqrt(1 - self.beta2 ** (step + 1)), 1 - self.beta1 ** (step + 1)
        w -= rate * real(root / first) * m / (np.sqrt(v) + real(self.epsilon))


class AdamW(Adam, frozen=True, tag="adamw"):
    """Adam whose weight decay is no part of the gradient, so that all weights shrink alike, whatever their gradients.

    w = w - rate weight_decay w, then a step of Adam          (Loshchilov and Hutter 2019, algorithm 2)

    The decay of a step is scaled by the learning rate, as in PyTorch.
    """

    decoupled: ClassVar[bool] = True

    weight_decay: Decay = 0.01

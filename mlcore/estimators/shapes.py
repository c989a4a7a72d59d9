"""What the parameters of an estimator stand for: layers, first weights, a loss, an optimizer, rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mlcore import schedules
from mlcore.errors import ConfigError
from mlcore.layers import ACTIVATIONS, CATALOGUE
from mlcore.layers.activations import Activation
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.layer import Array, Layer
from mlcore.network import Network
from mlcore.optimizers import SGD, Adagrad, AdamHat, AdamW, Optimizer, RMSProp
from mlcore.schedules import Schedule

OTHER_NAMES = {"logistic": "sigmoid"}  # scikit-learn's word: ours
BENDS = ("identity", "logistic", *ACTIVATIONS)
SOLVERS = ("sgd", "adam", "adamw", "rmsprop", "adagrad")  # those that go by batches
OF_SGD = ("constant", "invscaling", "adaptive")  # scikit-learn's learning rates: only its sgd minds them
RATES = (*OF_SGD, *(name for name in schedules.CATALOGUE.names() if name != "constant"))
BELOW_ONE = float(np.nextafter(1.0, 0.0))


def bend(activation: str | Activation) -> Activation | None:
    """The page of an activation, None for identity."""
    if isinstance(activation, Activation) or activation == "identity":
        return None if isinstance(activation, str) else activation
    page: Activation = CATALOGUE.find(OTHER_NAMES.get(activation, activation)).load()()
    return page


def hidden(sizes: Any) -> list[int]:
    """The widths of the hidden layers. Raises ConfigError, which is a ValueError, unless each is a count."""
    found = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    for place, size in enumerate(found, start=1):
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size <= 0:
            raise ConfigError(
                f"hidden_layer_sizes must be > 0, got {sizes!r}: layer {place} has {size!r} units",
                hint="a whole number of units for each layer: (100,) or (64, 32)",
            )
    return [int(size) for size in found]


def network(widths: Sequence[int], activation: str | Activation, dropout: float) -> Network:
    """Dense layers from widths[0] inputs to widths[-1] outputs, bent and thinned in between."""
    layers: list[Layer] = []
    for size in widths[1:-1]:
        page = bend(activation)
        layers += [Dense(size), *([page] if page else []), *([Dropout(dropout)] if dropout else [])]
    return Network([*layers, Dense(widths[-1])], (widths[0],))


def first_weights(
    widths: Sequence[int], activation: Any, random: np.random.RandomState
) -> Iterator[tuple[Array, Array]]:
    """W [I, O] and b [O] of each layer, both from U(-c, c), c = sqrt(6 / (I + O)), for logistic sqrt(2 / (I + O)).

    Glorot and Bengio 2010, eq. 16, with scikit-learn's calls in scikit-learn's order.
    """
    factor = 2.0 if activation == "logistic" else 6.0
    for inputs, outputs in pairwise(widths):
        bound = np.sqrt(factor / (inputs + outputs))
        yield random.uniform(-bound, bound, (inputs, outputs)), random.uniform(-bound, bound, outputs)


def flat(coefs: Sequence[Array], intercepts: Sequence[Array], dtype: Any) -> Array:
    """All parameters as one vector [P] in the order of `Network.slots`: weights, then biases."""
    return np.concatenate([np.asarray(each, dtype).ravel() for each in (*coefs, *intercepts)])


def unfolded(vector: Array, widths: Sequence[int], dtype: Any) -> tuple[list[Array], list[Array]]:
    """coefs_ and intercepts_ of a flat vector [P], as copies."""
    coefs, intercepts, place = [], [], 0
    for inputs, outputs in pairwise(widths):
        coefs.append(vector[place : place + inputs * outputs].reshape(inputs, outputs).astype(dtype))
        place += inputs * outputs
    for outputs in widths[1:]:
        intercepts.append(vector[place : place + outputs].astype(dtype))
        place += outputs
    return coefs, intercepts


def optimizer(e: Any) -> Optimizer:
    """The optimizer of a solver; its decay is alpha, of adamw beside the gradient and of the others in the loss."""
    rate, decay = float(e.learning_rate_init), float(e.alpha)
    betas = {"beta1": float(e.beta_1), "beta2": float(e.beta_2), "epsilon": float(e.epsilon)}
    if e.solver == "sgd":  # a momentum of 1 is allowed there, and nearly 1 here
        momentum = min(float(e.momentum), BELOW_ONE)
        return SGD(rate, weight_decay=decay, momentum=momentum, nesterov=bool(e.nesterovs_momentum))
    if e.solver == "adam":
        return AdamHat(rate, weight_decay=decay, **betas)
    if e.solver == "adamw":
        return AdamW(rate, weight_decay=decay, **betas)
    page = RMSProp if e.solver == "rmsprop" else Adagrad
    return page(rate, weight_decay=decay, epsilon=betas["epsilon"])


def schedule(e: Any) -> Schedule | None:
    """The schedule of learning rates, None for scikit-learn's own three."""
    if isinstance(e.learning_rate, Schedule):
        return e.learning_rate
    if e.learning_rate in OF_SGD:
        return None
    found: Schedule = schedules.CATALOGUE.find(e.learning_rate).load()()
    return found


def given(self: object, settings: dict[str, Any]) -> None:
    """Note the parameters of a constructor, its locals(), as they are: scikit-learn wants nothing else done there."""
    for name, value in settings.items():
        if name not in ("self", "__class__"):
            setattr(self, name, value)

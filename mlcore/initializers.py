"""Initializers: where weights start. A weight's scale follows from how many numbers it adds up.

Every number is a function of (seed, layer, place), except `article_uniform`, which draws as the article does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore import philox
from mlcore.catalogue import unknown
from mlcore.philox import Purpose

Array: TypeAlias = NDArray[Any]


class Place(NamedTuple):
    """The array to fill: its shape, fans and role, and where its random numbers come from.

    number: which array of that role it is in its layer, from 0, so that no two have the same numbers.
    """

    shape: tuple[int, ...]
    role: str
    fan_in: int
    fan_out: int
    seed: int
    layer: int
    stream: np.random.RandomState  # one stream for the whole network, drawn from in the order of its parameters
    number: int = 0


class Initializer(NamedTuple):
    """A name, one line of help, and the function that fills an array."""

    name: str
    line: str
    fill: Callable[[Place], Array]


def _normal(place: Place, deviation: float) -> Array:
    count = int(np.prod(place.shape))
    return deviation * philox.normal(place.seed, Purpose.INIT, count, layer=place.layer, step=2 * place.number).reshape(
        place.shape
    )


def _uniform(place: Place, bound: float, stream: int = 0) -> Array:
    count = int(np.prod(place.shape))
    u = philox.uniform(place.seed, Purpose.INIT, count, layer=place.layer, step=2 * place.number + stream)
    return bound * (2 * u - 1).reshape(place.shape)


def _weights_only(fill: Callable[[Place], Array]) -> Callable[[Place], Array]:
    """Biases at zero, weights by `fill`."""
    return lambda place: fill(place) if place.role == "weight" else np.zeros(place.shape)


def _torch_default(place: Place) -> Array:
    return _uniform(place, 1 / np.sqrt(place.fan_in), stream=0 if place.role == "weight" else 1)


def _article(place: Place) -> Array:
    """U(-1/2, 1/2) for weights and biases, drawn as `rand(out, in)` in the order W1 b1 W2 b2 …"""
    return (place.stream.rand(*reversed(place.shape)) - 0.5).T


def _orthogonal(place: Place) -> Array:
    """Columns (or rows, where there are more columns) of length 1 that stand upright on each other."""
    rows, columns = place.shape[0], int(np.prod(place.shape[1:]))
    count = rows * columns
    drawn = philox.normal(place.seed, Purpose.INIT, count, layer=place.layer, step=2 * place.number).reshape(
        rows, columns
    )
    q, r = np.linalg.qr(drawn if rows >= columns else drawn.T)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # one answer whatever the signs LAPACK chooses
    return (q if rows >= columns else q.T).reshape(place.shape)


def _scaled(name: str, source: str, normal: bool, numbers: str, variance: Callable[[Place], float]) -> Initializer:
    """Weights of a variance that follows from the fans, biases at zero."""

    def fill(place: Place) -> Array:
        spread = variance(place)
        return _normal(place, float(np.sqrt(spread))) if normal else _uniform(place, float(np.sqrt(3 * spread)))

    line = f"{'normal' if normal else 'uniform'} of variance {numbers} ({source})"
    return Initializer(name, line, _weights_only(fill))


def _he(p: Place) -> float:
    return 2 / p.fan_in


def _glorot(p: Place) -> float:
    return 2 / (p.fan_in + p.fan_out)


def _lecun(p: Place) -> float:
    return 1 / p.fan_in


HE, GLOROT, LECUN = "He et al. 2015, eq. 10", "Glorot and Bengio 2010, eq. 16", "LeCun et al. 1998, eq. 16"
CATALOGUE: tuple[Initializer, ...] = (
    _scaled("he_normal", HE, True, "2 / inputs", _he),
    _scaled("he_uniform", HE, False, "2 / inputs", _he),
    _scaled("glorot_normal", GLOROT, True, "2 / (inputs + outputs)", _glorot),
    _scaled("glorot_uniform", GLOROT, False, "2 / (inputs + outputs)", _glorot),
    _scaled("lecun_normal", LECUN, True, "1 / inputs", _lecun),
    _scaled("lecun_uniform", LECUN, False, "1 / inputs", _lecun),
    Initializer("orthogonal", "columns upright on each other (Saxe et al. 2014)", _weights_only(_orthogonal)),
    Initializer("torch_default", "uniform within 1 / sqrt(inputs), biases too", _torch_default),
    Initializer("article_uniform", "rand - 0.5 for weights and biases, whatever the fan", _article),
    Initializer("zeros", "all zeros: every unit learns the same", lambda p: np.zeros(p.shape)),
)


def find(name: str) -> Initializer:
    """The initializer of that name. Raises ConfigError naming the nearest one."""
    for initializer in CATALOGUE:
        if initializer.name == name:
            return initializer
    raise unknown("initializer", name, tuple(i.name for i in CATALOGUE))

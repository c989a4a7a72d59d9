"""Ceilings: the best accuracy any classifier can reach where classes overlap (the Bayes rate), or R² of a regression.

Whoever knows the densities p_k of K equally frequent classes answers with the densest one and is right with probability

    (1 / K) * integral of max over k of p_k(x) dx

Each function does this integral for one generator, in milliseconds, and remembers the result.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from mlcore.datasets.dataset import Array

REACH = 8.0  # standard deviations within which a normal distribution is integrated
FINEST = 1e-6  # noise below this is taken as this


@functools.cache
def circles(factor: float, noise: float) -> float:
    """Two rings of radius 1 and `factor`: how far a point lies from the centre says all there is to know.

    p(r) = r / s² exp(-(r² + R²) / 2 s²) I0(r R / s²)          (the Rice distribution; s: noise)
    """
    s = max(noise, FINEST)
    r = _around(np.array([1.0, factor]), s)
    r = r[r >= 0]
    outer, inner = (
        r / s**2 * np.exp(-((r - ring) ** 2) / (2 * s**2)) * _scaled_i0(r * ring / s**2) for ring in (1.0, factor)
    )
    return _right(float(np.trapezoid(np.maximum(outer, inner), r)) / 2)


@functools.cache
def moons(noise: float) -> float:
    """Two half circles blurred by a normal distribution, integrated over the plane.

    The second moon is the first one turned about (1/2, 1/4), and so is its density on a grid with that middle. Noise
    below 0.05 is taken as 0.05: the moons are half a unit apart, and already there fewer than one point in a million
    strays.
    """
    s = max(noise, 0.05)
    t = (np.arange(240) + 0.5) * np.pi / 240
    x = _symmetric(0.5, 1.5 + REACH * s, s / 6)
    y = _symmetric(0.25, 0.75 + REACH * s, s / 6)
    first = _normal(x[:, None] - np.cos(t), s) @ _normal(y[:, None] - np.sin(t), s).T / len(t)
    cell = (x[1] - x[0]) * (y[1] - y[0])
    return _right(float(np.maximum(first, first[::-1, ::-1]).sum() * cell) / 2)


@functools.cache
def blobs(centres: tuple[tuple[float, float], ...], std: float) -> float:
    """Equally wide clouds: the best answer is the nearest centre.

    A point z (in units of std, seen from its own centre) is nearer to its own than to one at distance d as long as
    d · z < |d|² / 2. At each z1 that leaves one interval of z2, whose probability is a difference of error functions.
    """
    c = np.array(centres) / max(std, FINEST)
    z1 = np.linspace(-REACH, REACH, 801)
    total = 0.0
    for k in range(len(c)):
        below, above = np.full_like(z1, -np.inf), np.full_like(z1, np.inf)
        for d1, d2 in np.delete(c - c[k], k, axis=0):
            room = (d1 * d1 + d2 * d2) / 2 - d1 * z1
            if d2 > 0:
                above = np.minimum(above, room / d2)
            elif d2 < 0:
                below = np.maximum(below, room / d2)
            else:
                above = np.where(room > 0, above, -np.inf)
        inside = np.maximum(_cumulative(above) - _cumulative(below), 0)
        total += float(np.trapezoid(_normal(z1, 1.0) * inside, z1))
    return _right(total / len(c))


@functools.cache
def spirals(classes: int, noise: float) -> float:
    """Arms whose angle is blurred: at every radius the classes are the same normal distributions around a circle.

    p_j(a) = normal(a - 4 j, s), wrapped at 2 pi: radius turns all of them together, so one radius says all.
    """
    s = max(noise, FINEST)
    turn = 2 * np.pi
    centres = np.arange(classes) * 4.0 % turn
    a = np.unique(_around(centres, min(s, turn)) % turn)
    a = np.append(a, a[0] + turn)
    turns = np.arange(-math.ceil(REACH * s / turn) - 1, math.ceil(REACH * s / turn) + 2) * turn
    arms = _normal(a[:, None, None] - centres[:, None] - turns, s).sum(axis=2)
    return _right(float(np.trapezoid(arms.max(axis=1), a)) / classes)


@functools.cache
def pair(distance: float, std: float) -> float:
    """Two equally wide clouds: a point is nearer to its own centre unless it strays half the way to the other.

    Phi(distance / 2 std)
    """
    return 0.5 * math.erfc(-distance / (2 * math.sqrt(2) * max(std, FINEST)))


@functools.cache
def board(fields: tuple[tuple[float, float], ...], noise: float) -> float:
    """A board whose fields alternate between two classes; `fields` are those along one axis, from and to.

    Both axes are alike and blurred by themselves. With a(x) the density of the even fields minus that of the odd ones,
    class 0 minus class 1 is a(x1) a(x2), so that

    accuracy = 1/2 + 1/2 (integral of |a(x)| dx)²
    """
    s = max(noise, FINEST)
    edges = np.array(fields)
    x = _around(np.unique(edges), s)
    size = float((edges[:, 1] - edges[:, 0]).sum())
    sign = np.where(np.arange(len(edges)) % 2, -1.0, 1.0)
    inside = _cumulative((x[:, None] - edges[:, 0]).ravel() / s) - _cumulative((x[:, None] - edges[:, 1]).ravel() / s)
    a = inside.reshape(len(x), -1) @ sign / size
    return _right(0.5 + 0.5 * float(np.trapezoid(np.abs(a), x)) ** 2)


def explained(variance: float, noise: float) -> float:
    """The best R² there can be of numbers with a variance of their own, blurred by a normal distribution."""
    return variance / (variance + noise**2)


def _right(share: float) -> float:
    """A probability: numerical integrals may end a hair above 1."""
    return min(share, 1.0)


def _around(middles: Array, s: float) -> Array:
    """Places from which densities of width s around some middles can be integrated, ascending."""
    steps = np.linspace(-REACH, REACH, 801) * s
    return np.unique((middles[:, None] + steps).ravel())


def _symmetric(middle: float, reach: float, step: float) -> Array:
    """Equal steps on both sides of `middle`, at most `step` apart."""
    return np.linspace(middle - reach, middle + reach, 2 * math.ceil(reach / step) + 1)


def _normal(x: Array, s: float) -> Array:
    """The density of a normal distribution of deviation s at x."""
    density: Array = np.exp(-0.5 * (x / s) ** 2) / (s * math.sqrt(2 * math.pi))
    return density


def _cumulative(x: Array) -> Array:
    """The probability that a standard normal number is below x."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()])


def _scaled_i0(x: Array) -> Array:
    """exp(-x) I0(x), the Bessel function without its growth; above 30 by its asymptotic series (DLMF 10.40.1)."""
    small, large = np.minimum(x, 30.0), np.maximum(x, 30.0)
    e = 1 / (8 * large)
    series = 1 + e * (1 + e * (9 / 2) * (1 + e * (25 / 3) * (1 + e * (49 / 4))))
    return np.where(x < 30, np.i0(small) * np.exp(-small), series / np.sqrt(2 * np.pi * large))

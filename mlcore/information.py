"""Information: how much a distribution leaves open, what one thing tells of another, and whether confidence is earned.

Entropies are in bits (base 2) unless another base is asked for; probabilities of zero add nothing (p log p -> 0).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import DataError

Array: TypeAlias = NDArray[Any]


def entropy(p: Array, base: float = 2.0) -> Any:
    """H(p) = -sum p log p along the last axis: 0 when one thing is certain, log K when K things are equally likely.

    p [..., K] -> [...] (Shannon 1948). Raises DataError when p is no distribution.
    """
    p = _distribution("p", p)
    return _bits(-_plogq(p, p), base)


def cross_entropy(p: Array, q: Array, base: float = 2.0) -> Any:
    """H(p, q) = -sum p log q along the last axis: what p costs in the code made for q. H(p, q) = H(p) + KL(p, q)."""
    return _bits(-_plogq(_distribution("p", p), _distribution("q", q)), base)


def kl_divergence(p: Array, q: Array, base: float = 2.0) -> Any:
    """KL(p, q) = sum p log(p / q) along the last axis: how far q is from p; 0 when they are equal, not symmetric.

    Kullback and Leibler 1951. Infinite where q rules out what p does not.
    """
    p, q = _distribution("p", p), _distribution("q", q)
    return _bits(_plogq(p, p) - _plogq(p, q), base)


def label_entropy(y: Array, base: float = 2.0) -> float:
    """The entropy of class numbers y [n]: what a guess without looking at a row cannot know. -1 is no class."""
    y = np.asarray(y, np.int64).ravel()
    counts = np.bincount(y[y >= 0])
    return float(entropy(counts / counts.sum(), base))


def mutual_information(a: Array, b: Array, base: float = 2.0) -> float:
    """I(a; b) = H(a) + H(b) - H(a, b) of two series of class numbers [n]: what one tells of the other."""
    first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    both = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1]
    return max(0.0, label_entropy(first, base) + label_entropy(second, base) - label_entropy(both, base))


def binned(x: Array, bins: int = 16) -> Array:
    """The bin of each number [n], bins holding equally many rows: mutual information is told of these."""
    edges = np.quantile(x, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, x, side="right")


def calibration_error(p: Array, y: Array, bins: int = 15) -> float:
    """How far confidence is from being right, 0 … 1: the mean of |accuracy - confidence| over bins of confidence.

    p [n, K] probabilities, y [n] class numbers; bins of equal width, weighted by their rows (Guo et al. 2017, eq. 3).
    """
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(places, weights=right - confidence.astype(np.float64), minlength=bins)
    return float(np.abs(gaps).sum() / len(y))


def calibration(p: Array, y: Array, bins: int = 15) -> Array:
    """Rows, mean confidence and accuracy of each bin of confidence, float64 [bins, 3]; NaN where a bin is empty."""
    return reliability(p.max(axis=1), p.argmax(axis=1) == y, bins)


def reliability(said: Array, happened: Array, bins: int = 15) -> Array:
    """Rows, mean probability and the share that happened of each bin of probability, float64 [bins, 3].

    said [n] probabilities, happened [n] bool; bins of equal width, NaN where one is empty.
    """
    said = said.astype(np.float64)
    places = np.clip(np.ceil(said * bins).astype(np.int64) - 1, 0, bins - 1)
    rows = np.bincount(places, minlength=bins).astype(np.float64)
    sums = [np.bincount(places, weights=each, minlength=bins) for each in (said, happened)]
    with np.errstate(invalid="ignore"):
        return np.stack([rows, *(each / rows for each in sums)], axis=1)


def _distribution(name: str, p: Array) -> Array:
    p = np.asarray(p, np.float64)
    if not p.size or not (p >= 0).all() or np.abs(p.sum(axis=-1) - 1).max() > 1e-6:
        raise DataError(f"{name}: expected probabilities that add up to 1 along the last axis", code="DATA_VALUE")
    return p


def _plogq(p: Array, q: Array) -> Array:
    """Sum of p log q along the last axis, in nats; 0 log anything is 0."""
    with np.errstate(divide="ignore"):
        each: Array = np.where(p > 0, p * np.log(np.where(p > 0, q, 1)), 0).sum(axis=-1)
    return each


def _bits(nats: Array, base: float) -> Any:
    found = nats / np.log(base) + 0.0  # never -0
    return float(found) if np.ndim(found) == 0 else found

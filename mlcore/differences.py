"""Derivatives by moving a number, and how far another derivative is from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from mlcore.layers.layer import Array

STEP = 1e-4


def differences(
    f: Callable[[Array], float], value: Array, places: Iterable[tuple[int, ...]] | None = None, step: float = STEP
) -> Array:
    """The derivative of f by each number of `value`, or [n] by those at `places`: central differences, fourth order.

    f' = (8 (f(+h) - f(-h)) - (f(+2h) - f(-2h))) / 12h, wrong by about h^4 f'''''/30. `value` is moved and put back.
    """
    found = []
    for place in np.ndindex(value.shape) if places is None else places:
        kept, heights = value[place], []
        for moved in (step, -step, 2 * step, -2 * step):
            value[place] = kept + moved
            heights.append(f(value))
        value[place] = kept
        near, far = heights[0] - heights[1], heights[2] - heights[3]
        found.append((8 * near - far) / (12 * step))
    return np.array(found).reshape(value.shape if places is None else -1)


def relative_error(analytic: Array, numeric: Array, rounding: float = 0.0) -> Array:
    """|analytic - numeric| / max(|analytic|, |numeric|) of each number, of a difference beyond `rounding`.

    CS231n's notes: above 1e-2 a gradient is wrong, below 1e-7 one can be happy. What is not finite is infinitely wrong.
    """
    apart = np.maximum(np.abs(analytic - numeric) - rounding, 0)
    larger = np.maximum(np.abs(analytic), np.abs(numeric))
    error: Array = np.divide(apart, larger, out=np.zeros_like(apart), where=apart > 0)
    return np.where(np.isfinite(analytic) & np.isfinite(numeric), error, np.inf)

"""Round numbers for an axis, and how they are written there."""

from __future__ import annotations

import math
import re
from typing import NamedTuple


class Ticks(NamedTuple):
    """Places on an axis and what is written there."""

    at: tuple[float, ...]
    labels: tuple[str, ...]


def ticks(low: float, high: float, count: int, *, whole: bool = False) -> Ticks:
    """About `count` round numbers from `low` to `high`, with labels of the same number of digits.

    whole: only whole numbers, as for epochs.
    """
    least = max(1e-9 * max(abs(low), abs(high)), 1e-200)  # nearer numbers cannot be told apart
    if not (math.isfinite(low) and math.isfinite(high)) or high - low < least or count < 1:
        return Ticks((), ())
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999), power * 10)
    if whole:
        step = max(1.0, float(round(step)))
    first = math.ceil(low / step - 1e-9)
    at = tuple(float((first + i) * step) for i in range(count + 3) if (first + i) * step <= high + step * 1e-9)
    return Ticks(at, tuple(_label(value, step) for value in at))


def log_ticks(low: float, high: float, count: int) -> Ticks:
    """Powers of ten between two logarithms, with 2 and 5 in between where there is little else."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    every = max(1, -(-len(powers) // max(count, 1)))
    at = [float(p) for p in powers if low <= p <= high and p % every == 0]
    if len(at) < 2:
        fine = [math.log10(m) + p for p in powers for m in (1, 2, 5)]
        at = [value for value in fine if low <= value <= high] or [low]
    return Ticks(tuple(at), tuple(_label(10.0**value, 10.0**value) for value in at))


def _label(value: float, step: float) -> str:
    """A number at an axis: 0, 0.25, 1.5k, 2e-5."""
    size = max(abs(value), step)
    if size >= 1e15 or size < 1e-3:
        text = f"{value:.0e}" if value else "0"
        return re.sub(r"e([+-])0*(\d+)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", text)
    for factor, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= factor:
            return f"{value / factor:.{_digits(abs(value) / factor)}f}{unit}" if value else "0"
    return f"{value:.{_digits(step)}f}" if value else "0"


def _digits(step: float) -> int:
    """Digits after the point that tell numbers `step` apart."""
    for digits in range(5):
        if abs(step * 10**digits - round(step * 10**digits)) < 1e-6 * max(1.0, step):
            return digits
    return 5

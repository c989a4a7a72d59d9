"""The paper of a plot: its axes with round numbers, from where to where they go, and the room between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.ticks import log_ticks, ticks

Array: TypeAlias = NDArray[np.float64]
Color: TypeAlias = int | tuple[int, int, int] | None  # of 256, red green blue, or the terminal's own
Glyphs: TypeAlias = Literal["braille", "blocks", "ascii"]
Limits: TypeAlias = tuple[float, float]

LARGEST = 1e100  # beyond it an axis says nothing, and differences soon are infinite
LABEL = 4  # columns of a number at the left axis; wider ones push the axis to the right
AXES: dict[Glyphs, tuple[str, ...]] = {  # beside a row, beside a row with a number, corner, floor, level
    "braille": ("│", "┤", "└", "─", "┈"),
    "blocks": ("│", "┤", "└", "─", "─"),
    "ascii": ("|", "+", "'", "-", "-"),
}


class Sheet:
    """The paper: where the axes are and how much room is left for the curves."""

    def __init__(self, width: int, height: int, title: str, glyphs: Glyphs, ink: Color) -> None:
        self.width, self.height = max(width, 0), max(height, 0)
        self.glyphs, self.ink = glyphs, ink
        self.title = title if self.height > 4 else ""
        self.axes = self.width >= 14 and self.height - bool(self.title) >= 3
        self.margin = LABEL
        self.rows = max(0, self.height - bool(self.title) - self.axes)
        self.columns = max(1, self.width - self.axes * (LABEL + 1))

    def scale(self, xs: Limits, ys: Limits, log: bool) -> None:
        """Choose the ticks; the room for the labels follows."""
        count = max(2, min(self.rows // 3, 5))
        self.xs, self.ys = xs, ys
        self.left = log_ticks(*ys, count) if log else ticks(*ys, count)
        if self.axes:
            self.margin = max([LABEL, *map(len, self.left.labels)])
            self.columns = max(0, self.width - self.margin - 1)
        else:
            self.columns = self.width

    def text(self, canvas: Sequence[str]) -> str:
        """The canvas between its axes."""
        lines = [self._inked(self.title[: self.width].center(self.width))] if self.title else []
        if not self.axes:
            return "\n".join([*lines, *canvas])
        bar, tick, *_ = AXES[self.glyphs]
        at = {self._row(value): label for value, label in zip(self.left.at, self.left.labels, strict=True)}
        for row, drawn in enumerate(canvas):
            lines.append(self._inked(f"{at.get(row, ''):>{self.margin}}{tick if row in at else bar}") + drawn)
        return "\n".join([*lines, self._floor()])

    def _row(self, value: float) -> int:
        return round((1 - float(shares(np.array([value]), self.ys)[0])) * (self.rows - 1))

    def _floor(self) -> str:
        """The x axis, its labels written into the line."""
        _, _, corner, dash, _ = AXES[self.glyphs]
        cells = [dash] * self.columns
        marks = ticks(*self.xs, max(1, min(self.columns // 9, 8)), whole=self.xs[1] - self.xs[0] >= 2)
        free = 0
        for value, label in zip(marks.at, marks.labels, strict=True):
            place = round(float(shares(np.array([value]), self.xs)[0]) * (self.columns - 1))
            text = f" {label} "
            start = min(max(place - len(text) // 2, 0), self.columns - len(text))
            if start >= free:
                cells[start : start + len(text)] = text
                free = start + len(text) + 1
        return self._inked(" " * self.margin + corner + "".join(cells))

    def _inked(self, text: str) -> str:
        return colored(text, self.ink)


def colored(text: str, color: Color) -> str:
    """Text in a colour, as an escape sequence."""
    if color is None:
        return text
    code = f"5;{color}" if isinstance(color, int) else "2;{};{};{}".format(*color)
    return f"\x1b[38;{code}m{text}\x1b[0m"


def limits_of(values: Sequence[Array], asked: Limits | None, *, zero: bool = False, margin: float = 0.0) -> Limits:
    """From where to where an axis goes: as asked, else what the values need. zero: from 0 when that is not far."""
    if asked is not None and asked[1] > asked[0]:
        return asked
    every = np.concatenate([np.empty(0), *values])
    every = every[np.isfinite(every)]
    if not len(every):
        return 0.0, 1.0
    low, high = float(every.min()), float(every.max())
    if zero and 0 < low < 0.4 * high:
        low = 0.0
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1 / LARGEST):
        wide = abs(high) * 0.5 or 0.5
        return (0.0, 2 * high) if zero and high > 0 else (low - wide, high + wide)
    edge = (high - low) * margin
    return low - edge, high + edge


def shares(values: Array, limits: Limits) -> Array:
    """Values as shares of an axis, 0..1; beyond its ends they lie on them."""
    low, high = limits
    return ((values - low) / (high - low)).clip(0.0, 1.0)

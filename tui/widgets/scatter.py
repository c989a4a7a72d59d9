"""Points of a plane as signs in cells."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase as LETTERS
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip

from tui.terminal import Terminal
from tui.text import percent
from tui.theme import paint, palette
from tui.widgets import rows
from tui.widgets.rows import PLAIN, Piece, padded

if TYPE_CHECKING:
    from tui.frame import Array

NAME = 14  # cells of the name of a kind


def signs_of(names: Sequence[str]) -> tuple[str, ...]:
    """A sign for each class: its name where all are one letter or digit, else those of the Lab, and letters beyond."""
    if names and len(set(names)) == len(names) and all(len(name) == 1 and name.isalnum() for name in names):
        return tuple(names)
    from mlcore import plots

    return (*plots.CLASS_GLYPHS, *LETTERS)


def legend(names: Sequence[str], signs: Sequence[str], width: int, terminal: Terminal, most: int = 1) -> list[Strip]:
    """The sign of each kind and its name, in at most so many lines; of many kinds the first."""
    colors, lines = palette(terminal), list[list[Piece]]([[]])
    for number, name in enumerate(names):
        sign = signs[number % len(signs)]
        more: list[Piece] = [(f" {sign}", paint(colors.points[number % len(colors.points)], bold=True))]
        if name != sign:
            more.append((f" {padded(name, min(cell_len(rows.clean(name)), NAME))} ", paint(colors.muted)))
        if rows.length([*lines[-1], *more]) > width - 2:
            if len(lines) == most:
                lines[-1].append((" …" if terminal.glyphs == "braille" else " ..", paint(colors.muted)))
                break
            lines.append([])
        lines[-1] += more
    return [rows.row(line, width) for line in lines]


def axes(shares: Array, width: int, terminal: Terminal, more: str = "") -> Strip:
    """How much of the variance each of the two directions of a plane of principal components holds.

    more: said at the end of the line, where there is room.
    """
    first = percent(float(shares[0]))
    second = f"   up: 2nd, {percent(float(shares[1]))}" if len(shares) > 1 else ""
    text = f" across: 1st component, {first}{second}"
    text = text if len(text) <= width else f" across: 1st, {first}{second}"
    quiet = paint(palette(terminal).muted)
    return rows.row(rows.spread([(text, quiet)], [(f"  {more} ", quiet)] if more else [], width), width)


def scatter(
    x: Array,
    y: Array,
    kinds: Sequence[int],
    wrong: Sequence[bool],
    width: int,
    height: int,
    terminal: Terminal,
    *,
    signs: Sequence[str] = (),
    diagonal: bool = False,
    chosen: int | None = None,
    level: float | None = None,
) -> list[Strip]:
    """Points x, y [n], each the sign and the colour of its kind, those that are wrong above all others.

    signs: of each kind, those of the Lab where none are given.
    chosen: the point between brackets, above all others.
    level: a value of y with a dotted line across.
    diagonal: both axes have one scale, and a dotted line shows where they are equal.
    """
    colors, signs = palette(terminal), signs or signs_of(())
    grid: list[list[Piece]] = [[(" ", PLAIN)] * width for _ in range(height)]
    if not len(x) or width < 2 or height < 2:
        return rows.block([], width, height)
    (left, right), (low, high) = _limits(x), _limits(y)
    if diagonal:
        left = low = min(left, low)
        right = high = max(right, high)
        for column in range(width):
            line = round((1 - column / (width - 1)) * (height - 1))
            grid[line][column] = ("·" if terminal.glyphs == "braille" else ".", paint(colors.faint))
    if level is not None and low <= level <= high:
        line = round((high - level) / (high - low) * (height - 1))
        grid[line] = [("·" if terminal.glyphs == "braille" else ".", paint(colors.faint))] * width
    columns = ((x - left) / (right - left) * (width - 1)).round().astype(int).tolist()
    lines = ((high - y) / (high - low) * (height - 1)).round().astype(int).tolist()
    points = zip(columns, lines, kinds, wrong, strict=True)
    for column, line, kind, missed in sorted(points, key=lambda point: point[3]):
        color = colors.bad if missed else colors.points[kind % len(colors.points)]
        grid[line][column] = signs[kind % len(signs)], paint(color, bold=missed)
    if chosen is not None:
        column, line, kind = columns[chosen], lines[chosen], kinds[chosen]
        color = colors.bad if wrong[chosen] else colors.points[kind % len(colors.points)]
        grid[line][column] = signs[kind % len(signs)], paint(color, colors.selected, bold=True)
        for beside, sign in ((column - 1, "["), (column + 1, "]")):
            if 0 <= beside < width:
                grid[line][beside] = sign, paint(colors.accent, bold=True)
    return [rows.cells(line, width) for line in grid]


def nearest(x: Array, y: Array, width: int, height: int, column: int, line: int, before: int | None = None) -> int:
    """The point drawn nearest to a cell; of several in one cell the next behind the one chosen before."""
    (left, right), (low, high) = _limits(x), _limits(y)
    across = ((x - left) / (right - left) * (width - 1)).round() - column
    down = 2 * (((high - y) / (high - low) * (height - 1)).round() - line)  # a cell is twice as high as wide
    far = across * across + down * down
    there = (far == far.min()).nonzero()[0].tolist()
    return int(there[(there.index(before) + 1) % len(there)] if before in there else there[-1])


def _limits(values: Array) -> tuple[float, float]:
    """The smallest and the largest; around a constant there is room on both sides."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)

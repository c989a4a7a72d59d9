"""Curves and points as terminal text, for the command line and the app.

plotext draws the lines of a curve; axes, ticks and labels are ours, because its own change their width with every
number. It hangs for ever on NaN and raises on infinity, so nothing reaches it that is not cleaned, thinned to one point
a column and brought to 0..1. It has one figure for the whole process: draw from one thread.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mlcore.axes import AXES, LARGEST, Array, Color, Glyphs, Limits, Sheet, colored, limits_of, shares

CLASS_GLYPHS = "ox+*#@%&"  # a class is known by its sign, not by its colour alone
CLASS_COLORS = (75, 215, 114, 176, 227, 203, 80, 252)
LINE_COLORS = (79, 221, 176, 75, 203, 114, 252, 215)
LINE_GLYPHS = "*ox+#@%&"
MUTED = 245
SLACK = 0.3  # of a dot: how far a line may pass by a point
SGR = re.compile(r"\x1b\[[0-9;]*m")


class Line(NamedTuple):
    """One curve: x and y of one length, in any order of x that makes sense to connect.

    marker: nothing for a line, or one character to be drawn at each point.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    color: Color = None
    marker: str = ""


class Level(NamedTuple):
    """A horizontal line to compare with, such as the best possible accuracy."""

    value: float
    color: Color = MUTED


def curve(
    lines: Iterable[Line | tuple[str, ArrayLike, ArrayLike]],
    width: int,
    height: int,
    *,
    log: bool = False,
    levels: Sequence[Level] = (),
    span: Limits | None = None,
    limits: Limits | None = None,
    at: float | None = None,
    glyphs: Glyphs = "braille",
    colors: bool = True,
    title: str = "",
    axis: Color = MUTED,
) -> str:
    """Curves with a y axis and an x axis, `height` lines of `width` characters.

    log: y by powers of ten; numbers that have no logarithm lie on the lower edge. span, limits: what x and y go from
    and to, else what the curves need. at: an x to point out. What is not finite leaves a gap. colors: without, no
    escape sequence is written.
    """
    given = [Line(*line) for line in lines]
    if colors and all(line.color is None for line in given):
        given = [line._replace(color=LINE_COLORS[i % len(LINE_COLORS)]) for i, line in enumerate(given)]
    sheet = Sheet(width, height, title, glyphs, axis if colors else None)
    cleaned = [(line, *_clean(line.x, line.y, log)) for line in given]
    xs = limits_of([x for _, x, _ in cleaned], span)
    drawn = [(line, *_thinned(shares(x, xs), y, line.marker, sheet.columns)) for line, x, y in cleaned]
    marks = [level for level in levels if math.isfinite(level.value) and not (log and level.value <= 0)]
    heights = [math.log10(level.value) if log else level.value for level in marks]
    ys = limits_of([y for _, _, y in drawn] + [np.array(heights)], _logarithms(limits) if log else limits, zero=not log)
    sheet.scale(xs, ys, log)
    strokes = [_stroke_of_level(y, level.color, sheet, ys) for level, y in zip(marks, heights, strict=True)]
    if at is not None:
        strokes.append(_upright(shares(np.array([at]), xs), axis, sheet))
    joined = 0
    for line, x, y in drawn:
        strokes += _strokes(line, joined, x, shares(y, ys), sheet)
        joined += not line.marker
    return sheet.text(_canvas(strokes, sheet.columns, sheet.rows, colors))


def scatter(
    x: ArrayLike,
    y: ArrayLike,
    label: ArrayLike,
    width: int,
    height: int,
    *,
    glyphs: Glyphs = "braille",
    colors: bool = True,
    title: str = "",
    levels: Sequence[float] = (),
) -> str:
    """Points of a plane between axes, each as the sign of its class: `height` lines of `width` characters.

    levels: values of y that are a line across, under the points.
    """
    xs, ys = (np.asarray(each, np.float64).ravel() for each in (x, y))
    good = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[good].clip(-LARGEST, LARGEST), ys[good].clip(-LARGEST, LARGEST)
    labels = np.asarray(label).astype(np.int64).ravel()[good]
    sheet = Sheet(width, height, title, glyphs, MUTED if colors else None)
    wide, high = limits_of([xs], None, margin=0.03), limits_of([ys], None, margin=0.03)
    sheet.scale(wide, high, False)
    grid: list[list[str]] = [[" "] * sheet.columns for _ in range(sheet.rows)]
    if sheet.columns and sheet.rows:
        for value in levels:
            if high[0] <= value <= high[1]:
                row = round((1 - float(shares(np.array([value]), high)[0])) * (sheet.rows - 1))
                grid[row] = [colored(AXES[glyphs][4], MUTED if colors else None)] * sheet.columns
        columns = (shares(xs, wide) * (sheet.columns - 1)).round().astype(int).tolist()
        rows = ((1 - shares(ys, high)) * (sheet.rows - 1)).round().astype(int).tolist()
        for column, row, number in zip(columns, rows, labels.tolist(), strict=True):
            sign = CLASS_GLYPHS[number % len(CLASS_GLYPHS)]
            color = CLASS_COLORS[number % len(CLASS_COLORS)] if colors else None
            grid[row][column] = colored(sign, color)
    return sheet.text(["".join(row) for row in grid])


def _clean(x: ArrayLike, y: ArrayLike, log: bool) -> tuple[Array, Array]:
    """x and y that can be drawn: finite or NaN in y, which is a gap."""
    xs, ys = np.asarray(x, np.float64).ravel(), np.asarray(y, np.float64).ravel()
    count = min(len(xs), len(ys))
    xs, ys = xs[:count], ys[:count]
    xs, ys = xs[np.isfinite(xs)].clip(-LARGEST, LARGEST), ys[np.isfinite(xs)]
    ys = np.where(np.isfinite(ys), ys.clip(-LARGEST, LARGEST), np.nan)
    if log:
        floor = np.min(ys, where=ys > 0, initial=LARGEST)
        ys = np.log10(np.where(ys <= 0, 1.0 if floor == LARGEST else max(floor, 1 / LARGEST), ys))
    return xs, ys


def _logarithms(limits: Limits | None) -> Limits | None:
    return None if limits is None or limits[0] <= 0 else (math.log10(limits[0]), math.log10(limits[1]))


class _Stroke(NamedTuple):
    """What plotext is given: finite points of 0..1, joined or not."""

    x: Array
    y: Array
    marker: str
    color: Color
    joined: bool


def _stroke_of_level(value: float, color: Color, sheet: Sheet, ys: Limits) -> _Stroke:
    y = np.repeat(shares(np.array([value]), ys), 2)
    return _Stroke(np.array([0.0, 1.0]), y, AXES[sheet.glyphs][4], color, True)


def _upright(x: Array, color: Color, sheet: Sheet) -> _Stroke:
    y = np.linspace(0.0, 1.0, max(sheet.rows, 2))
    return _Stroke(np.repeat(x, len(y)), y, AXES[sheet.glyphs][0], color, False)


def _strokes(line: Line, place: int, x: Array, y: Array, sheet: Sheet) -> list[_Stroke]:
    """A line as strokes, cut where it has gaps."""
    marker = line.marker or ("braille" if sheet.glyphs == "braille" else LINE_GLYPHS[place % len(LINE_GLYPHS)])
    good = np.isfinite(y)
    if line.marker:
        return [_Stroke(x[good], y[good], marker, line.color, False)]
    cuts = np.flatnonzero(np.diff(good.astype(np.int8))) + 1
    runs = zip(np.split(x, cuts), np.split(y, cuts), strict=True)
    slack = SLACK / max(sheet.rows * (4 if marker == "braille" else 1), 1)
    finite = (_bends(a, b, slack) for a, b in runs if len(b) and np.isfinite(b[0]))
    return [_Stroke(a, b, marker, line.color, True) for a, b in finite]


def _bends(x: Array, y: Array, slack: float) -> tuple[Array, Array]:
    """The points of a line at which it bends: it passes all others within `slack`. plotext takes 20 us for each."""
    kept, low, high = [0], -math.inf, math.inf  # of the slopes from the last point kept that pass all since
    xs, ys = x.tolist(), y.tolist()
    x0, y0 = xs[0], ys[0]
    for place, (across, up) in enumerate(zip(xs[1:], ys[1:], strict=True), start=1):
        wide = across - x0
        if wide <= 0 or not low <= (up - y0) / wide <= high:
            kept += [place - 1] if place - 1 != kept[-1] else []
            x0, y0 = xs[place - 1], ys[place - 1]
            low, high, wide = -math.inf, math.inf, across - x0
        if wide > 0:
            low, high = max(low, (up - slack - y0) / wide), min(high, (up + slack - y0) / wide)
        else:  # straight up, or back: nothing can be left out
            low, high = math.inf, -math.inf
    kept += [len(xs) - 1] if kept[-1] != len(xs) - 1 else []
    return x[kept], y[kept]


def _thinned(x: Array, y: Array, marker: str, columns: int) -> tuple[Array, Array]:
    """At most one point a column: the mean of what is finite there, NaN where nothing is. Of marks every so many."""
    if len(x) <= columns:
        return x, y
    if marker:
        every = -(-len(x) // (4 * columns))
        return x[::every], y[::every]
    column = (x * (columns - 1)).round().astype(np.int64)
    good = np.isfinite(y)
    count = np.bincount(column[good], minlength=columns)
    total = np.bincount(column[good], weights=y[good], minlength=columns)
    here = np.flatnonzero(np.bincount(column, minlength=columns))
    with np.errstate(invalid="ignore"):
        return here / max(columns - 1, 1), (total / count)[here]


def _canvas(strokes: Sequence[_Stroke], columns: int, rows: int, colors: bool) -> list[str]:
    """The strokes as `rows` lines of `columns` characters."""
    if not columns or not rows:
        return [""] * rows
    strokes = [stroke for stroke in strokes if len(stroke.x)]
    if not strokes:
        return [" " * columns] * rows
    text = _plotext(strokes, columns, rows)
    lines = (text if colors else SGR.sub("", text)).split("\n")
    return lines[:rows]


def _plotext(strokes: Sequence[_Stroke], columns: int, rows: int) -> str:
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear.data()  # the rest of what it remembers is set below, every time
    figure.plot_size(columns, rows)
    figure.canvas("default")
    figure.axes(False)
    figure.legend(False)
    for axis in (0, 1):
        figure.ruler(axis, 0).frequency(0)
        figure.ruler(axis, 1).frequency(0)
        figure.ruler(axis, 0).lim(0.0, 1.0)
    for stroke in strokes:
        pixel = plotext.pixel(stroke.color) if stroke.color is not None else plotext.pixel()
        signal = figure.signal(stroke.x.tolist(), stroke.y.tolist(), marker=plotext.marker(stroke.marker, pixel=pixel))
        if stroke.joined and len(stroke.x) > 1:
            signal = signal.lines().density("full", scope="line")
        figure.draw(signal)
    return str(figure.build().string())

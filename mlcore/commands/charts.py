"""Lines with a legend of their own, the distribution beneath an axis, bars, and what a curve says in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcore import plots
from mlcore.axes import Limits, colored
from mlcore.commands import table
from mlcore.commands.drawing import GAP, Band, Paper
from mlcore.plots import SGR, Level
from mlcore.sanitize import sanitize

NAME = 24  # characters of a name in a legend
LEVELS = {"braille": " ▁▂▃▄▅▆▇█", "ascii": " .:-=+*#@"}
LONGEST = 40  # cells of the longest bar
SHORTEST = 8
CORNER = re.compile("[└']")


class Series(NamedTuple):
    """A line, and what the legend says of it. low, high [n]: where it reaches further, as dots. dotted: only dots."""

    name: str
    x: Any
    y: Any
    told: str = ""
    low: Any = None
    high: Any = None
    dotted: bool = False


def chart(
    series: Sequence[Series],
    paper: Paper,
    title: str,
    *,
    span: Limits | None = None,
    limits: Limits | None = None,
    levels: Sequence[float] = (),
) -> str:
    """Lines under a title and their legend, as high as the paper; colour and sign of a line by its place."""
    lines, signs = [], []
    for place, each in enumerate(series):
        color = plots.MUTED if each.dotted else plots.LINE_COLORS[place % len(plots.LINE_COLORS)]
        ink, sign = color if paper.colors else None, plots.LINE_GLYPHS[place % len(plots.LINE_GLYPHS)]
        sign = "┈┈" if each.dotted and paper.glyphs == "braille" else "." if each.dotted else sign
        sign = "━━" if paper.glyphs == "braille" and not each.dotted else sign
        text = " ".join(filter(None, [sanitize(each.name, NAME), each.told]))
        signs.append((len(sign) + 1 + len(text), f"{colored(sign, ink)} {text}"))
        ends = [plots.Line(each.name, each.x, end, ink, ".") for end in (each.low, each.high) if end is not None]
        lines += [plots.Line(each.name, each.x, each.y, ink, "." if each.dotted else ""), *ends]
    above = [*_wrapped([*((len(part), part) for part in table.fold(title, paper.width)), *signs], paper.width)]
    height = paper.height - len(above)
    lines.sort(key=lambda line: not line.marker)  # dots lie beneath lines
    drawn = plots.curve(
        lines,
        paper.width,
        height,
        span=span,
        limits=limits,
        levels=[Level(value, plots.MUTED if paper.colors else None) for value in levels],
        glyphs=paper.glyphs,
        colors=paper.colors,
    )
    return "\n".join([*above, drawn])


def _wrapped(texts: Iterable[tuple[int, str]], width: int) -> Iterator[str]:
    """Texts, whose widths are given, in lines of at most that width."""
    line, used = "", 0
    for wide, text in texts:
        if used and used + GAP + wide > width:
            yield line
            line, used = "", 0
        line += (" " * GAP if used else "") + text
        used += (GAP if used else 0) + wide
    yield line


def spark(counts: NDArray[Any], columns: int, paper: Paper) -> str:
    """Counts [B] as one line of `columns` characters, the higher the more; where any row is, there is a sign."""
    levels = LEVELS[paper.glyphs]
    if not columns or not len(counts):
        return ""
    place = (np.arange(columns) * len(counts)) // columns
    high = counts[place] / max(int(counts.max()), 1) * (len(levels) - 1)
    return "".join(levels[number] for number in np.ceil(high).astype(int).tolist())


def beneath(drawn: str, counts: NDArray[Any], paper: Paper, label: str = "rows") -> str:
    """A chart with the distribution of rows along its x axis under it, a line more."""
    floor = SGR.sub("", drawn.rsplit("\n", 1)[-1])
    corner = CORNER.search(floor)
    if not corner:
        return drawn
    margin, columns = corner.start(), len(floor) - corner.end()
    line = f"{label:>{margin}} {spark(counts, columns, paper)}".rstrip()
    return f"{drawn}\n{colored(line, plots.MUTED if paper.colors else None)}"


def bars(rows: Sequence[Sequence[str]], values: Sequence[float], paper: Paper, header: Sequence[str]) -> Iterator[str]:
    """A table with a bar at the end of each row, the longest for the largest value; none for what is below zero."""
    cells = [*table.lines(rows, header, right=range(1, len(header)), width=max(paper.width - SHORTEST, SHORTEST))]
    wide = max(map(len, cells))
    room = max(0, min(LONGEST, paper.width - wide - 2))
    largest, sign = max([*values, 0.0]) or 1.0, "▇" if paper.glyphs == "braille" else "#"
    yield cells[0]
    for line, value in zip(cells[1:], values, strict=True):
        bar = sign * round(room * max(value, 0.0) / largest)
        ink = plots.LINE_COLORS[0] if paper.colors else None
        yield f"{line:<{wide}}  {colored(bar, ink)}".rstrip() if bar else line


def of_curves(bands: Mapping[str, Band], what: str, unit: str) -> str:
    """How the last of some curves went, in a sentence: its last value, and its best where that was earlier."""
    name, (x, y, *_) = list(bands.items())[-1]
    at, values = np.asarray(x, np.float64), np.asarray(y, np.float64)
    known = np.isfinite(values)
    name = name if what in name else f"{name} {what}"
    if not known.any():
        return f"{name} was never a number"
    at, values = at[known], values[known]
    up = what == "accuracy"
    best = int(values.argmax() if up else values.argmin())
    said = f"{name} {values[-1]:.4g} at {unit} {at[-1]:,.0f}"
    if best < len(values) - 1 and values[best] != values[-1]:
        return f"{said}, {'highest' if up else 'lowest'} {values[best]:.4g} at {unit} {at[best]:,.0f}"
    return f"{said}, the {'highest' if up else 'lowest'} of {len(values):,}"


def listed(bands: Mapping[str, Band], run: str) -> dict[str, Any]:
    """Curves as plain numbers; of several seeds the medians, and the lowest and highest."""
    names = ("at", "value", "low", "high")
    told = {
        name: {word: np.asarray(each, np.float64).tolist() for word, each in zip(names, band, strict=False)}
        for name, band in bands.items()
    }
    return {"run": run, "curves": told}

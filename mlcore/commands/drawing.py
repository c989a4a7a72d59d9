"""Curves, points and small pictures on a terminal or, in plain characters, in a pipe."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore import plots
from mlcore.report import escapes_allowed
from mlcore.sanitize import sanitize

SHADES = " .:-=+*#%@"
Band: TypeAlias = tuple[Any, ...]  # x and y, and where they reach further than that: lowest, highest
RESET = "\x1b[0m"
WIDEST, HIGHEST = 100, 24
NAME = 40  # characters of a name in a legend
LISTED, GAP = 16, 3  # classes a legend has at most, cells between two


class Paper(NamedTuple):
    """How large a drawing is and what it may be made of."""

    width: int
    height: int
    colors: bool
    glyphs: Literal["braille", "ascii"]

    @classmethod
    def of(cls, width: int | None = None, height: int | None = None, plain: bool = False) -> Paper:
        """As large as asked or as the terminal, in colour and fine dots only where both can be shown."""
        screen = shutil.get_terminal_size()
        rich = escapes_allowed(sys.stdout) and not plain
        fine = rich and "utf" in (sys.stdout.encoding or "").lower()
        width, height = width or min(screen.columns - 1, WIDEST), height or min(screen.lines - 2, HIGHEST)
        return cls(width, height, rich, "braille" if fine else "ascii")

    @classmethod
    def asked(cls, args: argparse.Namespace) -> Paper:
        """As the options --width, --height and --ascii say."""
        return cls.of(args.width, args.height, args.ascii)


def curves(bands: Mapping[str, Band], paper: Paper, title: str, log: bool = False, at: float | None = None) -> str:
    """Curves by name with a legend above them, which has their last values; dots from where to where each reaches.

    at: an x to point out.
    """
    width, height, colors, glyphs = paper
    lines, edges, signs = [], [], []
    for place, (name, (x, y, *ends)) in enumerate(bands.items()):
        sign = "━━" if glyphs == "braille" else plots.LINE_GLYPHS[place % len(plots.LINE_GLYPHS)]
        color = plots.LINE_COLORS[place % len(plots.LINE_COLORS)]
        signs.append(f"{_colored(sign, color) if colors else sign} {name} {y[-1]:.4g}")
        lines.append(plots.Line(name, x, y, color if colors else None))
        edges += [plots.Line(name, x, end, color if colors else None, marker=".") for end in ends]
    drawn = plots.curve([*edges, *lines], width, height - 1, log=log, at=at, glyphs=glyphs, colors=colors)
    return f"{title}:  {'   '.join(signs)}\n{drawn}"


def points(x: NDArray[Any], y: NDArray[Any], label: NDArray[Any], names: Sequence[str], paper: Paper) -> str:
    """Points of a plane, each class with its sign and its colour, and a legend beneath."""
    width, height, colors, glyphs = paper
    drawn = plots.scatter(x, y, label, width, height - 1, glyphs=glyphs, colors=colors)
    return f"{drawn}\n{legend([sanitize(name, NAME) for name in names], paper)}"


def legend(texts: Sequence[str], paper: Paper, last: str = "") -> str:
    """The sign of each class before its text, in lines as wide as the paper; of many classes the first."""
    more = [f"… ({len(texts):,})"] if len(texts) > LISTED else []
    lines, used = [""], 0
    for place, text in enumerate([*texts[:LISTED], *more, *filter(None, [last])]):
        sign, color = (each[place % len(each)] for each in (plots.CLASS_GLYPHS, plots.CLASS_COLORS))
        signed = place < min(len(texts), LISTED)
        wide = len(text) + 2 * signed
        if used and used + GAP + wide > paper.width:
            lines, used = [*lines, ""], 0
        lines[-1] += " " * (GAP if used else 0)
        lines[-1] += f"{_colored(str(sign), int(color)) if paper.colors else sign} {text}" if signed else text
        used += wide + (GAP if used else 0)
    return "\n".join(lines)


def _colored(text: str, color: int) -> str:
    return f"\x1b[38;5;{color}m{text}{RESET}"


def picture(pixels: NDArray[Any], blocks: bool) -> Iterator[str]:
    """The lines of a grey picture [height, width] with values 0 to 1: one line for two rows of pixels."""
    height, width = pixels.shape
    rows = np.zeros((height + height % 2, width))
    rows[:height] = pixels.clip(0, 1)
    for top, bottom in zip(rows[::2], rows[1::2], strict=True):
        yield _blocks(top, bottom) if blocks else _shades((top + bottom) / 2)


def side_by_side(pictures: Sequence[NDArray[Any]], captions: Sequence[str], paper: Paper) -> Iterator[str]:
    """Pictures in rows as wide as the paper, a caption beneath each."""
    each = pictures[0].shape[1] + 2
    count = max(1, (paper.width + 2) // each)
    for first in range(0, len(pictures), count):
        some = pictures[first : first + count]
        for parts in zip_longest(*(picture(pixels, paper.glyphs == "braille") for pixels in some), fillvalue=""):
            yield "  ".join(parts).rstrip()
        yield "".join(caption[: each - 2].center(each - 2).ljust(each) for caption in captions[first : first + count])
        yield ""


def _shades(row: NDArray[Any]) -> str:
    return "".join(SHADES[place] for place in np.rint(row * (len(SHADES) - 1)).astype(int))


def _blocks(top: NDArray[Any], bottom: NDArray[Any]) -> str:
    """▀ in the grey of the upper pixel on the grey of the lower one, from the 24 greys of 256 colours."""
    pairs = zip(_greys(top), _greys(bottom), strict=True)
    return "".join(f"\x1b[38;5;{above};48;5;{below}m▀" for above, below in pairs) + RESET


def _greys(row: NDArray[Any]) -> list[int]:
    greys: list[int] = (232 + np.rint(row * 23).astype(int)).tolist()
    return greys

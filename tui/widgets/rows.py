"""Rows of cells: pieces of styled text made into strips of an exact width, and a box around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.terminal import Glyphs
from tui.theme import paint

Piece: TypeAlias = tuple[str, Style]
PLAIN = paint()
NARROW = re.compile("[ -~─-◼⠀-⣿]*")  # what takes one cell on every terminal: ASCII, boxes, blocks, dots
BOXES: dict[Glyphs, tuple[str, ...]] = {
    "braille": ("╭", "─", "╮", "│", "╰", "╯"),
    "blocks": ("┌", "─", "┐", "│", "└", "┘"),
    "ascii": ("+", "-", "+", "|", "+", "+"),
}


def clean(text: str) -> str:
    """Text that cannot steer a terminal: what does not print is written out."""
    if text.isprintable():
        return text
    from mlcore import sanitize

    return sanitize.sanitize(text, len(text) * 10)


def length(pieces: Iterable[Piece]) -> int:
    """Cells these pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


def padded(text: str, width: int, right: bool = False) -> str:
    """Text of exactly `width` cells: cut, or filled up with blanks at its end (right: at its beginning)."""
    text = clean(text)
    return (
        " " * max(0, width - cell_len(text)) + text if right and cell_len(text) <= width else set_cell_size(text, width)
    )


def row(pieces: Iterable[Piece], width: int, style: Style = PLAIN) -> Strip:
    """Pieces as one row of exactly `width` cells: cut at the right, or filled up with blanks of `style`."""
    segments, left = [], width
    for text, look in pieces:
        if left <= 0:
            break
        text = clean(text)
        size = cell_len(text)
        if size > left:
            text, size = set_cell_size(text, left), left
        if text:
            segments.append(Segment(text, look))
        left -= size
    if left > 0:
        segments.append(Segment(" " * left, style))
    return Strip(segments, width)


def cells(line: Sequence[Piece], width: int) -> Strip:
    """One character a cell, neighbours of one style joined; shorter lines are filled up."""
    text, styles = "".join(map(itemgetter(0), line)), list(map(itemgetter(1), line))
    last = zip(styles, [*styles[1:], None], strict=False)
    ends = [
        place for place, (style, other) in enumerate(last, start=1) if style is not other
    ]  # `paint` makes each once
    runs = [(text[start:end], styles[end - 1]) for start, end in zip([0, *ends], ends, strict=False)]
    if len(text) == width and NARROW.fullmatch(text):  # nothing to be measured
        return Strip([Segment(*run) for run in runs], width)
    return row(runs, width)


def block(lines: Sequence[Strip], width: int, height: int) -> list[Strip]:
    """Exactly `height` rows: cut at the bottom or filled up with blank ones."""
    blank = row((), width)
    return [*lines[:height], *[blank] * (height - len(lines))]


def fitting(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """The last of some pieces that fit `width` cells."""
    kept = list(pieces)
    while kept and length(kept) > width:
        kept.pop(0)
    return kept


def cut(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """The first of some pieces, the last of them shortened where there is no room for all of it."""
    kept, left = list[Piece](), width
    for text, style in pieces:
        text = clean(text)
        kept.append((text if cell_len(text) <= left else set_cell_size(text, max(left, 0)), style))
        left -= cell_len(text)
    return kept


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int, fill: Piece = (" ", PLAIN)) -> list[Piece]:
    """Pieces at both ends of a line of `width` cells; the right ones give way where there is no room, first to last."""
    right = fitting(right, width - length(left))
    gap = width - length(left) - length(right)
    return [*left, (fill[0] * max(gap, 0), fill[1]), *right]


def centred(text: str, width: int, style: Style = PLAIN) -> Strip:
    """One line of text in the middle of a row."""
    text = clean(text)
    return row([(" " * max(0, (width - cell_len(text)) // 2), PLAIN), (text, style)], width)


class Frame(NamedTuple):
    """How a box around a pane looks: its characters, the style of its lines."""

    glyphs: Glyphs
    line: Style


def boxed(
    lines: Sequence[Strip], width: int, title: Sequence[Piece], legend: Sequence[Piece], frame: Frame
) -> list[Strip]:
    """Rows of `width - 2` cells with a box around them: the title at its upper left, the legend at its upper right."""
    corner, dash, other, side, low, last = BOXES[frame.glyphs]
    space = (" ", PLAIN)
    title = [space, *cut(title, width - 6), space]
    legend = fitting(legend, width - length(title) - 7)
    upper = spread(title, [space, *legend, space] if legend else [], width - 4, (dash, frame.line))
    top = row([(corner + dash, frame.line), *upper, (dash + other, frame.line)], width)
    bar = Segment(side, frame.line)
    body = [Strip([bar, *line, bar], width) for line in lines]
    return [top, *body, row([(low + dash * (width - 2) + last, frame.line)], width)]

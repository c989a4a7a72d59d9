"""A confusion matrix as rows of cells: counts, shaded by their share of the row, with a cursor. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tui.terminal import Terminal
from tui.text import percent, si
from tui.theme import Palette, paint, palette
from tui.widgets import rows
from tui.widgets.rows import PLAIN, Piece, padded

NAME = 8  # cells of a name above a column
EDGE = 14  # cells of a name before a row
ROOMY = 7  # cells of a count where there is room
RECALL = 9  # cells of the share that is right, after a row
RIGHT, WRONG = 2, 5  # ramps of the palette: green and red


def matrix(
    counts: Sequence[Sequence[int]],
    names: Sequence[str],
    width: int,
    height: int,
    terminal: Terminal,
    cursor: tuple[int, int] | None = None,
) -> list[Strip]:
    """Exactly `height` rows of `width` cells: labels down, answers across, the share found (recall) after each row.

    Where there are more classes than there is room for, those around the cursor show. The cursor is a pair of brackets.
    """
    colors, classes = palette(terminal), len(counts)
    if width < 8 or height < 2 or not classes:
        return rows.block([], width, height)
    largest = max(len(_short(each)) for row in counts for each in row)
    edge = min(EDGE, max(map(len, names), default=1)) + 2
    wide = max(largest, min(NAME, max(map(len, names), default=1))) + 2
    if edge + wide * classes + RECALL > width:
        wide = max(largest, len(str(classes - 1))) + 2
    wide = max(wide, min(ROOMY, (width - edge - RECALL) // classes))
    if width - edge - RECALL < wide:
        edge = min(edge, max(2, width - wide - RECALL))
    here, worst = cursor or (0, 0), _worst(counts)
    across = _window(here[1], classes, max(1, (width - edge - RECALL) // wide))
    down = _window(here[0], classes, max(1, height - 2))
    lines = [rows.row(_heading(edge, wide, across, classes, width, colors, terminal), width)]
    lines.append(rows.row(_head(names, edge, wide, across, colors, here[1] if cursor else -1), width))
    for label in down:
        name = (names[label] if label < len(names) else str(label))[: edge - 2]
        lit = cursor is not None and label == here[0]
        pieces: list[Piece] = [
            (padded(name, edge - 1, right=True) + " ", paint(colors.text if lit else colors.muted, bold=lit))
        ]
        total = sum(counts[label])
        for said in across:
            pieces.append(
                _cell(counts[label][said], total, wide, said == label, (label, said) == cursor, worst, terminal)
            )
        share = percent(counts[label][label] / total) if total else "-"
        lines.append(rows.row([*pieces, (f"{share:>{RECALL}}", paint(colors.text))], width))
    return rows.block(lines, width, height)


def _short(number: int) -> str:
    """A count in few cells."""
    return str(number) if number < 100_000 else si(number)


def _window(here: int, count: int, room: int) -> range:
    """The places that are shown: `here` in the middle, as far as there are others on both sides."""
    first = min(max(0, here - room // 2), max(0, count - room))
    return range(first, min(count, first + room))


def _heading(
    edge: int, wide: int, across: range, classes: int, width: int, colors: Palette, terminal: Terminal
) -> list[Piece]:
    """What goes down and across, and how much of it is not shown."""
    arrows = ("↓", "→") if terminal.glyphs == "braille" else ("down", "across")
    left = f" label {arrows[0]}"
    said = f"answer {arrows[1]}"
    if len(across) < classes:
        said += f" {across.start + 1}-{across.stop} of {classes}"
    room = edge + wide * len(across)
    text = left.ljust(edge) + said if edge > len(left) else f"{left}  {said}"
    return [(f"{text[:room]:<{room}}", paint(colors.muted)), ("found".rjust(RECALL), paint(colors.muted))]


def _head(names: Sequence[str], edge: int, wide: int, across: range, colors: Palette, here: int) -> list[Piece]:
    """The names of the answers; where they have no room, numbers of classes."""
    short = any(len(name[:NAME]) > wide - 2 for name in names)
    pieces: list[Piece] = [(" " * edge, PLAIN)]
    for said in across:
        name = str(said) if short or said >= len(names) else names[said][:NAME]
        lit = said == here
        pieces.append((padded(name, wide - 1, right=True) + " ", paint(colors.text if lit else colors.muted, bold=lit)))
    return pieces


def _worst(counts: Sequence[Sequence[int]]) -> float:
    """The largest share of a row that is mistaken for one other class."""
    shares = (
        number / max(sum(row), 1)
        for label, row in enumerate(counts)
        for said, number in enumerate(row)
        if said != label
    )
    return max(shares, default=0.0) or 1.0


def _cell(number: int, total: int, wide: int, right: bool, lit: bool, worst: float, terminal: Terminal) -> Piece:
    """A count on the colour of its share (of a mistake: beside the worst); a place where nothing was is a dot."""
    colors = palette(terminal)
    text = f"{_short(number) if number else '.':>{wide - 1}} "
    if lit:
        body = text.strip().join("[]")
        return f"{body:>{wide}}", paint(colors.text, colors.selected, bold=True)
    if not number:
        return text, paint(colors.faint)
    share = number / max(total, 1)
    ramp = colors.beliefs[RIGHT if right else WRONG] if terminal.colors in ("full", "256") else ()
    if not ramp:
        return text, paint(colors.good if right else colors.bad)
    shade = share if right else 0.25 + 0.75 * share / worst  # a few mistakes among many rows must still be seen
    return text, paint(colors.text, ramp[min(int(shade * len(ramp)), len(ramp) - 1)])

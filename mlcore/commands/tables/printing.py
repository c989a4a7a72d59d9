"""Views and tables printed: as wide as the terminal, as JSON, or as the pandas that makes them."""

from __future__ import annotations

import argparse
import ast
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlcore.commands import table
from mlcore.commands.drawing import Paper
from mlcore.commands.tables.source import Shaped
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.tables.views.view import View, listed, rows_in_words

if TYPE_CHECKING:
    from pandas import DataFrame

LONGEST = 40  # characters of a cell
SHORTEST, BAR = 8, 30  # cells of the longest bar
SIGNS = {"braille": "█▒", "ascii": "#-"}  # above zero, below zero


def show(args: argparse.Namespace, found: Shaped, views: Sequence[View]) -> int:
    """Print views of a table as the options say. Returns the exit code."""
    if args.pandas:
        code = dict.fromkeys(view.code for view in views if view.code)
        print(program(found, *code), end="")
    elif args.json:
        for view in views:
            for row in view.plain():
                print(json_line(row))
    else:
        print("\n\n".join("\n".join(lines(view)) for view in views))
    return 0


def program(found: Shaped, *after: str) -> str:
    """The whole program: the table read, every step taken, and what is looked at printed."""
    return found.steps.script(found.source.code, *map(_printed, after))


def _printed(code: str) -> str:
    """Lines of Python whose values are printed, as they are shown where such lines are typed one by one."""
    said = []
    for each in ast.parse(code).body:
        text = ast.get_source_segment(code, each) or ""
        blank = "\n" if isinstance(each, ast.FunctionDef) else ""
        said.append(f"print({text})" if _is_value(each) else f"{blank}{text}{blank}")
    return "\n".join(said)


def _is_value(node: ast.stmt) -> bool:
    """Whether a line is a value nobody keeps, and none that writes or prints itself."""
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name not in ("print", "to_csv")


def lines(view: View) -> Iterator[str]:
    """A view as text: columns that do not fit are left out, and named."""
    width = shutil.get_terminal_size().columns - 1
    cells = [tuple(_cut(cell) for cell in row) for row in view.cells()]
    header = [_cut(sanitize(name, LONGEST)) for name in view.header]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    room = width - (SHORTEST + 2 if view.bars else 0)
    kept = _fitting(widths, room, view.header.index(view.bars) if view.bars else 0)
    yield sanitize(view.title, width)
    rows = [[row[place] for place in kept] for row in cells]
    right = [new for new, place in enumerate(kept) if place in view.right]
    if view.bars:
        longest = min(BAR, width - sum(widths[place] + 2 for place in kept) - 2)
        bars = [_bar(length, longest) for length in view.lengths()]
        rows = [[*row, bar] for row, bar in zip(rows, bars, strict=True)]
    head = [header[place] for place in kept] + ([""] if view.bars else [])
    yield from table.lines(rows, head, right, width)
    if view.left_out:
        yield f"… {view.left_out:,} more"
    if len(kept) < len(header):
        hidden = [name for place, name in enumerate(view.header) if place not in kept]
        yield sanitize(f"… {rows_in_words(len(hidden), 'column')} more: {listed(hidden)}", width)
    for text in (view.answer, *(f"note: {note}" for note in view.notes)):
        yield from table.fold(text, width) if text else ()


def counted(frame: DataFrame, found: Shaped) -> str:
    """`23 of 4,000 rows of sales.csv`."""
    before = len(found.source.frame)
    part = f"{len(frame):,} of " if len(frame) != before else ""
    return f"{part}{rows_in_words(before)} of {sanitize(found.source.name, 60)}"


def _fitting(widths: Sequence[int], room: int, needed: int) -> list[int]:
    """The columns that fit into a line: the first, the one that is needed, and as many others as there is room for."""
    kept = dict.fromkeys([0, needed])
    used = sum(widths[place] + 2 for place in kept)
    for place, width in enumerate(widths):
        if place not in kept:
            if used + width + 2 > room:
                break
            kept[place] = None
            used += width + 2
    return sorted(kept)


def _bar(length: float, longest: int) -> str:
    signs = SIGNS[Paper.of().glyphs]
    return signs[length < 0] * round(abs(length) * max(longest, 1))


def _cut(cell: str) -> str:
    return cell if len(cell) <= LONGEST else cell[: LONGEST - 1] + "…"

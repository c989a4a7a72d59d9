"""Screens as text that can be kept, compared and drawn: rows of characters, and runs of numbered styles.

An SVG of a screen has 30 to 300 kB, mostly places of characters; this form has a tenth of it, says the same, and its
difference can be read. `python -m tests.tui.pictures FOLDER [NAME ...]` draws the kept ones as SVG.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from textual.app import App

FOLDER = Path(__file__).parent / "snapshots"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Row = list[tuple[str, Style]]  # a character and its style


def seen(app: App[object]) -> list[Row]:
    """What stands on the screen, cell by cell."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    console = Console(file=io.StringIO(), width=app.size.width, force_terminal=True, color_system="truecolor")
    rows: list[Row] = [[]]
    for segment in console.render(update):
        if segment.text == "\n":
            rows.append([])
        elif not segment.control:
            style = plain(segment.style)
            rows[-1] += [(character, style) for character in segment.text]
    return rows[: app.size.height]


def plain(style: Style | None) -> Style:
    """A style without what is not seen."""
    return Style.parse(str(style)) if style else Style.null()


def runs_of(row: Row) -> list[tuple[Style, list[tuple[str, Style]]]]:
    """Cells of the same style together."""
    return [(style, list(cells)) for style, cells in groupby(row, lambda cell: cell[1])]


def written(rows: Iterable[Row]) -> str:
    """Rows as text: the characters first, then for each row its runs of styles, `style:length`, then the styles."""
    styles: dict[str, int] = {}
    text, runs = [], []
    for row in rows:
        text.append("|" + "".join(character for character, _ in row))
        parts = [(str(style), len(cells)) for style, cells in runs_of(row)]
        runs.append(" ".join(f"{short(styles.setdefault(style, len(styles)))}:{count}" for style, count in parts))
    return "\n".join([*text, "", *runs, "", *styles]) + "\n"


def short(number: int) -> str:
    """A number in few characters."""
    return (short(number // 36) if number >= 36 else "") + DIGITS[number % 36]


def read(text: str) -> list[Row]:
    """Rows from what `written` made of them."""
    lines, runs, styles = (part.split("\n") for part in text.rstrip("\n").split("\n\n"))
    known = [Style.parse(style) for style in styles]
    rows = []
    for line, run in zip(lines, runs, strict=True):
        pairs = [part.split(":") for part in run.split()]
        cells = [known[int(style, 36)] for style, count in pairs for _ in range(int(count))]
        rows.append(list(zip(line[1:], cells, strict=True)))
    return rows


def svg(rows: list[Row], title: str = "mlj") -> str:
    """Rows as a picture."""
    console = Console(
        file=io.StringIO(), width=len(rows[0]), record=True, force_terminal=True, color_system="truecolor",
        legacy_windows=False,
    )  # fmt: skip
    for row in rows:
        runs = [Segment("".join(c for c, _ in cells), style) for style, cells in runs_of(row)]
        console.print(Segments([*runs, Segment.line()]), end="")
    return console.export_svg(title=title)


def main(folder: str, *names: str) -> int:
    """Draw what is kept."""
    for path in sorted(FOLDER.glob("*.txt")):
        if not names or path.stem in names:
            Path(folder, f"{path.stem}.svg").write_text(svg(read(path.read_text(encoding="utf-8")), path.stem))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

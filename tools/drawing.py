"""A terminal's screen as SVG: rows of text and half blocks, and many screens after each other as one animation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple
from xml.sax.saxutils import escape

import pyte

WIDE, HIGH = 8, 16  # units of the drawing a cell takes
GROUND, TEXT = "0d1117", "d7dde5"
NAMED = {
    "black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8", "magenta": "bc3fbc",
    "cyan": "11a8cd", "white": "e5e5e5", "brightblack": "666666", "brightred": "f14c4c", "brightgreen": "23d18b",
    "brightbrown": "f5f543", "brightblue": "3b8eea", "brightmagenta": "d670d6", "brightcyan": "29b8db",
    "brightwhite": "ffffff",
}  # fmt: skip
STYLE = (
    "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}"
    f".d{{font-weight:bold}}.b{{transform:scale({WIDE})}}"
)
HALVES = {"▀": (True, False), "▄": (False, True), "█": (True, True)}


class Cell(NamedTuple):
    """One character with its two colours as six hexadecimal digits."""

    text: str
    ink: str
    ground: str
    bold: bool


Row = tuple[Cell, ...]


class Shot(NamedTuple):
    """A whole screen, and from when on it stands: seconds."""

    seconds: float
    rows: tuple[Row, ...]


def rows_of(screen: pyte.Screen) -> tuple[Row, ...]:
    """The cells of a decoded terminal."""
    return tuple(tuple(_cell(screen.buffer[y][x]) for x in range(screen.columns)) for y in range(screen.lines))


def _cell(char: pyte.screens.Char) -> Cell:
    ink, ground = _color(char.fg, TEXT), _color(char.bg, GROUND)
    if char.reverse:
        ink, ground = ground, ink
    return Cell(char.data or " ", ink, ground, char.bold)


def _color(name: str, default: str) -> str:
    return default if name == "default" else NAMED.get(name, name)


class Sheet:
    """Collects rows and colours, each written once, and puts them together."""

    def __init__(self) -> None:
        self._rows: dict[Row, int] = {}
        self._colors: dict[str, str] = {}

    def row(self, row: Row) -> int:
        """The number under which a row is drawn."""
        return self._rows.setdefault(row, len(self._rows))

    def _class(self, color: str) -> str:
        return self._colors.setdefault(color, f"c{len(self._colors):x}")

    def definitions(self) -> str:
        """Every row once, and the colours they use."""
        drawn = "".join(f'<g id="r{number}">{self._drawn(row)}</g>' for row, number in self._rows.items())
        colors = "".join(f".{name}{{fill:#{color}}}" for color, name in self._colors.items())
        return f"<style>{colors}</style><defs>{drawn}</defs>"

    def _drawn(self, row: Row) -> str:
        boxes = self._boxes(row)
        return (f'<g class="b">{boxes}</g>' if boxes else "") + self._words(row) + self._signs(row)

    def _boxes(self, row: Row) -> str:
        """Grounds and half blocks, in units of half a cell's height: all of one colour in one path."""
        paths: dict[str, list[str]] = {}
        x = 0
        for colors, run in groupby(row, _halves):
            wide = sum(1 for _ in run)
            parts = [(colors[0], 0, 2)] if colors[0] == colors[1] else [(colors[0], 0, 1), (colors[1], 1, 1)]
            for color, y, high in parts:
                if color != GROUND:
                    paths.setdefault(color, []).append(f"M{x} {y}h{wide}v{high}h-{wide}z")
            x += wide
        return "".join(f'<path class="{self._class(color)}" d="{"".join(parts)}"/>' for color, parts in paths.items())

    def _words(self, row: Row) -> str:
        """Runs of ASCII as text of an exact width, so that every font keeps the grid."""
        found, x = [], 0
        for (ink, bold, shown), run in groupby(row, lambda c: (c.ink, c.bold, c.text.isascii() and c.text != " ")):
            text = "".join(cell.text for cell in run)
            if shown:
                wide = f' textLength="{len(text) * WIDE}"' if len(text) > 2 else ""
                found.append(self._text(text, str(x * WIDE), ink, bold, wide))
            x += len(text)
        return "".join(found)

    def _signs(self, row: Row) -> str:
        """Braille, lines and dots: all of one colour in one text, each sign at its own place."""
        places: dict[tuple[str, bool], list[tuple[int, str]]] = {}
        for x, cell in enumerate(row):
            if not cell.text.isascii() and cell.text not in HALVES:
                places.setdefault((cell.ink, cell.bold), []).append((x, cell.text))
        return "".join(
            self._text("".join(sign for _, sign in signs), " ".join(str(x * WIDE) for x, _ in signs), ink, bold)
            for (ink, bold), signs in places.items()
        )

    def _text(self, text: str, x: str, ink: str, bold: bool, more: str = "") -> str:
        name = self._class(ink) + (" d" if bold else "")
        return f'<text class="{name}" x="{x}" y="12"{more}>{escape(text)}</text>'


def _halves(cell: Cell) -> tuple[str, str]:
    """The colours of the upper and the lower half of a cell behind its text."""
    upper, lower = HALVES.get(cell.text, (False, False))
    return cell.ink if upper else cell.ground, cell.ink if lower else cell.ground


def picture(rows: Sequence[Row]) -> str:
    """One screen as SVG."""
    return animation([Shot(0.0, tuple(rows))], 0.0)


def animation(shots: Sequence[Shot], seconds: float) -> str:
    """Screens after each other, for ever: they stand under one another, and the sheet jumps from one to the next."""
    sheet = Sheet()
    columns, lines = len(shots[0].rows[0]), len(shots[0].rows)
    high = lines * HIGH
    uses = "".join(
        f'<use href="#r{number}" y="{place * high + y * HIGH}"/>'
        for place, shot in enumerate(shots)
        for y, row in enumerate(shot.rows)
        if any(cell.text != " " or cell.ground != GROUND for cell in row)
        for number in (sheet.row(row),)
    )
    style = STYLE + _jumps(shots, seconds, high)
    size = f'width="{columns * WIDE}" height="{high}" viewBox="0 0 {columns * WIDE} {high}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#{GROUND}"/>{sheet.definitions()}<g class="film">{uses}</g></svg>\n'
    )


def _jumps(shots: Sequence[Shot], seconds: float, high: int) -> str:
    if len(shots) < 2:
        return ""
    marks = "".join(
        f"{100 * shot.seconds / seconds:.3f}%{{transform:translateY({-place * high}px)}}"
        for place, shot in enumerate(shots)
    )
    return f"@keyframes film{{{marks}}}.film{{animation:film {seconds:.2f}s steps(1,end) infinite}}"

"""A picture of `mlj plot` as a file: text, or the cells of a terminal drawn as SVG (decision 0042).

Dots, blocks and lines are drawn, words stay text that can be selected and searched; nothing outside the file is needed.
Colours are those of the terminal on dark paper, and darker ones of the same hue where the reader's paper is light.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from mlcore.commands.answers import put
from mlcore.commands.drawing import Paper
from mlcore.errors import UsageError
from mlcore.sanitize import sanitize

KINDS = (".svg", ".png", ".txt")
WIDTH, HEIGHT = 100, 30  # cells of a picture nobody gave a size
ACROSS, DOWN, EDGE = 8, 16, 12  # pixels of a cell, and around them all
RASTERISER = "rsvg-convert"
SLOWEST = 120  # seconds it may take
ZOOM = "2"  # pixels of a PNG for one of an SVG
CONTRAST = 4.5  # of a colour with white paper, as WCAG 2 asks of text
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
LINES = {"│": "M4 0v16", "┤": "M4 0v16M0 8h4", "└": "M4 0v8h4", "─": "M0 8h8", "┈": "M1 8h2M5 8h2", "━": "M0 8h8"}
THICK = {"━": 3.0}
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
STYLE = """svg{color:#1f2328;background:#fff}.paper{fill:#fff}
text{font:13.3px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}
text,rect{fill:currentColor}path{stroke:currentColor;fill:none}.dots{stroke-width:2.8;stroke-linecap:round}
"""
DARK = "svg{color:#e6edf3;background:#0d1117}.paper{fill:#0d1117}"

Rgb = tuple[int, int, int]


class Cell(NamedTuple):
    """A character with the colours it is drawn in; None is that of the paper."""

    sign: str
    ink: Rgb | None = None
    ground: Rgb | None = None


def kind(out: str | None) -> str:
    """What kind of file a name asks for, by its ending; nothing where there is no name. Raises UsageError."""
    if out is None:
        return ""
    found = Path(out).suffix.lower()
    if found not in KINDS:
        message = f"--out: expected a name ending in .svg, .png or .txt, got {out!r:.80}"
        raise UsageError(message, hint="an SVG is as sharp at any size; browsers and word processors show it")
    if found == ".png" and shutil.which(RASTERISER) is None:
        name = Path(out).with_suffix(".svg").name
        message = f"--out: a PNG is made by {RASTERISER}, which is not installed"
        hint = f"write {name:.80}, which browsers show and save as PNG, or install {RASTERISER} (librsvg)"
        raise UsageError(message, code="USAGE_UNFIT", hint=hint)
    return found


def paper(args: argparse.Namespace) -> Paper:
    """The paper of the picture: that of the terminal, or of a file."""
    if args.out is None:
        return Paper.asked(args)
    plain = args.ascii or kind(args.out) == ".txt"
    return Paper(args.width or WIDTH, args.height or HEIGHT, not plain, "ascii" if plain else "braille")


def save(path: Path, kind: str, text: str) -> None:
    """Write a picture wholly, or leave what was there. Raises StorageError, UsageError where no PNG could be made."""
    data = (text + "\n").encode() if kind == ".txt" else svg(text).encode()
    put(path, _png(data) if kind == ".png" else data, "--out")


def _png(drawing: bytes) -> bytes:
    words = [RASTERISER, "--zoom", ZOOM, "--format", "png"]
    try:
        done = subprocess.run(words, input=drawing, capture_output=True, timeout=SLOWEST, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--out: {RASTERISER} failed: {error}", code="USAGE_UNFIT", hint="write an .svg") from None
    if done.returncode or not done.stdout:
        said = sanitize(done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}", 200)
        raise UsageError(f"--out: {RASTERISER} failed: {said}", code="USAGE_UNFIT", hint="write an .svg")
    return done.stdout


def svg(text: str) -> str:
    """The picture of a terminal's text as an SVG document."""
    grid = [[*cells(line)] for line in text.split("\n")]
    width = max([len(row) for row in grid], default=0) * ACROSS + 2 * EDGE
    height = len(grid) * DOWN + 2 * EDGE
    plain = [ESCAPE.sub("", line).strip() for line in text.split("\n")]
    body = [part for number, row in enumerate(grid) for part in _row(row, EDGE + number * DOWN)]
    colors = sorted({color for row in grid for cell in row for color in cell[1:] if color is not None})
    light = "".join(f".{_name(color)}{{color:{_hex(readable(color))}}}" for color in colors)
    dark = DARK + "".join(f".{_name(color)}{{color:{_hex(color)}}}" for color in colors)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(plain[0])}</title>",
            f"<desc>{escape(plain[-1])}</desc>",
            f"<style>{STYLE}{light}\n@media (prefers-color-scheme:dark){{{dark}}}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *body,
            "</svg>\n",
        ]
    )


def cells(line: str) -> Iterator[Cell]:
    """The cells of a line of a terminal; a character two cells wide is followed by an empty one."""
    ink, ground, place = None, None, 0
    for part in ESCAPE.finditer(line):
        yield from _spread(line[place : part.start()], ink, ground)
        ink, ground = _colors(part[1], ink, ground)
        place = part.end()
    yield from _spread(line[place:], ink, ground)


def _spread(text: str, ink: Rgb | None, ground: Rgb | None) -> Iterator[Cell]:
    """The cells of a text of one colour; what goes onto the letter before it stays with it."""
    found: list[str] = []
    for sign in text:
        if unicodedata.combining(sign) and found:
            found[-1] += sign
        else:
            found += [sign, ""] if unicodedata.east_asian_width(sign) in "WF" else [sign]
    return (Cell(sign, ink, ground) for sign in found)


def _colors(codes: str, ink: Rgb | None, ground: Rgb | None) -> tuple[Rgb | None, Rgb | None]:
    """The colours after an escape sequence."""
    rest = [int(code or 0) for code in codes.split(";")]
    while rest:
        code = rest.pop(0)
        if code in (38, 48) and rest:
            color = _indexed(rest[1]) if rest[0] == 5 else (rest[1], rest[2], rest[3])
            del rest[: 2 if rest[0] == 5 else 4]
            ink, ground = (color, ground) if code == 38 else (ink, color)
        elif code in (0, 39):
            ink, ground = None, ground if code else None
        elif code == 49:
            ground = None
    return ink, ground


def _indexed(number: int) -> Rgb:
    """A colour of xterm's 256: sixteen, a cube of 6 x 6 x 6, and greys."""
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    if number >= 16:
        red, green, blue = ((number - 16) // step % 6 for step in (36, 6, 1))
        return tuple(55 + 40 * each if each else 0 for each in (red, green, blue))  # type: ignore[return-value]
    bright = 255 if number > 8 else 128
    return tuple(bright * (number >> bit & 1) for bit in (0, 1, 2))  # type: ignore[return-value]


def readable(color: Rgb) -> Rgb:
    """A colour as dark as it takes to be read on white; one without a hue that is light becomes ink."""
    if min(color) > 240:
        return (31, 35, 40)
    found = color
    while 1.05 / (luminance(found) + 0.05) < CONTRAST:
        found = tuple(int(each * 0.95) for each in found)  # type: ignore[assignment]
    return found


def luminance(color: Rgb) -> float:
    """How light a colour is, 0 … 1 (WCAG 2)."""
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in (c / 255 for c in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _row(row: list[Cell], top: int) -> Iterator[str]:
    """The parts of a line of cells: grounds, then what is drawn, then words."""
    for place, cell in enumerate(row):
        left = EDGE + place * ACROSS
        if cell.ground is not None:
            yield f'<rect{_class(cell.ground)} x="{left}" y="{top}" width="{ACROSS}" height="{DOWN}"/>'
        yield from _drawn(cell, left, top)
    dots: dict[Rgb | None, list[str]] = {}
    for place, cell in enumerate(row):
        if shape(cell.sign) and cell.sign > "\u2800":
            dots.setdefault(cell.ink, []).extend(_dots(ord(cell.sign) - 0x2800, EDGE + place * ACROSS, top))
    for ink, paths in dots.items():
        yield f'<path{_class(ink, "dots")} d="{"".join(paths)}"/>'
    yield from _words(row, top)


def _drawn(cell: Cell, left: int, top: int) -> Iterator[str]:
    """A block or a line of a frame."""
    sign, of = cell.sign, _class(cell.ink)
    if sign in LINES:
        wide = f' stroke-width="{THICK[sign]:g}"' if sign in THICK else ""
        yield f'<path{of}{wide} transform="translate({left} {top})" d="{LINES[sign]}"/>'
    elif sign in SHADES:
        shade = f' opacity="{SHADES[sign]}"'
        yield f'<rect{of}{shade} x="{left}" y="{top}" width="{ACROSS}" height="{DOWN}"/>'
    elif sign == "▀":
        yield f'<rect{of} x="{left}" y="{top}" width="{ACROSS}" height="{DOWN // 2}"/>'
    elif "▁" <= sign <= "█":
        high = DOWN * (ord(sign) - ord("▁") + 1) // 8
        yield f'<rect{of} x="{left}" y="{top + DOWN - high}" width="{ACROSS}" height="{high}"/>'


def _dots(bits: int, left: int, top: int) -> Iterator[str]:
    """The dots of a braille character as points of a path; bit by bit down the left, down the right, then the last."""
    for bit, (column, line) in enumerate(((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))):
        if bits >> bit & 1:
            yield f"M{left + 2 + 4 * column} {top + 2 + 4 * line}h0"


def _words(row: list[Cell], top: int) -> Iterator[str]:
    """The words of a line, each as wide as its cells whatever the font."""
    start = 0
    while start < len(row):
        cell = row[start]
        end = start
        while end < len(row) and row[end].ink == cell.ink and (_word(row[end]) or _gap(row, end)):
            end += 1
        text = "".join(each.sign for each in row[start:end]).rstrip()
        if text:
            wide = f' textLength="{len(text) * ACROSS}"' if text.isascii() and len(text) > 1 else ""
            where = f'x="{EDGE + start * ACROSS}" y="{top + 12}"'
            yield f"<text{_class(cell.ink)} {where}{wide}>{escape(text)}</text>"
        start = max(end, start + 1)


def shape(sign: str) -> bool:
    """Whether a character is drawn: dots, a block or a line. Any other is written."""
    return sign in LINES or sign in SHADES or (len(sign) == 1 and ("▀" <= sign <= "█" or "\u2800" <= sign < "\u2900"))


def _word(cell: Cell) -> bool:
    return cell.sign != " " and not shape(cell.sign)


def _gap(row: list[Cell], place: int) -> bool:
    """Whether a cell is the one blank between two words."""
    return row[place].sign == " " and 0 < place < len(row) - 1 and _word(row[place - 1]) and _word(row[place + 1])


def _class(color: Rgb | None, more: str = "") -> str:
    names = " ".join(filter(None, [more, _name(color) if color is not None else ""]))
    return f' class="{names}"' if names else ""


def _name(color: Rgb) -> str:
    return "c" + _hex(color)[1:]


def _hex(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)

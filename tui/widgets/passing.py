"""An example on its way through a network: what it is, and what each layer makes of it, as little pictures."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style
from textual.strip import Strip

from tui.frame import Made, Seen
from tui.terminal import Terminal
from tui.text import figure, percent, plural
from tui.theme import paint, palette
from tui.widgets import canvas, images, rows
from tui.widgets.rows import PLAIN, Piece
from tui.widgets.unrolled import Unrolled

if TYPE_CHECKING:
    from tui.frame import Array

SCALES = (4.0, 3.0, 2.0, 1.0, 1 / 2, 1 / 3, 1 / 4)  # cells for each pixel across
CLEAR = 6  # cells across from which a map can be told from its neighbours
SEVERAL = 8  # maps there should be at least of many
LEAST = 3  # rows of a block with its words
WIDE = 8  # cells of a step at most
ASIDE = 3  # parts of the width: the example takes at most one of them


class Grid(NamedTuple):
    """How many maps stand in a row and a column, and the cells of each."""

    across: int
    down: int
    width: int
    height: int


class Passing:
    """Draws what a frame or a finding says of an example."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal, self.palette = terminal, palette(terminal)

    def draw(self, seen: Seen, width: int, height: int) -> list[Strip]:
        """The example at the left or on top, beside or below it block by block what becomes of it."""
        if height < 2 or width < 4:
            return rows.block([rows.row(self.facts(seen), max(width, 0))][:height], max(width, 0), height)
        head = [rows.row(self.facts(seen), width)]
        if seen.image is not None:
            left = self._image(seen.image, seen.saliency, width // ASIDE, height - 1)
            wide = max(map(rows.length, left), default=0)
            right = self._blocks(seen, width - wide - 1, height - 1)
            lines = [
                rows.row([*one, (" " * (wide + 1 - rows.length(one)), PLAIN), *other], width)
                for one, other in zip_longest(left, right, fillvalue=list[Piece]())
            ]
            return rows.block([*head, *lines], width, height)
        top = Unrolled(self.terminal, seen, width, self.columns(seen, width)).example(height - 1)
        below = self._blocks(seen, width, height - 1 - len(top))
        return rows.block([*head, *(rows.row(line, width) for line in [*top, *below])], width, height)

    def facts(self, seen: Seen) -> list[Piece]:
        """Which row, what it is, what it is taken for."""
        quiet, loud = paint(self.palette.muted), paint(self.palette.text, bold=True)
        right = seen.sure != seen.sure or seen.said == seen.label
        said = paint(self.palette.good if right and seen.sure == seen.sure else self.palette.bad, bold=True)
        answer = loud if seen.sure != seen.sure else said
        pieces: list[Piece] = [(f" {seen.split} {seen.row} ", quiet), (seen.label, loud)]
        pieces += [(" read as ", quiet), (seen.said, answer)]
        return pieces + ([(f" {percent(seen.sure)}", quiet)] if seen.sure == seen.sure else [])

    @staticmethod
    def columns(seen: Seen, width: int) -> int:
        """Cells a sequence takes across: of letters as many for each, of a curve or a long one all there are."""
        if seen.series is not None and seen.series.shape[1] > 1:
            return width
        steps: int = max(1, len(seen.letters))
        if seen.series is None and not seen.letters:
            steps = max([1, *(made.maps.shape[2] for made in seen.made if not made.picture and len(made.shape) > 1)])
        return min(width, steps * max(1, min(WIDE, width // steps)))

    # the example ----------------------------------------------------------------------------------------------------

    def _image(self, image: Array, saliency: Array | None, width: int, height: int) -> list[list[Piece]]:
        """The picture, and below it what moves the answer where somebody asks and there is room."""
        high, wide = image.shape
        both = saliency is not None and height >= 8
        across, rise = images.scale(wide, high, max(width, 4), max(1, (height - 2) // 2 if both else height))
        lines = [[(" ", PLAIN), *line] for line in images.grey(image, across, rise, self.terminal)]
        if both and saliency is not None:
            words = "moves the answer" if across > 15 else "saliency"
            lines.append([(" " + words[: across + 1], paint(self.palette.muted))])
            drawn = images.signed(saliency / 255.0, across, rise, self.terminal)
            lines += [[(" ", PLAIN), *line] for line in drawn]
        return lines

    # its way --------------------------------------------------------------------------------------------------------

    def _blocks(self, seen: Seen, width: int, height: int) -> list[list[Piece]]:
        """Blocks from the first on, as many as there is room for, each as large as all of them allow."""
        shown = list(seen.made)
        while len(shown) > 1 and sum(map(self._least, shown)) > height - (len(shown) < len(seen.made)):
            shown.pop()
        left = len(seen.made) - len(shown)
        room = height - sum(map(self._least, shown)) - bool(left)
        drawn: list[list[list[Piece]]] = []
        for place, made in reversed(list(enumerate(shown))):  # the last are small and leave room to the first
            waiting = sum(self._least(each) == LEAST for each in shown[: place + 1])
            share = room // waiting if self._least(made) == LEAST else 0
            drawn.insert(0, self._block(seen, made, width, self._least(made) + share))
            room -= len(drawn[0]) - self._least(made)
        lines = [line for block in drawn for line in block]
        if left and len(lines) < height:
            lines.append([(f" and {plural(left, 'layer')} more: z", paint(self.palette.muted))])
        return lines[: max(height, 0)]

    @staticmethod
    def _least(made: Made) -> int:
        """Rows a block takes at least: its words, and pictures; of a flat row one line."""
        return 2 if len(made.shape) == 1 else LEAST

    def _block(self, seen: Seen, made: Made, width: int, height: int) -> list[list[Piece]]:
        """A block's words and what it makes of the example."""
        if made.scale != made.scale:
            return [self._words(made, 0, width), [("  no numbers any more", paint(self.palette.bad))]]
        if made.picture:
            _, high, wide = made.maps.shape
            grid = layout(len(made.maps), wide, high, width - 1, height - 1)
            count = min(len(made.maps), grid.across * grid.down)
            return [self._words(made, count, width), *sheet(made.maps, grid, count, self.terminal)]
        if len(made.shape) == 1:
            cells = min(made.maps.shape[2], width - 2)
            line = images.signed(values(made.maps[0][:, :cells]), cells, 1, self.terminal)[0]
            return [self._words(made, cells, width), [(" ", PLAIN), *line]]
        drawn = Unrolled(self.terminal, seen, width, self.columns(seen, width)).steps(made, height - 1)
        high = canvas.pixels_high(self.terminal)
        return [self._words(made, min(made.maps.shape[1], len(drawn) * high), width), *drawn]

    def _words(self, made: Made, shown: int, width: int) -> list[Piece]:
        """A block by its words, and how much of it is shown."""
        left: list[Piece] = [(f" {made.words}", paint(self.palette.accent)), (f"  {told(made, shown)}", self._quiet)]
        scale = "zero everywhere " if made.scale == 0 else f"up to {figure(made.scale)} "
        return rows.spread(left, [(scale if made.scale == made.scale else "", self._quiet)], width)

    @property
    def _quiet(self) -> Style:
        return paint(self.palette.muted)


def layout(count: int, wide: int, high: int, width: int, height: int) -> Grid:
    """The largest maps of which all can be seen, else several; else as large as one of them can be."""
    found = []
    for scale in SCALES:
        across, rise = max(1, round(wide * scale)), max(1, -(-round(high * scale) // 2))
        if across <= width and rise <= height:
            found.append(Grid(max(1, (width + 1) // (across + 1)), max(1, (height + 1) // (rise + 1)), across, rise))
    clear = [grid for grid in found if grid.width >= min(CLEAR, wide)]
    for grids, wanted in ((clear, count), (clear, min(count, SEVERAL)), (found, min(count, SEVERAL))):
        for grid in grids:
            if grid.across * grid.down >= wanted:
                return grid
    across, rise = images.scale(wide, high, width, height)
    return Grid(max(1, (width + 1) // (across + 1)), 1, across, rise)


def sheet(maps: Array, grid: Grid, count: int, terminal: Terminal) -> list[list[Piece]]:
    """The first `count` of some maps [n, H, W] uint8, in rows of a grid with a line between them."""
    lines: list[list[Piece]] = []
    for first in range(0, count, grid.across):
        drawn = [
            images.signed(values(maps[place]), grid.width, grid.height, terminal)
            for place in range(first, min(first + grid.across, count))
        ]
        lines += [[]] * bool(first)
        lines += [[cell for part in parts for cell in ((" ", PLAIN), *part)] for parts in zip(*drawn, strict=True)]
    return lines


def values(maps: Array) -> Array:
    """Bytes of a map as numbers from -1 to 1."""
    found: Array = (maps.astype(float) - 128) / 127
    return found


def told(made: Made, shown: int | None = None) -> str:
    """What a block gives: 16 maps 28x28, 64 units x 12 steps, 128 numbers; of many those that are shown."""
    of = f"{shown} of {made.of}" if shown is not None and 0 < shown < made.of else str(made.of)
    if made.picture:
        return f"{of} {'map' if made.of == 1 else 'maps'} {'x'.join(map(str, made.shape[-2:]))}"
    if len(made.shape) == 2:
        return f"{of} {'unit' if made.of == 1 else 'units'} x {plural(made.shape[0], 'step')}"
    return f"{of} {'number' if made.of == 1 else 'numbers'}"


def sentence(seen: Seen) -> str:
    """The example and its way in words, for those who do not see it."""
    sure = f", {percent(seen.sure)} sure" if seen.sure == seen.sure else ""
    parts = [f"row {seen.row} of {seen.rows:,} {seen.split} rows is {seen.label}, read as {seen.said}{sure}"]
    for made in seen.made:
        silent = int((made.maps == 128).all(axis=(1, 2)).sum()) if made.picture else 0
        parts.append(f"{made.words}: {told(made)}" + (f", {silent} of {len(made.maps)} zero" if silent else ""))
    return "; ".join(parts)

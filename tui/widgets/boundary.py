"""What the network believes: over a plane the most probable class or the number everywhere, on a line its curve."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, TypeVar

from rich.style import Style
from textual.strip import Strip

from tui.frame import Boundary, Fit, Frame, Points, Surface
from tui.terminal import Terminal
from tui.text import figure
from tui.theme import number, paint
from tui.widgets import canvas, rows
from tui.widgets.ansi import strips
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

CROWDED = 5  # one cell in so many may carry a point: the map must stay visible between them
SHADES = " .:+#"
GOLDEN = 0.6180339887498949
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Row = TypeVar("Row")


class BoundaryPane(Pane):
    """The decision map with the data over it, each class by its sign and its colour; or a regression.

    test: show the rows kept for the test instead of those trained on.
    """

    NAME = "what it believes"
    NUMBER = 2
    HELP: ClassVar[str] = """\
**What it believes.** Every place of the picture is an input the network could be given. Its colour is the class the
network answers there, strong where it is sure, dark where it wavers. The signs are rows of the data: a sign on the
other colour is a row it gets wrong. `t` shows the rows kept for the test instead of those it learns from.

For a regression on one feature the dots are rows and the line is the network's answer; on two, the colour is the number
it answers, from blue to orange, and each row shows its own number, 0 for the smallest to 9, in the same colours: where
they part it is wrong.
Rows of more features are drawn on the plane they spread over most (PCA), the share of their spread beside it: rows lie
before or behind that plane, so a sign on the other colour need not be wrong. `d`: pictures or their plane.
"""

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(terminal, id=id, classes=classes)
        self.test = False

    def title(self, frame: Frame) -> str:
        """Says when the picture is of the past, and when it is a projection."""
        words = f"what it believed at epoch {frame.shown_epoch}" if frame.shown_epoch < frame.epoch else self.NAME
        return words if frame.spread is None else f"{words} (PCA {100 * frame.spread:.0f} %)"

    def legend(self, frame: Frame) -> list[Piece]:
        """The classes with their signs."""
        if frame.fit is not None:
            mark = paint(self.palette.points[1 if self.test else 0])
            return [("o", mark), (" test rows" if self.test else " rows", paint(self.palette.muted))]
        if frame.surface is not None:
            return self._scale(frame.surface)
        if frame.points is None:
            return []
        quiet, named = paint(self.palette.muted), len(frame.class_names) <= 3
        pieces: list[Piece] = [("test  ", quiet)] if self.test else []
        for place, name in enumerate(frame.class_names[:8]):
            gap = "  " if named else " "
            pieces += [(gap if place else "", quiet), (sign(place), self._point(place))]
            pieces += [(f" {name[:8]}", quiet)] if named else []
        return pieces

    def summary(self, frame: Frame) -> str:
        """How sure the network is, and over how much of the plane."""
        if frame.fit is not None:
            return f"a line through {len(frame.fit.train.x)} points"
        if frame.surface is not None:
            low, high = (_number(frame.surface, int(each(frame.surface.level.ravel()))) for each in (min, max))
            return f"the network answers numbers from {figure(low)} to {figure(high)} over the plane{_where(frame)}"
        if frame.boundary is None:
            return "no picture of what the network believes yet"
        sure = float((frame.boundary.certainty > 127).mean()) if frame.boundary.certainty.size else 0.0
        classes = sorted(set(frame.boundary.winner.ravel().tolist()))
        names = ", ".join(_name(frame, place) for place in classes)
        return f"the network answers {names}; it is sure over {100 * sure:.0f} % of the plane{_where(frame)}"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The map with points over it, or the regression."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if frame.fit is not None:
            return self._regression(frame.fit, width, height)
        points = frame.test_points if self.test else frame.points
        if frame.surface is not None and frame.surface.level.size:
            lines = self._surface(frame.surface, width, height)
            if points is not None:
                self._mark(lines, points, frame.surface.bounds, numbers=True)
            return rows.block([rows.cells(line, width) for line in lines], width, height)
        if frame.boundary is None or not frame.boundary.winner.size:
            known = frame.state not in ("loading", "running") and not (frame.message or frame.loop)
            return self.waiting(frame, width, height, "these data have no picture" if known else "")
        binary = len(frame.class_names) <= 2
        lines = self._map(frame.boundary, width, height, binary)
        if points is not None:
            self._mark(lines, points, frame.boundary.bounds)
        return rows.block([rows.cells(line, width) for line in lines], width, height)

    def _map(self, boundary: Boundary, width: int, height: int, binary: bool) -> list[list[Piece]]:
        high = canvas.pixels_high(self.terminal)
        place = canvas.sampled(boundary.winner.shape[0], height * high), canvas.sampled(boundary.winner.shape[1], width)
        winner = boundary.winner[place[0]][:, place[1]].astype("int64")
        certainty = boundary.certainty[place[0]][:, place[1]].astype("int64")
        if self.terminal.colors == "none":
            return _letters(winner.tolist(), certainty.tolist(), binary)
        ramps = self.palette.beliefs
        levels = len(ramps[0])
        names = [color for ramp in ramps for color in ramp]
        codes = (winner % len(ramps)) * levels + certainty * levels // 256
        return canvas.paint_cells([[names[code] for code in line] for line in codes.tolist()], high)

    def _surface(self, surface: Surface, width: int, height: int) -> list[list[Piece]]:
        high = canvas.pixels_high(self.terminal)
        down = canvas.sampled(surface.level.shape[0], height * high)
        level = surface.level[down][:, canvas.sampled(surface.level.shape[1], width)].tolist()
        if self.terminal.colors == "none":
            return [[(SHADES[value * len(SHADES) // 256], rows.PLAIN) for value in line] for line in level]
        return canvas.paint_cells([[self._color(value) for value in line] for line in level], high)

    def _color(self, level: int) -> str:
        """A number from 0 to 255: blue, dark in the middle, orange."""
        ramp = self.palette.beliefs[0 if level < 128 else 1]
        return ramp[min(int(abs(level - 127.5) * len(ramp) / 127.5), len(ramp) - 1)]

    def _scale(self, surface: Surface) -> list[Piece]:
        """The smallest and the largest number in their colours."""
        quiet = paint(self.palette.muted)
        before: list[Piece] = [("test  ", quiet)] if self.test else []
        ends = [(f"{value:.2g}", self._shade(label)) for value, label in ((surface.low, 0), (surface.high, 255))]
        return [*before, ends[0], (" .. ", quiet), ends[1]]

    def _digit(self, level: int) -> str:
        """The sign of a row: its number, from 0 to 9."""
        return str(min(level * 10 // 256, 9))

    def _shade(self, level: int, under: str = "") -> Style:
        """The look of a row with this number."""
        points = self.palette.points
        color = points[0 if level < 96 else 1 if level >= 160 else -1] if len(points) > 1 else points[0]
        return paint(color, under, bold=True)

    def _mark(
        self,
        lines: list[list[Piece]],
        points: Points,
        bounds: tuple[float, float, float, float],
        numbers: bool = False,
    ) -> None:
        """Put signs over the map, at most one cell in `CROWDED`; numbers: of a regression, not of classes."""
        height, width = len(lines), len(lines[0])
        a, b, c, d = bounds
        inside = (points.x >= a) & (points.x <= b) & (points.y >= c) & (points.y <= d)
        x, y, labels = points.x[inside], points.y[inside], points.label[inside]
        columns = ((x - a) / ((b - a) or 1) * width).tolist()
        halves = ((d - y) / ((d - c) or 1) * height * 2).tolist()
        everything = list(zip(columns, halves, labels.tolist(), strict=True))
        signs, looks = (self._digit, self._shade) if numbers else (sign, self._point)

        @lru_cache(None)  # few of each
        def look(label: int, under: str) -> Piece:
            return signs(label), looks(label, under)

        for column, half, label in thinned(everything, width * height // CROWDED):
            row, place = min(int(half) // 2, height - 1), min(int(column), width - 1)
            under = canvas.below(lines[row][place], bool(int(half) % 2))
            lines[row][place] = look(int(label), under)

    def _point(self, label: int, under: str = "") -> Style:
        return paint(self.palette.points[label % len(self.palette.points)], under, bold=True)

    def _regression(self, fit: Fit, width: int, height: int) -> list[Strip]:
        from mlcore import plots

        colors = self.palette
        points = fit.test if self.test else fit.train
        places = points.x.argsort()[:: max(1, 3 * len(points.x) // width)]  # the line must stay visible between them
        dots = plots.Line("rows", points.x[places], points.y[places], number(colors.points[1 if self.test else 0]), "o")
        line = plots.Line("network", fit.x, fit.y, number(colors.train))
        text = plots.curve(
            [line, dots],
            width,
            height,
            limits=_extent(fit.train, fit.test),
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(colors.faint),
        )
        return rows.block(strips(text, width), width, height)


def thinned(rows: list[Row], most: int) -> list[Row]:
    """At most so many of some rows, evenly taken, whatever order they are in: steps of the golden section."""
    return rows if len(rows) <= most else [rows[int(place * GOLDEN % 1 * len(rows))] for place in range(most)]


def sign(label: int) -> str:
    """The sign of a class."""
    from mlcore import plots

    return plots.CLASS_GLYPHS[label % len(plots.CLASS_GLYPHS)]


def _where(frame: Frame) -> str:
    """How much of what the rows are is on the plane."""
    if frame.spread is None:
        return ""
    return f" of most spread, which holds {100 * frame.spread:.0f} % of the variance of {frame.net.widths[0]} features"


def _number(surface: Surface, level: int) -> float:
    return surface.low + (surface.high - surface.low) * level / 255


def _name(frame: Frame, place: int) -> str:
    return frame.class_names[place] if place < len(frame.class_names) else str(place)


def _extent(*parts: Points) -> tuple[float, float] | None:
    """From the lowest to the highest point, whichever are shown, so that the picture stands still."""
    finite = [value for points in parts for value in points.y.tolist() if abs(value) < float("inf")]
    return (min(finite), max(finite)) if finite else None


def _letters(winner: list[list[int]], certainty: list[list[int]], binary: bool) -> list[list[Piece]]:
    """The map without colours: the probability of the second class in five shades, or letters where it is sure."""

    def letter(place: int, sure: int) -> str:
        if binary:
            return SHADES[round(2 + 2 * (sure / 255) * (1 if place else -1))]
        return LETTERS[place % len(LETTERS)] if sure > 127 else "."

    pairs = zip(winner, certainty, strict=True)
    return [[(letter(*cell), rows.PLAIN) for cell in zip(*lines, strict=True)] for lines in pairs]

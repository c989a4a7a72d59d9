"""Data before anything is trained on them: points, pictures, a curve, or a table's first rows and how it is spread."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from tui.frame import Frame, Pictures
from tui.hints import in_the_app
from tui.terminal import Terminal
from tui.text import plural, si
from tui.theme import number, paint
from tui.widgets import rows, varied
from tui.widgets.ansi import strips
from tui.widgets.boundary import sign, thinned
from tui.widgets.digits import DigitsPane
from tui.widgets.pane import Pane
from tui.widgets.rows import PLAIN, Piece

if TYPE_CHECKING:
    from mlcore.worker.protocol import Array, Histogram, Sample, Scene, Surface, Yardsticks

CROWDED = 4  # one cell in so many may carry a point
LEVELS = {"braille": " ▁▂▃▄▅▆▇█", "blocks": " ▁▂▃▄▅▆▇█", "ascii": " .:-=+*#@"}
NAME = 11  # cells of a column's name beside its histogram
ENDS = 6  # and of the numbers at its ends
CELL, LAST = 8, 12  # cells of a value in the table, and of the target
FEWEST = 3  # pictures, below which they are drawn smaller
UNEVEN = 1.3  # times as many rows in the largest class as in the smallest, from which it is said
BANDS = 10  # of a number to be learned, each with its digit


class PreviewPane(Pane):
    """What the chosen data look like; what is reached without a network; or in one sentence why there are none."""

    NAME = "what they look like"
    NUMBER = 0
    HELP: ClassVar[str] = """\
**What they look like.** Points with the sign of their class; pictures with the name of theirs; a table's columns, how
often each value is in it from the lowest to the highest, and its first rows. Where a number is to be learned from two
others, each point shows its tenth: 0 the lowest, 9 the highest. Below stands what is reached without a network to speak
of, and the best that anybody can reach where that is known.
"""

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.scene: Scene | None = None
        self.yardsticks: Yardsticks | None = None
        self.problem = ""
        self.varied: Array | None = None

    def look(
        self, scene: Scene | None, yardsticks: Yardsticks | None, problem: str, varied: Array | None = None
    ) -> None:
        """Other data, or other words about them; nothing is drawn where there is nothing new.

        varied: the first images as the network learns from them, see `Outline`.
        """
        before = self.scene, self.yardsticks, self.varied, self.problem
        self.scene, self.yardsticks, self.varied, self.problem = scene, yardsticks, varied, problem
        same = all(one is other for one, other in zip(before[:3], (scene, yardsticks, varied), strict=True))
        if not same or before[3] != problem:
            self.again()

    def legend(self, frame: Frame) -> list[Piece]:
        """The classes with their signs."""
        if self.scene is None or not _plain(self.scene) or len(self.scene.class_names) < 2:
            return []
        named = len(self.scene.class_names) <= 4
        pieces: list[Piece] = []
        for place, name in enumerate(self.scene.class_names[:8]):
            pieces += [
                (sign(place), self._point(place)),
                (f" {name[:8]}  " if named else " ", paint(self.palette.muted)),
            ]
        return pieces

    def summary(self, frame: Frame) -> str:
        """The data set in one sentence."""
        if self.problem or self.scene is None:
            return self.problem or "no data yet"
        return ", ".join((self.scene.dataset, *self._facts(self.scene)))

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The picture, and the facts below it."""
        if width < 8 or height < 2:
            return rows.block([], max(width, 0), height)
        if self.problem:
            return self._said(self.problem, width, height)
        if self.scene is None or self.scene.sample is None:
            return self.waiting(frame, width, height, "loading")
        words = [text for fact in self._facts(self.scene) for text in textwrap.wrap(rows.clean(fact), width - 1)]
        below = [rows.row([(f" {text}", paint(self.palette.muted))], width) for text in words[: height - 1]]
        room = height - len(below)
        return [*rows.block(self._picture(self.scene, self.scene.sample, width, room), width, room), *below]

    def _said(self, problem: str, width: int, height: int) -> list[Strip]:
        style = paint(self.palette.validation)
        lines = textwrap.wrap(rows.clean(problem), width - 2)
        return rows.block([rows.row([(f" {text}", style)], width) for text in ["", *lines]], width, height)

    def _facts(self, scene: Scene) -> list[str]:
        """Rows, classes, baselines and the ceiling, notices."""
        parts = [f"{count:,} {name}" for name, count in scene.rows.items()]
        sample = scene.sample
        features = sample.features if sample else len(scene.feature_names)
        asked = f"{len(scene.class_names)} classes" if scene.task != "regression" else "a number to learn"
        facts = [f"{' + '.join(parts)} rows, {plural(features, 'feature')}, {asked}"]
        facts += [self._reached(scene)] if self._reached(scene) else []
        if sample is not None and sample.counts and max(sample.counts) > UNEVEN * min(sample.counts):
            facts.append("rows of a class: " + ", ".join(f"{count:,}" for count in sample.counts[:10]))
        return facts + [f"! {in_the_app(notice)}" for notice in (sample.notices if sample else ())]

    def _reached(self, scene: Scene) -> str:
        regression = scene.task == "regression"
        parts = [] if scene.ceiling is None else [f"best possible {_share(scene.ceiling, regression)}"]
        if self.yardsticks is not None:
            parts += [f"{each.name} {_share(each.score, regression)}" for each in reversed(self.yardsticks.found)]
        return ", ".join(parts)

    def _picture(self, scene: Scene, sample: Sample, width: int, height: int) -> list[Strip]:
        if self.varied is not None and sample.images is not None:
            return [rows.row(line, width) for line in varied.varied(self.varied, width, height, self.terminal)]
        if sample.images is not None and sample.labels is not None:
            _, high, wide = (
                sample.images.shape
            )  # as many as keep their pixels; where that is hardly one, more in coarse
            fit = ((width + 1) // (wide + 1)) * (height // (-(-high // 2) + 1))
            some = slice(fit if fit >= FEWEST else None)
            images, labels = sample.images[some], sample.labels[some]
            shown = Pictures(images, labels, labels, labels * float("nan"))
            return DigitsPane(self.terminal).draw(Frame(pictures=shown), width, height)
        if sample.surface is not None:
            return self._surface(sample.surface, width, height)
        if _plain(scene) and scene.task == "regression":
            return self._line(scene, width, height)
        if _plain(scene):
            assert scene.points is not None
            every = scene.points
            return self._points(every.x, every.y, every.label.astype(int).tolist(), width, height, classes=True)
        return self._table(sample, width, height)

    def _points(self, x: Array, y: Array, labels: list[int], width: int, height: int, classes: bool) -> list[Strip]:
        """Points of a plane as signs, evenly thinned where they are many."""
        across, up = _places(x, width), _places(y, height)
        lines: list[list[Piece]] = [[(" ", PLAIN)] * width for _ in range(height)]
        for column, row, label in thinned(list(zip(across, up, labels, strict=True)), width * height // CROWDED):
            text, style = (sign(label), self._point(label)) if classes else (str(label), self._shade(label))
            lines[height - 1 - row][column] = text, style
        return [rows.cells(line, width) for line in lines]

    def _surface(self, surface: Surface, width: int, height: int) -> list[Strip]:
        """A number over a plane: the tenth it lies in, cold to warm."""
        low, high = float(surface.value.min()), float(surface.value.max())
        tenths = ((surface.value - low) / ((high - low) or 1.0) * (BANDS - 0.001)).astype(int).tolist()
        return self._points(surface.x, surface.y, tenths, width, height, classes=False)

    def _line(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """A number over a line, between axes."""
        from mlcore import plots

        assert scene.points is not None
        every = slice(None, None, max(1, len(scene.points.x) // (2 * width)))
        dots = plots.Line("rows", scene.points.x[every], scene.points.y[every], number(self.palette.points[0]), "o")
        terminal = self.terminal
        text = plots.curve(
            [dots],
            width,
            height,
            glyphs=terminal.glyphs,
            colors=terminal.colors != "none",
            axis=number(self.palette.faint),
        )
        return strips(text, width)

    def _table(self, sample: Sample, width: int, height: int) -> list[Strip]:
        """How each column is spread, then the first rows."""
        most = max(1, height - 4) if len(sample.histograms) > height - 4 else len(sample.histograms)
        lines = [self._histogram(each, width) for each in sample.histograms[:most]]
        if len(sample.histograms) > most or sample.features > len(sample.histograms):
            more = sample.features - most
            lines.append(rows.row([(f" and {plural(more, 'column')} more", paint(self.palette.faint))], width))
        wide = [min(max(map(cell_len, (name, *cells))), CELL) for name, cells in _columns(sample)]
        wide[-1] = min(max(map(cell_len, (sample.names[-1], *(row[-1] for row in sample.head)))), LAST)
        lines += [self._cells(sample.names, wide, width, self.palette.faint)]
        return lines + [self._cells(cells, wide, width, self.palette.text) for cells in sample.head]

    def _histogram(self, column: Histogram, width: int) -> Strip:
        quiet = paint(self.palette.muted)
        bars = self._bars(column.counts.tolist(), max(4, width - NAME - 2 * ENDS - 3))
        name = rows.padded(column.name, NAME - 1)
        color = self.palette.validation if column.name == "target" else self.palette.train
        pieces: list[Piece] = [(f" {name} ", paint(self.palette.text)), (_end(column.low).rjust(ENDS), quiet)]
        return rows.row([*pieces, (f" {bars} ", paint(color)), (_end(column.high).ljust(ENDS), quiet)], width)

    def _bars(self, counts: list[int], room: int) -> str:
        """How often, as signs from empty to full; bins are joined, always as many, where there is no room for each."""
        levels = LEVELS[self.terminal.glyphs]
        joined = next(n for n in range(1, len(counts) + 1) if len(counts) % n == 0 and len(counts) // n <= room)
        sums = [sum(counts[start : start + joined]) for start in range(0, len(counts), joined)]
        top = max(sums) or 1
        return "".join(levels[-(-count * (len(levels) - 1) // top)] for count in sums)

    def _cells(self, cells: tuple[str, ...], wide: list[int], width: int, color: str) -> Strip:
        """One row of the table, the target (the last) never left out."""
        *texts, target = (rows.padded(cell, size, right=True) for cell, size in zip(cells, wide, strict=True))
        kept: list[str] = []
        for text in texts:
            if sum(map(cell_len, kept)) + 2 * len(kept) + cell_len(text) + cell_len(target) + 6 > width:
                kept.append("..")
                break
            kept.append(text)
        pieces: list[Piece] = [(" " + "  ".join(kept), paint(color)), (f"  {target}", paint(self.palette.validation))]
        return rows.row(pieces, width)

    def _point(self, label: int) -> Style:
        return paint(self.palette.points[label % len(self.palette.points)], bold=True)

    def _shade(self, tenth: int) -> Style:
        """Cold below the middle, warm above, strongest at the ends."""
        ramp = (*reversed(self.palette.negative), *self.palette.positive)
        return paint(ramp[tenth * len(ramp) // BANDS], bold=True)


def _plain(scene: Scene) -> bool:
    """Whether the points of a scene are its features themselves, not a projection of more of them."""
    return scene.points is not None and scene.spread is None


def _places(values: Array, room: int) -> list[int]:
    """Where values lie between their lowest and highest, as one of `room` places."""
    low, high = float(values.min()), float(values.max())
    shares: Array = (values - low) / ((high - low) or 1.0)
    return [min(int(share * room), room - 1) for share in shares.tolist()]


def _columns(sample: Sample) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, tuple(cells[place] for cells in sample.head)) for place, name in enumerate(sample.names)]


def _end(value: float) -> str:
    """A number at the end of a histogram, in few cells."""
    if abs(value) >= 1000:
        return si(value)
    short = f"{value:.3g}"
    return short if len(short) <= ENDS else f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.0e}"


def _share(value: float, regression: bool) -> str:
    """An accuracy in per cent, or R²."""
    return f"R2 {value:.3f}" if regression else f"{100 * value:.1f} %"

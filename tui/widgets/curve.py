"""A curve over epochs in a pane: smoothed or not, whole or its newest part, with a crosshair that reads it out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.frame import Frame, Series
from tui.terminal import Terminal
from tui.text import figure
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from mlcore.plots import Level, Line
    from tui.frame import Array

MARKS = {"train": ("◆", "*"), "validation": ("◇", "o")}
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)  # the share of what came before in every point
RECENT, LEAST = 0.2, 10  # of the epochs so far, and so many at least
AXIS = 7  # columns the labels of y take, about
NAMED = 44  # cells of a pane from which its legend has names
FEWEST = 3  # points of a curve below which smoothing says nothing


class CurvePane(Pane):
    """Curves of one kind over epochs. Training and validation differ by mark and colour.

    smoothing: one of `SMOOTHINGS`, by its place; recent: only the newest fifth; envelope: from lowest to highest of the
    points folded into one; cursor: the epoch read out, None without a crosshair.
    """

    CURVES = True

    def lacking(self, frame: Frame) -> str:
        """What somebody's own loop has not logged."""
        return f"no {self.NAME} was logged" if frame.loop else ""

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(terminal, id=id, classes=classes)
        self.log_scale = self.recent = self.envelope = False
        self.smoothing = 0
        self.cursor: float | None = None

    def shown(self, frame: Frame) -> Sequence[Series]:
        """The curves of this pane."""
        raise NotImplementedError

    def manner(self) -> str:
        """How the curves are drawn, where it is not plainly: words for the title."""
        words = [f"smooth {SMOOTHINGS[self.smoothing]:g}"] if self.smoothing else []
        words += ["recent"] if self.recent else []
        words += ["powers of ten"] if self.log_scale else []
        return "".join(f", {word}" for word in words)

    def value(self, frame: Frame, value: float) -> str:
        """A number of these curves."""
        return figure(value)

    def span(self, frame: Frame) -> tuple[float, float]:
        """The epochs shown."""
        if self.recent and frame.epoch > LEAST:
            return frame.epoch - max(LEAST, RECENT * frame.epoch), float(frame.epoch)
        return 0.0, horizon(frame.epoch, frame.epochs)

    def move(self, frame: Frame, columns: int) -> None:
        """Set the crosshair up at the newest point, or move it by so many columns."""
        first, last = self.span(frame)
        if self.cursor is None:
            self.cursor = float(frame.shown_epoch)
        else:
            self.cursor += columns * (last - first) / max(self.canvas.width - AXIS, 1)
        points = [each.x for each in self.shown(frame) if len(each.x)]
        low = min((float(x[0]) for x in points), default=first)
        high = max((float(x[-1]) for x in points), default=last)
        self.cursor = min(max(self.cursor, low, first), high)

    def readout(self, frame: Frame) -> list[Piece]:
        """The exact values under the crosshair."""
        quiet, loud = paint(self.palette.muted), paint(self.palette.text, bold=True)
        found = [(each.name, at(each, self.cursor or 0.0)) for each in self.shown(frame) if len(each.x)]
        if not found:
            return []
        pieces: list[Piece] = [(f"epoch {found[-1][1][0]:.6g} ", quiet)]
        for name, (_, value) in found:
            said = f" {name} " if self.named else " "
            pieces += [(" ", quiet), self.mark(name), (said, quiet), (self.value(frame, value), loud)]
        return pieces

    def plotted(
        self,
        frame: Frame,
        width: int,
        height: int,
        *,
        levels: Sequence[Level] = (),
        limits: tuple[float, float] | None = None,
    ) -> list[Strip]:
        """The curves as rows."""
        from mlcore import plots

        span = self.span(frame)
        scrubbed = float(frame.shown_epoch) if frame.shown_epoch < frame.epoch else None
        text = plots.curve(
            [line for each in self.shown(frame) for line in self._lines(since(each, span[0]), width)],
            width,
            height,
            log=self.log_scale,
            levels=levels,
            span=span,
            limits=None if self.recent else limits,
            at=scrubbed if self.cursor is None else self.cursor,
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(self.palette.faint),
        )
        return rows.block(strips(text, width), width, height)

    def _lines(self, series: Series, width: int) -> Iterator[Line]:
        """A series as lines: the range around it, what it is before it is smoothed, and itself."""
        from mlcore import plots

        faint, colored = number(self.palette.faint), self.terminal.colors != "none"
        if self.envelope and series.low is not None and series.high is not None and colored:
            yield plots.Line(f"{series.name} from", series.x, series.low, faint)
            yield plots.Line(f"{series.name} to", series.x, series.high, faint)
        if self.smoothing and len(series.x) >= FEWEST:
            if colored:
                yield plots.Line(f"{series.name} itself", series.x, series.y, faint)
            series = series._replace(y=smoothed(series.y, SMOOTHINGS[self.smoothing]))
        color = {"train": self.palette.train, "validation": self.palette.validation}.get(series.name, "")
        shade = number(color) if color else faint
        if not colored and series.name == "validation":  # without colours a row of marks instead
            every = max(1, 4 * len(series.x) // max(width, 1))
            yield plots.Line(series.name, series.x[::every], series.y[::every], shade, "o")
        else:
            yield plots.Line(series.name, series.x, series.y, shade)

    def mark(self, name: str) -> Piece:
        """The mark of training or validation, as in the legend."""
        color = self.palette.validation if name == "validation" else self.palette.train
        return MARKS.get(name, ("·", "."))[0 if self.unicode else 1], paint(color)

    def figures(self, names: Sequence[str], values: Sequence[str]) -> Iterator[Piece]:
        """Names and values with their marks, for the legend."""
        quiet, loud = paint(self.palette.muted), paint(self.palette.text)
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            yield "  " if place else "", quiet
            yield self.mark(name)
            yield f" {name} " if self.named else " ", quiet
            yield value, loud

    @property
    def named(self) -> bool:
        """Whether the legend has room for more than marks and numbers."""
        return not 0 < self.size.width < NAMED


def at(series: Series, epoch: float) -> tuple[float, float]:
    """The point of a curve nearest to an epoch: where it is, and its value."""
    place = int(series.x.searchsorted(epoch))
    near = [n for n in (place - 1, place) if 0 <= n < len(series.x)]
    best = min(near, key=lambda n: abs(float(series.x[n]) - epoch))
    return float(series.x[best]), float(series.y[best])


def since(series: Series, epoch: float) -> Series:
    """The part of a curve from an epoch on."""
    if epoch <= 0 or not len(series.x):
        return series
    first = int(series.x.searchsorted(epoch))
    return Series(series.name, *(None if column is None else column[first:] for column in series[1:]))  # type: ignore[arg-type]


def smoothed(y: Array, share: float) -> Array:
    """The running mean of values [n] in which what came before has this share; gaps stay gaps.

    m = share m + (1 - share) y, divided by 1 - share^t so that its start is not drawn to zero (Kingma and Ba 2015).
    """
    mean, weight = 0.0, 0.0
    found = y.astype("float64", copy=True)
    for place, value in enumerate(y.tolist()):
        if math.isfinite(value):
            mean, weight = share * mean + (1 - share) * value, share * weight + (1 - share)
            found[place] = mean / weight
    return found


def extremes(series: Series) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The lowest and the highest finite point of a curve, each as value and epoch."""
    pairs = zip(series.y.tolist(), series.x.tolist(), strict=True)
    finite = [(y, x) for y, x in pairs if math.isfinite(y)]
    return (min(finite), max(finite, key=lambda pair: pair[0])) if finite else None


def horizon(epoch: int, epochs: int) -> float:
    """Where the epochs' axis ends: a round number ahead of the present, and never beyond the last epoch."""
    power = 10
    while True:
        for nice in (1, 2, 5):
            if epoch <= nice * power:
                return float(max(1, min(nice * power, epochs or nice * power)))
        power *= 10

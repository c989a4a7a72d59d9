"""A series, what the network says of the part it never learned from, and how far off it usually is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip

from tui.frame import Forecast, Frame
from tui.text import figure
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from mlcore import plots

EDGE = 6  # cells of the axis
LEAST = 12  # rows shown


class ForecastPane(Pane):
    """Truth and forecast as curves over the rows, a band around the forecast."""

    NAME = "what it forecasts"
    NUMBER = 2
    HELP: ClassVar[str] = """\
**Forecast and truth.** The series over the rows kept back, in their order, and what the network says of each from the
steps before it. The faint lines are the band: as far as the truth lay off in eight of ten validation rows. A forecast
that only repeats the last value runs one step behind the truth.
"""

    def title(self, frame: Frame) -> str:
        """Says when the forecast is of the past."""
        return f"{self.NAME} at epoch {frame.inside_epoch}" if frame.shown_epoch < frame.epoch else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """Which line is which."""
        if frame.forecast is None:
            return []
        quiet, sign = paint(self.palette.muted), "■" if self.unicode else "#"
        truth, said = paint(self.palette.train), paint(self.palette.validation)
        if self.terminal.colors == "none":
            return [("o truth  line forecast", quiet)]
        return [(sign, truth), (" truth  ", quiet), (sign, said), (" forecast", quiet)]

    def summary(self, frame: Frame) -> str:
        """The last truth and forecast, and the band."""
        found = frame.forecast
        if found is None or not len(found.said):
            return "no forecast yet"
        inside = (found.truth >= found.said + found.low) & (found.truth <= found.said + found.high)
        return (
            f"of {len(found.said)} {found.split} rows {int(inside.sum())} lie in the band from {figure(found.low)} to "
            f"{figure(found.high)} around the forecast; the last: forecast {figure(float(found.said[-1]))}, truth "
            f"{figure(float(found.truth[-1]))}"
        )

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curves between axes."""
        if frame.forecast is None or width < 12 or height < 4:
            return self.waiting(frame, width, height) if width > 0 else rows.block([], 0, height)
        from mlcore import plots

        text = plots.curve(
            self._lines(frame.forecast, width - EDGE),
            width,
            height,
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(self.palette.faint),
        )
        return rows.block(strips(text, width), width, height)

    def _lines(self, found: Forecast, columns: int) -> list[plots.Line]:
        """The band, the truth and the forecast; of a long series the end, about a row in each column."""
        import numpy as np

        from mlcore import plots

        many = min(len(found.said), max(columns * 4 // 5, LEAST))
        said, truth = found.said[len(found.said) - many :], found.truth[len(found.truth) - many :]
        earlier = np.concatenate([found.before, found.truth[: len(found.truth) - many]])[-max(columns // 4, 1) :]
        x = np.arange(many) + len(found.said) - many + 1.0
        faint, plain = number(self.palette.faint), self.terminal.colors == "none"
        lines = [plots.Line("band", x, said + off, faint) for off in (found.low, found.high) if not plain]
        lines.append(plots.Line("forecast", x, said, number(self.palette.validation)))
        known = np.concatenate([earlier, truth])
        every = np.arange(len(known)) - len(known) + 1.0 + len(found.said)
        return [*lines, plots.Line("truth", every, known, number(self.palette.train), "o" * plain)]

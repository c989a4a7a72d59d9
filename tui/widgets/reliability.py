"""Whether confidence is earned: how sure the network was, and how often it was right; for numbers, its residuals."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count, figure, percent
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.bars import bar
from tui.widgets.rows import Piece
from tui.widgets.view import View

FIGURES = 30  # cells beside a bar


class CalibrationView(View):
    """A reliability diagram: a bar for each bin of confidence."""

    NAME = "calibration"
    HELP: ClassVar[str] = """\
**Calibration.** Rows with about the same confidence stand together. The bar is how often the network was right about
them, the mark how sure it was. A bar that ends before its mark: overconfident, beyond it: too modest. ECE is the mean
distance of the two, weighted by rows (Guo et al. 2017, 15 bins).
"""

    def legend(self, analysis: Analysis) -> list[Piece]:
        assert analysis.judgement is not None
        return [self.quiet("ECE "), self.loud(f"{analysis.judgement.metrics['calibration_error']:.4f}")]

    def sentence(self, analysis: Analysis) -> str:
        """In the mean, how sure and how right."""
        judged = analysis.judgement
        assert judged is not None and judged.calibration is not None
        bins = [own for own in judged.calibration.tolist() if own[0]]
        total = sum(own[0] for own in bins)
        sure, right = (sum(own[0] * own[k] for own in bins) / total for k in (1, 2))
        gap = sure - right
        word = "about as sure as it is right" if abs(gap) < 0.01 else "overconfident" if gap > 0 else "too modest"
        error = f"ECE {judged.metrics['calibration_error']:.4f}"
        return f"{word}: {percent(sure)} sure in the mean, {percent(right)} right; {error}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The bins that have rows, the least sure first."""
        judged = analysis.judgement
        assert judged is not None and judged.calibration is not None
        room = max(4, min(60, width - FIGURES))
        head = f" {'sure':>7}  {'right, and how sure':<{room}} {'right':>8}{'rows':>8}"
        lines = [rows.row([self.quiet(head)], width)]
        for total, sure, right in judged.calibration.tolist():
            if total:
                figures = self.loud(f" {percent(right):>8}"), self.quiet(f"{count(int(total)):>8}")
                lines.append(
                    rows.row([self.quiet(f" {percent(sure):>7}  "), *self._bar(sure, right, room), *figures], width)
                )
        return rows.block(lines, width, height)

    def _bar(self, sure: float, right: float, cells: int) -> list[Piece]:
        """The share that is right, and the mark of how sure it was over it."""
        color = self.palette.good if abs(sure - right) <= 0.1 else self.palette.validation
        drawn, place = bar(right, cells, self.terminal), min(int(sure * cells), cells - 1)
        mark = "┃" if self.unicode else "|"
        look = paint(color)
        return [(drawn[:place], look), (mark, paint(self.palette.accent, bold=True)), (drawn[place + 1 :], look)]

    def high(self, analysis: Analysis, width: int) -> int:
        return 17


class SpreadView(View):
    """How the residuals of a regression are spread."""

    NAME = "residuals"
    BINS: ClassVar[int] = 15
    HELP: ClassVar[str] = """\
**Residuals.** Truth less answer, in bins of equal width. Around zero and alike on both sides: what is left is noise. A
lean to one side: the network says too little (right) or too much (left). Long ends: a few rows it does not understand.
"""

    def sentence(self, analysis: Analysis) -> str:
        judged = analysis.judgement
        assert judged is not None
        left = judged.label - judged.said
        lean = float(left.mean())
        way = "too little" if lean > 0 else "too much"
        return f"it says {way} by {figure(abs(lean))} in the mean; residuals spread by {figure(float(left.std()))}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        judged = analysis.judgement
        assert judged is not None
        left = judged.label - judged.said
        low, high = float(left.min()), float(left.max())
        bins = max(1, min(self.BINS, height - 1))
        step = (high - low) / bins or 1.0
        counts = [0] * bins
        for value in left.tolist():
            counts[min(int((value - low) / step), bins - 1)] += 1
        room = max(4, min(60, width - FIGURES))
        lines = [rows.row([self.quiet(f" {'truth less answer':<21}{'rows':>{room + 6}}")], width)]
        for place, number in enumerate(counts):
            edge = f" {figure(low + place * step):>8} to {figure(low + (place + 1) * step):>8} "
            color = self.palette.negative[-1] if low + (place + 0.5) * step < 0 else self.palette.positive[-1]
            drawn = bar(number / max(counts), room, self.terminal), paint(color)
            lines.append(rows.row([self.quiet(edge), drawn, self.loud(f"{count(number):>6}")], width))
        return rows.block(lines, width, height)

    def high(self, analysis: Analysis, width: int) -> int:
        return self.BINS + 1

"""What is taken for what: the confusion matrix; for numbers, answers against the truth."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count, figure, percent, plural
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.matrix import matrix
from tui.widgets.rows import Piece
from tui.widgets.scatter import scatter
from tui.widgets.view import View


class ConfusionView(View):
    """How often each class was taken for each other."""

    NAME = "confusion"
    HELP: ClassVar[str] = """\
**Confusion matrix.** Each row is a class as it really is, each column what the network answered; the diagonal is right,
everything else a mistake. The share at the end of a row is its recall: how many of that class were found. The arrows
move the brackets, enter opens the rows of a cell, the worst first.
"""

    def legend(self, analysis: Analysis) -> list[Piece]:
        """The share that is right."""
        judged = analysis.judgement
        assert judged is not None
        return [self.quiet(f"{count(judged.rows)} {analysis.split} rows "), self._right(analysis)]

    def _right(self, analysis: Analysis) -> Piece:
        assert analysis.judgement is not None
        share = percent(analysis.judgement.metrics["accuracy"])
        return f"{share} right", paint(self.palette.text, bold=True)

    def sentence(self, analysis: Analysis) -> str:
        """The cell under the cursor, and the most frequent mistake."""
        judged = analysis.judgement
        assert judged is not None and judged.confusion is not None
        found, (label, said) = judged.confusion, analysis.cell
        names = analysis.class_name(label), analysis.class_name(said)
        here = count(int(found[label, said]))
        cell = f"{here} of {names[0]} found" if label == said else f"{here} of {names[0]} taken for {names[1]}"
        wrong = found.copy()
        wrong[range(len(wrong)), range(len(wrong))] = 0
        if not wrong.any():
            return f"{cell}; nothing is mistaken"
        label, said = divmod(int(wrong.argmax()), len(wrong))
        most = f"{analysis.class_name(label)} taken for {analysis.class_name(said)} ({count(int(wrong.max()))})"
        return f"{cell}; {count(int(wrong.sum()))} of {count(judged.rows)} wrong, most often {most}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The matrix with its cursor."""
        judged = analysis.judgement
        assert judged is not None and judged.confusion is not None
        return matrix(judged.confusion.tolist(), analysis.classes, width, height, self.terminal, analysis.cell)

    def high(self, analysis: Analysis, width: int) -> int:
        return len(analysis.classes) + 2


class FitView(View):
    """Answers against the truth, for a regression."""

    NAME = "answers and truth"
    HELP: ClassVar[str] = """\
**Answers and truth.** A point for each row: the truth across, the answer up. On the dotted line the answer is right;
above it the network says too much, below it too little. x: the tenth of the rows with the greatest loss.
"""

    def sentence(self, analysis: Analysis) -> str:
        judged = analysis.judgement
        assert judged is not None
        r2 = "R²" if self.unicode else "R2"
        mean = judged.metrics["mae"]
        return f"{plural(judged.rows, 'row')}: {r2} {figure(judged.metrics['r2'])}, off by {figure(mean)} in the mean"

    def legend(self, analysis: Analysis) -> list[Piece]:
        assert analysis.judgement is not None
        return [self.quiet("R² " if self.unicode else "R2 "), self.loud(figure(analysis.judgement.metrics["r2"]))]

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The points; the rows with the greatest loss come first in the judgement."""
        judged = analysis.judgement
        assert judged is not None
        some = slice(0, 2000)
        x, y = judged.label[some], judged.said[some]
        wrong = [place < len(x) // 10 for place in range(len(x))]
        drawn = scatter(x, y, list(map(int, wrong)), wrong, width, height - 1, self.terminal, diagonal=True)
        low, high = min(float(x.min()), float(y.min())), max(float(x.max()), float(y.max()))
        axis = f" truth across, answer up; both from {figure(low)} to {figure(high)}"
        return rows.block([*drawn, rows.row([self.quiet(axis)], width)], width, height)

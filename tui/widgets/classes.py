"""How good a network is, class by class; for numbers, how large its errors are."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count, figure, percent
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.bars import bar
from tui.widgets.rows import Piece, padded
from tui.widgets.view import View

NAME = 16  # cells of a class name at most
COLUMNS = 40  # cells of the figures
SHARES = ("accuracy", "precision", "recall", "f1", "calibration_error")


class ReportView(View):
    """Precision, recall, F1 and rows of each class, and the means."""

    NAME = "report"
    HELP: ClassVar[str] = """\
**Per-class report.** precision: of the rows said to be of a class, the share that is. recall: of the rows of a class,
the share that was found. F1: both as one number, low where either is. The mean of classes counts every class alike, the
mean of rows each as its rows. The arrows choose a class, enter opens its mistakes.
"""

    def sentence(self, analysis: Analysis) -> str:
        """The weakest class, and the class under the cursor."""
        judged = analysis.judgement
        assert judged is not None and judged.report is not None
        there = [(own[2], k) for k, own in enumerate(judged.report.tolist()) if own[3]]
        weakest = min(there)[1]
        precision, recall, f1, _ = judged.report[weakest].tolist()
        name = analysis.class_name(weakest)
        low = f"of what it calls {name}, {percent(precision)} is" if precision < recall else f"{percent(recall)} found"
        return f"weakest class: {name}, F1 {percent(f1)} ({low}); accuracy {percent(judged.metrics['accuracy'])}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """A row for each class around the cursor, and below them the means."""
        judged = analysis.judgement
        assert judged is not None and judged.report is not None
        figures, names = judged.report.tolist(), analysis.classes
        edge = min(NAME, max(15, *map(len, names))) if names else NAME
        head = f" {'class':<{edge}}{'precision':>10}{'recall':>9}{'F1':>9}{'rows':>8}"
        lines = [rows.row([self.quiet(head)], width)]
        room = max(1, height - 4)
        first = min(max(0, analysis.cell[0] - room // 2), max(0, len(figures) - room))
        for number in range(first, min(first + room, len(figures))):
            lit = number == analysis.cell[0]
            lines.append(self._line(analysis.class_name(number), figures[number], edge, width, lit))
        lines.append(rows.row((), width))
        there = [own for own in figures if own[3]]
        total = sum(own[3] for own in there) or 1.0
        plain = [sum(own[k] for own in there) / max(len(there), 1) for k in range(3)]
        weighted = [sum(own[k] * own[3] for own in there) / total for k in range(3)]
        lines.append(self._line("mean of classes", [*plain, total], edge, width, False))
        lines.append(self._line("mean of rows", [*weighted, total], edge, width, False))
        lines += [rows.row([self.quiet(f" {k:<26}"), self.loud(v)], width) for k, v in self._more(analysis)]
        return rows.block(lines, width, height)

    def _line(self, name: str, own: list[float], edge: int, width: int, lit: bool) -> Strip:
        precision, recall, f1, support = own
        mark = (">" if lit else " ", paint(self.palette.accent, bold=True))
        pieces: list[Piece] = [mark, (padded(name, edge), paint(self.palette.text, bold=lit))]
        for share, cells in ((precision, 10), (recall, 9), (f1, 9)):
            pieces.append((f"{percent(share):>{cells}}", paint(self.palette.text)))
        pieces.append(self.quiet(f"{count(int(support)):>8}  "))
        room = min(40, width - edge - COLUMNS)
        color = self.palette.good if f1 >= 0.9 else self.palette.validation if f1 >= 0.6 else self.palette.bad
        return rows.row([*pieces, (bar(f1, room, self.terminal), paint(color))] if room > 4 else pieces, width)

    def _more(self, analysis: Analysis) -> list[tuple[str, str]]:
        """The other figures, in words."""
        assert analysis.judgement is not None
        metrics = analysis.judgement.metrics
        names = ("loss", "accuracy", "calibration_error", "entropy", "mutual_information")
        told = [(name, metrics[name]) for name in names if name in metrics]
        said = [(k.replace("_", " "), percent(v) if k in SHARES else figure(v)) for k, v in told]
        if analysis.ceiling is not None:
            said.append(("best possible accuracy", percent(analysis.ceiling)))
        return said

    def high(self, analysis: Analysis, width: int) -> int:
        return len(analysis.classes) + 5 + len(self._more(analysis)) + 2


class ErrorsView(View):
    """The figures of a regression."""

    NAME = "report"
    HELP: ClassVar[str] = """\
**Report.** R²: how much better than always answering the mean; 1 is perfect, 0 no better. MAE: the mean size of the
errors, in the target's own unit. RMSE: the same with large errors counting more. residual: truth less answer.
"""

    def sentence(self, analysis: Analysis) -> str:
        assert analysis.judgement is not None
        metrics = analysis.judgement.metrics
        r2 = "R²" if self.unicode else "R2"
        mean = f"errors of {figure(metrics['mae'])} in the mean"
        return f"{r2} {figure(metrics['r2'])}: {percent(metrics['r2'])} of the variance explained, {mean}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        lines = [
            rows.row([self.quiet(f" {name:<26}"), self.loud(value)], width) for name, value in self._facts(analysis)
        ]
        return rows.block(lines, width, height)

    def _facts(self, analysis: Analysis) -> list[tuple[str, str]]:
        judged = analysis.judgement
        assert judged is not None
        r2, left = ("R²" if self.unicode else "R2"), judged.label - judged.said
        ordered = sorted(left.tolist())
        most = ordered[-1] if abs(ordered[-1]) > abs(ordered[0]) else ordered[0]
        facts = [("rows", count(judged.rows)), (r2, figure(judged.metrics["r2"]))]
        if analysis.ceiling is not None:
            facts.append((f"best possible {r2}", figure(analysis.ceiling)))
        facts += [("MAE", figure(judged.metrics["mae"])), ("RMSE", figure(judged.metrics["mse"] ** 0.5))]
        facts += [("MSE", figure(judged.metrics["mse"])), ("loss", figure(judged.metrics["loss"]))]
        facts += [("mean residual", figure(float(left.mean()))), ("median residual", figure(_middle(ordered)))]
        facts += [("spread of residuals", figure(float(left.std()))), ("largest residual", figure(most))]
        return facts


def _middle(ordered: list[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2

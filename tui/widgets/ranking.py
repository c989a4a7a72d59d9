"""How well rows of a class are put in front of the others; of numbers, the residuals over the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count, figure, shortened
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.rows import Piece
from tui.widgets.scatter import scatter
from tui.widgets.view import View

if TYPE_CHECKING:
    from mlcore.worker.protocol import Ranked, Ranking

LINES = 6  # classes drawn, those with the least area
NAME = 14  # cells of a name
POINTS = 2000  # residuals drawn, those of the rows with the greatest loss first


class RankingView(View):
    """ROC or precision-recall curves, one class against the rest."""

    NAME = "ROC and PR"
    HELP: ClassVar[str] = """\
**ROC.** Rows are sorted by how probable a class is. Up: the share of its rows found so far, across: the share of others
that came with them; chance is the dotted line. The area is the chance that a row of the class comes before another.
The left and right arrows show **precision and recall** instead: up how many of those found are of the class. Where a
class is rare, look there.
"""

    def title(self, analysis: Analysis) -> str:
        return "precision and recall" if analysis.recall else "ROC"

    def legend(self, analysis: Analysis) -> list[Piece]:
        found = self._shown(analysis)
        if found is None or not found.curves:
            return []
        return [self.quiet("area " if not analysis.recall else "average "), self.loud(f"{self._mean(analysis):.4f}")]

    def sentence(self, analysis: Analysis) -> str:
        """The area, and the class it is least of."""
        found = self._shown(analysis)
        if found is None:
            return analysis.message or "asking"
        if not found.curves:
            return "the rows are all of one class: a curve takes two"
        what = "average precision" if analysis.recall else "area under the curve"
        worst = min(found.curves, key=lambda each: self._value(analysis, each))
        name = shortened(analysis.class_name(worst.number), 30)
        by_chance = f"{worst.share:.3f}" if analysis.recall else "0.5"
        if len(found.curves) == 1:
            return f"{what} {self._mean(analysis):.4f} for {name}, by chance {by_chance}; arrows: the other curve"
        return f"mean {what} {self._mean(analysis):.4f}, least {self._value(analysis, worst):.4f} for {name}"

    @staticmethod
    def _value(analysis: Analysis, curve: Ranking) -> float:
        return curve.average if analysis.recall else curve.area

    def _mean(self, analysis: Analysis) -> float:
        found = self._shown(analysis)
        assert found is not None
        return sum(self._value(analysis, each) for each in found.curves) / len(found.curves)

    @staticmethod
    def _shown(analysis: Analysis) -> Ranked | None:
        found = analysis.ranked
        right = found is not None and (found.held, found.split) == (analysis.held, analysis.split)
        return found if right else None

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The curves, and which is which."""
        found = self._shown(analysis)
        if found is None or not found.curves:
            return self.words(self.sentence(analysis), width, height)
        if width < 12 or height < 5:
            return rows.block([], width, height)
        from mlcore import plots

        some = sorted(found.curves, key=lambda each: self._value(analysis, each))[:LINES]
        some.sort(key=lambda each: each.number)
        plain = self.terminal.colors == "none"
        colors = [number(self.palette.points[place % len(self.palette.points)]) for place in range(len(some))]
        chance = [place / 20 for place in range(21)]
        dots = plots.Line("chance", chance, chance, None if plain else number(self.palette.faint), ".")
        lines = [] if analysis.recall else [dots]
        for curve, color in zip(some, colors, strict=True):
            x, y = (curve.recall, curve.precision) if analysis.recall else (curve.false, curve.true)
            lines.append(plots.Line(str(curve.number), x, y, None if plain else color))
        text = plots.curve(
            lines, width, height - 1, span=(0, 1), limits=(0, 1), glyphs=self.terminal.glyphs,
            colors=not plain, axis=number(self.palette.faint),
        )  # fmt: skip
        pieces: list[Piece] = []
        for place, curve in enumerate(some):
            look = paint(self.palette.points[place % len(self.palette.points)])
            sign = plots.LINE_GLYPHS[place % len(plots.LINE_GLYPHS)] if self.terminal.glyphs == "ascii" else "■"
            name = shortened(analysis.class_name(curve.number), NAME)
            pieces += [(f" {sign} ", look), self.quiet(f"{name} {self._value(analysis, curve):.3f} ")]
        return rows.block([*strips(text, width), rows.row(rows.fitting(pieces, width), width)], width, height)


class ResidualsView(View):
    """Residuals over answers."""

    NAME = "residuals by size"
    HELP: ClassVar[str] = """\
**Residuals by size.** A point for each row: the answer across, truth less answer up; on the line the answer is right. A
cloud that widens: errors grow with the answer, and the logarithm of the target may be easier to learn. A bend: there is
something left that a larger network, or another column, could tell. x: the tenth of the rows with the greatest loss.
"""

    def sentence(self, analysis: Analysis) -> str:
        """Where half of them lie, and the largest."""
        judged = analysis.judgement
        assert judged is not None
        off = judged.label - judged.said
        ordered = sorted(off.tolist())
        low, high = (ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.25, 0.75))
        place = int(abs(off).argmax())
        half = f"half of the residuals lie from {figure(low)} to {figure(high)}"
        return f"{half}; the largest is {figure(float(off[place]))} in row {int(judged.index[place])}"

    def legend(self, analysis: Analysis) -> list[Piece]:
        assert analysis.judgement is not None
        return [self.quiet("off by "), self.loud(figure(analysis.judgement.metrics["mae"]))]

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The points over a line at zero."""
        judged = analysis.judgement
        assert judged is not None
        some = slice(0, POINTS)
        x, y = judged.said[some], (judged.label - judged.said)[some]
        wrong = [place < len(x) // 10 for place in range(len(x))]
        drawn = scatter(x, y, list(map(int, wrong)), wrong, width, height - 1, self.terminal, level=0.0)
        axis = f" answer across, from {figure(float(x.min()))} to {figure(float(x.max()))};"
        axis += f" truth less answer up, from {figure(float(y.min()))} to {figure(float(y.max()))}"
        shown = f", {count(len(x))} rows" if width > 90 else ""
        return rows.block([*drawn, rows.row([self.quiet(axis + shown)], width)], width, height)

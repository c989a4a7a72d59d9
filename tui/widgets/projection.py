"""Rows on their two main components: at the inputs, and after each hidden layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count, figure, percent
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.bars import bar
from tui.widgets.rows import Piece
from tui.widgets.scatter import axes, legend, nearest, scatter, signs_of
from tui.widgets.view import View

if TYPE_CHECKING:
    from mlcore.worker.protocol import Projected

BANDS = 5  # of a regression's numbers, as if they were classes
ASIDE = 24  # cells of the list of variances


class ProjectionView(View):
    """A scatter of the first two principal components, a sign and a colour for each class."""

    NAME = "projection"
    HELP: ClassVar[str] = """\
**Projection.** Each row as a point on the two directions in which rows differ most (principal components). `[` and `]`
go from the inputs through the hidden layers: where training went well, classes come apart on the way. Rows that are
answered wrong are red. The arrows or a click choose a point, enter shows its row with every number. The bars say how
much of all differences each component holds: two that hold little show little.
"""

    def title(self, analysis: Analysis) -> str:
        found = self._shown(analysis)
        return f"PCA of the {found.places[found.place]}" if found is not None else self.NAME

    def legend(self, analysis: Analysis) -> list[Piece]:
        found = self._shown(analysis)
        if found is None:
            return []
        both = percent(float(found.shares[:2].sum()))
        return [
            self.quiet(f"{self._rows(analysis, found)}  "),
            self.loud(both),
            self.quiet(" of the variance"),
        ]

    def sentence(self, analysis: Analysis) -> str:
        found = self._shown(analysis)
        if found is None:
            return "asking"
        both = percent(float(found.shares[:2].sum()))
        where = found.places[found.place]
        if analysis.point is not None:
            return self._told(analysis, found, analysis.point)
        wrong = "" if analysis.numbers else f", {count(int(found.wrong.sum()))} wrong"
        return f"{where}: 2 components hold {both}; {self._rows(analysis, found)}{wrong}"

    @staticmethod
    def _rows(analysis: Analysis, found: Projected) -> str:
        """How many of how many rows are shown."""
        shown = len(found.x)
        every = analysis.judgement.rows if analysis.judgement is not None else shown
        part = f"{count(shown)} of {count(every)}" if shown < every else f"all {count(every)}"
        return f"{part} {found.split} rows"

    @staticmethod
    def _told(analysis: Analysis, found: Projected, point: int) -> str:
        """The row of a point in words."""
        row, label = int(found.index[point]), analysis.answer(float(found.label[point]))
        judged, said = analysis.judgement, ""
        known = judged.index.tolist() if judged is not None else []
        if judged is not None and row in known:
            place = known.index(row)
            answer = analysis.answer(float(judged.said[place]))
            told = f"answered {answer}" if analysis.numbers or found.wrong[point] else "rightly found"
            said = f", {told}, loss {figure(float(judged.losses[place]))}"
        elif not analysis.numbers:
            said = ", taken for another" if found.wrong[point] else ", rightly found"
        return f"row {row}: {label}{said}; enter: every number, esc: no row"

    @staticmethod
    def _shown(analysis: Analysis) -> Projected | None:
        found = analysis.projected
        right = found is not None and (found.held, found.split) == (analysis.held, analysis.split)
        return found if right else None

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The points, the legend below them, the variances beside them."""
        found = self._shown(analysis)
        if found is None:
            return self.words("asking", width, height)
        kinds, names = self._kinds(analysis, found)
        aside, wide, high = self._sizes(width, height)
        if wide < 4 or high < 2:
            return rows.block([], width, height)
        wrong = [bool(each) for each in found.wrong.tolist()]
        signs = signs_of(names)
        points = scatter(found.x, found.y, kinds, wrong, wide, high, self.terminal, signs=signs, chosen=analysis.point)
        below = [axes(found.shares, width, self.terminal), *legend(names, signs, width, self.terminal)]
        beside = self._variances(found, high)
        joined = [
            rows.row([*((s.text, s.style or paint()) for s in line), *more], width)
            for line, more in zip(points, beside if aside else [[]] * high, strict=True)
        ]
        return rows.block([*joined, *below], width, height)

    @staticmethod
    def _sizes(width: int, height: int) -> tuple[int, int, int]:
        """Cells of the list beside the points, and of the points."""
        aside = ASIDE if width >= 60 else 0
        return aside, width - aside, height - 2

    def picked(self, analysis: Analysis, width: int, height: int, column: int, line: int) -> Analysis | None:
        """The point nearest to a click."""
        found, (_, wide, high) = self._shown(analysis), self._sizes(width, height)
        if found is None or not len(found.x) or wide < 4 or high < 2 or not (0 <= column < wide and 0 <= line < high):
            return None
        return analysis.pointed(nearest(found.x, found.y, wide, high, column, line, analysis.point))

    def _kinds(self, analysis: Analysis, found: Projected) -> tuple[list[int], list[str]]:
        """Which sign each point has, and what the signs mean."""
        if not analysis.numbers:
            return [int(label) for label in found.label.tolist()], list(analysis.classes)
        low, high = float(found.label.min()), float(found.label.max())
        step = (high - low) / BANDS or 1.0
        kinds = [min(int((value - low) / step), BANDS - 1) for value in found.label.tolist()]
        return kinds, [f"from {figure(low + place * step)}" for place in range(BANDS)]

    def _variances(self, found: Projected, height: int) -> list[list[Piece]]:
        """A bar for each component."""
        most = float(found.shares.max()) or 1.0
        lines: list[list[Piece]] = [[self.quiet("  component  variance")]]
        for number, share in enumerate(found.shares.tolist(), start=1):
            look = paint(self.palette.accent if number <= 2 else self.palette.muted)
            drawn = bar(share / most, ASIDE - 14, self.terminal), look
            lines.append([self.quiet(f"  {number:>2} "), drawn, self.loud(f" {percent(share):>7}")])
        return [*lines[:height], *[[] for _ in range(height - len(lines))]]

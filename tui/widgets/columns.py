"""What answers rest on: the importance of each column, and how answers go with the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count, figure, plural, shortened
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.bars import bar
from tui.widgets.rows import Piece, padded
from tui.widgets.view import View

if TYPE_CHECKING:
    from mlcore.worker.protocol import Depends, Weighed

LIST = 38  # cells of the list beside a picture
NARROW = 60  # cells from which there is a picture beside the list, and not below it
TALL = 14  # lines from which there is one below it
NAME = 16
LEVELS = {"braille": " ▁▂▃▄▅▆▇█", "blocks": " ..▄▄███", "ascii": " .:-=+*#%"}


class ColumnsView(View):
    """Columns, the most important first, and the partial dependence on one of them."""

    NAME = "columns"
    HELP: ClassVar[str] = """\
**Columns.** The bar says how far the accuracy (or R2) falls when a column is shuffled among the rows: how much answers
rest on it (Breiman 2001). Columns that tell the same share what they are worth. The arrows choose a column; beside
the list stands what is answered on average when every row has one value there (Friedman 2001), and below it where rows
are. Where few rows are, the curve is a guess.
"""

    def legend(self, analysis: Analysis) -> list[Piece]:
        found = self._weighed(analysis)
        if found is None or found.unfit:
            return []
        return [self.quiet(f"{self._score(found)} "), self.loud(f"{found.score:.4f}")]

    def sentence(self, analysis: Analysis) -> str:
        """How far the score falls without the column, and from where to where answers go with it."""
        found = self._weighed(analysis)
        if found is None:
            return analysis.message or "asking"
        if found.unfit:
            return found.unfit
        place = analysis.column_place
        assert place is not None
        name = self._name(analysis, place)
        fall = f"{self._score(found)} falls by {found.mean[place]:.3f} without {name}"
        depends = self._depends(analysis)
        if depends is None:
            return fall
        if depends.unfit:
            return f"{fall}; {depends.unfit}"
        output = self._output(depends)
        mean = depends.mean[:, output]
        low, high = int(mean.argmin()), int(mean.argmax())
        what = "the answer" if analysis.numbers else f"P({shortened(analysis.class_name(output), NAME)})"
        ends = f"{figure(float(mean[low]))} at {self._value(depends, low)} to {figure(float(mean[high]))} at"
        return f"{fall}; {what} goes from {ends} {self._value(depends, high)}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The list, and the picture beside it; where there is no room for both, the list alone."""
        found = self._weighed(analysis)
        if found is None or found.unfit:
            return self.words(self.sentence(analysis), width, height)
        if width < NARROW:
            high = min(len(found.order) + 1, height // 2) if height >= TALL else height
            below = self._picture(analysis, width, height - high) if high < height else []
            return [*self._list(analysis, found, width, high), *below]
        wide = LIST
        listed = self._list(analysis, found, wide, height)
        beside = self._picture(analysis, width - wide, height)
        joined = [
            rows.row([(s.text, s.style or paint()) for line in pair for s in line], width)
            for pair in zip(listed, beside, strict=True)
        ]
        return rows.block(joined, width, height)

    def high(self, analysis: Analysis, width: int) -> int:
        return max(16, len(analysis.weighed.names) + 1 if analysis.weighed is not None else 0)

    def _list(self, analysis: Analysis, found: Weighed, width: int, height: int) -> list[Strip]:
        """A line for each column, the one under the cursor lit; it is always among those shown."""
        order = found.order.tolist()
        here = min(analysis.column, len(order) - 1)
        room = max(1, height - 1)
        first = max(0, min(here - room // 2, len(order) - room))
        largest = max(float(found.mean.max()), 1e-12)
        cells = max(0, width - NAME - 12)
        lines = [rows.row([self.quiet(f" {plural(len(order), 'column'):<{NAME}} {'fall':>7}")], width)]
        for place, source in enumerate(order[first : first + room], start=first):
            lit = place == here
            look = paint(self.palette.text, self.palette.selected if lit else "", bold=lit)
            fall = float(found.mean[source])
            mark = ">" if lit else " "
            drawn = bar(fall / largest, cells, self.terminal), paint(self.palette.positive[-1])
            name = padded(shortened(self._name(analysis, source), NAME), NAME)
            lines.append(rows.row([(f"{mark}{name} {fall:+7.3f} ", look), drawn, self.quiet(" ")], width))
        return rows.block(lines, width, height)

    def _picture(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """How answers go with the column."""
        depends = self._depends(analysis)
        if depends is None or depends.unfit or height < 6:
            return self.words(shortened("asking" if depends is None else depends.unfit, width), width, height)
        return (self._texts if depends.texts else self._curve)(analysis, depends, width, height)

    def _curve(self, analysis: Analysis, depends: Depends, width: int, height: int) -> list[Strip]:
        from mlcore import plots

        k, x = self._output(depends), depends.values
        head = rows.row([self.quiet(f" {shortened(self._title(analysis, depends, k), width - 2)}")], width)
        if len(x) < 2:
            said = f"{figure(float(depends.mean[0, k]))} at {self._value(depends, 0)}, the only value"
            return rows.block([head, *self.words(shortened(said, width), width, height - 1)], width, height)
        plain = self.terminal.colors == "none"
        faint, color = number(self.palette.faint), number(self.palette.validation)
        lines = [plots.Line("band", x, end[:, k], faint) for end in (depends.low, depends.high) if not plain]
        lines.append(plots.Line("mean", x, depends.mean[:, k], None if plain else color))
        text = plots.curve(
            lines, width, height - 2, span=(float(x[0]), float(x[-1])), glyphs=self.terminal.glyphs,
            colors=not plain, axis=faint,
        )  # fmt: skip
        drawn = strips(text, width)
        return rows.block([head, *drawn, self._rows(depends, drawn[-1].text, width)], width, height)

    def _rows(self, depends: Depends, floor: str, width: int) -> Strip:
        """Where rows are, under the axis."""
        start = max(floor.find("└"), floor.find("'"), 0) + 1
        columns, counts = max(0, width - start), depends.counts
        levels, most = LEVELS[self.terminal.glyphs], max(int(counts.max(initial=0)), 1)
        signs = "".join(
            levels[-(-int(counts[place * len(counts) // columns]) * (len(levels) - 1) // most)]
            for place in range(columns)
        )
        return rows.row([self.quiet(f"{'rows':>{start - 1}} "[:start] + signs)], width)

    def _texts(self, analysis: Analysis, depends: Depends, width: int, height: int) -> list[Strip]:
        k = self._output(depends)
        lines = [rows.row([self.quiet(f" {shortened(self._title(analysis, depends, k), width - 2)}")], width)]
        largest = max(float(depends.mean[:, k].max()), 1e-12)
        cells = max(0, width - NAME - 18)
        for place, rows_there in enumerate(depends.counts.tolist()):
            value = float(depends.mean[place, k])
            name = padded(shortened(self._value(depends, place), NAME), NAME)
            drawn = bar(value / largest, cells, self.terminal), paint(self.palette.validation)
            pieces = [self.loud(f" {name} {figure(value):>8} "), drawn, self.quiet(f" {count(rows_there):>6}")]
            lines.append(rows.row(pieces, width))
        return rows.block(lines, width, height)

    def _title(self, analysis: Analysis, depends: Depends, k: int) -> str:
        what = "mean answer" if analysis.numbers else f"mean P({shortened(analysis.class_name(k), NAME)})"
        return f"{what} over {self._name(analysis, depends.place)}"

    @staticmethod
    def _output(depends: Depends) -> int:
        """The output shown: of two classes the second, else the one that changes most."""
        if len(depends.outputs) == 2:
            return 1
        return int((depends.mean.max(axis=0) - depends.mean.min(axis=0)).argmax())

    @staticmethod
    def _value(depends: Depends, place: int) -> str:
        from mlcore import sanitize

        return sanitize.sanitize(depends.texts[place], 40) if depends.texts else figure(float(depends.values[place]))

    @staticmethod
    def _name(analysis: Analysis, place: int) -> str:
        from mlcore import sanitize

        assert analysis.weighed is not None
        return sanitize.sanitize(analysis.weighed.names[place], 40)

    def _score(self, found: Weighed) -> str:
        return "accuracy" if found.metric == "accuracy" else "R²" if self.unicode else "R2"

    @staticmethod
    def _weighed(analysis: Analysis) -> Weighed | None:
        found = analysis.weighed
        return found if found is not None and (found.held, found.split) == (analysis.held, analysis.split) else None

    @staticmethod
    def _depends(analysis: Analysis) -> Depends | None:
        found = analysis.depends
        right = found is not None and (found.held, found.split) == (analysis.held, analysis.split)
        return found if right and found is not None and found.place == analysis.column_place else None

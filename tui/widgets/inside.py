"""A row on its way through the layers, and which of its pixels or steps move the answer."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from tui import told
from tui.analysis import Analysis
from tui.frame import Seen
from tui.text import count
from tui.widgets.passing import Passing, sentence
from tui.widgets.rows import Piece
from tui.widgets.view import View

HIGHEST = 100  # rows of it in a file


class InsideView(View):
    """What each layer makes of the row looked at."""

    NAME = "inside"
    HELP: ClassVar[str] = """\
**Inside.** The row looked at on its way through the network. An image stands beside what moves the answer: the gradient
of the winning output by each pixel, the brighter the more (not what speaks for it: view 3 has that). Then convolutions
and pools by their maps, layers of a sequence by their units (down) at each step (across), neurons as one line: orange
above zero, blue below. The background of a letter says how much it moves the answer. . and , step.
"""

    def title(self, analysis: Analysis) -> str:
        return f"inside, row {count(analysis.row)}" if analysis.row is not None else self.NAME

    def legend(self, analysis: Analysis) -> list[Piece]:
        """Which of how many."""
        total = len(analysis.listed)
        return [self.loud(count(min(analysis.place + 1, total))), self.quiet(f" of {count(total)}")]

    @staticmethod
    def _shown(analysis: Analysis) -> Seen | None:
        found = analysis.example
        there = found is not None and (found.row, found.held) == (analysis.row, analysis.held)
        return told.seen(found.seen) if found is not None and there and found.seen is not None else None

    @staticmethod
    def _nothing(analysis: Analysis) -> str:
        found = analysis.example
        if analysis.row is None:
            return "no row here"
        if found is None or (found.row, found.held) != (analysis.row, analysis.held):
            return "asking"
        return "rows of a table have no picture of their way: 7 has every number"

    def sentence(self, analysis: Analysis) -> str:
        shown = self._shown(analysis)
        return sentence(shown) if shown is not None else self._nothing(analysis)

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        shown = self._shown(analysis)
        if shown is None:
            return self.words(self._nothing(analysis), width, height)
        return Passing(self.terminal).draw(shown, width, height)

    def high(self, analysis: Analysis, width: int) -> int:
        shown = self._shown(analysis)
        return min(HIGHEST, 12 + 10 * len(shown.made)) if shown is not None else 4

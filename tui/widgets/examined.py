"""The panes of Analyse: a box that shows one of the views."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.analysis import Analysis
from tui.frame import Frame
from tui.sights import VIEWS
from tui.terminal import Terminal
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.classes import ErrorsView, ReportView
from tui.widgets.columns import ColumnsView
from tui.widgets.filters import FiltersView
from tui.widgets.inside import InsideView
from tui.widgets.mistaken import ConfusionView, FitView
from tui.widgets.pane import Drawing, Pane
from tui.widgets.projection import ProjectionView
from tui.widgets.ranking import RankingView, ResidualsView
from tui.widgets.reliability import CalibrationView, SpreadView
from tui.widgets.rows import Piece
from tui.widgets.stepper import TraceView
from tui.widgets.strip import window
from tui.widgets.view import View
from tui.widgets.worst import MistakesView

CLASSES: dict[str, type[View]] = {
    "confusion": ConfusionView,
    "report": ReportView,
    "mistakes": MistakesView,
    "calibration": CalibrationView,
    "projection": ProjectionView,
    "filters": FiltersView,
    "trace": TraceView,
    "inside": InsideView,
    "ranking": RankingView,
    "columns": ColumnsView,
}
NUMBERS: dict[str, type[View]] = CLASSES | {"confusion": FitView, "report": ErrorsView, "calibration": SpreadView}
NUMBERS["ranking"] = ResidualsView
TABS = {
    "confusion": "confusion",
    "report": "report",
    "mistakes": "worst",
    "calibration": "calibration",
    "projection": "PCA",
    "filters": "filters",
    "trace": "one row",
    "inside": "inside",
    "ranking": "ROC",
    "columns": "columns",
}
BARE = 2  # cells of a view that is a number alone
OF_NUMBERS = {"confusion": "fit", "mistakes": "errors", "calibration": "residuals", "ranking": "by size"}


def view_of(name: str, analysis: Analysis, terminal: Terminal) -> View:
    """The view of that name, as the task has it."""
    return (NUMBERS if analysis.numbers else CLASSES)[name](terminal)


class ExaminedPane(Pane, can_focus=False):
    """A box that shows one view of an analysis; a click on it makes it the one keys act on."""

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def __init__(self, terminal: Terminal | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(terminal, id=id, classes=classes)
        self.analysis, self.shown = Analysis(), "confusion"

    def look(self, analysis: Analysis, shown: str) -> None:
        """Show a view of an analysis."""
        self.analysis, self.shown = analysis, shown
        self.again()

    class Picked(Message):
        """Something in the view was clicked that means another analysis."""

        def __init__(self, analysis: Analysis) -> None:
            super().__init__()
            self.analysis = analysis

    def on_click(self, event: events.Click) -> None:
        """The keys act on this view from now on; where they do already, on what was clicked."""
        inside, box = event.get_content_offset(self), 1 if self._has_box(*self.size) else 0
        if self.shown != self.analysis.view:
            self.post_message(self.Chosen(self.shown))
        elif inside is not None and self.analysis.judgement is not None:
            picked = self.view.picked(self.analysis, *self.canvas, inside.x - box, inside.y - box)
            if picked is not None:
                self.post_message(self.Picked(picked))

    @property
    def view(self) -> View:
        """The view shown."""
        return view_of(self.shown, self.analysis, self.terminal)

    def whole(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The view in its box, lit where the keys lead to it."""
        if not self._has_box(width, height):
            return self.draw(frame, width, height)
        colors, lit = self.palette, self.shown == self.analysis.view
        number = (f"{(VIEWS.index(self.shown) + 1) % 10} ", paint(colors.accent if lit else colors.faint, bold=True))
        title = [number, (self.title(frame), paint(colors.text if lit else colors.muted))]
        box = rows.Frame(self.terminal.glyphs, paint(colors.accent) if lit else self._border())
        return rows.boxed(self.draw(frame, width - 2, height - 2), width, title, self.legend(frame), box)

    def title(self, frame: Frame) -> str:
        """What the view says it is."""
        return self.view.title(self.analysis) if self.analysis.judgement is not None else self.view.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """The view's newest figures."""
        return self.view.legend(self.analysis) if self.analysis.judgement is not None else []

    def summary(self, frame: Frame) -> str:
        """The view in one sentence."""
        if self.analysis.judgement is None:
            return self.analysis.message or "asking"
        return self.view.sentence(self.analysis)

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The view, or what there is to say instead."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if self.analysis.judgement is None:
            return self.view.words(self.analysis.message or "asking", width, height)
        return self.view.draw(self.analysis, width, height)


class TabLine(Drawing):
    """The views by number, the one shown lit."""

    analysis = Analysis()

    def look(self, analysis: Analysis) -> None:
        """Show where we are."""
        self.analysis = analysis
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line; where not every name fits, those far from the lit one are numbers alone."""
        pieces: list[Piece] = [(" ", paint())]
        colors = self.palette
        names = TABS | OF_NUMBERS if self.analysis.numbers else TABS
        room = width - 1 - BARE * len(names)
        first, last = window([len(name) + 2 for name in names.values()], list(names).index(self.analysis.view), room)
        for place, (view, name) in enumerate(names.items()):
            lit = view == self.analysis.view
            style = paint(colors.text, colors.selected, bold=True) if lit else paint(colors.muted)
            digit = paint(colors.accent, colors.selected if lit else "", bold=True)
            pieces.append((f"{'[' if lit else ' '}{(place + 1) % 10}", digit))
            if first <= place < last:
                pieces.append((f" {name}{']' if lit else ' '}", style))
        return rows.block([rows.row(pieces, width)], width, height)


class HeadLine(Drawing):
    """What is examined: the data, the network of which epoch, on which split."""

    analysis = Analysis()
    now = ""

    def look(self, analysis: Analysis, now: str) -> None:
        """Show what is examined. now: what has become of the run since."""
        self.analysis, self.now = analysis, now
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line; the name of the run gives way to what has become of it."""
        colors, of = self.palette, self.analysis
        quiet, loud = paint(colors.muted), paint(colors.text, bold=True)
        left: list[Piece] = [(" mlj ", paint(colors.accent, bold=True)), ("ANALYSE ", loud), (f" {of.dataset} ", quiet)]
        if of.judgement is not None:
            left.append((f" epoch {of.judgement.epoch} ", loud))
        right: list[Piece] = [(f"{self.now}  ", paint(colors.validation))] if self.now else []
        for split in of.splits:
            lit = split == of.split
            look = paint(colors.text, colors.selected, bold=True) if lit else quiet
            right.append((f"[{split}]" if lit else f" {split} ", look))
        if of.name and rows.length([*left, *right]) + len(of.name) + 3 <= width:
            left.append((f" {of.name} ", quiet))
        return rows.block([rows.row(rows.spread(left, [*right, (" ", quiet)], width), width)], width, height)


class TextLine(Drawing):
    """One line of words, in a quiet or a loud voice."""

    text = ""
    loud = False

    def say(self, text: str, loud: bool = False) -> None:
        """Show these words."""
        self.text, self.loud = text, loud
        self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line."""
        look = paint(self.palette.text if self.loud else self.palette.muted)
        return rows.block([rows.row([(f" {self.text}", look)], width)], width, height)

"""What keys do on the Analyse screen: choose a view, move in it, open rows, look again, write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.screens.deeds.doer import plain
from tui.screens.deeds.writing import written

if TYPE_CHECKING:
    from tui.analysis import Analysis
    from tui.app import MljApp
    from tui.screens.analyse import AnalyseScreen

PAGE = 10  # lines of a page


class Analysing:
    """The commands of the Analyse screen; a public method is the command of its name."""

    def __init__(self, app: MljApp, screen: AnalyseScreen) -> None:
        self.app, self.screen = app, screen

    def do(self, identity: str) -> None:
        """Do the command of that id."""
        getattr(self, identity)()

    @property
    def _now(self) -> Analysis:
        return self.screen.analysis

    # views ----------------------------------------------------------------------------------------------------------

    def view_confusion(self) -> None:
        self._view("confusion")

    def view_report(self) -> None:
        self._view("report")

    def view_mistakes(self) -> None:
        self._view("mistakes")

    def view_calibration(self) -> None:
        self._view("calibration")

    def view_projection(self) -> None:
        self._view("projection")

    def view_filters(self) -> None:
        self._view("filters")

    def view_trace(self) -> None:
        self._view("trace")

    def view_inside(self) -> None:
        self._view("inside")

    def view_ranking(self) -> None:
        self._view("ranking")

    def view_columns(self) -> None:
        self._view("columns")

    def _view(self, view: str) -> None:
        self.screen.show(self._now.seen(view))

    # moving ---------------------------------------------------------------------------------------------------------

    def cell_up(self) -> None:
        self._move(-1, 0)

    def cell_down(self) -> None:
        self._move(1, 0)

    def cell_left(self) -> None:
        self._move(0, -1)

    def cell_right(self) -> None:
        self._move(0, 1)

    def _move(self, down: int, across: int) -> None:
        self.screen.show(self._now.moved(down, across))

    def lines_up(self) -> None:
        self.screen.show(self._now.scrolled(-PAGE, 0))

    def lines_down(self) -> None:
        self.screen.show(self._now.scrolled(PAGE, 0))

    def columns_left(self) -> None:
        self.screen.show(self._now.scrolled(0, -1))

    def columns_right(self) -> None:
        self.screen.show(self._now.scrolled(0, 1))

    # rows -----------------------------------------------------------------------------------------------------------

    def open_cell(self) -> None:
        self.screen.show(self._now.opened())

    def row_before(self) -> None:
        self.screen.show(self._now.stepped(-1))

    def row_after(self) -> None:
        self.screen.show(self._now.stepped(1))

    def row_first(self) -> None:
        self.screen.show(self._now.stepped(-(10**9)))

    def row_last(self) -> None:
        self.screen.show(self._now.stepped(10**9))

    def every_mistake(self) -> None:
        self.screen.show(self._now.every())

    def other_split(self) -> None:
        if len(self._now.splits) > 1:
            self.screen.show(self._now.on_next_split())
        else:
            self.screen.say(f"These data have a {self._now.split} split only")

    def present(self) -> None:
        self.screen.look_again()

    # showing --------------------------------------------------------------------------------------------------------

    def explain_view(self) -> None:
        self.screen.explain()

    def zoom_view(self) -> None:
        self.screen.zoom()

    def save_view(self) -> None:
        self.screen.say(written(self._stem(), "txt", self.screen.text()))

    def save_view_picture(self) -> None:
        self.screen.say(written(self._stem(), "svg", self.app.export_screenshot()))

    def _stem(self) -> str:
        now = self._now
        epoch = now.judgement.epoch if now.judgement is not None else 0
        return f"mlj-{now.dataset or 'run'}-{now.view}-epoch-{epoch}"

    def help(self) -> None:
        from tui.screens.keys import KeysScreen

        self.app.push_screen(KeysScreen(plain(self.screen.main.view.HELP), self.app.ascii_only, "analyse"))

    def close(self) -> None:
        """Out of the cell that is open, then back to the Lab."""
        before = self._now.closed()
        if before is not None:
            self.screen.show(before)
        else:
            self.screen.dismiss()
            self.app.laboratory.changed()

"""A screen of one table: asks the worker for what is shown of it, and shows the answers that are still wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from tui.cells import COLUMNS, ROWS, WIDEST
from tui.exploration import BUNDLED, Exploration
from tui.feed import safe
from tui.hints import LONGEST, sentence
from tui.screens.alone import Alone
from tui.screens.inquiry import Inquiry
from tui.text import plural, shortened
from tui.widgets.crumbs import CrumbLine, Title
from tui.widgets.examined import TextLine
from tui.widgets.grid import Grid
from tui.widgets.panel import Panel

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply
    from tui.app import MljApp

SETTLED = 0.12  # seconds the cursor rests in a column before it is asked about
GONE = "The worker was gone: another reads the table again"


class Tabular(Alone, Screen[None]):
    """Keeps the exploration that is shown. Who makes one says how it is laid out and what keys do."""

    def __init__(self, app: MljApp, exploration: Exploration) -> None:
        super().__init__()
        self.mlj, self.exploration = app, exploration
        self.inquiry = Inquiry(app.runner, self._gone)
        self.zoomed = False
        self.past: list[Exploration] = []  # before each step
        self.tries = 0  # of another worker, without an answer
        self._head, self._crumbs, self._said, self._line = Title(), CrumbLine(), TextLine(), TextLine()
        self.grid, self.panel = Grid(), Panel()

    # showing --------------------------------------------------------------------------------------------------------

    def show(self, exploration: Exploration) -> None:
        """Show an exploration, and ask for what it lacks."""
        self.exploration = exploration
        self.set_class(exploration.view != "column", "-view")
        self.set_class(self.zoomed, "-zoomed")
        self.grid.target, self.grid.sorted_by = exploration.target, exploration.sorted_by()
        self.grid.again()
        self.panel.look(exploration)
        self._head.look(exploration)
        self._crumbs.look(exploration)
        lines = exploration.line.split("\n")
        first = next((line for line in lines if line and not line.startswith(("import ", "from "))), "")
        more = f"  E: {plural(len(lines) - 1, 'more line')}" if len(lines) > 1 else ""
        self._line.say(f">>> {shortened(first, max(self.size.width - 6 - len(more), 20))}{more}" if first else "")
        if exploration.head is None:
            return
        if exploration.view == "column":
            if exploration.facts is None and exploration.column:
                self.set_timer(SETTLED, self._ask_facts)
        elif exploration.chart is None and not exploration.message:
            self.set_timer(SETTLED, self._ask_view)
        elif exploration.point is not None and exploration.row is None:
            self._ask_row(exploration.place or 0)

    def say(self, text: str, seconds: float = 4.0) -> None:
        """A sentence, until the next one."""
        if self.is_attached:
            self._said.say(shortened(safe(text, 400), max(self.size.width - 2, 20)), loud=True)

    def changed(self, at_once: bool = False) -> None:
        """The Lab beneath has news: nothing of it is shown here."""

    # asking ---------------------------------------------------------------------------------------------------------

    def reread(self) -> None:
        """Ask for the table from its file; what is in memory stays where the file is the same."""
        self.mlj.ensure_worker()
        self.grid.words = f"reading {self.exploration.crumbs[0]}"
        self.attempt(self.exploration, lambda problem: None, again=True)

    def attempt(self, wanted: Exploration, then: Callable[[str], None], again: bool = False) -> None:
        """Another table, or other steps. `then` gets what is wrong with them, or nothing when it is shown.

        Until the answer is there the table stays as it is, and where it is an error for good.
        """

        def answered(reply: Reply) -> None:
            if not self.is_attached:
                return
            if reply.error is not None:
                problem = self.wrong(reply)
                self.say(problem)
                if self.exploration.head is None and wanted.steps:
                    self._bare(wanted, then, problem)
                    return
                if self.exploration.head is None:
                    self.grid.words = f"{problem}{'.' * problem[-1:].isalnum()} o: another table, r: read it again"
                    self.grid.again()
                then(problem)
                return
            self.tries = 0
            self._opened(wanted, reply)
            then("")

        self.inquiry.ask("head", answered, "OpenTable", of=wanted.of, again=again)

    def _bare(self, wanted: Exploration, then: Callable[[str], None], problem: str) -> None:
        """The table without the steps it was to be opened with: its file is not the one they were taken of."""

        def told(wrong: str) -> None:
            self.say(wrong or f"its steps are left out: {problem}")
            then(wrong)

        self.past.clear()
        self.attempt(wanted._replace(steps=()), told)

    def _opened(self, wanted: Exploration, reply: Reply) -> None:
        head = reply.value
        self.inquiry.forget("rows", "row", "facts", "view", "trial")
        self.grid.open(head, wanted.column, stay=wanted.steps == self.exploration.steps)  # type: ignore[arg-type]
        column = self.grid.here
        target = wanted.target if wanted.target in self.grid.head.names else ""  # type: ignore[union-attr]
        if wanted.path == BUNDLED:
            wanted = wanted._replace(path=head.where)  # type: ignore[union-attr]  # where the worker has put it
        found = wanted._replace(head=head, column=column, target=target)  # type: ignore[arg-type]
        found = found._replace(facts=None, chart=None, place=None, cells=None, message="")
        self.show(found)
        self.say(self._left())
        self._fetch()

    def wrong(self, reply: Reply) -> str:
        """What is wrong in one sentence; the file by its name alone, whatever folder it is in."""
        said = sentence(reply.error, LONGEST + len(self.exploration.path)) if reply.error is not None else ""
        path = safe(self.exploration.path, len(self.exploration.path))
        return shortened(said.replace(path, self.exploration.crumbs[0]) if path else said, LONGEST)

    def _left(self) -> str:
        """What is left of the table."""
        head = self.exploration.head
        if head is None:
            return ""
        if not self.exploration.steps:
            return "; ".join(head.notes) or self.exploration.size
        return f"{self.exploration.size} are left; u takes the step back"

    def _fetch(self) -> None:
        """Ask for the cells that are lacking, a block at a time."""
        lacking = self.grid.missing() if self.is_attached else None
        if lacking is None or self.inquiry.busy("rows"):
            return

        def taken(reply: Reply) -> None:
            self.grid.take(reply.value)  # type: ignore[arg-type]
            self._fetch()

        first, left = lacking
        self._read("rows", taken, first=first, rows=ROWS, left=left, columns=COLUMNS)

    def _read(self, what: str, taken: Callable[[Reply], None], **cells: int) -> None:
        """Ask for cells; what comes after another step does not count, and an error is said."""
        steps = self.exploration.steps

        def answered(reply: Reply) -> None:
            if not self.is_attached or steps != self.exploration.steps:
                return
            if reply.error is not None:
                self.say(self.wrong(reply))
            else:
                taken(reply)

        self.inquiry.ask(what, answered, "ReadRows", of=self.exploration.of, **cells)

    def _ask_facts(self) -> None:
        """Ask about the column under the cursor, once it rests there."""
        now = self.exploration
        if not self.is_attached or now.facts is not None or now.view != "column" or now.head is None or not now.column:
            return

        def answered(reply: Reply) -> None:
            if reply.error is None and self.exploration.column == now.column:
                self.show(self.exploration._replace(facts=reply.value))  # type: ignore[arg-type]
            elif reply.error is not None:
                self.say(self.wrong(reply))

        self.inquiry.ask("facts", answered, "DescribeColumn", of=now.of, column=now.column)

    def _ask_view(self) -> None:
        """Ask for the view."""
        now = self.exploration
        if not self.is_attached or now.chart is not None or now.view == "column" or now.head is None:
            return
        asked = now.view, now.turn, now.column, now.target

        def answered(reply: Reply) -> None:
            here = self.exploration
            if not self.is_attached or asked[:2] != (here.view, here.turn):
                return
            if reply.error is not None:
                self.show(here._replace(message=self.wrong(reply)))
            else:
                self.show(here._replace(chart=reply.value, message=""))  # type: ignore[arg-type]

        self.inquiry.ask(
            "view", answered, "DrawView", of=now.of, view=now.view, column=now.column, target=now.target, turn=now.turn
        )

    def _ask_row(self, place: int) -> None:
        """Ask for all that stands in a row."""

        def taken(reply: Reply) -> None:
            self.show(self.exploration._replace(cells=reply.value))  # type: ignore[arg-type]

        self._read("row", taken, first=place, rows=1, columns=WIDEST)

    def _gone(self) -> None:
        """Nobody is there to ask: another worker reads the table again, and takes every step once more."""
        self.tries += 1
        if self.tries < 3 and self.is_attached:
            self.say(GONE)
            self.inquiry.forget()
            self.set_timer(0.1, self.reread)
        else:
            self.say("No worker can be started: r tries again")

"""Data: a table looked at before anything is learned: rows, a column or a view beside them, what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from tui.commands import commands
from tui.exploration import OF_TARGET, Exploration, Step
from tui.feed import safe
from tui.screens.deeds.tabling import Tabling
from tui.screens.tabular import Tabular
from tui.text import exact
from tui.widgets.crumbs import CrumbLine
from tui.widgets.grid import Grid
from tui.widgets.keyline import KeyLine
from tui.widgets.panel import Panel
from tui.widgets.prompt import Prompt
from tui.widgets.strip import SMALLEST, Cramped

if TYPE_CHECKING:
    from mlcore.worker.protocol import Reply, TableHead
    from tui.app import MljApp

MODE = "data"
WIDE = 104  # columns from which the panel stands beside the table
TYPING = 0.25  # seconds of no key after which what is typed is tried
THEN = {"group": "bars", "top": "bars"}  # the view that shows what a step has made


def nothing(problem: str) -> None:
    """Nobody needs to know."""


class DataScreen(Tabular):
    """Asks the worker for what is shown of one table. What keys do is in `deeds/tabling.py`."""

    CSS_PATH: ClassVar[list[str]] = ["../styles/sheets.tcss", "../styles/data.tcss"]  # type: ignore[assignment]
    AUTO_FOCUS = ""
    mode = MODE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(command.keys, f"do('{command.id}')", command.title, id=f"data.{command.id}")
        for command in commands(MODE)
        if command.id not in ("palette", "interrupt", "leave")
    ]

    def __init__(self, app: MljApp, exploration: Exploration) -> None:
        super().__init__(app, exploration)
        self.watched = app.feed.frame().run if app.runner.alive and not app.runner.takes_starts else ""
        steps = exploration.steps
        self.past = [exploration._replace(steps=steps[:place]) for place in range(len(steps))]
        self.prompt = Prompt()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._crumbs
        yield self.prompt
        with Container(id="rooms"):
            yield self.grid
            yield self.panel
        yield self._said
        yield self._line
        yield KeyLine(mode=MODE)
        yield Cramped()

    def on_mount(self) -> None:
        """Ask for the table."""
        self.set_focus(self.grid)
        self.show(self.exploration)
        self.reread()

    def on_resize(self, event: events.Resize) -> None:
        """The panel below the table, or beside it."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-cramped")
        self.call_after_refresh(self._fetch)

    # moving and typing ----------------------------------------------------------------------------------------------

    def on_grid_moved(self, message: Grid.Moved) -> None:
        """The cursor is elsewhere."""
        if message.column:
            self.show(self.exploration.on(self.grid.here)._replace(message=""))
        self._fetch()

    def on_grid_headed(self) -> None:
        """A heading was clicked."""
        self.action_do("table_sort")

    def on_panel_chosen(self, message: Panel.Chosen) -> None:
        """A view was clicked; the one that is shown already comes in its next kind."""
        self.show(self.exploration.seen(message.view))

    def on_panel_moved(self, message: Panel.Moved) -> None:
        """Another part of the view, or another point of it: its row in the table, too."""
        self.show(message.exploration)
        if message.exploration.point is not None and message.exploration.place is not None:
            self.grid.to(message.exploration.place, self.grid.column)

    def on_panel_aimed(self, message: Panel.Aimed) -> None:
        """The next point in a direction."""
        self.on_panel_moved(Panel.Moved(self.exploration.moved(message.down, message.across, self.grid.row)))

    def on_crumb_line_chosen(self, message: CrumbLine.Chosen) -> None:
        """A step was clicked: back to it."""
        steps = self.exploration.steps[: message.place]
        if len(steps) < len(self.exploration.steps):
            self.change(steps)

    def on_prompt_typed(self, message: Prompt.Typed) -> None:
        """Try what is typed, a moment after the last key, and say what would be left."""
        self.set_timer(TYPING, lambda: self._try(message.text))

    def _try(self, text: str) -> None:
        if not self.is_attached or not self.prompt.display or text != self.prompt.text or not text.strip():
            return
        step = self._typed(text)
        if step is None:
            return

        def answered(reply: Reply) -> None:
            if not self.is_attached or self.prompt.text != text:
                return
            if reply.error is not None:
                self.prompt.tell(self.wrong(reply), True)
            else:
                head, before, left = self.exploration.head, "", cast("TableHead", reply.value).rows
                if step["kind"] == "filter" and head is not None:
                    before = f" of {exact(head.rows)}"
                self.prompt.tell(f"{exact(left)}{before} rows: enter takes it")

        of = self.exploration._replace(steps=(*self.exploration.steps, step)).of
        self.inquiry.ask("trial", answered, "OpenTable", of=of)

    def _typed(self, text: str) -> Step | None:
        """The step that is typed; None where it is none, which is said."""
        names = self.exploration.head.names if self.exploration.head is not None else ()
        try:
            return self.prompt.step(text, names)
        except ValueError as error:
            self.prompt.tell(safe(str(error), 300), True)
            return None

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Take the step, or say what is wrong and let it be mended."""
        if not message.text.strip():
            self.prompt.close()
            self.set_focus(self.grid)
            return
        step = self._typed(message.text)
        if step is not None:
            self.take(step, self._answered_prompt)

    def _answered_prompt(self, problem: str) -> None:
        if problem:
            self.prompt.tell(problem, True)
        else:
            self.prompt.close()
            self.set_focus(self.grid)

    def take(self, step: Step, then: Callable[[str], None] = nothing) -> None:
        """One step more."""
        self.change((*self.exploration.steps, step), then, THEN.get(step["kind"], ""))

    def change(self, steps: tuple[Step, ...], then: Callable[[str], None] = nothing, view: str = "") -> None:
        """Other steps, which can be taken back."""
        before = self.exploration
        wanted = before._replace(steps=steps, view=view or before.view, turn=0 if view else before.turn, top=(0, 0))

        def done(problem: str) -> None:
            if not problem:
                self.past.append(before)
            then(problem)

        self.attempt(wanted, done)

    def aim(self, target: str) -> None:
        """Another column to be learned; views that look at it are asked for anew."""
        chart = None if self.exploration.view in OF_TARGET else self.exploration.chart
        self.show(self.exploration._replace(target=target, chart=chart, message=""))

    def leave(self) -> None:
        """Back to the Lab; a run that was watched before is watched again."""
        of = self.exploration
        if of.head is not None:
            self.mlj.explored[of.path] = Exploration(of.path, of.format, of.steps, target=of.target, column=of.column)
        self.inquiry.forget()
        self.dismiss()
        if self.watched:
            self.mlj.open_target(self.watched)
        self.mlj.laboratory.changed()

    def action_do(self, identity: str) -> None:
        """Do what a key, a click on the key line or the palette asks for."""
        Tabling(self.mlj, self).do(identity)

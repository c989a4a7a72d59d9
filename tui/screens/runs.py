"""The table of runs: filtered, sorted, tagged, pinned, put away and brought back; enter opens one."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from tui.commands import commands
from tui.screens import glances
from tui.screens.keys import KeysScreen
from tui.screens.shelving import Shelving
from tui.widgets.keyline import KeyLine
from tui.widgets.ledger import Ledger

if TYPE_CHECKING:
    from mlcore.shelf import Glance
    from tui.app import MljApp

OWN = ("palette", "interrupt", "leave", "close")  # of the app, and what has more keys here
TYPING = 0.15  # seconds of no key after which a filter is tried
AGAIN = 2.0  # seconds between two looks at the disk while a run is going on


class RunsScreen(Shelving):
    """Every run. Dismissed with the folder of one to open, those of several to compare, or nothing.

    Folders, since a copied folder has its original's id.
    """

    CSS_PATH = "../styles/sheets.tcss"
    AUTO_FOCUS = "Ledger"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(each.keys, f"do('{each.id}')", each.title) for each in commands("runs") if each.id not in OWN),
        Binding("escape,o,q", "close"),
    ]

    mode = "runs"

    def __init__(self, app: MljApp, chosen: tuple[str, ...] = ()) -> None:
        super().__init__("runs")
        self._chosen = chosen
        self._mlj, self._root = app, app.options.runs_dir
        self._filter, self._sort, self._reverse = "", -1, False

    def compose(self) -> ComposeResult:
        yield Static(Content(" runs"), id="title")
        yield Input(placeholder="tag:lesson data:moons lr>=0.01 -act:none acc>0.9 state:finished", id="filter")
        yield Ledger(glances.COLUMNS, "reading")
        yield Static(id="about")
        yield KeyLine(mode="runs")

    def on_mount(self) -> None:
        """Read the folder without making anybody wait."""
        self.query_one(Input).display = False
        self._ledger.chosen = set(self._chosen)
        self._read()
        self.set_interval(AGAIN, self._again)

    # reading --------------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        if any(each.status.state == "running" for each in self._found):
            self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        from mlcore import MljError, shelf

        try:
            found = shelf.look(self._root, tuple(self._found))
            for each in found:
                if self._rows.get(each.key, (None,))[0] is not each:
                    self._rows[each.key] = each, glances.line(each)
        except MljError as error:
            self.app.call_from_thread(self._refused, error)
            return
        self.app.call_from_thread(self._fill, found)
        for each in found:
            _ = each.facts  # found out here, not when somebody filters

    def _fill(self, found: list[Glance] | None = None) -> None:
        """The rows the filter lets through, in the order asked for; a filter that cannot be is said."""
        from mlcore import MljError, shelf

        if not self.is_attached:
            return
        self._found = self._found if found is None else found
        try:
            chosen = shelf.picked(self._found, self._filter)
        except MljError as error:
            self._refused(error)
            return
        name = glances.SORTS[self._sort] if self._sort >= 0 else ""
        try:
            chosen = shelf.wanted(chosen, name, self._reverse)
        except MljError:  # no run has it yet
            chosen = shelf.wanted(chosen)
        ledger = self._ledger
        ledger.sorted_by, ledger.reversed = self._sort, self._reverse
        ledger.chosen &= {each.key for each in self._found}
        nothing = "none is let through: esc in the filter takes it away" if self._found else ""
        ledger.put(
            [self._rows[each.key][1] for each in chosen],
            nothing or "No run yet: one is written down once it has lived half a second",
        )
        title = glances.title(len(chosen), len(self._found), self._filter, len(ledger.chosen))
        self.query_one("#title", Static).update(Content(title))
        if monotonic() >= self._said_until:
            self._about()

    def _about(self) -> None:
        """The run under the cursor in a sentence or two."""
        here = self._here
        self._say("" if here is None else glances.about(here))
        self._said_until = 0.0

    # keys -----------------------------------------------------------------------------------------------------------

    def on_ledger_moved(self) -> None:
        """Another run is under the cursor."""
        self._about()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        """Open it."""
        self.dismiss((event.key,))

    def on_ledger_headed(self, event: Ledger.Headed) -> None:
        """A heading was clicked: sort by it, a second time the other way round."""
        self._reverse = event.column == self._sort and not self._reverse
        self._sort = event.column
        self._fill()

    def action_runs_sort(self) -> None:
        """By the next column; after the last as they came."""
        self._sort = self._sort + 1 if self._sort + 1 < len(glances.SORTS) else -1
        self._reverse = False
        self._fill()

    def action_runs_reverse(self) -> None:
        """The other way round."""
        self._reverse = not self._reverse
        self._fill()

    def action_runs_filter(self) -> None:
        """Type a filter; rows follow while it is typed."""
        field = self.query_one(Input)
        field.display = True
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A moment after the last key."""
        self.set_timer(TYPING, lambda: self._typed(event.value))

    def _typed(self, text: str) -> None:
        if self.is_attached and text == self.query_one(Input).value and text != self._filter:
            self._filter, self._said_until = text, 0.0
            self._fill()

    def on_input_submitted(self) -> None:
        """Back to the rows."""
        self._typed(self.query_one(Input).value)
        self._leave_filter()

    def _leave_filter(self) -> None:
        field = self.query_one(Input)
        field.display = bool(field.value)
        self._ledger.focus()

    def action_runs_choose(self) -> None:
        """Choose the run under the cursor, or no longer."""
        if self._ledger.here:
            self._ledger.chosen ^= {self._ledger.here.key}
            self._ledger.action_move(1)
            self._fill()

    def action_runs_compare(self) -> None:
        """Several chosen, or the one under the cursor beside the run of the Lab."""
        folders = tuple(each.key for each in self._meant)
        mine = self._mlj.feed.frame().run
        if len(folders) == 1 and mine:
            folders = (*(each.key for each in self._found if each.run.id == mine and each.key not in folders), *folders)
        if len(folders) < 2:
            self._say("Choose two or more with space, then v compares them", True)
        else:
            self.dismiss(folders)

    def changed(self, at_once: bool = False) -> None:
        """The Lab beneath has news: nothing of it is shown here."""

    def say(self, text: str, seconds: float = 4.0) -> None:
        """A sentence for a person."""
        self._say(text, True)

    def action_do(self, identity: str) -> None:
        """Do what a key, a click on the key line or the palette asks for."""
        getattr(self, f"action_{identity}")()

    def action_help(self) -> None:
        """Every key."""
        self.app.push_screen(KeysScreen(" ".join(glances.HELP.split()), self._mlj.ascii_only, "runs"))

    def action_close(self) -> None:
        """Out of the filter, then back to the Lab."""
        field = self.query_one(Input)
        if field.has_focus or field.value:
            field.value = ""
            self._typed("")
            self._leave_filter()
        else:
            self.dismiss(())

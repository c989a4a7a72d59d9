"""The table of runs: filtered, sorted, tagged, pinned, put away and brought back; enter opens one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from tui.commands import commands
from tui.feed import safe
from tui.screens import glances
from tui.screens.dialogs import ValueDialog
from tui.screens.keys import KeysScreen
from tui.text import plural
from tui.widgets.keyline import KeyLine
from tui.widgets.ledger import Ledger

if TYPE_CHECKING:
    from mlcore.shelf import Glance, Labels
    from tui.app import MljApp

TYPING = 0.15  # seconds of no key after which a filter is tried
AGAIN = 2.0  # seconds between two looks at the disk while a run is going on


class RunsScreen(Screen[tuple[str, ...]]):
    """Every run. Dismissed with the folder of one to open, those of several to compare, or nothing.

    Folders, since a copied folder has its original's id.
    """

    CSS_PATH = "../styles/sheets.tcss"
    AUTO_FOCUS = "Ledger"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(each.keys, each.id, each.title) for each in commands("runs") if each.mode == "runs"),
        Binding("question_mark", "help"),
        Binding("escape,o,q", "close"),
    ]

    def __init__(self, app: MljApp, chosen: tuple[str, ...] = ()) -> None:
        super().__init__(id="runs")
        self._chosen = chosen
        self._mlj, self._root = app, app.options.runs_dir
        self._found: list[Glance] = []
        self._filter, self._sort, self._reverse = "", -1, False
        self._gone: list[list[str]] = []  # ids put into the bin, by key press

    def compose(self) -> ComposeResult:
        yield Static(Content(" runs"), id="title")
        yield Input(placeholder="tag:lesson data:moons lr>=0.01 -act:none acc>0.9 state:finished", id="filter")
        yield Ledger(glances.COLUMNS, "reading")
        yield Static(id="about")
        yield KeyLine("runs")

    def on_mount(self) -> None:
        """Read the folder without making anybody wait."""
        self.query_one(Input).display = False
        self._ledger.chosen = set(self._chosen)
        self._read()
        self.set_interval(AGAIN, self._again)

    @property
    def _ledger(self) -> Ledger:
        return self.query_one(Ledger)

    @property
    def _here(self) -> Glance | None:
        line = self._ledger.here
        return next((each for each in self._found if line and each.key == line.key), None)

    @property
    def _meant(self) -> list[Glance]:
        """The chosen ones, else the one under the cursor."""
        chosen = [each for each in self._found if each.key in self._ledger.chosen]
        return chosen or ([self._here] if self._here else [])

    # reading --------------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        if any(each.status.state == "running" for each in self._found):
            self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        from mlcore import MljError, shelf

        try:
            found = shelf.look(self._root)
            for each in found:
                _ = each.facts, each.status  # read here, not while somebody waits
        except MljError as error:
            self.app.call_from_thread(self._say, str(error), True)
            return
        self.app.call_from_thread(self._take, found)

    def _take(self, found: list[Glance]) -> None:
        self._found = found
        self._fill()

    def _fill(self) -> None:
        """The rows the filter lets through, in the order asked for; a filter that cannot be is said."""
        from mlcore import MljError, shelf

        if not self.is_mounted:
            return
        try:
            chosen = shelf.picked(self._found, self._filter)
        except MljError as error:
            self._say(f"{error}. {error.hint}", True)
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
            [glances.line(each) for each in chosen],
            nothing or "No run yet: one is written down once it has lived half a second",
        )
        title = glances.title(len(chosen), len(self._found), self._filter, len(ledger.chosen))
        self.query_one("#title", Static).update(Content(title))
        self._about()

    def _about(self) -> None:
        """The run under the cursor in a sentence or two."""
        here = self._here
        if here is None:
            self._say("")
            return
        self._say(glances.about(here))

    def _say(self, text: str, problem: bool = False) -> None:
        if self.is_mounted:
            self.query_one("#about", Static).update(Content.styled(text, "$warning" if problem else "$text-muted"))

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
        if self.is_mounted and text == self.query_one(Input).value and text != self._filter:
            self._filter = text
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

    def action_runs_pin(self) -> None:
        """Pin, or no longer."""
        meant = self._meant
        pinned = not all(each.labels.pinned for each in meant)
        self._label(lambda labels: labels.pinned_as(pinned), meant)

    def action_runs_tags(self) -> None:
        """All tags of the run at once; of several chosen, tags to add."""
        meant = self._meant
        before = meant[0].labels.tags if len(meant) == 1 else ()
        help = "words with blanks between" + ("" if len(meant) == 1 else f"; added to {len(meant)} runs")

        def check(text: str) -> str:
            tags = tuple(text.split())
            drop = tuple(tag for tag in before if tag not in tags)
            return self._label(lambda labels: labels.tagged(tags, drop), meant)

        if meant:
            self.app.push_screen(ValueDialog("Tags", help, " ".join(before), check))

    def action_runs_note(self) -> None:
        """A sentence about the run."""
        meant = self._meant[:1]

        def check(text: str) -> str:
            return self._label(lambda labels: labels.noted(text), meant)

        if meant:
            name = safe(meant[0].run.name)
            self.app.push_screen(ValueDialog(f"Note to {name}", "empty takes it away", meant[0].labels.note, check))

    def _label(self, change: Callable[[Labels], Labels], meant: list[Glance]) -> str:
        from mlcore import MljError, shelf

        try:
            for each in meant:
                each.labels = shelf.label(each.run, change)
                each.__dict__.pop("facts", None)
        except MljError as error:
            self._say(f"{error}. {error.hint}", True)
            return f"{error}. {error.hint}"
        self._fill()
        return ""

    def action_runs_delete(self) -> None:
        """Into the bin."""
        from mlcore import MljError, shelf

        gone: list[str] = []
        problem = ""
        for each in self._meant:
            try:
                gone += [run.id for run in shelf.discard(each.run)][:1]
                self._found.remove(each)
            except MljError as error:
                problem = f"{error}. {error.hint}"
        if gone:
            self._gone.append(gone)
        self._fill()
        told = f"{plural(len(gone), 'run')} in the bin for 30 days: u brings back, mlj runs restore too"
        self._say(problem or told, bool(problem))

    def action_runs_restore(self) -> None:
        """Bring back what was deleted last; before anything was, what lies on top of the bin."""
        from mlcore import MljError, shelf

        back: list[str] = []
        try:
            for which in self._gone.pop() if self._gone else ["last"]:
                back += [run.name for run in shelf.restore(which, self._root)]
        except MljError as error:
            self._say(f"{error}. {error.hint}", True)
        if back:
            self._read()
            self._say(f"{safe(', '.join(back), 200)} is back")

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

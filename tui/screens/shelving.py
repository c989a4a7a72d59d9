"""What keys do to the runs of the table: names, tags, notes, pins, into the bin and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.feed import safe
from tui.hints import sentence
from tui.screens import glances
from tui.screens.alone import Alone
from tui.screens.dialogs import ValueDialog
from tui.text import plural
from tui.widgets.ledger import Ledger, Line

if TYPE_CHECKING:
    from mlcore import MljError
    from mlcore.shelf import Glance, Labels

READ = 4.0  # seconds a sentence is read


class Shelving(Alone, Screen[tuple[str, ...]]):
    """A screen with a table of runs. Who makes one says how it is read and filled."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._root: Path | None = None
        self._found: list[Glance] = []
        self._rows: dict[str, tuple[Glance, Line]] = {}  # as drawn
        self._said_until = 0.0  # while somebody reads what was said, no look at the disk wipes it away
        self._undo: list[Callable[[], object]] = []  # what takes back a deletion or a new name

    def _read(self) -> object:
        raise NotImplementedError

    def _fill(self, found: list[Glance] | None = None) -> None:
        raise NotImplementedError

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

    def _refused(self, error: MljError) -> str:
        """Say what is wrong."""
        words = sentence(error, 300)
        self._say(words, True)
        return words

    def _say(self, text: str, problem: bool = False) -> None:
        self._said_until = monotonic() + READ
        if self.is_attached:
            self.query_one("#about", Static).update(Content.styled(text, "$warning" if problem else "$text-muted"))

    def action_runs_rename(self) -> None:
        """Another name for the run under the cursor."""
        here = self._here

        def check(text: str) -> str:
            return self._rename(here.key, text, undo=True) if here else ""

        if here:
            help = "what it is found by; nothing else of the run changes"
            self.app.push_screen(ValueDialog("Name of the run", help, safe(here.run.name), check))

    def _rename(self, key: str, name: str, undo: bool) -> str:
        """Rename a run; what is wrong with that, or nothing."""
        from mlcore import MljError, shelf

        each = next((each for each in self._found if each.key == key), None)
        if each is None or name == each.run.name:
            return ""
        old = each.run.name
        try:
            shelf.rename(each.run, name, self._root)
        except MljError as error:
            return self._refused(error)
        if undo:
            self._undo.append(lambda: self._rename(key, old, undo=False))
        each.__dict__.pop("facts", None)
        self._rows[key] = each, glances.line(each)
        self._fill()
        self._say(f"{safe(old)} is called {safe(each.run.name)} now" + (": u takes it back" if undo else ""))
        return ""

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
                self._rows[each.key] = each, glances.line(each)
        except MljError as error:
            return self._refused(error)
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
                problem = sentence(error)
        if gone:
            self._undo.append(lambda: self._bring_back(gone))
        self._fill()
        told = f"{plural(len(gone), 'run')} in the bin for 30 days: u brings back, mlj runs restore too"
        self._say(problem or told, bool(problem))

    def action_runs_restore(self) -> None:
        """Undo the last deletion or renaming; before there was any, bring back what lies on top of the bin."""
        if self._undo:
            self._undo.pop()()
        else:
            self._bring_back(["last"])

    def _bring_back(self, gone: list[str]) -> None:
        from mlcore import MljError, shelf

        back: list[str] = []
        try:
            for which in gone:
                back += [run.name for run in shelf.restore(which, self._root)]
        except MljError as error:
            self._refused(error)
        if back:
            self._read()
            self._say(f"{safe(', '.join(back), 200)} is back")

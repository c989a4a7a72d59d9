"""Go to: the last run, recipes, files and runs in one list, by a few letters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.feed import safe
from tui.screens.alone import Alone
from tui.text import percent
from tui.widgets.ledger import Column, Ledger, Line

if TYPE_CHECKING:
    from tui.app import MljApp

COLUMNS = (Column("", 8), Column("name", 26), Column("about"))
LISTED = 8  # files of one folder offered


class GoScreen(Alone, ModalScreen[str]):
    """Dismissed with what to open: `last`, a recipe, a path, a run's folder; or nothing."""

    CSS_PATH = "../styles/sheets.tcss"
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close")]

    def __init__(self, app: MljApp) -> None:
        super().__init__(id="goto")
        self._mlj = app
        self._recipes = [
            Line(name, ("recipe", name, line)) for name, line in sorted(app.recipe_lines.items(), key=lambda x: x[0])
        ]
        self._runs: list[Line] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "go to"
            sheet.border_subtitle = "letters, up down, enter opens, esc goes back"
            yield Input(placeholder="a recipe, a run, or the path of a .toml file")
            yield Ledger(COLUMNS, "nothing is called so")

    def on_mount(self) -> None:
        """What is known at once; the runs follow."""
        self._fill("")
        self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        from mlcore import MljError, form, shelf

        lines = []
        try:
            for each in shelf.look(self._mlj.options.runs_dir):
                kind = form.data_name(each.config.get("dataset", {}))
                about = f"{kind}  {each.config.get('layers', '')}  {percent(each.accuracy)}  {each.status.state}"
                tags = " ".join(f"#{tag}" for tag in each.labels.tags)
                words = safe(f"{about}  {each.began}  {tags}", 200)
                lines.append(Line(each.key, ("run", safe(each.run.name), words), "!" if each.labels.pinned else " "))
        except MljError:
            pass  # no folder of runs: recipes are there all the same
        self.app.call_from_thread(self._take, lines)

    def _take(self, lines: list[Line]) -> None:
        self._runs = lines
        if self.is_attached:
            self._fill(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer, with every letter."""
        self._fill(event.value)

    def _fill(self, text: str) -> None:
        last = [Line("last", ("last run", *self._runs[0].cells[1:]))] if self._runs else []
        known = [*last, *self._recipes, *self._runs]
        words = text.lower().split()
        found = [line for line in known if all(word in " ".join(line.cells).lower() for word in words)]
        found.sort(key=lambda line: _distance(line, words))
        ledger = self.query_one(Ledger)
        ledger.cursor = 0
        ledger.put([*files(text), *found])
        ledger.go(ledger.lines[0].key if ledger.lines else "")

    def on_key(self, event: events.Key) -> None:
        """Arrows move in the list while letters go to the field."""
        step = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}.get(event.key)
        if step:
            self.query_one(Ledger).action_move(step)
            event.prevent_default().stop()

    def on_input_submitted(self) -> None:
        """Open the row under the cursor."""
        self.query_one(Ledger).action_open()

    def on_ledger_opened(self, event: Ledger.Opened) -> None:
        """Open it."""
        self.dismiss(event.key)

    def action_close(self) -> None:
        """Back to the Lab."""
        self.dismiss("")


def _distance(line: Line, words: list[str]) -> int:
    """Lines whose name holds what was typed before those that only say it."""
    return 0 if all(word in line.cells[1].lower() for word in words) else 1


def files(text: str) -> list[Line]:
    """The configuration files and folders of runs that a path typed so far may mean."""
    if not ("/" in text or text.endswith(".toml") or text.startswith("~")):
        return []
    path = Path(os.path.expanduser(text))
    try:
        if path.is_file() or (path / "run.json").is_file():
            return [Line(_target(path), ("file", safe(path.name, 80), safe(str(path), 200)))]
        folder, begin = (path, "") if text.endswith("/") else (path.parent, path.name)
        near = sorted(each for each in folder.iterdir() if each.name.startswith(begin))
        found = [each for each in near if each.suffix == ".toml" or (each / "run.json").is_file()]
    except OSError:
        return []
    return [Line(_target(each), ("file", safe(each.name, 80), safe(str(each), 200))) for each in found[:LISTED]]


def _target(path: Path) -> str:
    return str(path if path.is_absolute() else path.absolute())

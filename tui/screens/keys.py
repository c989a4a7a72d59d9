"""The help screen: every key of a screen by group, made from THE LIST, and how to read the pane in focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.commands import Command, commands
from tui.keys import shown
from tui.screens.alone import Alone


class KeysScreen(Alone, ModalScreen[None]):
    """All keys; arrows scroll, any other key of the list closes it."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss_help")]

    def __init__(self, reading: str, ascii_only: bool = False, mode: str = "lab") -> None:
        super().__init__()
        self._reading, self._ascii, self._mode = reading, ascii_only, mode

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="sheet") as sheet:
            sheet.border_title = "keys"
            sheet.border_subtitle = "arrows scroll, esc closes"
            yield Static(table(commands(self._mode), self._ascii))
            if self._reading:
                yield Static(Content(self._reading), classes="reading")

    def action_dismiss_help(self) -> None:
        """Close."""
        self.dismiss()


def table(listed: tuple[Command, ...], ascii_only: bool) -> Content:
    """Key, title and help of each command, by group; the changes of an experiment are learned at once."""
    groups = dict.fromkeys(command.group for command in listed)
    keys = {command.id: " ".join(shown(key, ascii_only) for key in command.keys.split(",")) for command in listed}
    width = max(7, *map(len, keys.values()))
    lines: list[Content] = []
    for group in groups:
        lines.append(Content.styled(group, "bold $accent"))
        for command in listed:
            if command.group == group:
                line = ((f"{keys[command.id]:>{width}}  ", "bold"), f"{command.title:<19}", (command.help, "$quiet"))
                lines.append(Content.assemble(*line))
        lines.append(Content())
    return Content("\n").join(lines[:-1])

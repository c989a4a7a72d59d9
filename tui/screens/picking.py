"""Small questions of the Build screen: one of several words, and a value that is checked while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, TypeAlias

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.dialogs import ValueDialog

Tell: TypeAlias = Callable[[str, bool], None]  # a sentence about what is typed, and whether it can be

LISTED = 5_000  # files of a folder looked at


class TypeDialog(ValueDialog):
    """A value to type. `trial` looks at every text as it is typed and tells, at once or later, what it would mean."""

    def __init__(
        self,
        title: str,
        help: str,
        value: str,
        check: Callable[[str], str],
        trial: Callable[[str, Tell], None],
        files: bool = False,
    ) -> None:
        super().__init__(title, help, value, check)
        self._about, self._trial, self._files = help, trial, files

    def on_mount(self) -> None:
        """Of a path the rest is offered: right takes it."""
        if self._files:
            self.query_one(Input).suggester = Paths(use_cache=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what this text would mean."""
        typed = event.value

        def tell(sentence: str, fits: bool) -> None:
            if self.is_running and self.query_one(Input).value == typed:
                style = "$quiet" if fits else "$warning"
                self.query_one("#hint", Static).update(Content.styled(sentence or self._about, style))

        self._trial(typed, tell)


class Paths(Suggester):
    """The first file or folder whose path begins like this."""

    async def get_suggestion(self, value: str) -> str | None:
        if not value:
            return None
        folder, _, start = value.rpartition("/")
        try:
            found = sorted(Path(f"{folder}/" if "/" in value else ".").expanduser().iterdir())[:LISTED]
        except OSError:
            return None
        names = [path.name + "/" * path.is_dir() for path in found if path.name.startswith(start)]
        return value.removesuffix(start) + names[0] if names and names[0].isprintable() else None


class PickDialog(ModalScreen[str]):
    """One of several words, each with a line about it; letters leave those that have them. Empty: nothing chosen."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel"),
        Binding("down", "move(1)", priority=True),
        Binding("up", "move(-1)", priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        super().__init__()
        self._title, self._choices, self._chosen = title, choices, chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog picker"):
            yield Static(Content(self._title), classes="sentence")
            yield Input(placeholder="letters of its name")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """Everything, the present choice marked."""
        self._fill("")

    def _fill(self, letters: str) -> None:
        found = [each for each in self._choices if letters.lower() in each[0].lower()]
        wide = max((len(word) for word, _ in self._choices), default=0) + 2
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(
            Option(Content.assemble((word.ljust(wide), "bold"), (line, "$quiet")), id=word) for word, line in found
        )
        words = [word for word, _ in found]
        listed.highlighted = words.index(self._chosen) if self._chosen in words else 0 if words else None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leave those with these letters."""
        self._fill(event.value.strip())

    def on_input_submitted(self) -> None:
        """The one under the cursor."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self.dismiss(str(listed.get_option_at_index(listed.highlighted).id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The one clicked."""
        self.dismiss(str(event.option.id))

    def action_move(self, step: int) -> None:
        """Another one under the cursor."""
        listed = self.query_one(OptionList)
        listed.action_cursor_down() if step > 0 else listed.action_cursor_up()

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.dismiss("")

    def on_click(self, event: events.Click) -> None:
        """A click beside the box closes it."""
        if event.widget is self:
            self.dismiss("")

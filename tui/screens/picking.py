"""Small questions of the Build screen: one of several words, and a value that is checked while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.feed import safe
from tui.screens.alone import Alone
from tui.screens.dialogs import ValueDialog
from tui.widgets.rows import padded

Tell: TypeAlias = Callable[[str, bool], None]  # a sentence about what is typed, and whether it can be


class TypeDialog(ValueDialog):
    """A value to type. `trial` looks at every text as it is typed and tells, at once or later, what it would mean."""

    def __init__(
        self,
        title: str,
        help: str,
        value: str,
        check: Callable[[str], str],
        trial: Callable[[str, Tell], None],
    ) -> None:
        super().__init__(title, help, value, check)
        self._about, self._trial = help, trial

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what this text would mean."""
        typed = event.value

        def tell(sentence: str, fits: bool) -> None:
            if self.is_running and self.query_one(Input).value == typed:
                style = "$quiet" if fits else "$warning"
                self.query_one("#hint", Static).update(Content.styled(sentence or self._about, style))

        self._trial(typed, tell)


KEYS = "up down choose, letters too, enter takes it, esc back"
MOST, AROUND = 19, 8  # choices shown at once, where there is room; rows of the dialog besides them


class PickDialog(Alone, ModalScreen[str]):
    """One of several words, each with a line about it; letters leave those that have them. Empty: nothing chosen."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel"),
        Binding("down", "move(1)"),
        Binding("up", "move(-1)"),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        super().__init__()
        self._title, self._choices, self._chosen = title, choices, chosen
        self._found = list(choices)  # those with the letters typed

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog picker") as dialog:
            dialog.border_subtitle = KEYS
            dialog.styles.height = min(len(self._choices), MOST) + AROUND
            yield Static(Content(self._title), classes="sentence")
            yield Input(placeholder="letters of its name")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """Everything, the present choice marked."""
        self._fill("")

    def _fill(self, letters: str) -> None:
        found = [each for each in enumerate(self._choices) if letters.lower() in each[1][0].lower()]
        self._found = [choice for _, choice in found]
        wide = min(max((len(word) for word, _ in self._choices), default=0), 48) + 2
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(
            Option(Content.assemble((padded(safe(word), wide), "bold"), (line, "$quiet")), str(place))
            for place, (word, line) in found
        )
        if not found:
            listed.add_option(Option(Content.styled("none has these letters", "$quiet"), disabled=True))
        words = [word for word, _ in self._found]
        listed.highlighted = words.index(self._chosen) if self._chosen in words else 0 if words else None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leave those with these letters."""
        self._fill(event.value.strip())

    def on_input_submitted(self) -> None:
        """The one under the cursor."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self.dismiss(self._found[listed.highlighted][0])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The one clicked, even where letters have changed the list since."""
        self.dismiss(self._choices[int(event.option_id or 0)][0])

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

"""The steps of a table to read, copy and keep: a script of pandas, the part of a recipe that takes them, the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.deeds.writing import written
from tui.widgets.headline import Headline
from tui.widgets.rows import clean

TABS = ("pandas", "recipe", "this view")
SUFFIXES = ("py", "toml", "py")


class ScriptScreen(ModalScreen[None]):
    """A tab for each. s saves the open one in the present folder, c copies it to the terminal's clipboard."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,E,q", "close"),
        Binding("right,tab", "turn(1)", priority=True),
        Binding("left,shift+tab", "turn(-1)", priority=True),
        Binding("s", "save"),
        Binding("c", "copy"),
    ]

    def __init__(self, texts: Sequence[str], stem: str) -> None:
        super().__init__()
        self._texts, self._stem = [text for text in texts if text], stem
        self._headline = Headline("", TABS[: len(self._texts)])

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet code") as sheet:
            sheet.border_title = "the steps"
            sheet.border_subtitle = "left right choose, s saves, c copies, esc done"
            yield self._headline
            with VerticalScroll():
                yield Static(id="text")
            yield Static(id="about")

    def on_mount(self) -> None:
        """Begin with the script."""
        self.query_one(VerticalScroll).focus()
        self._open(0)

    @property
    def place(self) -> int:
        """The tab that is open."""
        return self._headline.open

    def on_headline_opened(self, message: Headline.Opened) -> None:
        """A tab was clicked."""
        self._open(message.place)

    def _open(self, place: int) -> None:
        self._headline.open = place
        self._headline.again()
        text = "\n".join(clean(line) for line in self._texts[place].split("\n"))
        self.query_one("#text", Static).update(Content(text))
        self._say("")

    def _say(self, text: str) -> None:
        self.query_one("#about", Static).update(Content.styled(text, "$text-muted"))

    def action_turn(self, step: int) -> None:
        """The next one."""
        self._open((self.place + step) % len(self._texts))

    def action_save(self) -> None:
        """Into a new file."""
        self._say(written(self._stem, SUFFIXES[self.place], self._texts[self.place]))

    def action_copy(self) -> None:
        """To the terminal's clipboard."""
        self.app.copy_to_clipboard(self._texts[self.place])
        self._say("copied, where the terminal lets programs copy")

    def action_close(self) -> None:
        """Back to the table."""
        self.dismiss()

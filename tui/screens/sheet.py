"""A sheet of texts, a tab for each: read, saved in the present folder, copied."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.alone import Alone
from tui.widgets.headline import Headline
from tui.widgets.rows import clean


class Sheet(Alone, ModalScreen[None]):
    """Tabs over a text, a word about it below. Who has texts says what `opened`, `action_save`, `action_copy` do."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,E,q", "close"),
        Binding("right,tab", "turn(1)", priority=True),
        Binding("left,shift+tab", "turn(-1)", priority=True),
        Binding("s", "save"),
        Binding("c", "copy"),
    ]

    def __init__(self, title: str, tabs: tuple[str, ...]) -> None:
        super().__init__()
        self._title, self._tabs = title, len(tabs)
        self._headline = Headline("", tabs)

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet code") as sheet:
            sheet.border_title = self._title
            sheet.border_subtitle = "left right choose, s saves, c copies, esc done"
            yield self._headline
            with VerticalScroll():
                yield Static(id="text")
            yield Static(id="about")

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query_one(VerticalScroll).focus()
        self.action_open(0)

    @property
    def place(self) -> int:
        """The tab that is open."""
        return self._headline.open

    def opened(self, place: int) -> None:
        """Show the text of a tab."""
        raise NotImplementedError

    def show(self, text: str, word: str) -> None:
        """A text, in which no character steers the terminal, and a word about it."""
        lines = (clean(line.replace("\t", "    ")) for line in text.split("\n"))
        self.query_one("#text", Static).update(Content("\n".join(lines)))
        self.say(word)

    def say(self, word: str) -> None:
        """A word below the text."""
        self.query_one("#about", Static).update(Content.styled(word, "$quiet"))

    def copied(self, text: str) -> None:
        """Hand a text to the clipboard by OSC 52, which most terminals know, over ssh too."""
        self.app.copy_to_clipboard(text)
        self.say(f"copied: {len(text):,} characters, where the terminal lets programs copy (OSC 52)")

    def on_headline_opened(self, message: Headline.Opened) -> None:
        """A tab was clicked."""
        self.action_open(message.place)

    def action_open(self, place: int) -> None:
        """Open a tab."""
        self._headline.open = place
        self._headline.again()
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self.opened(place)

    def action_turn(self, step: int) -> None:
        """The next tab."""
        self.action_open((self.place + step) % self._tabs)

    def action_close(self) -> None:
        """Back."""
        self.dismiss()

"""Small questions over the Lab: what becomes of the run, and one value to type."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.screens.alone import Alone

CHOICES = (
    ("f", "finish", "train to the end first, then leave"),
    ("s", "stop", "stop after this step, then leave"),
    ("k", "keep training", "leave; it trains on in the background"),
    ("esc", "cancel", "stay here"),
)


class QuitDialog(Alone, ModalScreen[str]):
    """Asks what becomes of a run that is still going. Dismissed with finish, stop, keep or an empty word."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "answer('finish')"),
        Binding("s", "answer('stop')"),
        Binding("k,enter", "answer('keep')"),
        Binding("escape,q", "answer('')"),
        Binding("ctrl+c", "answer('stop')", priority=True),
    ]

    def __init__(self, sentence: str) -> None:
        super().__init__(id="quit")
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        rows = [
            Content.assemble((f" {key:>3} ", "$accent bold"), (f"{word:<14}", "bold"), text)
            for key, word, text in CHOICES
        ]
        with Vertical(classes="dialog"):
            yield Static(Content(self._sentence), classes="sentence")
            yield Static(Content("\n").join(rows))
            yield Static(Content("Come back to it with: mlj-tui last"), classes="hint")

    def action_answer(self, answer: str) -> None:
        """Close with the answer."""
        self.dismiss(answer)


class ValueDialog(Alone, ModalScreen[str]):
    """Asks for one value. `check` returns what is wrong with a text, or nothing; dismissed with the text or empty."""

    SEEN_THROUGH = True  # what is changed shows
    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel")]

    def __init__(self, title: str, help: str, value: str, check: Callable[[str], str]) -> None:
        super().__init__()
        self._title, self._help, self._value, self._check = title, help, value, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="sentence")
            yield Input(self._value, select_on_focus=True)
            yield Static(Content(self._help), classes="hint", id="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the value, or say what is wrong with it."""
        problem = self._check(event.value)
        if problem:
            self.query_one("#hint", Static).update(Content(problem))
        else:
            self.dismiss(event.value)

    def action_cancel(self) -> None:
        """Close without a value."""
        self.dismiss("")

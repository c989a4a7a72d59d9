"""The line in which a filter, a grouping or a top list is typed; columns are completed, its result stands below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from tui import exploration
from tui.exploration import Step, quoted


def _filter(text: str, names: Sequence[str]) -> Step:
    return {"kind": "filter", "where": text.strip()}


READ: dict[str, Callable[[str, Sequence[str]], Step]] = {
    "filter": _filter,
    "group": exploration.group,
    "top": exploration.top,
}
SHOWN = {
    "filter": "Sales > 100 and Region == 'N'",
    "group": "Product: sum Sales, mean Price",
    "top": "5 Product by Sales",
}

SIGNS = "=!<>+-*/%: "


class Prompt(Vertical):
    """Shown while something is typed. `kind`: filter, group or top."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", priority=True)]

    class Typed(Message):
        """Another letter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Typed):
        """enter."""

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.kind = "filter"
        self.names: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="kind")
            yield Offered(id="typed", suggester=Columns(self), select_on_focus=False)
        yield Static(id="told")

    def on_mount(self) -> None:
        """Not shown at first."""
        self.display = False

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(Input).value

    def open(self, kind: str, text: str, names: tuple[str, ...]) -> None:
        """Begin to type, over some text that is offered."""
        self.kind, self.names = kind, names
        self.display = True
        self.query_one("#kind", Static).update(Content.styled(f" {kind} ", "bold $accent"))
        line = self.query_one(Input)
        line.placeholder = SHOWN[kind]
        line.value = text
        line.cursor_position = len(text)
        self.tell("tab completes, enter takes it, esc leaves")
        line.focus()
        line.select_all()

    def close(self) -> None:
        """No longer."""
        self.display = False

    def tell(self, sentence: str, problem: bool = False) -> None:
        """What is typed would give this, or is wrong because of it."""
        self.query_one("#told", Static).update(Content.styled(sentence, "$warning" if problem else "$text-muted"))

    def step(self, text: str, names: Sequence[str]) -> Step:
        """What is typed, as a step. Raises ValueError."""
        return READ[self.kind](text, names)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Somebody is typing."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """It is complete."""
        event.stop()
        self.post_message(self.Submitted(event.value))

    def action_complete(self) -> None:
        """Take what is suggested."""
        self.query_one(Input).action_cursor_right()


class Offered(Input):
    """A line that holds what is offered: a name typed takes its place, a sign goes on with it."""

    async def _on_key(self, event: events.Key) -> None:
        if event.character and event.character in SIGNS and self.value and self.selected_text == self.value:
            self.cursor_position = len(self.value)
        await super()._on_key(event)


class Columns(Suggester):
    """Goes on with the name of a column, behind whatever stands before it."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._prompt = prompt

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text with the last word completed; None where nothing fits."""
        begun = re.search(r"(`[^`]*|[^\W\d]\w*)$", value)
        if begun is None:
            return None
        start = begun[1].lstrip("`").lower()
        for name in self._prompt.names:
            if name.isprintable() and name.lower().startswith(start) and len(name) > len(start):
                return value[: begun.start()] + quoted(name)
        return None

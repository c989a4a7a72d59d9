"""What the pane in focus shows, in words, and what to make of the run: for those who want to know, or do not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.advice import advice, plainly
from tui.frame import Frame
from tui.screens.alone import Alone
from tui.widgets.pane import Pane
from tui.widgets.rows import clean

ANEW = 0.5  # seconds


class ExplainScreen(Alone, ModalScreen[None]):
    """A sheet of sentences that keeps up with the run. frame: what there is to show now."""

    SEEN_THROUGH = True
    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,x,q", "dismiss_sheet")]

    def __init__(self, pane: Pane, frame: Callable[[], Frame], reading: str) -> None:
        super().__init__(id="explain")
        self._pane, self._frame, self._reading = pane, frame, reading
        self._text = Static(classes="sentences")

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog explanation") as sheet:
            sheet.border_title = f"{self._pane.NUMBER} {self._pane.NAME} in words"
            sheet.border_subtitle = "esc closes"
            yield self._text
            yield Static(Content(self._reading), classes="reading")

    def on_mount(self) -> None:
        """Say it, and again while the run goes on."""
        self._say()
        self.set_interval(ANEW, self._say)

    def _say(self) -> None:
        self._text.update(words(self._pane, self._frame()))

    def action_dismiss_sheet(self) -> None:
        """Close."""
        self.dismiss()


def words(pane: Pane, frame: Frame) -> Content:
    """The pane in one sentence, then what is worth a word, each with its way out."""
    said = clean(pane.summary(frame))
    lines = [Content.styled(f"{said[:1].upper()}{said[1:]}.", "bold"), Content()]
    found = advice(frame)
    for each in found:
        lines.append(Content.assemble(("! ", "$warning bold"), clean(each.words)))
        lines += [Content.styled(f"  {clean(each.remedy)}", "$quiet")] if each.remedy else []
    if not found:
        lines.append(Content.assemble(("ok ", "$success bold"), plainly(frame)))
    return Content("\n").join(lines)

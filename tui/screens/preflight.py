"""Pre-flight: what can be known of an experiment before its first epoch, each check shown as soon as it is made."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.feed import safe
from tui.hints import sentence
from tui.screens.alone import Alone

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.worker.protocol import Checked, Reply
    from tui.runner import Runner

MARKS = {"ok": ("OK", "$success"), "failed": ("WRONG", "$error"), "skipped": ("--", "$quiet")}
INDENT = " " * 19  # behind the verdict and the name
WIDTH = 70  # before anybody knows how wide it is


class PreflightScreen(Alone, ModalScreen[None]):
    """Asks for one check after another until all are made or nobody looks any more. Nothing of the run is touched."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,F,q,enter", "close"),
        Binding("r", "again"),
    ]

    def __init__(self, runner: Runner, config: Config) -> None:
        super().__init__()
        self._runner, self._config = runner, config.to_dict()
        self.found: list[Checked] = []
        self._problem = ""
        self._turn = 0  # so that an answer to an earlier series does not count

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="sheet") as sheet:
            sheet.border_title = "pre-flight: checks before training"
            sheet.border_subtitle = "arrows scroll, r again, esc done"
            yield Static()

    def on_mount(self) -> None:
        """Make the first check."""
        self.action_again()

    def on_resize(self) -> None:
        """Wrap the lines anew."""
        self._show()

    def action_again(self) -> None:
        """From the first check on."""
        self._turn += 1
        self.found, self._problem = [], ""
        self._ask(0)
        self._show()

    def _ask(self, number: int) -> None:
        turn = self._turn

        def answered(reply: Reply) -> None:
            if self.is_running and turn == self._turn:
                self._take(reply)

        if not self._runner.ask(answered, "Preflight", config=self._config, check=number):
            self._problem = "nobody is there to check it: the worker has ended. Go back and try again"

    def _take(self, reply: Reply) -> None:
        if reply.error is not None:
            self._problem = sentence(reply.error)
        else:
            check: Checked = reply.value  # type: ignore[assignment]
            self.found.append(check)
            if check.check + 1 < check.total:
                self._ask(check.check + 1)
        self._show()

    def _show(self) -> None:
        self.query_one(Static).update(self.words())

    @property
    def done(self) -> bool:
        """Whether all checks are made, or no more can be."""
        return bool(self._problem) or bool(self.found and self.found[-1].check + 1 == self.found[-1].total)

    def words(self) -> Content:
        """A line for each check, what it is about, the way out where it failed; and at the end what it comes to."""
        lines = [line for check in self.found for line in told(check, (self.query_one(Static).size.width or WIDTH) - 2)]
        failed = sum(check.verdict == "failed" for check in self.found)
        if self._problem:
            last = Content.styled(self._problem, "$warning")
        elif not self.done:
            made = f"{len(self.found)} of {self.found[0].total}" if self.found else "the first"
            last = Content.styled(f"checking: {made}", "$quiet")
        elif failed:
            last = Content.styled(
                f"{failed} of {len(self.found)} went wrong: it can be trained, and may not learn", "$warning"
            )
        else:
            last = Content.styled("ready to be trained: nothing went wrong", "$success")
        return Content("\n").join([*lines, last])

    def action_close(self) -> None:
        """Back."""
        self.dismiss()


def told(check: Checked, width: int) -> list[Content]:
    """One check: its line, what it is about, and the way out where it failed; long texts in several lines."""
    mark, style = MARKS.get(check.verdict, MARKS["skipped"])
    lines = [
        Content.assemble((f"{mark:<7}", f"bold {style}"), (f"{check.name:<12}", "bold"), first)
        if not place
        else Content(INDENT + first)
        for place, first in enumerate(_wrapped(safe(check.evidence, 300), width))
    ]
    lines += [Content.styled(INDENT + text, "$quiet") for text in _wrapped(check.meaning, width)]
    if check.remedy and check.verdict == "failed":
        lines += [
            Content.styled(INDENT + text, "$accent") for text in _wrapped(f"try: {safe(check.remedy, 300)}", width)
        ]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """Lines that fit behind the indent."""
    return textwrap.wrap(text, max(20, width - len(INDENT))) or [""]

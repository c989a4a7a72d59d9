"""Your digit: drawn by hand, read by the network while it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.commands import commands
from tui.feed import safe
from tui.hints import sentence
from tui.screens.byhand import OWN, ByHandScreen
from tui.widgets.keyline import KeyLine
from tui.widgets.paper import SIDE, PaperPane

if TYPE_CHECKING:
    from mlcore.worker.protocol import Activity, Reply

MOVES = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
ABOUT = "What the network reads. It is given the picture below: moved and scaled as those it learned from."


class ScribbleScreen(ByHandScreen):
    """Paper at the left, at the right how probable each class is, and the picture the network was given."""

    CSS = """
    ScribbleScreen { layout: vertical; }
    ScribbleScreen Horizontal { height: 1fr; }
    PaperPane { width: 2fr; height: 1fr; }
    ScribbleScreen Vertical { width: 1fr; min-width: 30; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"move({down}, {right})") for key, (down, right) in MOVES.items()),
        *(Binding(c.keys, f"do('{c.id}')", c.title) for c in commands("scribble") if c.id not in OWN),
        Binding("escape,q,G", "close"),
    ]

    mode = "scribble"
    READING = PaperPane.HELP

    def __init__(self) -> None:
        super().__init__()
        self.paper = PaperPane()
        self._answer = Static(Content("Draw a digit"), id="answer")
        self._asked = self._again = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self.paper
            with Vertical():
                yield self._answer
        yield KeyLine(mode=self.mode)

    def on_mount(self) -> None:
        """Begin with an empty paper."""
        self.paper.focus()

    def on_paper_pane_drawn(self) -> None:
        """Ask what the network makes of it; while an answer is on its way the newest drawing waits."""
        if self._asked:
            self._again = True
            return
        self._asked = self.mlj.runner.ask(self._answered, "Read", pixels=bytes(self.paper.pixels), width=SIDE)
        if not self._asked:
            self._answer.update(Content("Nobody reads: the worker is gone. esc, then r trains again"))

    def _answered(self, reply: Reply) -> None:
        self._asked = False
        if not self.is_mounted:
            return
        if reply.error is not None:
            self._answer.update(Content(sentence(reply.error)))
        else:
            self._answer.update(self._words(cast("Activity", reply.value)))
        if self._again:
            self._again = False
            self.on_paper_pane_drawn()

    def _words(self, read: Activity) -> Content:
        """The classes, the most probable lit, then the picture that was read."""
        frame, ascii_only = self.mlj.feed.frame(), self.mlj.ascii_only
        best = int(read.probabilities.argmax())
        room = max(4, self._answer.size.width - 10)
        lines = []
        for place, probability in enumerate(read.probabilities.tolist()):
            name = safe(frame.class_names[place], 12) if place < len(frame.class_names) else str(place)
            bar = ("#" if ascii_only else "█") * round(probability * room)
            line = f"{name:>3} {bar:<{room}} {100 * probability:3.0f} %"
            lines.append(Content.styled(line, "$accent bold" if place == best else ""))
        return Content("\n").join([*lines, Content(), Content.styled(ABOUT, "$quiet"), *self._picture(read)])

    def _picture(self, read: Activity) -> list[Content]:
        """The picture the network was given, two columns for a pixel."""
        shades = " .:+#" if self.mlj.ascii_only else " ░▒▓█"
        side = round(len(read.inputs) ** 0.5)
        if side * side != len(read.inputs) or 2 * side > 60:
            return []
        low, high = float(read.inputs.min()), float(read.inputs.max())
        level = ((read.inputs - low) / ((high - low) or 1) * (len(shades) - 0.01)).astype(int).reshape(side, side)
        return [Content("".join(shades[value] * 2 for value in line)) for line in level.tolist()]

    def action_move(self, down: int, right: int) -> None:
        """Move the pen."""
        self.paper.move(down, right)

    def action_pen(self) -> None:
        """Put the pen down or lift it."""
        self.paper.lift()

    def action_paper(self) -> None:
        """New paper."""
        self.paper.clear()
        self._answer.update(Content("Draw a digit"))

    def action_close(self) -> None:
        """Back to the Lab."""
        self.dismiss()

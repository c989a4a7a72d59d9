"""An app that shows panes of one frame, as the Lab lays them out, for tests."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size

from tests.tui.scenes import LINES, PANES
from tui import theme
from tui.frame import Frame
from tui.screens.believing import Beliefs
from tui.screens.layout import PICTURE, PaneBoard, Plan, suited
from tui.terminal import Terminal
from tui.widgets.boundary import BoundaryPane
from tui.widgets.curves import AccuracyPane, LossPane
from tui.widgets.digits import DigitsPane
from tui.widgets.keyline import KeyLine
from tui.widgets.network import NetworkPane
from tui.widgets.strip import CaptionLine, DataStrip, ProgressLine


class Shelf(App[None]):
    """Panes and lines of one frame, laid out as in the Lab."""

    CSS_PATH = "../../tui/styles/panes.tcss"
    CSS = "#upper { height: 3fr; } #lower { height: 2fr; } Pane { width: 1fr; height: 1fr; } LossPane { width: 3fr; }"

    def __init__(self, terminal: Terminal, frame: Frame, caption: str = "") -> None:
        super().__init__(ansi_color=True if terminal.colors in ("16", "none") else None)
        self.terminal, self.frame, self.caption = terminal, frame, caption

    def compose(self) -> ComposeResult:
        strip = DataStrip()
        strip.names = ("circles", "moons", "blobs", "spirals", "line", "digits")
        yield strip
        with Horizontal(id="upper"):
            yield NetworkPane()
            yield BoundaryPane() if self.frame.pictures is None else DigitsPane()
        with Horizontal(id="lower"):
            yield LossPane()
            yield AccuracyPane()
        yield CaptionLine()
        yield ProgressLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the frame in the terminal's own theme."""
        first, *_ = theme.themes(self.terminal)
        self.register_theme(first)
        self.theme = first.name
        for kind in (*PANES, *LINES):
            for drawing in self.query(kind):
                drawing.show(self.frame)
        self.query(CaptionLine).first(CaptionLine).say(self.caption)

    @property
    def rows(self) -> list[str]:
        """The screen as text."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


class Wall(Shelf):
    """All panes of one frame, as the Lab lays them out in the room there is."""

    CSS = "PaneBoard { width: 1fr; height: 1fr; }"

    def __init__(self, terminal: Terminal, frame: Frame, plan: Plan) -> None:
        super().__init__(terminal, frame, "Every layer moves at a healthy pace")
        self.plan = plan

    def compose(self) -> ComposeResult:
        beliefs = Beliefs()
        beliefs.follow(self.frame)
        kinds = (kind for kind in PANES if kind.NUMBER != PICTURE or kind is type(beliefs.pane))
        self.board = PaneBoard(*(kind() for kind in kinds))
        self.board.plan, self.board.suited = self.plan, suited(self.frame)
        for pane in self.board._nodes:
            pane.display = pane.NUMBER in self.board.plan.regions(Size(*self.room), self.board.suited)
        yield from (DataStrip(), self.board, CaptionLine(), ProgressLine(), CaptionLine())  # keys come and go

    @property
    def room(self) -> tuple[int, int]:
        """Cells of all panes together."""
        return self.size.width, self.size.height - 4

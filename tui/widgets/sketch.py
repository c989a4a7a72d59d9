"""The network that would be trained, and the learning rate it would be trained with, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.strip import Strip

from tui import told
from tui.frame import Frame, Net
from tui.terminal import Terminal
from tui.text import plural
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.network import NetworkPane
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.worker.protocol import Outline

POINTS = 400  # steps a schedule's curve is drawn by, at most


class SketchPane(NetworkPane):
    """The network at its first weights."""

    NAME = "before it learns"
    NUMBER = 0
    _outline: Outline | None = None

    def outline(self, outline: Outline | None, selected: int) -> None:
        """Draw another experiment; `selected`: the hidden layer the cursor is in, or -1."""
        if (outline is self._outline) and self._frame.selected == selected:
            return
        self._outline = outline
        net = Net()
        if outline is not None:
            net = told.net(outline.net, outline.weights)
        self.show(Frame(state="running", net=net, selected=selected))


class RatePane(Pane):
    """The learning rate over the epochs, as the schedule has it."""

    NAME = "learning rate"
    NUMBER = 0
    HELP: ClassVar[str] = """\
**The learning rate.** How far a step goes, from the first epoch to the last: the schedule multiplies the optimizer's
own rate. `l` looks for a good one.
"""

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.config: Config | None = None
        self.steps = 0

    def plan(self, config: Config, outline: Outline | None) -> None:
        """Draw the schedule of another experiment."""
        before, steps = (self.config, self.steps), outline.steps if outline is not None else 0
        self.config, self.steps = config, steps
        if before != (config, steps):
            self.again()

    def legend(self, frame: Frame) -> list[Piece]:
        """How many steps there are."""
        if self.config is None or not self.steps:
            return []
        return [(plural(self.steps * self.config.epochs, "step"), paint(self.palette.muted))]

    def summary(self, frame: Frame) -> str:
        """From where to where the rate goes."""
        if self.config is None:
            return "no learning rate yet"
        _, rates = _rates(self.config, max(self.steps, 1))
        return f"the learning rate goes from {rates[0]:.3g} to {rates[-1]:.3g}, at most {max(rates):.3g}"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curve between axes, or that it depends on how training goes."""
        if self.config is None or width < 12 or height < 4:
            return rows.block([], max(width, 0), height)
        from mlcore import plots

        words = _words(self.config)
        below = [rows.row([(f" {words}", paint(self.palette.muted))], width)] if words else []
        x, y = _rates(self.config, max(self.steps, 1))
        drawn = plots.curve(
            [plots.Line("rate", x, y, number(self.palette.train))],
            width,
            height - len(below),
            limits=(0.0, 1.05 * max(y)),
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(self.palette.faint),
        )
        return [*rows.block(strips(drawn, width), width, height - len(below)), *below]


def _rates(config: Config, steps: int) -> tuple[list[float], list[float]]:
    """Epochs and the rate at some steps of a run, the first and last among them."""
    import numpy as np

    total = config.epochs * steps
    places = np.unique(np.linspace(0, total - 1, min(total, POINTS)).astype(np.int64))
    rates = config.schedule.rates(places, total, steps) * config.optimizer.learning_rate
    return (places / steps).tolist(), rates.tolist()


def _words(config: Config) -> str:
    """What a curve cannot say."""
    schedule = config.to_dict()["schedule"]
    if schedule["kind"] == "plateau":
        return f"times {schedule['gamma']:g} when it stops improving"
    return ""

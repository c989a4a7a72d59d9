"""The learning rate finder: fresh networks whose rate is raised at every step, and the rate their losses speak for."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static

from tui.feed import safe
from tui.frame import Frame
from tui.hints import sentence
from tui.screens.alone import Alone
from tui.terminal import Terminal
from tui.text import plural
from tui.theme import number, paint
from tui.widgets import rows
from tui.widgets.ansi import strips
from tui.widgets.pane import Drawing

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.worker.protocol import Reply, Swept
    from tui.runner import Runner

CEILING = 1.2  # times the first loss: what is above is drawn there


class SweepCurve(Drawing):
    """The loss against the rate by powers of ten: as measured, smoothed, and where the suggestion is."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        super().__init__(terminal)
        self.swept: Swept | None = None
        self.word = "looking: fresh networks, a higher rate at every step"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The curves between axes."""
        swept = self.swept
        if swept is None or len(swept.rates) < 2 or height < 5 or width < 20:
            above = [rows.row((), width)] * (height // 2)
            return rows.block([*above, rows.centred(self.word, width, paint(self.palette.muted))], width, height)
        from mlcore import plots

        colors, top = self.palette, CEILING * swept.first
        x = [_log10(rate) for rate in swept.rates.tolist()]
        lines = [
            plots.Line("loss", x, swept.losses.clip(None, top), number(colors.faint)),
            plots.Line("smoothed", x, swept.smoothed.clip(None, top), number(colors.train)),
        ]
        drawn = plots.curve(
            lines,
            width,
            height,
            at=None if swept.suggestion is None else _log10(swept.suggestion),
            glyphs=self.terminal.glyphs,
            colors=self.terminal.colors != "none",
            axis=number(colors.faint),
            title="loss by log10 of the rate",
        )
        return rows.block(strips(drawn, width), width, height)


class RatesScreen(Alone, ModalScreen[float]):
    """Dismissed with the rate suggested when it is taken, else with nothing. The run is not touched."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,l,q", "close"), Binding("enter", "take")]

    def __init__(self, runner: Runner, config: Config) -> None:
        super().__init__()
        self._runner, self._config = runner, config
        self._began = monotonic()
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "learning rate finder"
            sheet.border_subtitle = "enter takes it, esc leaves the rate as it is"
            yield SweepCurve()
            yield Static(id="about")

    def on_mount(self) -> None:
        """Ask, and count the seconds."""
        if not self._runner.ask(self._found, "Sweep", config=self._config.to_dict()):
            self._problem = "nobody is there to look for it: the worker has ended"
        self.set_interval(0.5, self._say)
        self._say()

    @property
    def swept(self) -> Swept | None:
        """What was found, when it is."""
        return self.query_one(SweepCurve).swept

    def _found(self, reply: Reply) -> None:
        if not self.is_running:
            return
        curve = self.query_one(SweepCurve)
        if reply.error is not None:
            self._problem = sentence(reply.error)
            curve.word = "no curve"
        else:
            curve.swept = reply.value  # type: ignore[assignment]
        curve.again()
        self._say()

    def _say(self) -> None:
        self.query_one("#about", Static).update(Content.styled(*self.words()))

    def words(self) -> tuple[str, str]:
        """What was found in words, and their style."""
        swept, now = self.swept, self._config.optimizer.learning_rate
        if self._problem:
            return self._problem, "$warning"
        if swept is None:
            return f"{monotonic() - self._began:.0f} s; the rate is {now:g} now", "$quiet"
        measured = f"{plural(swept.networks, 'fresh network')}, {plural(len(swept.rates), 'step')}"
        if swept.suggestion is None:
            return f"none: {safe(swept.why, 200)} ({measured}). F says what may be wrong", "$warning"
        return f"{swept.suggestion:.2g}: {safe(swept.why, 200)} ({measured}); it is {now:g} now", "$foreground"

    def action_take(self) -> None:
        """With this rate."""
        swept = self.swept
        if swept is not None and swept.suggestion is not None:
            self.dismiss(float(f"{swept.suggestion:.2g}"))

    def action_close(self) -> None:
        """As it was."""
        self.dismiss(None)


def _log10(rate: float) -> float:
    from math import log10

    return log10(rate)

"""The Lab: data, network, what the network believes and its curves, on one screen. What keys do is in `deeds.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from tui import looks
from tui.clock import Clock, Part, timer
from tui.commands import commands
from tui.frame import Frame
from tui.onlooking import caption
from tui.screens.believing import Beliefs
from tui.screens.deeds import Deeds
from tui.screens.layout import ASKED, PICTURE, PaneBoard, suited
from tui.text import shortened
from tui.widgets.curve import CurvePane
from tui.widgets.curves import AccuracyPane, LossPane
from tui.widgets.keyline import KeyLine
from tui.widgets.network import NetworkPane
from tui.widgets.pane import Pane
from tui.widgets.strip import SMALLEST, CaptionLine, Cramped, DataStrip, ProgressLine

if TYPE_CHECKING:
    from tui.app import MljApp

TROUBLE = "failed", "lost"
TELLING, BENEATH = 5.0, 1.0  # seconds between two sentences in place of pictures; between two pictures under a sheet
DIGIT = (8, 5)  # columns and rows one digit takes, about


class LabScreen(Screen[None]):
    """What the whole app is for. It opens learning; every change is learned at once."""

    AUTO_FOCUS = ""
    mode = "lab"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(command.keys, f"do('{command.id}')", command.title, id=command.id)
        for command in commands("lab")
        if command.id not in ("palette", "interrupt", "leave")
    ]

    def __init__(self) -> None:
        super().__init__()
        self._strip, self._caption, self._progress, self._keys = DataStrip(), CaptionLine(), ProgressLine(), KeyLine()
        self._network, self._loss, self._accuracy = NetworkPane(), LossPane(), AccuracyPane()
        self.beliefs = Beliefs()
        self._inside: tuple[Pane, ...] = ()
        self.board = PaneBoard(self._network, *self.beliefs.panes, self._loss, self._accuracy)
        self._said, self._said_until = "", 0.0
        self._clock: Clock | None = None
        self._parts: dict[Widget, Part] = {}
        self._news = 0  # how often something may have changed
        self.example = 0  # which row is followed on its way through the network
        self.explaining = False  # somebody reads about the network, and layers are asked for whether shown or not

    @property
    def mlj(self) -> MljApp:
        """The app, by its own type."""
        return cast("MljApp", self.app)

    def compose(self) -> ComposeResult:
        yield self._strip
        yield self.board
        yield self._caption
        yield self._progress
        yield self._keys
        yield Cramped()

    def on_mount(self) -> None:
        """Start the heartbeat."""
        believed = self.beliefs.panes
        self._parts = {
            **{pane: Part(self._noted("picture", pane.show), looks.picture, pane.show, True) for pane in believed},
            self._loss: Part(self._loss.show, looks.losses, self._loss.show),
            self: Part(self._noted("lines", self.show_lines), lambda frame: self._news),
            self._accuracy: Part(self._accuracy.show, looks.accuracies, self._accuracy.show),
            self._network: Part(self._network.show, looks.network, self._network.show, True),
        }
        self.lay_out()
        later, cells = timer(self.call_next), lambda: self.size.area
        self._clock = Clock(self._pull, self._visible, later, self.call_after_refresh, self.mlj.link, cells)
        self._clock.slowest = TELLING if self.mlj.terminal.plain else 0.0

    def on_resize(self, event: events.Resize) -> None:
        """Ask for pictures of the new size."""
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-cramped")
        self.lay_out()

    def on_screen_suspend(self) -> None:
        """Another screen lies over this one, or is gone; what shows through it is drawn rarely."""
        if self._clock:
            beneath = 0.0 if self.app.screen is self else BENEATH
            self._clock.slowest = TELLING if self.mlj.terminal.plain else beneath
        self.ask()

    on_screen_resume = on_screen_suspend

    def lay_out(self) -> None:
        """Show the panes there is room for, and ask the worker for what they show."""
        shown, picture = self.board.shown, self.picture
        for pane in self.board.children:
            if isinstance(pane, Pane):
                pane.display = pane.NUMBER in shown and (pane.NUMBER != PICTURE or pane is picture)
        if self.focused is not None and not self.focused.display:
            self.set_focus(None)
        self.board.refresh(layout=True)
        self.ask()

    def ask(self) -> None:
        """Say to the worker which pictures are wanted, and how large."""
        region = self.board.regions.get(PICTURE)
        width, height = (max(region.width - 2, 1), max(region.height - 2, 1)) if region else (1, 1)
        digits = max(1, width // DIGIT[0]) * max(1, height // DIGIT[1])
        shown = self.board.shown if self.app.screen is self else ()  # what shows through is worth no long look
        panes = {ASKED[number] for number in shown if number in ASKED}
        panes |= (self.beliefs.wanted if shown else set()) | ({"layers"} if self.explaining else set())
        size = min(width, 400), min(2 * height, 300), min(digits, 256)
        self.mlj.runner.view(*size, tuple(sorted(panes)), self.seen, self.example)
        self.changed()

    @property
    def seen(self) -> bool:
        """Whether it lies on top, or under a sheet people look past where bytes are many; else it stands still."""
        past = getattr(self.app.screen, "SEEN_THROUGH", False) and not self.mlj.link.thrifty
        return self.app.screen is self or past

    @property
    def picture(self) -> Pane:
        """The pane of what the network believes."""
        return self.beliefs.pane

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The panes by number; the first is 1."""
        return self._network, self.picture, self._loss, self._accuracy, *self._inside

    @property
    def zoomed(self) -> Pane | None:
        """The pane that is alone on the screen."""
        number = self.board.plan.zoomed
        return self.panes[number - 1] if number else None

    @property
    def looked_at(self) -> Pane:
        """The pane in focus, else the only one, else what the network believes, else the first there is."""
        there = (self.focused, self.zoomed, self.picture, *self.panes)
        return next((pane for pane in there if isinstance(pane, Pane) and pane.display), self.picture)

    @property
    def curves(self) -> tuple[CurvePane, ...]:
        """The panes of curves."""
        return self._loss, self._accuracy

    def next_metric(self) -> None:
        """Another metric in place of the accuracy."""
        self._accuracy.next_metric(self.mlj.frame())
        self._accuracy.again()

    def other_picture(self) -> bool:
        """Pictures, or the plane they spread over most; False where there are no pictures."""
        if not self.beliefs.turn():
            return False
        self.lay_out()
        self.set_focus(self.picture)
        return True

    @property
    def curve(self) -> CurvePane | None:
        """The curves in focus, else the first that are on the screen."""
        shown = [pane for pane in self.curves if pane.display]
        return next((pane for pane in shown if pane is self.focused), shown[0] if shown else None)

    @property
    def aimed(self) -> CurvePane | None:
        """The curves a crosshair is on."""
        return next((p for p in self.curves if p.cursor is not None and p.display), None)

    def _noted(self, part: str, show: Callable[[Frame], object]) -> Callable[[Frame], object]:
        """Draws, and writes it into the diary when there is one."""
        diary = self.mlj.diary
        if diary is None:
            return show

        def draw(frame: Frame) -> None:
            show(frame)
            diary.frame(part, frame)

        return draw

    def changed(self, at_once: bool = False) -> None:
        """There may be something new to show. at_once: somebody waits for it."""
        self._news += 1
        if self._clock is not None and self.seen:
            self._clock.changed(at_once)

    def _visible(self) -> Sequence[Part]:
        """What there is to draw, the most looked at first."""
        return [part for widget, part in self._parts.items() if self.seen and (widget is self or widget.display)]

    def _pull(self) -> Frame:
        frame = self.mlj.frame()
        best, other = suited(frame), self.beliefs.follow(frame)
        if other or best != self.board.suited:
            self.board.suited = best
            self.lay_out()
        return frame

    def show_lines(self, frame: Frame) -> None:
        """The widgets of one line: data, caption, progress."""
        self._strip.show(frame)
        self._progress.show(frame)
        self._caption.say(self._words(frame))

    def _words(self, frame: Frame) -> str:
        """What the caption line says: an answer to a key, trouble, or the caption whose moment it is."""
        now, captions, lab = monotonic(), self.mlj.captions, self.mlj.lab
        if now < self._said_until:
            return shortened(self._said, self.size.width - 2)
        if frame.message and frame.state in TROUBLE:
            return f"{frame.message}. {frame.hint}".rstrip(". ")
        if (own := caption(frame)) or frame.loop:
            return shortened(own, self.size.width - 2)
        if captions is None:
            return ""
        from tui.captions import LINGER, facts

        if not (lab.awaited or self.mlj.held):
            known = facts(frame, lab.draft, watched=lab.watched, changes=lab.changes, action=lab.action)
            if captions.look(known, now):
                self.set_timer(LINGER, self.changed)  # then another may follow, though nothing else happens
        return captions.words(self.size.width - 2)

    def say(self, text: str, seconds: float = 4.0) -> None:
        """A sentence in the caption line, for a while, before whatever else would stand there."""
        self._said, self._said_until = text, monotonic() + seconds
        self._caption.say(shortened(text, self.size.width - 2))
        self.set_timer(seconds + 0.05, self.changed)

    def on_data_strip_chosen(self, event: DataStrip.Chosen) -> None:
        """A data set was clicked: it is learned."""
        self.mlj.choose_data(event.name)

    def on_network_pane_picked(self, event: NetworkPane.Picked) -> None:
        """A weight was clicked: its value can be typed."""
        Deeds(self.mlj, self).weight(event.words)

    def hush(self) -> None:
        """The next key was pressed: the answer to the one before has been read."""
        self._said_until = 0.0

    def zoom(self, pane: Pane | None) -> None:
        """One pane alone, or all of them."""
        self.board.plan = self.board.plan._replace(zoomed=pane.NUMBER if pane is not None else 0)
        self.lay_out()

    def equip(self, layout: Mapping[str, Any]) -> None:
        """Bring in the panes that look inside, after the first paint, and the layout of the last time."""
        from tui.widgets.confusion import ConfusionPane
        from tui.widgets.events import EventsPane
        from tui.widgets.layers import LayersPane
        from tui.widgets.neurons import NeuronsPane
        from tui.widgets.patterns import FiltersPane

        self._inside = LayersPane(), ConfusionPane(), NeuronsPane(), EventsPane(), FiltersPane()
        seen = looks.layers, looks.confusion, looks.neurons, looks.events, looks.filters
        kinds = zip(self._inside, seen, strict=True)
        self._parts |= {pane: Part(pane.show, look, pane.show, True) for pane, look in kinds}
        self.board.plan = self.board.plan._replace(**layout)
        for pane in self._inside:
            pane.display = False
        self.board.mount_all(self._inside)
        self.lay_out()

    def text(self) -> str:
        """The screen as plain text."""
        return "\n".join(strip.text.rstrip() for strip in self._compositor.render_strips()) + "\n"

    def name_data(self, names: Sequence[str]) -> None:
        """The data sets of the strip."""
        self._strip.names = names
        self._strip.again()

    def toggle_test(self) -> None:
        """The rows kept for the test, or those trained on."""
        pane = self.beliefs.boundary
        pane.test = not pane.test
        pane.again()

    def action_do(self, identity: str) -> None:
        """Do what a key, the palette or the demo asks for."""
        Deeds(self.mlj, self).do(identity)

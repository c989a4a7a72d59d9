"""Your own points: placed by hand, learned while they are placed."""

from __future__ import annotations

import math
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tui.commands import commands
from tui.hints import sentence
from tui.screens.byhand import OWN, ByHandScreen
from tui.text import plural
from tui.widgets.keyline import KeyLine
from tui.widgets.placing import Dot, PlacingPane

MOST = 2000  # points a hand may place
CLASSES = 6
APART = 0.04  # of the plane: a drag places the next point only so far from the last
MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
LEAP = 5  # cells, with shift


class PlaceScreen(ByHandScreen):
    """A plane over the whole terminal. Every change is learned at full speed; esc goes back to the Lab with it."""

    CSS = """
    PlaceScreen { layout: vertical; }
    PlacingPane { height: 1fr; }
    PlaceScreen Static { height: 1; width: 1fr; color: $quiet; padding: 0 1; }
    PlaceScreen Static { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"move({x}, {y})") for key, (x, y) in MOVES.items()),
        *(Binding(f"shift+{key}", f"move({LEAP * x}, {LEAP * y})") for key, (x, y) in MOVES.items()),
        *(Binding(str(label + 1), f"label({label})") for label in range(CLASSES)),
        *(Binding(c.keys, f"do('{c.id}')", c.title) for c in commands("place") if c.id not in (*OWN, "place_class")),
        Binding("escape,q,D", "close"),
    ]

    mode = "place"
    READING = PlacingPane.HELP

    def __init__(self, dots: list[Dot]) -> None:
        super().__init__()
        self._pane, self._line = PlacingPane(), Static(markup=False)
        self._pane.dots = dots
        self._problem = ""
        self._pace: str | float = "full"  # of the Lab, until it is back

    def compose(self) -> ComposeResult:
        yield self._pane
        yield self._line
        yield KeyLine(mode=self.mode)

    def on_mount(self) -> None:
        """Look at the run 15 times a second, as the Lab does."""
        self._pane.focus()
        self._pace, self.mlj.lab.pace = self.mlj.lab.pace, "full"  # the next point may come at any moment
        self.set_interval(1 / 15, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Ask for a map of this size."""
        self.call_after_refresh(self._ask)

    def _ask(self) -> None:
        width, height = self._pane.canvas
        if width and height:
            self.mlj.runner.view(min(width, 400), min(2 * height, 300), 0)

    def _tick(self) -> None:
        frame = self.mlj.frame()
        self._pane.show(frame)
        classes = {dot.label for dot in self._pane.dots}
        if self._problem or len(classes) < 2:
            wanted = "place points of two classes: 1 and 2 choose which" if not classes else "now some of another class"
            text = self._problem or wanted
        else:
            loss = frame.metrics.get("train_loss")
            shown = "" if loss is None else f", loss {loss:.3g}"
            text = f"{self._pane.summary(frame)}{shown}"
        self._line.update(text)

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor."""
        self._pane.move(right, down)

    def action_label(self, label: int) -> None:
        """The class of the points to come."""
        self._pane.label = label
        self._pane.again()

    def action_place_class(self) -> None:
        """The next class; its number chooses it at once."""
        self.action_label((self._pane.label + 1) % CLASSES)

    def action_place_dot(self) -> None:
        """A point where the cursor is."""
        self._place(*self._pane.here)

    def on_placing_pane_placed(self, message: PlacingPane.Placed) -> None:
        """A point where the mouse is; a drag leaves some room between two."""
        last = self._pane.dots[-1] if self._pane.dots else None
        if message.moving and last and math.dist((message.x, message.y), last[:2]) < APART:
            return
        self._place(message.x, message.y)

    def on_placing_pane_removed(self, message: PlacingPane.Removed) -> None:
        """The point nearest to the mouse goes."""
        self._remove(message.x, message.y)

    def _place(self, x: float, y: float) -> None:
        if len(self._pane.dots) >= MOST:
            self._problem = f"{MOST:,} points are enough: backspace takes the last one back"
            return
        self._changed([*self._pane.dots, Dot(x, y, self._pane.label)])

    def action_place_back(self) -> None:
        """Take the last point back."""
        self._changed(self._pane.dots[:-1])

    def action_place_erase(self) -> None:
        """The point nearest to the cursor goes."""
        self._remove(*self._pane.here)

    def _remove(self, x: float, y: float) -> None:
        dots = self._pane.dots
        if dots:
            nearest = min(range(len(dots)), key=lambda place: math.dist((x, y), dots[place][:2]))
            self._changed(dots[:nearest] + dots[nearest + 1 :])

    def action_place_clear(self) -> None:
        """No points."""
        self._changed([])

    def _changed(self, dots: list[Dot]) -> None:
        """Other points: they are learned at once, as soon as there are two classes."""
        from mlcore import MljError

        self._pane.dots, self._problem = dots, ""
        self._pane.again()
        if len({dot.label for dot in dots}) < 2:
            return
        try:
            self.mlj.ensure_worker()
            self.mlj.lab.place(dots)
        except MljError as error:
            self._problem = sentence(error)

    def action_close(self) -> None:
        """Back to the Lab, which goes on with these points."""
        self.dismiss()
        self.mlj.lab.pace = self._pace
        lab = self.mlj.laboratory
        lab.call_after_refresh(lab.on_resize, events.Resize(lab.size, lab.size))
        placed = plural(len(self._pane.dots), "point")
        if len({dot.label for dot in self._pane.dots}) > 1:
            lab.say(f"Learning your {placed}; D changes them, they stand in the experiment itself")

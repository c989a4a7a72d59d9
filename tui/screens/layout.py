"""Where the panes of the Lab stand: a function of the room there is, of what a person opened, and of the data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.frame import Frame

Line: TypeAlias = tuple[int, tuple[tuple[int, int], ...]]  # weight of its height, panes with those of their widths

NETWORK, PICTURE, LOSS, ACCURACY, LAYERS, CONFUSION, NEURONS, EVENTS, FILTERS = range(1, 10)
LINES = 4  # of the screen that are no panes
EXTRAS = (LAYERS, CONFUSION, NEURONS, EVENTS, FILTERS)
ASKED = {LAYERS: "layers", CONFUSION: "confusion", NEURONS: "neurons", FILTERS: "filters"}  # what the worker calls it
ROOMY = Size(120, 34)  # cells of all panes together from which there is a third line of them
HUGE = Size(180, 50)  # and from which it holds four
WIDTHS = {LAYERS: 5, CONFUSION: 4, NEURONS: 4, EVENTS: 3, FILTERS: 2}


class Plan(NamedTuple):
    """What a person chose. slot: the pane in place of the accuracy where there is little room, 0 for none.

    opened: the panes of the third line where there is room, None for those that suit the data. zoomed: the only pane.
    hidden: those of the first four that are put away; where nothing else would be left, they are there all the same.
    """

    slot: int = 0
    opened: tuple[int, ...] | None = None
    zoomed: int = 0
    hidden: tuple[int, ...] = ()

    def extras(self, room: Size, suited: tuple[int, ...]) -> tuple[int, ...]:
        """The panes beside the first four."""
        if not fits(room, ROOMY):
            return (self.slot,) if self.slot else ()
        if self.opened is not None:
            return self.opened
        return tuple(sorted({*EXTRAS} - {FILTERS} | {*suited})) if fits(room, HUGE) else suited

    def toggled(self, number: int, room: Size, suited: tuple[int, ...]) -> Plan:
        """The plan with a pane shown, or gone when it was there, unless no other would be left."""
        changed = self._replace(zoomed=0)._changed(number, room, suited)
        return changed if changed.lines(room, suited, anyhow=False) else self

    def _changed(self, number: int, room: Size, suited: tuple[int, ...]) -> Plan:
        there = self.regions(room, suited)
        if number == ACCURACY and number not in there:
            slot = self.slot if fits(room, ROOMY) else 0  # which stood in its place
            return self._replace(slot=slot, hidden=tuple(each for each in self.hidden if each != ACCURACY))
        if number not in EXTRAS:
            hidden = self.hidden if self.lines(room, suited, anyhow=False) else ()
            return self._replace(hidden=tuple(sorted({*hidden} ^ {number})))
        shown = self.extras(room, suited)
        if not fits(room, ROOMY):
            return self._replace(slot=0 if self.slot == number else number)
        changed = set(shown) ^ {number}
        return self._replace(opened=tuple(extra for extra in EXTRAS if extra in changed))

    def lines(self, room: Size, suited: tuple[int, ...], anyhow: bool = True) -> tuple[Line, ...]:
        """Lines of panes from top to bottom; those that are put away leave their room to the others.

        anyhow: where every pane is put away, the first four are shown; else there is no line.
        """
        if self.zoomed:
            return ((1, ((self.zoomed, 1),)),)
        every = self._all(room, suited)
        kept = ((weight, tuple(pane for pane in panes if pane[0] not in self.hidden)) for weight, panes in every)
        lines = tuple(line for line in kept if line[1])
        return lines or (self._replace(hidden=()).lines(room, suited) if anyhow else ())

    def _all(self, room: Size, suited: tuple[int, ...]) -> tuple[Line, ...]:
        """The lines with all of the first four in them."""
        extras = self.extras(room, suited)
        upper = (NETWORK, 1), (PICTURE, 1)
        if not fits(room, ROOMY):
            if extras:
                return (1, upper), (1, ((LOSS, 2), (extras[0], 3)))
            return (3, upper), (2, ((LOSS, 3), (ACCURACY, 2)))
        lower = (LOSS, 3), (ACCURACY, 2)
        if not extras:
            return (3, upper), (2, lower)
        return (13, upper), (10, lower), (12, tuple((extra, WIDTHS[extra]) for extra in extras))

    def regions(self, room: Size, suited: tuple[int, ...]) -> dict[int, Region]:
        """Where each pane shown stands, by its number."""
        found, lines = dict[int, Region](), self.lines(room, suited)
        for (top, height), (_, panes) in zip(shares([weight for weight, _ in lines], room.height), lines, strict=True):
            for (left, width), (number, _) in zip(shares([w for _, w in panes], room.width), panes, strict=True):
                found[number] = Region(left, top, width, height)
        return found


def fits(room: Size, needed: Size) -> bool:
    """Whether there is as much room as needed."""
    return room.width >= needed.width and room.height >= needed.height


def shares(weights: Sequence[int], length: int) -> list[tuple[int, int]]:
    """A length cut in proportion: from where, and how long. Nothing is lost to rounding."""
    edges = [sum(weights[:place]) * length // sum(weights) for place in range(len(weights) + 1)]
    return [(low, high - low) for low, high in pairwise(edges)]


def suited(frame: Frame) -> tuple[int, ...]:
    """The extra panes that say most of these data and this network.

    An example on its way and the first weights where there are images or sequences, neurons on a plane of their own,
    else what is confused.
    """
    if frame.net.blocks:
        return (NEURONS, FILTERS)
    classes = frame.task in ("binary", "multiclass")
    return (LAYERS, CONFUSION) if classes and len(frame.net.inputs) != 2 else (LAYERS, NEURONS)


class PaneLayout(Layout):
    """Panes by their numbers, as the board's plan says."""

    name = "panes"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        parent.pre_layout(self)
        assert isinstance(parent, PaneBoard)
        regions = parent.plan.regions(size, parent.suited)
        return [
            WidgetPlacement(regions[child.NUMBER], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if isinstance(child, Pane) and child.NUMBER in regions
        ]


class PaneBoard(Widget):
    """Holds the panes. plan: what a person chose; suited: what the data suggest."""

    def __init__(self, *panes: Pane) -> None:
        super().__init__(*panes, id="panes")
        self.plan = Plan()
        self.suited: tuple[int, ...] = (LAYERS, NEURONS)
        self._pane_layout = PaneLayout()

    @property
    def layout(self) -> Layout:
        """By the plan, whatever style sheets say."""
        return self._pane_layout

    @property
    def room(self) -> Size:
        """Cells of all panes together: the screen without its single lines."""
        width, height = self.app.size
        return Size(width, max(height - LINES, 0))

    @property
    def regions(self) -> dict[int, Region]:
        """Where the panes stand, by their numbers."""
        return self.plan.regions(self.room, self.suited)

    @property
    def shown(self) -> tuple[int, ...]:
        """The numbers of the panes on the screen."""
        return tuple(self.regions)

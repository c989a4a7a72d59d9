"""The lines of the Lab: the data sets to choose from, the sentence of the moment, how far the run is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from textwrap import wrap

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame
from tui.text import count, eta, plural, shortened, si
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Drawing
from tui.widgets.rows import Piece

STATES = {  # sign, sign in ASCII, name of its colour in the palette
    "loading": ("○", "o", "muted"),
    "running": ("●", "*", "good"),
    "paused": ("‖", "=", "validation"),
    "finished": ("✓", "+", "good"),
    "stopped": ("■", "#", "muted"),
    "diverged": ("✗", "x", "bad"),
    "failed": ("✗", "x", "bad"),
    "lost": ("✗", "x", "bad"),
}
SMALLEST = 40, 12  # columns and rows the Lab can be read in; all of it shows from 80 x 24 on
LONGEST = 24  # letters of the name of a file that is learned from
SHORTEST = 10  # cells of the progress bar, below which it is left out


class DataStrip(Drawing):
    """The data sets side by side, the one learned now lit; at the end what there is to know of it.

    names: the data sets in the order of the arrow keys. A click on one chooses it.
    """

    names: Sequence[str] = ()
    _places: Sequence[tuple[int, int, str]] = ()  # columns from and to of each name drawn

    class Chosen(Message):
        """A data set was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def on_click(self, event: events.Click) -> None:
        """Say whose name it is."""
        name = next((name for start, end, name in self._places if start <= event.x < end), self._frame.dataset)
        if name != self._frame.dataset:
            self.post_message(self.Chosen(name))

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line; where not every name fits beside the facts, facts give way, and then names far from the lit one."""
        left: list[Piece] = [(" mlj ", paint(self.palette.accent, bold=True))]
        names = self._names(frame.dataset)
        here = names.index(frame.dataset) if frame.dataset in names else -1
        if here >= 0 and frame.data_name:
            names[here] = shortened(frame.data_name, LONGEST)
        facts = self._facts(frame)
        wanted = rows.length(left) + sum(len(name) + 2 for name in names) + 2
        if frame.dataset and wanted + rows.length(facts[1:]) <= width < wanted + rows.length(facts):
            facts = facts[1:]
        room = width - rows.length(left) - rows.length(facts) - 3
        left += self._choices(names, here, max(room, len(names[here]) + 2 if here >= 0 else 2))
        self._places = self._found(left, set(self.names))
        return rows.block([rows.row(rows.spread(left, facts, width), width)], width, height)

    def _names(self, chosen: str) -> list[str]:
        return list(self.names) if chosen in self.names or not chosen else [chosen, *self.names]

    def _choices(self, names: list[str], here: int, room: int) -> list[Piece]:
        quiet, lit = paint(self.palette.muted), paint(self.palette.text, self.palette.selected, bold=True)
        first, last = window([len(name) + 2 for name in names], max(here, 0), room)
        before, after = ("‹", "›") if self.unicode else ("<", ">")
        pieces: list[Piece] = [(before if first else " ", quiet)]
        for place in range(first, last):
            shown = f"[{names[place]}]" if place == here else f" {names[place]} "
            pieces.append((shown, lit if shown[0] == "[" else quiet))
        return [*pieces, (after if last < len(names) else " ", quiet)]

    @staticmethod
    def _found(pieces: list[Piece], names: set[str]) -> list[tuple[int, int, str]]:
        """Where names stand among pieces."""
        ends = [0, *accumulate(len(text) for text, _ in pieces)]
        spots = zip(ends, ends[1:], (text.strip(" []") for text, _ in pieces), strict=False)
        return [spot for spot in spots if spot[2] in names]

    def _facts(self, frame: Frame) -> list[Piece]:
        """Classes and rows, the least important first."""
        quiet = paint(self.palette.muted)
        facts: list[Piece] = []
        if frame.rows:
            facts.append((f"{count(sum(frame.rows.values()))} rows ", quiet))
        target = f"{shortened(frame.target, LONGEST)}: " if frame.target else ""
        if frame.task == "regression":
            facts.append((f" {target}regression ", quiet))
        elif frame.class_names:
            facts.append((f" {target}{plural(len(frame.class_names), 'class')} ", quiet))
        return facts


def window(sizes: Sequence[int], here: int, room: int) -> tuple[int, int]:
    """From where to where a list is shown: `here` and the next one if they fit, as near to the start as can be."""
    first, last = 0, min(here + 2, len(sizes))
    while first < here and sum(sizes[first:last]) > room:
        first += 1
    while last > here + 1 and sum(sizes[first:last]) > room:
        last -= 1
    while last < len(sizes) and sum(sizes[first : last + 1]) <= room:
        last += 1
    return first, last


class CaptionLine(Drawing):
    """One sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""

    def say(self, text: str) -> None:
        """Say this from now on."""
        if text != self._words:
            self._words = text
            self.again()

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The sentence after a mark; nothing when there is none."""
        mark = "▎" if self.unicode else "|"
        pieces = (
            [(f"{mark}", paint(self.palette.accent)), (self._words, paint(self.palette.text))] if self._words else []
        )
        return rows.block([rows.row(pieces, width)], width, height)


class Cramped(Drawing):
    """Lies over everything while the window is too small for anything to be made out."""

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """What it takes and what there is, in the middle."""
        needed, there = (f"{columns}x{lines}" for columns, lines in (SMALLEST, (width, height)))
        text = wrap(f"mlj needs {needed}, this window has {there}. Training goes on.", max(width, 1))
        above = [rows.row((), width)] * max(0, (height - len(text)) // 2)
        return rows.block([*above, *(rows.centred(line, width) for line in text)], width, height)


class ProgressLine(Drawing):
    """State, epoch, a bar, speed, time left, who computes."""

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """One line; the bar takes what room the words leave."""
        left = self._state(frame)
        right = rows.fitting(self._speed(frame), width - rows.length(left) - SHORTEST - 1)
        room = width - rows.length(left) - rows.length(right) - 1
        bar = self._bar(frame, min(room, 60)) if room >= SHORTEST else []
        return rows.block([rows.row(rows.spread([*left, *bar], right, width), width)], width, height)

    def _state(self, frame: Frame) -> list[Piece]:
        colors = self.palette
        mark, plain, color = STATES.get(frame.state, STATES["loading"])
        pieces: list[Piece] = [(f" {mark if self.unicode else plain} ", paint(getattr(colors, color), bold=True))]
        pieces.append((f"{frame.state} ", paint(colors.text)))
        if frame.epochs or frame.loop:
            shown = f"{frame.shown_epoch:,} of " if frame.shown_epoch < frame.epoch else ""
            unit, last = "step" if frame.loop else "epoch", f"/{frame.epochs:,}" if frame.epochs else ""
            pieces.append((f" {unit} {shown}{frame.epoch:,}{last} ", paint(colors.muted)))
        return pieces

    def _bar(self, frame: Frame, width: int) -> list[Piece]:
        done, rest, here = ("━", "─", "╸") if self.unicode else ("=", "-", "=")
        share = min(frame.epoch / frame.epochs, 1.0) if frame.epochs else 0.0
        filled = int(share * width)
        tip = here if 0 < filled < width else ""
        color = self.palette.muted if frame.state == "paused" else self.palette.accent
        full = done * (filled - len(tip)) + tip
        pieces = [(full, paint(color)), (rest * (width - filled), paint(self.palette.faint))]
        if frame.shown_epoch < frame.epoch and frame.epochs and width:
            pieces = self._with_place(pieces, min(int(frame.shown_epoch / frame.epochs * width), width - 1))
        return pieces

    def _with_place(self, pieces: list[Piece], place: int) -> list[Piece]:
        """The bar with a mark where the film stands."""
        cells = [(character, style) for text, style in pieces for character in text]
        cells[place] = "◆" if self.unicode else "|", paint(self.palette.validation, bold=True)
        return cells

    def _speed(self, frame: Frame) -> list[Piece]:
        """Speed and company, the least important first."""
        quiet = paint(self.palette.muted)
        pace = {"show": "in slow motion", "full": "full speed"}.get(frame.pace, f"{frame.pace} epochs/s")
        words = [pace if frame.state == "running" and not frame.loop else "", frame.backend]
        if frame.steps_per_second:
            words.append(f"{si(frame.steps_per_second)} steps/s")
        if frame.state == "running" and frame.eta is not None:
            words.append(f"ETA {eta(frame.eta)}")
        words.append(frame.link)
        return [(f" {word} ", quiet) for word in words if word]

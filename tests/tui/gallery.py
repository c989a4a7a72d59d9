"""The rooms of the gallery: which screens are drawn, how one comes to each, and when it is complete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from textual.command import CommandList

from mlcore import shelf
from tests.tui.effects import above
from tests.tui.living import Living
from tui.screens.compare import CompareScreen
from tui.widgets.ledger import Ledger
from tui.widgets.overlay import Overlay
from tui.widgets.paper import SIDE
from tui.widgets.placing import Dot

SIZES = ((80, 24), (120, 40), (200, 60))
DOTS = [Dot(x / 10, y / 10, label) for x, y, label in (
    (-8, 5, 0), (-6, 6, 0), (-7, 2, 0), (-3, -7, 0), (0, -6, 0), (6, 6, 1), (5, 3, 1), (8, 4, 1), (-1, 1, 2), (1, 2, 2),
)]  # fmt: skip


class Stop(NamedTuple):
    """A screen: keys that lead to it from the Lab, what else is done there, and when it is complete."""

    name: str
    keys: str = ""
    ready: Callable[[Living], object] = lambda lab: True
    do: Callable[[Living], object] = lambda lab: None


class Room(NamedTuple):
    """A run and the screens it is seen on. ready, keys, settled: until it is as it shall be."""

    name: str
    target: str
    pace: str
    stops: tuple[Stop, ...]
    ready: Callable[[Living], object]
    keys: str
    settled: Callable[[Living], object]


def compare(lab: Living) -> None:
    """The three runs of the same data beside each other."""
    found = [each for each in shelf.look(lab.app.options.runs_dir) if each.run.name in COMPARED]
    lab.app.push_screen(CompareScreen(lab.app, tuple(each.key for each in found)))


def place(lab: Living) -> None:
    """Ten points of three classes."""
    lab.app.screen._changed(DOTS)  # type: ignore[attr-defined]


def learned(lab: Living) -> bool:
    """Whether the points are learned; then the screen looks at the run, as it does 15 times a second."""
    so = lab.frame.boundary is not None and len(lab.frame.class_names) == 3
    if so:
        lab.app.screen._tick()  # type: ignore[attr-defined]
    return so


def draw(lab: Living) -> None:
    """A seven."""
    paper = lab.app.screen.paper  # type: ignore[attr-defined]
    for step in range(14):
        for row, column in ((6, 8 + step), (6 + step, 21 - step // 2)):
            for across in range(2):
                paper.pixels[row * SIDE + column + across] = 255
    paper.again()
    paper.post_message(paper.Drawn())


COMPARED = ("calm-finch", "quick-otter", "straight-heron")
STEERED = Room(
    "circles", "", "16.0",
    (
        Stop("lab"),
        Stop("help", "question_mark"),
        Stop("palette", "ctrl+p", lambda lab: lab.app.screen.query_one(CommandList).option_count > 20),
        Stop("settings", "k", lambda lab: lab.app.screen.query_one(Ledger).lines),
        Stop("leaving", "q"),
        Stop("preflight", "F", lambda lab: lab.app.screen.done),  # type: ignore[attr-defined]
        Stop("rates", "l", lambda lab: lab.app.screen.swept),  # type: ignore[attr-defined]
        Stop("code", "E", lambda lab: lab.app.screen.made),  # type: ignore[attr-defined]
        Stop("build", "p", lambda lab: lab.app.screen.advice.settled and lab.app.screen.advice.yardsticks),  # type: ignore[attr-defined]
        Stop("runs", "o", lambda lab: lab.app.screen.query_one(Ledger).lines),
        Stop("compare", "", lambda lab: getattr(lab.app.screen.query_one(Overlay).found, "verdicts", ()), compare),
        Stop("points", "D", lambda lab: learned(lab), place),
    ),
    lambda lab: lab.frame.epoch >= 60 and lab.app.lab.recipes,
    "space",
    lambda lab: lab.frame.state == "paused",
)  # fmt: skip
EXAMINED = Room(
    "digits", "digits", '"full"',
    (
        Stop("lab-digits"),
        Stop("analyse", "A", lambda lab: complete(lab)),
        Stop("mistakes", "A 3", lambda lab: complete(lab)),
        Stop("scribble", "G", lambda lab: "%" in str(lab.app.screen._answer.content), draw),  # type: ignore[attr-defined]
    ),
    lambda lab: lab.frame.state == "finished" and lab.frame.pictures and lab.app.lab.recipes,
    "",
    lambda lab: lab.frame.inside_epoch == 40 or not lab.app.laboratory.board.shown.count(5),
)  # fmt: skip
ROOMS = (STEERED, EXAMINED)


def complete(lab: Living) -> bool:
    """Whether no view of Analyse lacks anything."""
    screen = lab.app.screen
    return not any(screen.analysis.wanted(view)[0] for view in screen.shown)  # type: ignore[attr-defined]


async def visit(lab: Living, stop: Stop, seen: Callable[[], Awaitable[None]] | None = None) -> None:
    """Go to a screen from the Lab, look at it, and come back."""
    for key in stop.keys.split():
        await lab.press(key)
        await lab.pilot.pause()
    stop.do(lab)
    await lab.pilot.pause()
    await lab.until(lambda: stop.ready(lab))
    await lab.drawn()
    if seen is not None:
        await seen()
    while above(lab) != "LabScreen":
        await lab.press("escape")
        await lab.pilot.pause()

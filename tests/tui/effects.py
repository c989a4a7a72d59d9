"""What each key of the Lab changes: an entry for each command, read from the run, the draft or the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.tui.living import Living
from tui.screens.layout import Plan


class Effect(NamedTuple):
    """`look` reads what a key changes, `so` says of it before and behind the key whether the key has done its work.

    before: keys that are pressed first. then: keys behind it that belong to the deed. answer: typed into what the key
    opens. back: keys that lead back once it is so.
    """

    look: Callable[[Living], Any]
    so: Callable[[Any, Any], object]
    before: str = ""
    then: str = ""
    answer: str = ""
    back: str = ""


class Scene(NamedTuple):
    """A screen and the keys pressed on it, in this order.

    screen: its class, by name. mode: of its commands, where it has some. under: the scene it lies over; none: the Lab.
    enter: keys that lead to it, pressed whenever it is not on top. ready: what is waited for before each entry.
    """

    screen: str
    effects: dict[str, Effect]
    mode: str = ""
    enter: str = ""
    ready: Callable[[Living], object] = lambda lab: not lab.app.lab.awaited
    under: Scene | None = None


# looking ------------------------------------------------------------------------------------------------------------


def run(name: str) -> Callable[[Living], Any]:
    """A figure of the run, as the worker told it."""
    return lambda lab: getattr(lab.app.feed.frame(), name)


def experiment(lab: Living) -> tuple[str, int]:
    """The data that are learned, and the epochs of their recipe."""
    return run("dataset")(lab), run("epochs")(lab)


def widths(lab: Living) -> tuple[int, ...]:
    """The layers of the network that is trained."""
    return lab.app.feed.frame().net.widths


def curve(lab: Living) -> tuple[int, list[float]]:
    """Which experiment it is, and its loss."""
    return lab.app.feed.number, [series.y.tolist() for series in lab.app.feed.frame().losses][-1]


def shown(lab: Living) -> list[int]:
    """The panes of the Lab, by number."""
    return [pane.NUMBER for pane in lab.app.laboratory.panes if pane.display]


def focused(lab: Living) -> int:
    """The pane in focus, 0 for none."""
    return getattr(lab.app.laboratory.focused, "NUMBER", 0)


def loss(name: str) -> Callable[[Living], Any]:
    """A setting of the pane of the loss."""
    return lambda lab: getattr(lab.app.laboratory.curves[0], name)


def above(lab: Living) -> str:
    """The screen on top."""
    return type(lab.app.screen).__name__


def files(suffix: str) -> Callable[[Living], int]:
    """How many files of a kind the present folder has."""
    return lambda lab: len([*Path().glob(f"*.{suffix}")])


def folders(lab: Living) -> int:
    """How many runs are on the disk."""
    assert lab.app.options.runs_dir is not None
    return len([*lab.app.options.runs_dir.glob("*/config.json")])


# comparing ----------------------------------------------------------------------------------------------------------


def becomes(value: Any) -> Callable[[Any, Any], object]:
    """It was not so before, and is then."""
    return lambda was, now: was != value == now


def by(step: float) -> Callable[[Any, Any], object]:
    """So much more."""
    return lambda was, now: now == was + step


def other(was: Any, now: Any) -> object:
    """Something else."""
    return was != now


def opens(name: str, back: str = "escape", **how: str) -> Effect:
    """A screen that comes on top."""
    return Effect(above, becomes(name), back=back, **how)


EVERYWHERE = {
    "help": opens("KeysScreen"),
    "palette": opens("PaletteScreen"),
    "interrupt": opens("QuitDialog"),
    "leave": Effect(lambda lab: len(lab.exits), by(1)),
}

ENDED = Scene("LabScreen", mode="lab", effects={
    "next_data": Effect(experiment, lambda *both: both == (("circles", 200), ("moons", 60))),
    "previous_data": Effect(experiment, becomes(("circles", 200))),
    "more_units": Effect(widths, lambda was, now: now == (2, 12, 8, 1)),
    "fewer_units": Effect(widths, lambda was, now: now == (2, 8, 8, 1)),
    "next_layer": Effect(lambda lab: lab.frame.selected, by(1)),
    "add_layer": Effect(lambda lab: len(widths(lab)), by(1)),
    "drop_layer": Effect(lambda lab: len(widths(lab)), by(-1)),
    "activation": Effect(lambda lab: lab.app.feed.frame().net.activations[0], lambda *both: both == ("relu", "tanh")),
    "lower_rate": Effect(run("learning_rate"), lambda was, now: now * 2 == was),
    "raise_rate": Effect(run("learning_rate"), lambda was, now: now == was * 2),
    "epochs": Effect(run("epochs"), becomes(17), answer="17"),
    "restart": Effect(curve, lambda was, now: now[0] > was[0] and now[1] == was[1]),
    "reseed": Effect(curve, lambda was, now: now[0] > was[0] and now[1] != was[1]),
    "first": Effect(run("shown_epoch"), becomes(0)),
    "last": Effect(run("shown_epoch"), becomes(17)),
    "back": Effect(run("shown_epoch"), by(-1)),
    "forward": Effect(run("shown_epoch"), by(1)),
    "branch": Effect(lambda lab: lab.app.feed.number, by(1), before="less_than_sign"),
    "keep": Effect(folders, by(1), before="R"),
    "resume": Effect(run("run"), lambda was, now: was == "" != now, before="R"),
    "pane_1": Effect(focused, becomes(1)),
    "pane_2": Effect(focused, becomes(2)),
    "pane_3": Effect(focused, becomes(3)),
    "pane_4": Effect(focused, becomes(4)),
    "next_metric": Effect(lambda lab: lab.app.laboratory.curves[1].metric, other),  # type: ignore[attr-defined]
    "zoom": Effect(shown, becomes([4])),
    "close": Effect(shown, lambda was, now: was == [4] and len(now) > 1),
    "pane_5": Effect(shown, lambda was, now: (5 in was) != (5 in now)),
    "pane_6": Effect(shown, lambda was, now: (6 in was) != (6 in now)),
    "pane_7": Effect(shown, lambda was, now: (7 in was) != (7 in now)),
    "pane_8": Effect(shown, lambda was, now: (8 in was) != (8 in now)),
    "pane_9": Effect(shown, lambda was, now: (9 in was) != (9 in now)),
    "default_layout": Effect(lambda lab: lab.app.laboratory.board.plan, becomes(Plan())),
    "explain": opens("ExplainScreen"),
    "log_scale": Effect(loss("log_scale"), becomes(True), before="3"),
    "smooth": Effect(loss("smoothing"), by(1)),
    "recent": Effect(loss("recent"), becomes(True)),
    "envelope": Effect(loss("envelope"), becomes(True)),
    "crosshair": Effect(lambda lab: lab.app.laboratory.aimed, lambda was, now: was is None is not now, back="escape"),
    "test_points": Effect(lambda lab: lab.app.laboratory.picture.test, becomes(True)),
    "bandwidth": Effect(lambda lab: lab.app.link.thrifty, becomes(True), back="B"),
    "save_text": Effect(files("txt"), by(1)),
    "save_picture": Effect(files("svg"), by(1)),
    "table": opens("PathDialog"),
    "build": opens("BuildScreen"),
    "preflight": Effect(lambda lab: getattr(lab.app.screen, "done", None), becomes(True), back="escape"),
    "find_rate": Effect(lambda lab: getattr(lab.app.screen, "swept", None), other, back="escape"),
    "code": Effect(lambda lab: len(getattr(lab.app.screen, "made", ())), by(1), back="escape"),
    "place": opens("PlaceScreen"),
    "analyse": opens("AnalyseScreen"),
    "runs": opens("RunsScreen"),
    "compare": opens("CompareScreen"),
    "go": opens("GoScreen"),
}, ready=lambda lab: not (lab.app.lab.awaited or lab.app.held) and lab.frame.state == "finished")  # fmt: skip

GOING = Scene("LabScreen", mode="lab", effects={
    "pause": Effect(run("state"), becomes("paused")),
    "step": Effect(run("step"), by(1)),
    "epoch": Effect(run("epoch"), by(1)),
    "rate": Effect(lambda lab: (lab.app.feed.number, run("learning_rate")(lab)),
                   lambda was, now: now == (was[0], 0.05), answer="0.05"),
    "settings": Effect(run("learning_rate"), lambda was, now: now == 2 * was, then="right", back="escape"),
    "weight": Effect(lambda lab: lab.app.feed.frame().net.weights[0][0, 1], becomes(-9.5), answer="1 1 2 -9.5"),
    "checkpoint": Effect(lambda lab: (run("saved")(lab), run("step")(lab)), lambda _, now: now[0] == now[1]),
    "pace": Effect(run("pace"), becomes("60")),
    "full": Effect(run("pace"), becomes("full")),
    "quit": opens("QuitDialog"),
    **EVERYWHERE,
})  # fmt: skip

DIGITS = Scene("LabScreen", mode="lab", effects={
    "plane": Effect(lambda lab: lab.app.laboratory.picture.NAME, becomes("what it believes"), back="d"),
    "scribble": opens("ScribbleScreen"),
})  # fmt: skip

IMAGES = Scene("LabScreen", mode="lab", effects={
    "next_example": Effect(lambda lab: lab.app.feed.frame().seen.row, by(1)),
    "previous_example": Effect(lambda lab: lab.app.feed.frame().seen.row, by(-1)),
}, ready=lambda lab: lab.app.feed.frame().seen)  # fmt: skip

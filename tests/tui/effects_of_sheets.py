"""What each key changes on the sheets and dialogs that lie over a screen for a while."""

from __future__ import annotations

from textual.widgets import Input, OptionList

from tests.tui.effects import Effect, Scene, above, becomes, by, files, other, run
from tests.tui.effects_of_screens import ANALYSE, BUILD, learned, on, setting
from tests.tui.living import Living


def closes(action: str, to: str = "LabScreen") -> dict[str, Effect]:
    """The keys that lead back."""
    return {action: Effect(above, becomes(to))}


def tab(lab: Living) -> int:
    """The form of the code that is shown."""
    return lab.app.screen.place  # type: ignore[attr-defined, no-any-return]


def copied(lab: Living) -> str:
    """The terminal's clipboard."""
    return lab.app.clipboard


LIVE = Scene("LiveScreen", enter="k", effects={
    "turn(1)": Effect(run("learning_rate"), lambda was, now: now == 2 * was),
    "turn(-1)": Effect(run("learning_rate"), lambda was, now: 2 * now == was),
    **closes("close"),
})  # fmt: skip

PREFLIGHT = Scene("PreflightScreen", enter="F", ready=on("done"), effects={
    "again": Effect(lambda lab: id(lab.app.screen.found), other),  # type: ignore[attr-defined]
    **closes("close"),
})  # fmt: skip

RATES = Scene("RatesScreen", enter="l", ready=on("swept"), effects={
    **closes("close"),
    "take": Effect(setting("optimizer.learning_rate"), other),
})  # fmt: skip

CODE = Scene("CodeScreen", enter="E", ready=lambda lab: tab(lab) in lab.app.screen.made, effects={  # type: ignore[attr-defined]
    "open(1)": Effect(tab, becomes(1)),
    "open(2)": Effect(tab, becomes(2)),
    "open(3)": Effect(tab, becomes(3)),
    "open(4)": Effect(tab, becomes(4)),
    "open(0)": Effect(tab, becomes(0)),
    "turn(1)": Effect(tab, by(1)),
    "turn(-1)": Effect(tab, by(-1)),
    "save": Effect(files("py"), by(1)),
    "copy": Effect(copied, lambda was, now: "import numpy" in now),
    **closes("close"),
})  # fmt: skip

EXPLAIN = Scene("ExplainScreen", enter="x", effects=closes("dismiss_sheet"))
KEYS = Scene("KeysScreen", enter="question_mark", effects=closes("dismiss_help"))
VALUE = Scene("ValueDialog", enter="e", effects=closes("cancel"))
GO = Scene("GoScreen", enter="g", effects=closes("close"))
SHEETS = (LIVE, PREFLIGHT, CODE, EXPLAIN, KEYS, VALUE, GO)

PARAMETERS = Scene("ParametersScreen", under=BUILD, enter="p", ready=learned, effects={
    "turn(1)": Effect(setting("epochs"), by(200), before="down down down"),
    "turn(-1)": Effect(setting("epochs"), by(-200)),
    "default": Effect(setting("epochs"), other),
    **closes("close", "BuildScreen"),
})  # fmt: skip


def picked(lab: Living) -> int | None:
    """The place of the word under the cursor."""
    return lab.app.screen.query_one(OptionList).highlighted


PICK = Scene("PickDialog", under=BUILD, enter="1 enter", effects={
    "move(1)": Effect(picked, other),
    "move(-1)": Effect(picked, other),
    **closes("cancel", "BuildScreen"),
})  # fmt: skip


def path(lab: Living) -> str:
    """What stands in the line."""
    return lab.app.screen.query_one(Input).value


PATH = Scene("PathDialog", under=BUILD, enter="1 enter f i l e enter", effects={
    "move(1)": Effect(path, other),
    "move(-1)": Effect(path, other),
})  # fmt: skip

OF_BUILD = (PARAMETERS, PICK, PATH)
OF_ANALYSE = (Scene("ReadingScreen", under=ANALYSE, enter="x", effects=closes("close", "AnalyseScreen")),)

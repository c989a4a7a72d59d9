"""What each key changes on the screen of a table, and on the sheet of its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.widgets import Static

from tests.tui.effects import EVERYWHERE, Effect, Scene, above, becomes, by, files, opens, other
from tests.tui.effects_of_screens import CLOSE, on
from tests.tui.effects_of_sheets import closes, copied, tab
from tests.tui.living import Living


def shown(attribute: str) -> Callable[[Living], Any]:
    """A part of what is shown of the table."""
    return lambda lab: getattr(lab.app.screen.exploration, attribute)  # type: ignore[attr-defined]


def steps(lab: Living) -> int:
    """How many there are."""
    return len(shown("steps")(lab))


def columns(lab: Living) -> int:
    """How many are left."""
    return len(shown("head")(lab).names)


def typed(lab: Living) -> str:
    """What kind of step is being typed; nothing when none is."""
    prompt = lab.app.screen.prompt  # type: ignore[attr-defined]
    return prompt.kind if prompt.display else ""


def inside(lab: Living) -> bool:
    """Whether arrows lead to the panel."""
    return lab.app.screen.panel.has_focus  # type: ignore[attr-defined, no-any-return]


def ready(lab: Living) -> object:
    """Whether the table is there and nothing is asked about it."""
    screen: Any = lab.app.screen
    return screen.exploration.head is not None and not screen.inquiry.busy("head")


DATA = Scene("DataScreen", mode="data", enter="O", ready=ready, effects={
    "table_describe": Effect(shown("view"), becomes("describe")),
    "table_missing": Effect(shown("view"), becomes("missing")),
    "table_balance": Effect(shown("view"), becomes("balance")),
    "table_bars": Effect(shown("view"), becomes("bars")),
    "table_corr": Effect(shown("view"), becomes("corr")),
    "table_season": Effect(shown("view"), becomes("season")),
    "table_pca": Effect(shown("view"), becomes("pca")),
    "table_told": Effect(shown("view"), becomes("told")),
    "table_column": Effect(shown("view"), becomes("column")),
    "table_filter": Effect(typed, becomes("filter"), back="escape"),
    "table_group": Effect(typed, becomes("group"), back="escape"),
    "table_top": Effect(typed, becomes("top"), back="escape"),
    "table_fill": opens("PickDialog"),
    "table_sort": Effect(steps, by(1)),
    "table_drop": Effect(steps, by(1)),
    "table_leave": Effect(columns, by(-1)),
    "table_undo": Effect(steps, by(-1)),
    "table_target": Effect(shown("target"), other, before="end right"),
    "table_focus": Effect(inside, becomes(True), back="tab"),
    "table_zoom": Effect(on("zoomed"), becomes(True), back="z"),
    "table_code": opens("ScriptScreen"),
    "table_save": Effect(files("toml"), by(1)),
    "table_other": opens("PathDialog"),
    "table_again": Effect(lambda lab: id(shown("head")(lab)), other),
    "table_train": Effect(above, becomes("BuildScreen"), back="escape"),
    **EVERYWHERE,
    **CLOSE,
})  # fmt: skip

SCRIPT = Scene("ScriptScreen", under=DATA, enter="2 E", effects={
    "turn(1)": Effect(tab, other),
    "turn(-1)": Effect(tab, other),
    "save": Effect(lambda lab: str(lab.app.screen.query_one("#about", Static).content), other),
    "copy": Effect(copied, lambda was, now: "pandas" in now),
    **closes("close", "DataScreen"),
})  # fmt: skip

"""What each key changes on the screens beside the Lab: Build, Analyse, Runs, Compare, points and digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlcore
from mlcore import shelf
from tests.tui.effects import EVERYWHERE, Effect, Scene, above, becomes, by, files, folders, opens, other
from tests.tui.living import Living
from tui.widgets.ledger import Ledger
from tui.widgets.overlay import Overlay


def on(attribute: str) -> Callable[[Living], Any]:
    """Something of the screen on top; None where that has no such thing."""
    return lambda lab: getattr(lab.app.screen, attribute, None)


def setting(name: str) -> Callable[[Living], Any]:
    """A setting of the experiment."""
    return lambda lab: lab.app.lab.draft.config.setting(name)  # type: ignore[union-attr]


def words(lab: Living) -> tuple[str, ...]:
    """The layers of the draft."""
    assert lab.app.lab.draft is not None
    return lab.app.lab.draft.words


def longer(was: Any, now: Any) -> object:
    """More of it."""
    return len(now) > len(was)


def shorter(was: Any, now: Any) -> object:
    """Less of it."""
    return len(now) < len(was)


def line(lab: Living) -> str:
    """The line of the form under the cursor."""
    return lab.app.screen.form.line.name  # type: ignore[attr-defined, no-any-return]


def learned(lab: Living) -> object:
    """Whether what was built is what is being trained."""
    mirror, draft = lab.app.feed._mirror, lab.app.lab.draft
    started = mirror.started if mirror is not None else None
    return started is not None and draft is not None and draft.changed(started.config).config == draft.config


CLOSE = {"close": Effect(above, becomes("LabScreen"))}

BUILD = Scene("BuildScreen", mode="build", enter="p", ready=learned, effects={
    "line_down": Effect(line, lambda was, now: was == "dataset.kind" != now),
    "line_up": Effect(line, becomes("dataset.kind")),
    "turn_on": Effect(setting("dataset.kind"), becomes("moons")),
    "turn_back": Effect(setting("dataset.kind"), becomes("circles")),
    "open_line": Effect(setting("dataset.kind"), becomes("moons"), answer="moons"),
    "undo": Effect(setting("dataset.kind"), becomes("circles")),
    "column_2": Effect(on("place"), becomes(1)),
    "column_3": Effect(on("place"), becomes(2)),
    "column_1": Effect(on("place"), becomes(0)),
    "column_on": Effect(on("place"), by(1)),
    "column_back": Effect(on("place"), by(-1)),
    "usual": Effect(setting("seed"), lambda *both: both == (43, 42), before="3 down down right"),
    "insert_layer": Effect(words, longer),
    "insert_kind": Effect(words, lambda was, now: "drop .5" in now and "drop .5" not in was, answer="drop"),
    "layer_up": Effect(words, lambda was, now: now.index("drop .5") == was.index("drop .5") - 1),
    "layer_down": Effect(words, lambda was, now: now.index("drop .5") == was.index("drop .5") + 1),
    "remove_layer": Effect(words, shorter),
    "type_body": Effect(setting("layers"), becomes("5 tanh"), answer="5 tanh"),
    "table": opens("PathDialog"),
    "parameters": opens("ParametersScreen"),
    "preflight": opens("PreflightScreen"),
    "find_rate": opens("RatesScreen"),
    "code": opens("CodeScreen"),
    "quit": opens("QuitDialog"),
    **EVERYWHERE,
    **CLOSE,
})  # fmt: skip


def analysis(attribute: str) -> Callable[[Living], Any]:
    """A part of what the Analyse screen shows."""
    return lambda lab: getattr(lab.app.screen.analysis, attribute)  # type: ignore[attr-defined]


def part(attribute: str, place: int) -> Callable[[Living], Any]:
    """The row or the column of a place."""
    return lambda lab: analysis(attribute)(lab)[place]


ANALYSE = Scene("AnalyseScreen", mode="analyse", enter="A", ready=analysis("judgement"), effects={
    "view_report": Effect(analysis("view"), becomes("report")),
    "view_mistakes": Effect(analysis("view"), becomes("mistakes")),
    "view_calibration": Effect(analysis("view"), becomes("calibration")),
    "view_projection": Effect(analysis("view"), becomes("projection")),
    "view_filters": Effect(analysis("view"), becomes("filters")),
    "view_trace": Effect(analysis("view"), becomes("trace")),
    "view_ranking": Effect(analysis("view"), becomes("ranking")),
    "view_columns": Effect(analysis("view"), becomes("columns")),
    "view_inside": Effect(analysis("view"), becomes("inside"), back="7"),
    "lines_down": Effect(part("top", 0), by(10)),
    "lines_up": Effect(part("top", 0), by(-10)),
    "columns_right": Effect(part("top", 1), by(1)),
    "columns_left": Effect(part("top", 1), by(-1)),
    "view_confusion": Effect(analysis("view"), becomes("confusion")),
    "cell_down": Effect(part("cell", 0), becomes(1), before="up " * 9),
    "cell_up": Effect(part("cell", 0), becomes(0)),
    "cell_right": Effect(part("cell", 1), becomes(1), before="left " * 9),
    "cell_left": Effect(part("cell", 1), becomes(0)),
    "open_cell": Effect(analysis("within"), becomes((0, 0))),
    "every_mistake": Effect(analysis("within"), becomes(None)),
    "row_after": Effect(analysis("place"), by(1)),
    "row_before": Effect(analysis("place"), by(-1)),
    "row_last": Effect(analysis("place"), lambda was, now: now > was == 0),
    "row_first": Effect(analysis("place"), becomes(0)),
    "other_split": Effect(analysis("split"), lambda *both: both == ("test", "validation")),
    "present": Effect(analysis("held"), lambda was, now: now > was),
    "explain_view": opens("ReadingScreen"),
    "zoom_view": Effect(on("zoomed"), becomes(True)),
    "save_view": Effect(files("txt"), by(1)),
    "save_view_picture": Effect(files("svg"), by(1)),
    **EVERYWHERE,
    **CLOSE,
})  # fmt: skip


def table(attribute: str) -> Callable[[Living], Any]:
    """Something of the table of runs."""
    return lambda lab: getattr(lab.app.screen.query_one(Ledger), attribute)


def labelled(lab: Living) -> list[shelf.Labels]:
    """The labels on the disk."""
    return [each.labels for each in shelf.look(lab.app.options.runs_dir)]


def names(lab: Living) -> set[str]:
    """The names of the runs."""
    return {run.name for run in mlcore.list_runs(lab.app.options.runs_dir)}


RUNS = Scene("RunsScreen", mode="runs", enter="o", ready=table("lines"), effects={
    "runs_sort": Effect(table("sorted_by"), by(1)),
    "runs_reverse": Effect(table("reversed"), becomes(True)),
    "runs_choose": Effect(lambda lab: len(table("chosen")(lab)), by(1), before="end"),
    "runs_pin": Effect(labelled, lambda _, now: sum(each.pinned for each in now) == 1),
    "runs_tags": Effect(labelled, lambda _, now: [each.tags for each in now].count(("lesson",)) == 1, answer="lesson"),
    "runs_note": Effect(labelled, lambda _, now: [each.note for each in now].count("slow") == 1, answer="slow"),
    "runs_rename": Effect(names, lambda was, now: len(now) == len(was) and now - was == {"winner"}, answer="winner"),
    "runs_delete": Effect(folders, by(-1)),
    "runs_restore": Effect(folders, by(1)),
    "runs_filter": Effect(table("lines"), lambda was, now: len(now) == 1 < len(was), answer="quick", back="escape"),
    "runs_compare": opens("CompareScreen", before="end space up space"),
    **EVERYWHERE,
    **CLOSE,
})  # fmt: skip


def overlay(attribute: str) -> Callable[[Living], Any]:
    """How curves are compared."""
    return lambda lab: getattr(lab.app.screen.query_one(Overlay), attribute)


def compared(attribute: str) -> Callable[[Living], Any]:
    """What is compared."""
    return lambda lab: getattr(overlay("found")(lab), attribute)


COMPARE = Scene("CompareScreen", mode="compare", under=RUNS, enter="end space up space up up space v",
                ready=overlay("found"), effects={
    "compare_metric": Effect(compared("what"), other),
    "compare_axis": Effect(overlay("axis"), becomes("step")),
    "compare_log": Effect(overlay("log_scale"), becomes(True)),
    "compare_next": Effect(compared("names"), lambda was, now: now == (*was[1:], was[0])),
    "compare_add": Effect(lambda lab: len(lab.app.screen.query(Ledger)), by(1), back="v"),
    "compare_drop": Effect(compared("names"), lambda was, now: now == was[1:]),
    "scroll(1)": Effect(overlay("top"), by(1)),
    "scroll(-1)": Effect(overlay("top"), by(-1)),
    **EVERYWHERE,
    **CLOSE,
})  # fmt: skip


def dots(lab: Living) -> int:
    """Points on the plane."""
    return len(lab.app.screen._pane.dots)  # type: ignore[attr-defined]


def cursor(lab: Living) -> tuple[int, int]:
    """Where the cursor of the plane is."""
    pane = lab.app.screen._pane  # type: ignore[attr-defined]
    return pane._cursor(*pane.canvas)  # type: ignore[no-any-return]


def classes(lab: Living) -> int:
    """Classes the network tells apart; with only one there is nothing to learn."""
    points = {dot.label for dot in lab.app.screen._pane.dots}  # type: ignore[attr-defined]
    return len(lab.app.feed.frame().class_names) if len(points) > 1 else len(points)


def moves(steps: int) -> dict[str, Effect]:
    """Keys that move the cursor, so many cells at once."""
    return {
        f"move({x * steps}, {y * steps})": Effect(
            cursor, lambda was, now, x=x, y=y: now == (was[0] + x * steps, was[1] + y * steps)
        )
        for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1))
    }


PLACE = Scene("PlaceScreen", mode="place", enter="D", effects={
    **EVERYWHERE,
    "place_dot": Effect(dots, by(1)),
    "place_back": Effect(dots, by(-1)),
    "place_class": Effect(classes, by(1), then="space"),
    "place_erase": Effect(dots, by(-1)),
    "place_clear": Effect(dots, becomes(0)),
    **moves(1),
    **moves(5),
    **CLOSE,
})  # fmt: skip


def ink(lab: Living) -> int:
    """Pixels drawn."""
    return sum(map(bool, lab.app.screen.paper.pixels))  # type: ignore[attr-defined]


def pen(lab: Living) -> Any:
    """Where the pen is."""
    return lab.app.screen.paper.at  # type: ignore[attr-defined]


SCRIBBLE = Scene("ScribbleScreen", mode="scribble", enter="G", effects={
    "pen": Effect(lambda lab: lab.app.screen.paper.down, other),  # type: ignore[attr-defined]
    "move(-1, 0)": Effect(pen, lambda was, now: now == (was[0] - 1, was[1])),
    "move(1, 0)": Effect(pen, lambda was, now: now == (was[0] + 1, was[1])),
    "move(0, -1)": Effect(pen, lambda was, now: now == (was[0], was[1] - 1)),
    "move(0, 1)": Effect(pen, lambda was, now: now == (was[0], was[1] + 1)),
    "paper": Effect(ink, lambda was, now: now == 0 < was, before="space space"),
    **EVERYWHERE,
    **CLOSE,
})  # fmt: skip

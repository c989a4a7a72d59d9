"""Which table is looked at: that of the experiment, or a file that is asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.exploration import BUNDLED, Exploration
from tui.opening import TABLES

if TYPE_CHECKING:
    from tui.app import MljApp

HELP = "a table: text with columns parted by commas, semicolons or tabs, or Parquet"


def ask_for_table(app: MljApp, before: str = "") -> None:
    """Ask for a file and show it; in place of the table that is shown."""
    from tui.screens.paths import PathDialog

    def chosen(path: str | None) -> None:
        if path:
            open_table(app, named(path))

    before = before or next(reversed(app.explored), "")
    app.push_screen(PathDialog("Table", HELP, before, _wrong, lambda text, tell: tell("", True)), chosen)


def open_table(app: MljApp, exploration: Exploration) -> None:
    """Show a table, in place of the one that is shown; with the steps it was left with, if they go on from these."""
    from tui.screens.data import DataScreen

    left = app.explored.get(exploration.path)
    if left is not None and left.steps[: len(exploration.steps)] == exploration.steps:
        exploration = left._replace(target=exploration.target or left.target)
    if isinstance(app.screen, DataScreen):
        app.screen.dismiss()
    app.push_screen(DataScreen(app, exploration))


def named(path: str) -> Exploration:
    """A table by the path somebody typed, or the one to practise on by its name."""
    return Exploration(path=path if _bundled(path) else _absolute(path))


def _bundled(path: str) -> bool:
    return path == BUNDLED and not os.path.exists(_absolute(path))


def of_experiment(dataset: dict[str, Any]) -> Exploration | None:
    """The table an experiment learns from, behind its steps; None where it learns from something else."""
    path = str(dataset.get("path", ""))
    if dataset.get("kind") not in ("file", "series") or not path.lower().endswith(TABLES):
        return None
    steps = tuple(dict(step) for step in dataset.get("steps", ()))
    target = str(dataset.get("target", ""))
    return Exploration(path=path, format=_chosen(dataset.get("format", {})), steps=steps, target=target)


def _chosen(format: dict[str, Any]) -> dict[str, Any]:
    """What a person has said of the format; `none` is that of dates, and of thousands what is so by itself."""
    found = {name: value for name, value in format.items() if value not in ("auto", "", [], ())}
    return {name: value for name, value in found.items() if (name, value) != ("thousands", "none")}


def _wrong(path: str) -> str:
    """What is wrong with a path; nothing where a file is there."""
    if not path.strip():
        return "the path of a file"
    if _bundled(path):
        return ""
    found = Path(_absolute(path))
    try:
        if found.is_file():
            return ""
    except (OSError, ValueError):
        pass
    return f"{path[-60:]} is {'a folder' if found.is_dir() else 'no file'}"


def _absolute(path: str) -> str:
    """Where a file is: a relative path is looked for in MLJ_DATA_HOME, then here."""
    home = os.environ.get("MLJ_DATA_HOME", "")
    there = Path(os.path.expanduser(home)) / path
    plain = Path(os.path.expanduser(path))
    return str(there.absolute() if home and not plain.is_absolute() and there.is_file() else plain.absolute())

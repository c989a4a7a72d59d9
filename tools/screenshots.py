"""Draws the Lab for the documents: the real app in a terminal of 120 x 40, each data set when it is learned.

`python -m tools.screenshots` writes docs/images/lab-*.svg.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tools.drawing import picture, rows_of
from tools.virtual_terminal import VirtualTerminal

FOLDER = Path("docs/images")
RECIPES = ("moons", "spirals", "digits")
COLUMNS, ROWS = 120, 40


def shot(recipe: str) -> str:
    """The Lab when a recipe has been learned, as SVG."""
    with tempfile.TemporaryDirectory() as home:
        terminal_is = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        environ = os.environ | terminal_is | {"HOME": home, "MLJ_HOME": home}
        command = [sys.executable, "-m", "tui", recipe]
        with VirtualTerminal(command, columns=COLUMNS, rows=ROWS, environ=environ) as terminal:
            if not terminal.see("finished", 60) or not terminal.see("test", 10):
                raise SystemExit(f"{recipe} was not learned within a minute:\n{terminal.text()}")
            drawn = picture(rows_of(terminal.screen))
            terminal.press("ctrl+q")
            terminal.ended()
    return drawn


def main() -> int:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        path = FOLDER / f"lab-{recipe}.svg"
        path.write_text(shot(recipe), encoding="utf-8")
        print(f"{path}  {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

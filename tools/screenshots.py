"""Draws the app for the documents: the real one in a terminal, keys pressed, and what then stands there.

`python -m tools.screenshots` writes docs/images/NAME.svg; names given are the only ones drawn.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tools.drawing import picture, rows_of
from tools.virtual_terminal import VirtualTerminal

FOLDER = Path("docs/images")
PATIENCE = 90.0


class Shot(NamedTuple):
    """What is opened, how large, and keys with the words that stand there before the next is pressed."""

    name: str
    target: str
    steps: tuple[tuple[str, str | tuple[str, ...]], ...]  # (words to wait for, keys to press then), the last without
    columns: int = 120
    rows: int = 40
    rest: float = 1.5  # seconds in which the last pictures arrive


SHOTS = (
    Shot("lab-spirals", "spirals", (("finished", ""),), 140, 46),
    Shot("build", "circles", (("finished", "p"), ("what they look like", ""))),
    Shot("analyse-digits", "digits", (("finished", "A"), ("worst mistakes", ""))),
    Shot("compare", "moons", (("finished", "f"), ("finished", "c"), ("stays on disk", "[[[["), ("finished", "c"),
                              ("stays on disk", "v"), (" interval", "")), rest=2.5),
    Shot("data", "data sales", (("none missing", "/"), ("tab completes", (*"Region == 'North'", "enter")),
                                ("1,355 of", "7"), ("by month", "")), 120, 30),
)  # fmt: skip


def shot(wanted: Shot) -> str:
    """The screen as SVG."""
    with tempfile.TemporaryDirectory() as home:
        terminal_is = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        environ = os.environ | terminal_is | {"HOME": home, "MLJ_HOME": home, "XDG_RUNTIME_DIR": home}
        command = [sys.executable, "-m", "tui", *wanted.target.split()]
        with VirtualTerminal(command, columns=wanted.columns, rows=wanted.rows, environ=environ) as terminal:
            for words, keys in wanted.steps:
                if not terminal.see(words, PATIENCE):
                    raise SystemExit(f"{wanted.name}: {words!r} was not seen:\n{terminal.text()}")
                time.sleep(0.5)
                terminal.press(*keys)
            time.sleep(wanted.rest)
            drawn = picture(rows_of(terminal.screen))
            terminal.press("ctrl+q")
            terminal.ended()
    return drawn


def main() -> int:
    """Write every picture, or those named."""
    names = sys.argv[1:]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in SHOTS:
        if not names or each.name in names:
            path = FOLDER / f"{each.name}.svg"
            path.write_text(shot(each), encoding="utf-8")
            print(f"{path}  {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Records the first minute of the app in a terminal: an asciicast, and one animated SVG for the top of the README.

`python -m tools.film [--seconds 60] [--rate 5] [--size 80x24]` writes docs/images/first-minute.cast and .svg.
"""

from __future__ import annotations

import argparse
import codecs
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyte

from tools.drawing import Shot, animation, rows_of
from tools.virtual_terminal import UNKNOWN, Output, VirtualTerminal

FOLDER = Path("docs/images")
LARGEST = 2_000_000  # bytes of the animated picture
LINGER = 2.0  # seconds the last screen stands before it begins again


def record(seconds: float, columns: int, rows: int) -> list[Output]:
    """What `mlj-tui --demo` writes in so many seconds, from its first paint on."""
    with tempfile.TemporaryDirectory() as home:
        environ = os.environ | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            "HOME": home,
            "MLJ_HOME": home,
        }
        command = [sys.executable, "-m", "tui", "--demo"]
        with VirtualTerminal(command, columns=columns, rows=rows, environ=environ) as terminal:
            if not terminal.wait(lambda t: any(line.strip() for line in t.lines())):
                raise SystemExit("nothing was drawn")
            time.sleep(seconds)
            output = list(terminal.output)
            terminal.press("ctrl+q")
            terminal.ended()
    return output


def cast(output: Sequence[Output], columns: int, rows: int) -> str:
    """The recording as an asciicast, version 2: a header and one event a line."""
    header = {"version": 2, "width": columns, "height": rows, "title": "mlj: a network learns in the terminal"}
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    events = ([round(o.seconds, 4), "o", decoder.decode(o.data)] for o in output)
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in (header, *events)) + "\n"


def shots(output: Sequence[Output], columns: int, rows: int, rate: float) -> list[Shot]:
    """The screens of a recording, at most `rate` a second, only those that differ from the one before."""
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    found: list[Shot] = []
    due, began = 0.0, None
    for one in output:
        if began is not None and one.seconds - began >= due:
            _add(found, Shot(due, rows_of(screen)))
            due = (int((one.seconds - began) * rate) + 1) / rate
        stream.feed(UNKNOWN.sub(b"", one.data))
        if began is None and any(line.strip() for line in screen.display):
            began = one.seconds
    _add(found, Shot(due, rows_of(screen)))
    return found


def _add(found: list[Shot], shot: Shot) -> None:
    if not found or found[-1].rows != shot.rows:
        found.append(shot)


def main() -> int:
    """Record, write both files, say how large they are; 1 when the picture is too large."""
    parser = argparse.ArgumentParser(prog="python -m tools.film", description=__doc__)
    parser.add_argument("--seconds", type=float, default=62.0)
    parser.add_argument("--rate", type=float, default=5.0, help="screens a second in the animated picture")
    parser.add_argument("--size", default="80x24")
    asked = parser.parse_args()
    columns, rows = map(int, asked.size.split("x"))
    output = record(asked.seconds, columns, rows)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "first-minute.cast").write_text(cast(output, columns, rows), encoding="utf-8")
    screens = shots(output, columns, rows, asked.rate)
    drawn = animation(screens, screens[-1].seconds + LINGER)
    (FOLDER / "first-minute.svg").write_text(drawn, encoding="utf-8")
    print(f"{len(screens)} screens, {len(drawn):,} bytes: {FOLDER / 'first-minute.svg'}")
    return 0 if len(drawn) < LARGEST else 1


if __name__ == "__main__":
    sys.exit(main())

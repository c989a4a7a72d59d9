"""The app over slow lines: how long a key waits for its effect, and how few bytes low-bandwidth mode sends.

`python -m benchmarks.links` trains moons flat out at 120 x 40 behind `tools.slow_link`: lines of 200 and 50 kB a
second, with nothing behind them but the pseudo-terminal's own buffer and with a megabyte as ssh and TCP hold, and a
fast line with a round trip of 60 ms. Then it looks at low-bandwidth mode. Writes results/links.json.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyte

from benchmarks.goals import Goal, write
from benchmarks.latency import COLUMNS, EXPERIMENT, ROWS, environment, press, screen_with, summary, waits
from tools.slow_link import SlowLink
from tools.virtual_terminal import Output, replay

FAST = 20e6  # bytes a second of a line that is none
SETTLE = 6.0  # seconds from full speed on until keys are pressed: the first paint has arrived, the mode is chosen
BOARD = slice(1, 37)  # rows of the screen where panes are
COMPLETE = 20.0  # seconds after which a canvas that stands still has to be whole


class Line(NamedTuple):
    """A line to a terminal: bytes a second, seconds one way, bytes its buffers hold, seconds between two keys."""

    name: str
    rate: float = FAST
    delay: float = 0.0
    held: int = 0
    pause: float = 0.4


LOCAL, FAR = Line("no line"), Line("60 ms round trip", delay=0.030)
MIDDLING, SLOW = Line("200 kB/s", 200e3), Line("50 kB/s", 50e3, pause=1.2)
LINES = (LOCAL, FAR, MIDDLING, MIDDLING._replace(name="200 kB/s, 1 MB held", held=1_000_000), SLOW)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.links", description=__doc__)
    parser.add_argument("--keys", type=int, default=60, help="keys pressed on each line")
    parser.add_argument("--seconds", type=float, default=40.0, help="how long low-bandwidth mode is looked at")
    asked = parser.parse_args()
    found: dict[str, Any] = {"size": f"{COLUMNS}x{ROWS}"}
    for line in LINES:
        found[line.name] = keys(line, asked.keys)
        print(f"{line.name:20} {found[line.name]}", flush=True)
    found["low bandwidth"] = thrifty(asked.seconds)
    print(f"{'low bandwidth':20} {found['low bandwidth']}", flush=True)
    write("links", found, goals_of(found), "textual")
    return 0


def goals_of(found: dict[str, Any]) -> list[Goal]:
    """What was hoped for of lines and of few bytes; times in seconds."""
    goals = []
    for name, wait in ((line.name, found[line.name]) for line in LINES if line.rate == MIDDLING.rate):
        goals += [
            Goal(f"key to effect over {name}, median", "flat out", wait["median_ms"] / 1000, 0.100, "seconds"),
            Goal(f"key to effect over {name}, 95 of 100", "flat out", wait["p95_ms"] / 1000, 0.300, "seconds"),
            Goal(f"95 of 100 over {name}, second half of the keys", "the first half", wait["growth"], 1.5, "most"),
        ]
    far = (found[FAR.name]["median_ms"] - found[LOCAL.name]["median_ms"]) / 1000
    slow, few = found[SLOW.name], found["low bandwidth"]
    return [
        *goals,
        Goal(f"key to effect over {SLOW.name}, median", "flat out", slow["median_ms"] / 1000, 0.400, "seconds"),
        Goal(f"key to effect over a {FAR.name}, median", "less that without", far, 0.075, "seconds"),
        Goal("low-bandwidth mode", "bytes a second", few["kilobytes_s"], 10, "kilobytes"),
        Goal("low-bandwidth mode, seconds with other figures", "all", few["figures"], 0.95, "share"),
        Goal("low-bandwidth mode, seconds with another curve", "all", few["curve"], 0.95, "share"),
        Goal("low-bandwidth mode, canvas whole after a pause", "wall", few["complete_s"], 10.0, "seconds"),
    ]


@contextmanager
def training(line: Line, home: str) -> Iterator[SlowLink]:
    """The app at the end of a line, training flat out."""
    file = Path(home) / "flat-out.toml"
    file.write_text(EXPERIMENT.format(rows=1000, epochs=10_000_000), encoding="utf-8")
    command = [sys.executable, "-m", "tui", str(file)]
    options: dict[str, Any] = {"columns": COLUMNS, "rows": ROWS, "environ": environment(home), "decode": False}
    with SlowLink(command, rate=line.rate, delay=line.delay, held=line.held, **options) as terminal:
        time.sleep(3)
        terminal.press("f")
        time.sleep(SETTLE)
        yield terminal
        terminal.press("ctrl+c", "ctrl+c")  # end the run and leave
        terminal.ended(15)


def keys(line: Line, count: int) -> dict[str, Any]:
    """Milliseconds from `y` to the loss drawn by powers of ten, or back; a key without effect waits until the next.

    growth: 95 of 100 of the second half of the keys, in those of the first. thrifty: whether the app has chosen
    low-bandwidth mode by itself.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, training(line, home) as terminal:
        began = terminal.seconds
        pressed = press(terminal, ["y"] * count, line.pause)
        seconds, output = terminal.seconds - began, list(terminal.output)
    effects = [screen_with("powers of ten", place % 2 == 0) for place in range(count)]
    found = waits(output, pressed, effects)
    times = [each if each is not None else 1000 * line.pause for each in found]
    halves = [summary(half)["p95_ms"] for half in (times[: count // 2], times[count // 2 :])]
    return {
        **summary(times),
        "without_effect": found.count(None),
        "growth": round(halves[1] / halves[0], 2),
        "kilobytes_s": round(written(output, began, began + seconds) / seconds / 1000, 1),
        "thrifty": any("low bandwidth" in row for row in shown(output)),
    }


def written(output: Sequence[Output], first: float, last: float) -> int:
    """Bytes that arrived between two moments."""
    return sum(len(each.data) for each in output if first <= each.seconds < last)


def shown(output: Sequence[Output]) -> list[str]:
    """The screen as it stands at the end."""
    *_, (_, screen) = replay(output, COLUMNS, ROWS)
    return list(screen.display)


def thrifty(seconds: float) -> dict[str, Any]:
    """Low-bandwidth mode: bytes a second while it trains, and what of the screen changes; then it is paused.

    figures, curve: of the seconds, those in which those of the loss differ. complete_s: from the pause until the panes
    stand as they do when everything is drawn again; infinite if they never do.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, training(LOCAL, home) as terminal:
        terminal.press("B")
        time.sleep(3)
        first = terminal.seconds
        time.sleep(seconds)
        paused = terminal.seconds
        terminal.press("space")
        time.sleep(COMPLETE)
        whole = terminal.seconds
        terminal.resize(COLUMNS + 1, ROWS)
        terminal.resize(COLUMNS, ROWS)  # everything is drawn anew
        time.sleep(2)
        output = list(terminal.output)
    looks = list(_each_second(output, first, int(paused - first)))
    changes = [[a != b for a, b in zip(*pair, strict=True)] for pair in pairwise(looks)]
    figures, curve = (round(sum(each) / len(each), 3) for each in zip(*changes, strict=True))
    return {
        "seconds": round(paused - first, 1),
        "kilobytes_s": round(written(output, first, paused) / (paused - first) / 1000, 2),
        "figures": figures,
        "curve": curve,
        "complete_s": _complete(output, paused, whole),
    }


def _each_second(output: Sequence[Output], first: float, seconds: int) -> Iterator[tuple[str, str]]:
    """The figures of the loss and its curve as they stand after each second."""
    look, wanted = ("", ""), first
    for moment, screen in replay(output, COLUMNS, ROWS):
        while moment > wanted and wanted <= first + seconds:
            yield look
            wanted += 1.0
        look = _loss(screen)


def _loss(screen: pyte.Screen) -> tuple[str, str]:
    lines = screen.display
    top = next((row for row, line in enumerate(lines) if "3 loss" in line), 0)
    edge = lines[top].find("4 acc")
    return lines[top][:edge], "\n".join(line[:edge] for line in lines[top + 1 : top + 10])


def _complete(output: Sequence[Output], paused: float, whole: float) -> float:
    """Seconds from the pause until the panes look as they do at the end."""
    last, since, final = None, 0.0, _cells(output)
    for moment, screen in replay((each for each in output if each.seconds < whole), COLUMNS, ROWS):
        if moment > paused - 1:
            now = _board(screen)
            if now != last:
                last, since = now, moment
    return round(max(0.0, since - paused), 2) if last == final else float("inf")


def _cells(output: Sequence[Output]) -> list[Any]:
    *_, (_, screen) = replay(output, COLUMNS, ROWS)
    return _board(screen)


def _board(screen: pyte.Screen) -> list[Any]:
    """Every cell of the panes with its colours."""
    rows = range(*BOARD.indices(ROWS))
    return [[(cell.data, cell.fg, cell.bg) for cell in map(screen.buffer[y].__getitem__, range(COLUMNS))] for y in rows]


if __name__ == "__main__":
    sys.exit(main())

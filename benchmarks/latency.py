"""How long somebody at the app waits: for the first paint, for a key while it trains, for a whole network after a key.

`python -m benchmarks.latency` runs the real app in a pseudo-terminal, writes benchmarks/results/latency.json and prints
a table. Times are from the key (or the start) written to the bytes that show its effect read.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyte

from benchmarks import machine
from tools.virtual_terminal import UNKNOWN, Output, VirtualTerminal, replay

Seen: TypeAlias = Callable[[pyte.Screen], bool]
Effect: TypeAlias = Callable[[pyte.Screen], Seen]  # from the screen before a key: whether its effect is there

RESULTS = Path(__file__).parent / "results" / "latency.json"
COLUMNS, ROWS = 120, 40
START = "import sys; from tui.__main__ import main; sys.exit(main())"  # what the command mlj-tui runs
HELLO = """\
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("hello")

Hello().run()
"""
EXPERIMENT = """\
layers = "16 relu | 16 relu"
epochs = {epochs}
[loss]
kind = "softmax_cross_entropy"
[dataset]
kind = "moons"
n_samples = {rows}
noise = 0.5
[stopping]
max_seconds = 120
"""


def main() -> int:
    """Measure, write the results, print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--repeats", type=int, default=30, help="keys measured")
    parser.add_argument("--starts", type=int, default=7, help="starts measured")
    asked = parser.parse_args()
    found: dict[str, Any] = {"size": f"{COLUMNS}x{ROWS}", "first_paint": first_paint(asked.starts)}
    found["key_while_training"] = key_while_training(asked.repeats)
    for rows in (1000, 3000):
        found[f"live_{rows}_rows"] = live(asked.repeats, rows)
    found["machine"] = machine.describe("textual", "numpy", "plotext")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for name, values in found.items():
        print(f"{name:20} {values}")
    return 0


def environment(home: str) -> dict[str, str]:
    """A terminal of today and an empty home; modules are compiled once, as on anybody's machine."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
        "HOME": home,
        "MLJ_HOME": home,
        "XDG_RUNTIME_DIR": home,
    }


def opened(home: str, *command: str) -> VirtualTerminal:
    """A program in a terminal that only notes what is written."""
    return VirtualTerminal(
        [sys.executable, *command], columns=COLUMNS, rows=ROWS, environ=environment(home), decode=False
    )


def first_paint(starts: int) -> dict[str, float]:
    """Seconds until the first words stand on the screen, in turn with an app of Textual that only says hello."""
    times: dict[str, list[float]] = {"mlj": [], "hello": []}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for _ in range(starts + 1):  # the first fills the caches and is not counted
            for name, command, words in (("hello", ("-c", HELLO), "hello"), ("mlj", ("-c", START), "what it")):
                with opened(home, *command) as terminal:
                    times[name].append(first_seen(terminal, words))
                    terminal.press("ctrl+q")
                    terminal.ended()
    best = {name: min(values[1:]) for name, values in times.items()}
    median = {name: statistics.median(values[1:]) for name, values in times.items()}
    return {
        "mlj_best_s": round(best["mlj"], 3),
        "hello_best_s": round(best["hello"], 3),
        "ratio_best": round(best["mlj"] / best["hello"], 2),
        "ratio_median": round(median["mlj"] / median["hello"], 2),
    }


def first_seen(terminal: VirtualTerminal, words: str, patience: float = 20.0) -> float:
    """When the words first stood on the screen; looked at now and then, as looking takes time from the program."""
    for _ in range(int(patience / 1.5)):
        time.sleep(1.5)
        with contextlib.suppress(StopIteration):
            return when(list(terminal.output), lambda screen: words in "\n".join(screen.display))
    raise TimeoutError(f"{words!r} was not seen within {patience:g} s")


def when(output: Sequence[Output], seen: Seen) -> float:
    """When something was first seen."""
    return next(seconds for seconds, screen in replay(output, COLUMNS, ROWS) if seen(screen))


def key_while_training(repeats: int) -> dict[str, float]:
    """Milliseconds from `y` to the loss drawn by powers of ten, and back, while training goes flat out."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        file = Path(home) / "flat-out.toml"
        file.write_text(EXPERIMENT.format(rows=1000, epochs=10_000_000), encoding="utf-8")
        with opened(home, "-m", "tui", str(file)) as terminal:
            time.sleep(2)
            terminal.press("f")
            time.sleep(1)
            pressed = press(terminal, ["y"] * repeats, 0.35)
            output = list(terminal.output)
            terminal.press("q")
            time.sleep(0.5)
            terminal.press("s")
            terminal.ended()
    effects = [screen_with("powers of ten", present) for present in (True, False)]
    return summary(waits(output, pressed, [effects[place % 2] for place in range(repeats)]))


def live(repeats: int, rows: int) -> dict[str, float]:
    """Milliseconds from `R` to the boundary and the curve of the network trained anew."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        file = Path(home) / "live.toml"
        file.write_text(EXPERIMENT.format(rows=rows, epochs=100), encoding="utf-8")
        with opened(home, "-m", "tui", str(file)) as terminal:
            time.sleep(2)
            terminal.press("f")
            time.sleep(1.5)
            pressed = press(terminal, ["R"] * repeats, 0.5)
            output = list(terminal.output)
            terminal.press("ctrl+q")
            terminal.ended()
    return summary(waits(output, pressed, [_Retrained] * repeats))


def press(terminal: VirtualTerminal, keys: Sequence[str], pause: float) -> list[float]:
    """When each key was pressed."""
    times = []
    for key in keys:
        times.append(terminal.seconds)
        terminal.press(key)
        time.sleep(pause)
    return times


def screen_with(words: str, present: bool) -> Effect:
    """Words that come, or go."""
    return lambda before: lambda screen: (words in "\n".join(screen.display)) == present


class _Retrained:
    """Both the boundary and the figures of the loss are others than before, and the run has ended."""

    def __init__(self, before: pyte.Screen) -> None:
        self.before = self._parts(before)

    def __call__(self, screen: pyte.Screen) -> bool:
        now = self._parts(screen)
        return all(new != old for new, old in zip(now, self.before, strict=True)) and _ended(screen)

    @staticmethod
    def _parts(screen: pyte.Screen) -> tuple[object, ...]:
        half = COLUMNS // 2
        cells = tuple(
            (screen.buffer[y][x].fg, screen.buffer[y][x].bg) for y in range(2, 22) for x in range(half, COLUMNS - 2)
        )
        title = next((line for line in screen.display if "3 loss" in line), "")
        return cells, title[: title.find("4 acc")]


def _ended(screen: pyte.Screen) -> bool:
    return any("finished" in line for line in screen.display[-3:])


def waits(output: Sequence[Output], pressed: Sequence[float], effects: Sequence[Effect]) -> list[float | None]:
    """Milliseconds from each key to its effect; None for one without effect before the next key."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    found: list[float | None] = [None] * len(pressed)
    place, seen = -1, None
    for seconds, data in output:
        while place + 1 < len(pressed) and pressed[place + 1] <= seconds:
            place += 1
            seen = effects[place](screen)
        stream.feed(UNKNOWN.sub(b"", data))
        if seen is not None and seen(screen):
            found[place] = 1000 * (seconds - pressed[place])
            seen = None
    return found


def summary(times: Sequence[float | None]) -> dict[str, float]:
    """Median, 95 of 100 and the worst of waiting times in milliseconds; those that are None are left out."""
    ordered = sorted(each for each in times if each is not None)
    return {
        "keys": len(ordered),
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1),
        "worst_ms": round(ordered[-1], 1),
    }


if __name__ == "__main__":
    sys.exit(main())

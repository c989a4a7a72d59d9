"""What a frame of the app costs: processor time, bytes by pane, memory after thousands, drawings, a long past.

`python -m benchmarks.frames` trains moons flat out in the real app in a pseudo-terminal of 120 x 40 (and 200 x 60): the
boundary and the loss alone, half of the screen each, at 15 and 10 pictures a second and in 16 colours, no pane, paused;
then the Lab as it opens for 3,000 pictures. What a drawing takes is measured without a terminal. Writes
results/frames.json.
"""

from __future__ import annotations

import argparse
import copy
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.goals import Goal, write
from benchmarks.latency import COLUMNS, EXPERIMENT, ROWS, environment
from tools.virtual_terminal import VirtualTerminal

PROGRAM = """\
import sys, tui.clock, tui.screens.layout
tui.clock.RATE = {rate}
if {panes}:
    tui.screens.layout.Plan.lines = lambda *_: ((1, {panes}),)
from tui.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
TWO, NONE, ALL = (
    ((2, 1), (3, 1)),
    ((0, 1),),
    (),
)  # panes side by side, and how wide: boundary and loss; none; as it opens
MOVE = re.compile(rb"\x1b\[(\d+);(\d+)H")
SETTLE, WINDOW = 4.0, 12.0  # seconds until a look begins, and how long it takes
FEW, PAST, LONG_PAST = 200, 10**5, 10**9  # points a frame brings; points before it
HUGE = (300, 100)  # cells of the largest pane


class Moment(NamedTuple):
    """Now, processor seconds of the UI's thread and of its process, bytes written, pictures drawn."""

    seconds: float
    thread: float
    process: float
    bytes: int
    pictures: int


class Opened:
    """The app on a run that trains flat out, and what can be counted of it."""

    def __init__(self, terminal: VirtualTerminal, diary: Path) -> None:
        self.terminal, self.diary = terminal, diary

    def moment(self) -> Moment:
        pid = self.terminal.process.pid
        spent = (_spent(Path(f"/proc/{pid}/task/{pid}/stat")), _spent(Path(f"/proc/{pid}/stat")))
        return Moment(time.monotonic(), *spent, len(self.terminal.bytes), self.pictures)

    @property
    def pictures(self) -> int:
        """Pictures drawn until now."""
        return self.diary.read_text(encoding="utf-8").count('"event": "picture"')

    def mebibytes(self) -> float:
        """Memory the app holds."""
        pages = int(Path(f"/proc/{self.terminal.process.pid}/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _spent(stat: Path) -> float:
    user, system = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frames", description=__doc__)
    parser.add_argument("--pictures", type=int, default=3000, help="pictures until memory is looked at again")
    asked = parser.parse_args()
    found: dict[str, Any] = {
        "two panes": looked(TWO),
        "two panes, 10 Hz": looked(TWO, rate=10),
        "two panes, 16 colours": looked(TWO, colors="16"),
        "two panes, 200 x 60": looked(TWO, size=(200, 60)),
        "no pane": looked(NONE),
        "paused": looked(TWO, keys=("space",)),
        "many": many(asked.pictures),
        "past": past(),
        "drawings": drawings(),
    }
    for name, values in found.items():
        print(f"{name:22} {values}")
    write("frames", found, goals_of(found), "textual", "plotext")
    return 0


def goals_of(found: dict[str, Any]) -> list[Goal]:
    """What was hoped for."""
    two, paused, many = found["two panes"], found["paused"], found["many"]
    shares = (("two panes", 0.45), ("two panes, 10 Hz", 0.25), ("no pane", 0.10), ("paused", 0.03))
    rates = [(name, found[name]["rate"]) for name in ("two panes", "two panes, 200 x 60")]
    few = found["two panes, 16 colours"]
    return [
        *(Goal(f"UI thread, {name}", "one core", found[name]["thread"], bound, "most") for name, bound in shares),
        *(Goal(f"pictures, {name}", "those asked for", rate, 0.8, "share") for name, rate in rates),
        Goal("pictures, the Lab as it opens", "those asked for", many["rate"], 0.8, "share"),
        Goal("bytes of a frame", "the loss", two["bytes_a_frame"]["loss"] / 1e3, 10, "kilobytes"),
        Goal("bytes of a frame", "the boundary", two["bytes_a_frame"]["boundary"] / 1e3, 60, "kilobytes"),
        Goal("bytes of a frame", "the boundary in 16 colours", few["bytes_a_frame"]["boundary"] / 1e3, 25, "kilobytes"),
        Goal("bytes a second", "while nothing changes", paused["kilobytes_s"], 0, "kilobytes"),
        Goal(f"memory after {many['pictures']:,} pictures, more than", "after 300", many["grown_mib"], 2, "mebibytes"),
        Goal(f"a frame after {LONG_PAST:.0e} steps", f"after {PAST:.0e}", found["past"]["ratio"], 1.2, "most"),
        Goal("the slowest drawing of any pane, 120 x 40", "wall", found["drawings"]["120x40"]["s"], 0.05, "seconds"),
        Goal("the same, 300 x 100", "wall", found["drawings"]["300x100"]["s"], 0.05, "seconds"),
    ]


@contextmanager
def training(panes: Any, rate: float, colors: str, size: tuple[int, int]) -> Iterator[Opened]:
    """The app with these panes side by side, so many pictures a second, at full speed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        file, diary = Path(home) / "flat-out.toml", Path(home) / "diary.jsonl"
        text = EXPERIMENT.format(rows=1000, epochs=10_000_000).replace("max_seconds = 120", "max_seconds = 0")
        file.write_text(text, encoding="utf-8")
        diary.write_text("")
        program = PROGRAM.format(rate=rate, panes=panes)
        command = [sys.executable, "-c", program, str(file), "--trace", str(diary), "--colors", colors]
        system = {"TEXTUAL_FPS": "240", "TEXTUAL_COLOR_SYSTEM": "truecolor" if colors == "full" else "standard"}
        options: dict[str, Any] = {"columns": size[0], "rows": size[1], "decode": False}
        with VirtualTerminal(command, environ=environment(home) | system, **options) as terminal:
            time.sleep(3)
            terminal.press("f")
            time.sleep(SETTLE)
            yield Opened(terminal, diary)
            terminal.press("ctrl+c", "ctrl+c")  # end the run and leave
            terminal.ended(15)


def looked(
    panes: Any,
    *,
    rate: float = 15.0,
    colors: str = "full",
    size: tuple[int, int] = (COLUMNS, ROWS),
    keys: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A window of the app: shares of a core, pictures of those asked for, bytes a second and a frame of each pane."""
    with training(panes, rate, colors, size) as app:
        app.terminal.press(*keys)
        time.sleep(SETTLE)
        before = app.moment()
        time.sleep(WINDOW)
        after = app.moment()
        written = app.terminal.bytes[before.bytes : after.bytes]
    return _between(before, after, rate, size) | {"bytes_a_frame": by_pane(written, size[0] // 2)}


def _between(before: Moment, after: Moment, rate: float, size: tuple[int, int]) -> dict[str, Any]:
    from tui.clock import CELLS

    seconds = after.seconds - before.seconds
    wanted = rate / max(1.0, size[0] * size[1] / CELLS)
    return {
        "thread": round((after.thread - before.thread) / seconds, 4),
        "process": round((after.process - before.process) / seconds, 4),
        "asked_s": round(wanted, 2),
        "pictures_s": round((after.pictures - before.pictures) / seconds, 2),
        "rate": round((after.pictures - before.pictures) / seconds / wanted, 3),
        "kilobytes_s": round((after.bytes - before.bytes) / seconds / 1000, 2),
    }


def by_pane(written: bytes, half: int) -> dict[str, int]:
    """Bytes of a frame of the pane at the left and of that at the right, by where the cursor was put before each."""
    sizes, frames = Counter[str](), Counter[str]()
    for frame in written.split(b"\x1b[?2026h"):
        touched = set()
        moves = [*MOVE.finditer(frame)]
        for move, following in zip_longest(moves, moves[1:]):
            row, column = (int(number) for number in move.groups())
            name = "lines" if row == 1 or row > ROWS - 3 else "boundary" if column <= half else "loss"
            sizes[name] += (following.start() if following else len(frame)) - move.start()
            touched.add(name)
        frames.update(touched)
    return {name: round(sizes[name] / frames[name]) for name in sorted(sizes)}


def many(pictures: int) -> dict[str, Any]:
    """Memory of the Lab as it opens after 300 pictures and after so many, and how many a second there were."""
    with training(ALL, 15.0, "full", (COLUMNS, ROWS)) as app:
        _until(app, 300)
        early, before = app.mebibytes(), app.moment()
        _until(app, pictures)
        late, after = app.mebibytes(), app.moment()
    grown = {"early_mib": round(early, 1), "grown_mib": round(late - early, 2), "pictures": after.pictures}
    return _between(before, after, 15.0, (COLUMNS, ROWS)) | grown


def _until(app: Opened, pictures: int) -> None:
    end = time.monotonic() + pictures  # one a second is far too few
    while app.pictures < pictures and time.monotonic() < end:
        time.sleep(0.5)


def past(rounds: int = 200) -> dict[str, Any]:
    """What a frame takes, from new points to rows, with a short and with a long past: milliseconds, in turn."""
    from mlcore.worker.history import History

    rng, history, runs = np.random.default_rng(1), History(), {}
    for block in range(LONG_PAST // 10**6):
        if block == 0:
            short = History()
            short.add(np.arange(PAST), rng.random(PAST))
            runs["short"] = _Past(short)
        history.add(np.arange(block * 10**6, (block + 1) * 10**6), rng.random(10**6))
        history.fold()
    runs["long"] = _Past(history)
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            taken[name].append(run())
    ratios = [b / a for a, b in zip(taken["short"], taken["long"], strict=True)]
    return {f"{name}_ms": round(median(each), 3) for name, each in taken.items()} | {"ratio": round(median(ratios), 3)}


class _Past:
    """Two curves of a run on their way to the pane that draws them."""

    def __init__(self, history: Any) -> None:
        from mlcore.worker import Mirror
        from tui.terminal import Terminal
        from tui.widgets.curves import LossPane

        self.curves = {"train_loss": history, "validation_loss": copy.deepcopy(history)}
        self.seen = dict.fromkeys(self.curves, (0, 0))
        self.mirror, self.pane = Mirror(), LossPane(Terminal())

    def __call__(self) -> float:
        """A frame's new points, folded, sent, mirrored and drawn: milliseconds."""
        from tui import told
        from tui.frame import Frame

        points = self.curves["train_loss"].points
        began = time.perf_counter()
        for name, curve in self.curves.items():
            curve.add(np.arange(points, points + FEW), np.full(FEW, 0.5))
            new, self.seen[name] = curve.since(name, 1, self.seen[name])
            self.mirror.apply(new)
        self.pane.draw(Frame(epoch=points, **told.curves(self.mirror.curves)), 70, 8)
        return 1000 * (time.perf_counter() - began)


def drawings() -> dict[str, Any]:
    """The slowest drawing of any pane of anything, ordinary or odd, best of three: seconds, and of what."""
    from tests.tui.scenes import FRAMES, PANES
    from tui.terminal import Terminal

    found = {}
    for width, height in ((COLUMNS, ROWS), HUGE):
        taken = {}
        for kind in PANES:
            for name, frame in FRAMES.items():
                pane = kind(Terminal())
                taken[f"{kind.__name__} of {name}"] = min(_seconds(pane, frame, width, height) for _ in range(3))
        slowest = max(taken, key=taken.__getitem__)
        found[f"{width}x{height}"] = {"slowest": slowest, "s": round(taken[slowest], 4)}
    return found


def _seconds(pane: Any, frame: Any, width: int, height: int) -> float:
    began = time.perf_counter()
    pane.draw(frame, width, height)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())

"""On a terminal: one line redrawn while it trains, then the curve and the result, and nothing left behind."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pyte
import pytest

ROWS, COLUMNS = 40, 80


def shown(home: Path, words: str, **environment: str) -> tuple[str, pyte.Screen]:
    """What a command line wrote to a terminal, and the screen it left."""
    ours, theirs = pty.openpty()
    settings = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    inherited = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcore", *words.split()],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=inherited | settings | {"MLJ_HOME": str(home / "home"), "PYTHONUTF8": "1"} | environment,
    )
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            data = os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
        if not data:
            break
        written += data
    os.close(ours)
    assert process.wait(10) == 0
    screen = pyte.Screen(160, ROWS)  # wider than the terminal: a line that wraps is seen
    pyte.ByteStream(screen).feed(written)
    return written.decode(), screen


TRAIN = "train circles --backend reference --epochs 80"


def test_a_terminal_sees_progress_then_the_curve_and_the_result(home: Path) -> None:
    written, screen = shown(home, TRAIN)
    lines = [line.rstrip() for line in screen.display]
    frames = re.findall(r"\r[^\r\n]*epoch (\d+)/80[^\r\n]*\x1b\[K", written)
    assert frames and [int(n) for n in frames] == sorted(int(n) for n in frames)
    assert lines[0].startswith("loss:  ━━ train")
    assert any(line.startswith("finished: 80 epochs, ") for line in lines)
    assert any("mlj predict" in line and "--rows 0:3 --show" in line for line in lines)
    assert not any("steps/s" in line for line in lines), "the progress line was left on the screen"
    assert all(len(line) < COLUMNS for line in lines)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "")])
def test_without_colour_a_terminal_gets_plain_lines(home: Path, name: str, value: str) -> None:
    written, _ = shown(home, TRAIN, **{name: value})
    assert "\x1b" not in written and written.count("epoch ") >= 80 and "loss:" not in written


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "runs",
        "recipes",
        "info",
        "help",
        "help adam",
        "help mnist",
        "data list",
        "data show moons",
        "data head digits",
    ],
)
def test_tables_fit_a_terminal_of_80_columns(home: Path, words: str) -> None:
    shown(home, "train moons --backend reference --epochs 1 --no-progress", COLUMNS="80")
    _, screen = shown(home, words)
    assert max(len(line.rstrip()) for line in screen.display) <= COLUMNS


def test_a_table_in_a_pipe_has_a_line_for_each_row(mlj) -> None:
    assert len(mlj("recipes").out.splitlines()) == len(mlj("recipes --json").lines) + 3


def test_digits_are_drawn_in_half_blocks_with_prediction_and_label(home: Path) -> None:
    shown(home, "train digits --backend reference --epochs 1 --no-progress")
    written, screen = shown(home, "predict last --rows 0:2 --show")
    lines = [line.rstrip() for line in screen.display]
    assert lines[0] == "row 0" and lines[1].startswith("▀▀▀▀▀▀▀▀") and "48;5;" in written
    assert re.fullmatch(r"Prediction: \[\d\]", lines[5]) and re.fullmatch(r"Label: \[\d\]", lines[6])

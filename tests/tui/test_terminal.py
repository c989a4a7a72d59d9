"""What a terminal can do, told from its environment; taking it and giving it back."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tui.terminal import RESTORE, Terminal, detect, refusal

UTF8 = {"LANG": "en_US.UTF-8"}


@pytest.mark.parametrize(
    ("environ", "colors"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "full"),
        ({"TERM": "xterm-kitty"}, "full"),
        ({"TERM": "xterm-direct"}, "full"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "tmux-256color", "COLORTERM": "24bit"}, "full"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
    ],
)
def test_the_colour_depth_is_told_from_the_environment(environ, colors):
    assert detect(environ, size=(80, 24)).colors == colors


@pytest.mark.parametrize(
    ("environ", "glyphs"),
    [
        ({**UTF8}, "braille"),
        ({"LC_ALL": "C.utf8"}, "braille"),
        ({**UTF8, "LC_ALL": "POSIX"}, "ascii"),
        ({**UTF8, "LC_CTYPE": "C"}, "ascii"),
        ({}, "ascii"),
        ({**UTF8, "TERM": "linux"}, "blocks"),
    ],
)
def test_the_characters_are_told_from_the_locale(environ, glyphs):
    assert detect(environ, size=(80, 24)).glyphs == glyphs


def test_what_was_asked_for_overrules_what_was_found():
    found = detect({"NO_COLOR": "1"}, colors="full", glyphs="braille", size=(120, 40))
    assert found == Terminal("full", "braille", 120, 40)


@pytest.mark.parametrize(("colors", "system"), [("full", "truecolor"), ("256", "256"), ("16", "standard")])
def test_textual_is_told_the_same_depth(colors, system):
    assert Terminal(colors).environment()["TEXTUAL_COLOR_SYSTEM"] == system


def test_without_a_terminal_the_refusal_names_the_way_out():
    assert "mlj train" in refusal({"TERM": "xterm"}, tty=False)
    assert "mlj train" in refusal({"TERM": "dumb"}, tty=True)
    assert refusal({"TERM": "xterm"}, tty=True) == ""


PROGRAM = """
import os, sys, termios
from pathlib import Path
from tui.terminal import own_the_terminal
before = termios.tcgetattr(0)
give_back = own_the_terminal(Path(sys.argv[1]))
print("python says so")
sys.stdout.flush()
os.write(1, b"C says so")
os.write(2, b"C complains")
raw = termios.tcgetattr(0)
raw[3] &= ~(termios.ECHO | termios.ICANON)
termios.tcsetattr(0, termios.TCSANOW, raw)
sys.__stderr__.write("\\u256d picture")
give_back()
assert termios.tcgetattr(0) == before
"""


def test_what_others_print_goes_to_the_log_and_the_terminal_is_given_back(tmp_path):
    log = tmp_path / "deep" / "app.log"
    main, side = pty.openpty()
    environ = {**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", PROGRAM, str(log)]
    done = subprocess.run(command, stdin=side, stdout=side, stderr=side, env=environ, timeout=30, check=False)
    os.close(side)
    seen = b""
    while True:
        try:
            data = os.read(main, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.close(main)
    assert done.returncode == 0, log.read_text()
    assert "╭ picture" in seen.decode()
    assert seen.decode().endswith(RESTORE)
    assert b"says" not in seen
    assert b"complains" not in seen
    assert {"python says so", "C says so", "C complains"} <= set(log.read_text().replace("soC", "so\nC").splitlines())

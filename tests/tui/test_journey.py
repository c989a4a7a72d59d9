"""The whole journey in a real terminal multiplexer: from choosing data to reading the confusion matrix, and out."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tui.test_first_minute import ROOT, environment

pytestmark = pytest.mark.terminal


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux")
def test_the_whole_journey_in_tmux(tmp_path: Path) -> None:
    environ = environment(tmp_path, TMUX_TMPDIR=str(tmp_path), SHELL="/bin/sh")
    tmux = ["tmux", "-L", "mlj", "-f", "/dev/null"]

    def run(*words: str) -> str:
        return subprocess.run([*tmux, *words], env=environ, capture_output=True, text=True, check=True).stdout

    def see(words: str, seconds: float = 60.0) -> str:
        end = time.monotonic() + seconds
        while words not in (screen := run("capture-pane", "-p", "-t", "lab")):
            assert time.monotonic() < end, screen
            time.sleep(0.1)
        return screen

    command = f"{sys.executable} -m tui; echo left with $?; sleep 60"
    run("new-session", "-d", "-s", "lab", "-x", "80", "-y", "24", "-c", str(ROOT), command)
    try:
        see("circles")
        see("Done:")
        run("send-keys", "-t", "lab", "f")
        run("send-keys", "-t", "lab", "Right")
        see("[moons]")
        run("resize-window", "-t", "lab", "-x", "120", "-y", "40")
        see("82.3 %")  # the ceiling of moons
        see("finished")
        for keys, words in (  # from choosing data to reading the confusion matrix, and back
            (("g",), "go to"),
            (("-l", "digits"), "journey/digits"),
            (("Enter",), "[digits]"),
            (("p",), "layer by layer"),
            (("Escape",), "finished"),
            (("A",), "worst mistakes"),
            (("Enter",), "taken for"),
            (("3",), "[3 worst]"),
            (("Escape",), "[1 confusion]"),
            (("Escape",), "[digits]"),
        ):
            run("send-keys", "-t", "lab", *keys)
            see(words)
        run("send-keys", "-t", "lab", "q")
        see("left with 0")
    finally:
        run("kill-server")

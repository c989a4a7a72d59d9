"""A long command as one line that moves: its name, the seconds so far, the last thing it said."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

FRAME_SECONDS = 0.1
SAID = re.compile(rb"^(?:Collecting ([\w.-]{1,40})|(Installing) collected)", re.MULTILINE)


class Failed(Exception):
    """A command ended with an error; `log` holds all it wrote."""

    def __init__(self, label: str, log: Path) -> None:
        super().__init__(label)
        self.log = log

    def why(self) -> str:
        """The first errors a compiler found, else the last lines of what the command wrote."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line.strip() for line in lines if ": error:" in line or "fatal error:" in line]
        return "\n".join(errors[:5] or lines[-15:])


def run(label: str, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
    """Run a command with its output in `log`; show a moving line on a terminal, one plain line elsewhere.

    Raises Failed when the command ends with anything but 0. An interrupt reaches the command too.
    """
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env)
        try:
            _watch(process, label, log, started)
        except BaseException:
            process.terminate()
            process.wait()
            _clear()
            raise
    _clear()
    if process.returncode:
        raise Failed(label, log)
    print(f"{label:<12}{time.monotonic() - started:6.1f} s", flush=True)


def _watch(process: subprocess.Popen[bytes], label: str, log: Path, started: float) -> None:
    """Wait for the process, drawing the line a few times a second where somebody can see it."""
    if not sys.stdout.isatty():
        process.wait()
        return
    frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if "utf" in (sys.stdout.encoding or "").lower() else "-\\|/"
    count = 0
    while process.poll() is None:
        elapsed = time.monotonic() - started
        print(f"\r{label:<12}{elapsed:6.1f} s  {frames[count % len(frames)]} {_said(log):<42}", end="", flush=True)
        count += 1
        time.sleep(FRAME_SECONDS)


def _said(log: Path) -> str:
    """The package pip spoke of last, from the end of its log."""
    with log.open("rb") as text:
        text.seek(max(0, log.stat().st_size - 4096))
        found = SAID.findall(text.read())
    return b"".join(found[-1]).decode("ascii", "replace").lower() if found else ""


def _clear() -> None:
    if sys.stdout.isatty():
        print("\r" + " " * 70 + "\r", end="", flush=True)

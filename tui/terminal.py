"""What the terminal we were started in can do, found out once; and how it is taken and given back. No Textual here."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

Colors: TypeAlias = Literal["full", "256", "16", "none"]
Glyphs: TypeAlias = Literal["braille", "blocks", "ascii"]

COLORS: tuple[Colors, ...] = ("full", "256", "16", "none")
GLYPHS: tuple[Glyphs, ...] = ("braille", "blocks", "ascii")
TRUECOLOR_TERMS = ("-direct", "alacritty", "foot", "ghostty", "kitty", "wezterm")
SYSTEMS: dict[Colors, str] = {"full": "truecolor", "256": "256", "16": "standard", "none": "standard"}

# Leave the alternate screen, show the cursor, and switch off: mouse, focus and resize reports, bracketed paste,
# enhanced keys, an unfinished synchronized frame, colours.
RESTORE = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2048l\x1b[?2004l"
    "\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h"
)


class Terminal(NamedTuple):
    """The colours and characters this terminal shows, and its size in cells.

    glyphs: braille (everything), blocks (half blocks and straight boxes, as on the Linux console) or ascii. plain:
    sentences are wanted in place of pictures.
    """

    colors: Colors = "full"
    glyphs: Glyphs = "braille"
    columns: int = 80
    rows: int = 24
    plain: bool = False

    def environment(self) -> dict[str, str]:
        """What must stand in the environment before Textual is imported, so that both agree on the colours."""
        return {"TEXTUAL_COLOR_SYSTEM": SYSTEMS[self.colors]}


def detect(
    environ: Mapping[str, str] = os.environ,
    *,
    colors: Colors | Literal["auto"] = "auto",
    glyphs: Glyphs | Literal["auto"] = "auto",
    size: tuple[int, int] | None = None,
) -> Terminal:
    """What a terminal with these environment variables can do; `colors` and `glyphs` overrule what is found."""
    columns, rows = size or _size()
    return Terminal(
        _colors(environ) if colors == "auto" else colors,
        _glyphs(environ) if glyphs == "auto" else glyphs,
        columns,
        rows,
    )


def _colors(environ: Mapping[str, str]) -> Colors:
    """NO_COLOR counts when it is not empty; ssh rarely passes COLORTERM on, so 256 is the common case."""
    if environ.get("NO_COLOR"):
        return "none"
    term = environ.get("TERM", "").lower()
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith(TRUECOLOR_TERMS):
        return "full"
    return "256" if "256color" in term else "16"


def _glyphs(environ: Mapping[str, str]) -> Glyphs:
    """By the locale, as the C library reads it: the first that is set of LC_ALL, LC_CTYPE, LANG."""
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    encoding = next(filter(None, names), "").lower().replace("-", "")
    if "utf8" not in encoding:
        return "ascii"
    return "blocks" if environ.get("TERM") == "linux" else "braille"


def _size() -> tuple[int, int]:
    try:
        size = os.get_terminal_size(1)
    except OSError:
        return 80, 24
    return size.columns or 80, size.lines or 24


def refusal(environ: Mapping[str, str] = os.environ, *, tty: bool | None = None) -> str:
    """Why the app cannot be shown here, in one sentence with a way out; empty when it can.

    tty: whether keys come from a terminal and pictures go to one; found out when it is not given.
    """
    if not (os.isatty(0) and os.isatty(1) if tty is None else tty):
        return "it draws on a terminal and there is none here; to train without one: mlj train journey/circles"
    if environ.get("TERM", "dumb") in ("", "dumb"):
        return "it needs a terminal that can place text, and TERM says dumb; to train here: mlj train journey/circles"
    return ""


def in_browser(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the app is drawn by a web page, through a pipe, as `mlj serve` does."""
    return environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


class Window(io.FileIO):
    """The terminal, to be written to also once its window is closed.

    Textual's thread that writes would end with the first error, and everybody who draws wait for it for ever. What is
    written to nobody is lost; the first time the process gets the signal of a closed window, lest it was missed.
    """

    gone = False

    def write(self, data: Any) -> int:
        """Write bytes; how many are done with."""
        try:
            return super().write(data)
        except OSError:
            if not self.gone:
                self.gone = True
                os.kill(os.getpid(), signal.SIGHUP)
            return len(data)


def own_the_terminal(log: Path) -> Callable[[], None]:
    """Keep a private handle on the terminal; whatever else writes to it from now on goes to `log`.

    Textual draws on `sys.__stderr__`, which becomes that handle, always UTF-8; C code that prints reaches the log.
    Returns the function that gives the terminal back as it was found, whatever state a crash left it in.
    """
    import termios

    log.parent.mkdir(parents=True, exist_ok=True)
    terminal = os.dup(1)
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    modes = _modes(terminal)
    handle = io.TextIOWrapper(io.BufferedWriter(Window(terminal, "w", closefd=False)), "utf-8", "replace")
    sys.__stdout__ = sys.__stderr__ = handle  # type: ignore[misc]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)

    def give_back() -> None:
        with contextlib.suppress(OSError, termios.error):  # the window may be gone
            handle.flush()
            if not in_browser():
                os.write(terminal, RESTORE.encode())
            _set_modes(terminal, modes)

    return give_back


def _modes(terminal: int) -> list[object] | None:
    import termios

    try:
        return list(termios.tcgetattr(terminal))
    except termios.error:
        return None


def _set_modes(terminal: int, modes: list[object] | None) -> None:
    import termios

    if modes is not None:
        termios.tcsetattr(terminal, termios.TCSANOW, modes)  # type: ignore[arg-type]

"""The terminal that tests look through shows what a terminal of today would: frames that have come whole."""

from __future__ import annotations

import sys

import pytest

from tools.virtual_terminal import SYNC_BEGIN, SYNC_END, VirtualTerminal

pytestmark = pytest.mark.terminal
HOME = b"\x1b[H"


def printed(*pieces: bytes) -> VirtualTerminal:
    """A program that writes each piece when a key has been typed; after the last it waits for another and ends."""
    program = f"import os, tty; tty.setraw(0)\nfor piece in {pieces!r}: os.write(1, piece); os.read(0, 1)"
    return VirtualTerminal([sys.executable, "-c", program])


def test_half_of_a_frame_is_not_seen() -> None:
    first, begun, rest = HOME + b"first whole", SYNC_BEGIN + HOME + b"other", b" frame" + SYNC_END
    with printed(first, begun, rest) as terminal:
        assert terminal.see("first whole")
        terminal.press("k")
        assert terminal.wait(lambda t: t.bytes.endswith(begun))
        assert terminal.lines()[0].rstrip() == "first whole"
        terminal.press("k")
        assert terminal.see("other frame")


def test_what_lies_before_half_of_a_frame_is_seen() -> None:
    with printed(SYNC_BEGIN + HOME + b"one" + SYNC_END + b" two" + SYNC_BEGIN + HOME + b"three") as terminal:
        assert terminal.see("one two")
        assert "three" not in terminal.text()


def test_what_a_program_leaves_half_drawn_is_seen_when_it_has_gone() -> None:
    with printed(SYNC_BEGIN + HOME + b"its last words") as terminal:
        assert terminal.wait(lambda t: b"words" in t.bytes)
        assert "last" not in terminal.text()
        terminal.press("k")
        assert terminal.ended() == 0
        terminal.hang_up()
        assert terminal.see("its last words")

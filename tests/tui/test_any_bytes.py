"""Bytes that no keyboard of UTF-8 sends: a terminal of another encoding, a paste out of a broken file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.test_real_terminals import leave, opened

pytestmark = pytest.mark.terminal


def test_a_byte_that_is_no_utf_8_ends_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        assert terminal.see("epoch")
        terminal.send("é".encode("latin-1") + b"\xff")
        terminal.press("?")
        assert terminal.see("Experiment")
        terminal.press("escape")
        leave(terminal)

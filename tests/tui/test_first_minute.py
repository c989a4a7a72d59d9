"""The first minute, in a real terminal with an empty home: what somebody sees who has just typed `mlj-tui`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools.virtual_terminal import VirtualTerminal

ROOT = Path(__file__).parents[2]
QUIET = os.getloadavg()[0] < (os.cpu_count() or 1)  # one that others use too misses frames and early captions
ATTEMPTS = 3  # to see what such a machine may miss
pytestmark = [pytest.mark.alone, pytest.mark.terminal, pytest.mark.slow]


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing but a path, an empty home and a terminal of today."""
    plain = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return plain | {"LC_ALL": "C.UTF-8", "XDG_RUNTIME_DIR": str(home)} | more


class Diary:
    """What the app wrote down of the frames it drew."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def frames(self) -> list[dict[str, Any]]:
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        found = [json.loads(line) for line in text.split("\n")[:-1]]  # the last may be half written
        return [entry for entry in found if entry["event"] in ("picture", "lines")]

    @property
    def pictures(self) -> list[int]:
        """Checksums of the pictures, one for each change."""
        changes: list[int] = []
        for frame in self.frames:
            if frame["event"] == "picture" and frame["picture"] and changes[-1:] != [frame["picture"]]:
                changes.append(frame["picture"])
        return changes


SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@contextmanager
def lab(home: Path, size: str) -> Iterator[tuple[VirtualTerminal, Diary]]:
    """The app as a new user finds it, and what it notes."""
    home.mkdir(exist_ok=True)
    diary, (columns, rows) = Diary(home / "diary.jsonl"), SIZES[size]
    command = [sys.executable, "-m", "tui", "--trace", str(diary.path)]
    with VirtualTerminal(command, columns=columns, rows=rows, environ=environment(home), folder=ROOT) as terminal:
        yield terminal, diary


@pytest.fixture(params=SIZES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[VirtualTerminal, Diary]]:
    with lab(tmp_path, request.param) as found:
        yield found


@pytest.mark.parametrize("size", SIZES)
def test_nobody_touches_a_key_and_a_network_learns(size: str, tmp_path: Path) -> None:
    pictures = []
    for attempt in range(ATTEMPTS):
        with lab(tmp_path / str(attempt), size) as (terminal, diary):
            assert terminal.see("circles")
            assert terminal.wait(lambda _, diary=diary: len(diary.pictures) >= 2)  # the boundary has changed
            assert terminal.see("Done:")
            words = ("1 network", "what it believes", "3 loss", "4 accuracy", "best possible 97.7 %", "press f")
            assert terminal.wait(lambda t, words=words: all(each in t.text() for each in words)), terminal.text()
            last = diary.frames[-1]
            assert last["curve"] >= 40
            assert last["metrics"]["test_accuracy"] > 0.94
            assert last["dataset"] == "circles"
            pictures.append(len(diary.pictures))
            if pictures[-1] >= 60 and b"watch" in terminal.bytes:  # a caption has said what was going on
                return
    assert max(pictures) >= (60 if QUIET else 20), pictures


def test_the_keys_the_captions_name_do_what_they_say(opened: tuple[VirtualTerminal, Diary]) -> None:
    terminal, diary = opened
    assert terminal.wait(lambda _: diary.frames)

    def last() -> dict[str, Any]:
        return diary.frames[-1] if diary.frames else {"state": ""}

    def shows(state: str = "finished", **expected: object) -> bool:
        return terminal.wait(
            lambda _: last()["state"] == state and all(last()[name] == value for name, value in expected.items()), 60
        )

    terminal.press("f")
    assert shows(pace="full", dataset="circles")
    terminal.press("right")
    assert shows(dataset="moons", widths=[2, 8, 8, 1])
    terminal.press("up")
    assert shows(dataset="moons", widths=[2, 12, 8, 1])
    terminal.press("a")
    assert shows(activations=["tanh", "tanh", ""])
    terminal.press("comma", "comma", "comma")
    assert terminal.wait(lambda _: last()["shown_epoch"] < last()["epoch"])
    assert terminal.see("b trains on from here")
    before = last()["run"]
    terminal.press("b")
    assert terminal.see("A new run goes on")
    assert terminal.wait(lambda _: last()["run"] not in ("", before))
    terminal.press(*["right"] * 6)
    assert shows(dataset="digits")
    assert terminal.see("what it reads")
    assert terminal.wait(lambda _: last()["metrics"].get("test_accuracy", 0) > 0.85)
    terminal.press("q")
    assert terminal.ended() == 0

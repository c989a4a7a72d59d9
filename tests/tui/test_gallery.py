"""Every screen at three sizes, in colours and without, from what a worker said once: each looks as reviewed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.gallery import ROOMS, SIZES, Room, visit
from tests.tui.pictures import FOLDER, read, svg, written
from tests.tui.played import played
from tui.terminal import Terminal

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.mark.parametrize("colors", ["full", "none"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
async def test_every_screen_looks_as_reviewed(
    room: Room, size: tuple[int, int], colors: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot
) -> None:
    monkeypatch.chdir(tmp_path)
    if colors == "none":
        monkeypatch.setenv("NO_COLOR", "1")
    for module in ("tui.lab", "tui.screens.lab"):  # words that are said for a while are said for ever
        monkeypatch.setattr(f"{module}.monotonic", lambda: 0.0)
    terminal = Terminal(colors, columns=size[0], rows=size[1])  # type: ignore[arg-type]
    async with played(tmp_path, room, size, terminal) as lab:
        for stop in room.stops:
            await visit(lab, stop, lambda stop=stop: snapshot(lab.app, f"{stop.name}-{size[0]}x{size[1]}-{colors}"))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("lab*.txt")), ids=lambda path: path.stem)
def test_a_picture_is_read_as_it_was_written_and_can_be_drawn(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rows = read(text)
    assert written(rows) == text
    assert "mlj" in svg(rows)

"""Snapshots of screens: `MLJ_UPDATE_SNAPSHOTS=1 pytest tests/tui` writes them anew, and the difference is reviewed."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "snapshots"


@pytest.fixture
def snapshot():
    """f(app, name): the app's screen is the picture of that name, as SVG text; open the file in a browser to see it."""

    def same(app, name: str) -> None:
        path, now = FOLDER / f"{name}.svg", app.export_screenshot(title=name)
        if os.environ.get("MLJ_UPDATE_SNAPSHOTS"):
            FOLDER.mkdir(exist_ok=True)
            path.write_text(now, encoding="utf-8")
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        changes = difflib.unified_diff(before.splitlines(), now.splitlines(), "before", "now", lineterm="", n=0)
        assert before == now, (
            f"{path.name} differs; MLJ_UPDATE_SNAPSHOTS=1 writes it anew\n" + "\n".join(changes)[:3000]
        )

    return same


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and sockets of this test alone, and nothing that moves by itself."""
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")

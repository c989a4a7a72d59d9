"""Snapshots of screens: `MLJ_UPDATE_SNAPSHOTS=1 pytest tests/tui` writes them anew, and the difference is reviewed."""

from __future__ import annotations

import asyncio
import difflib
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

import pytest
from textual.app import App

from tests.tui import idle
from tests.tui.pictures import FOLDER, read, seen, svg, written

idle.install()
PATIENCE = (
    20.0  # seconds until a picture is another one: a loaded machine may not have drawn it all when it is asked for
)


@pytest.fixture
def snapshot(tmp_path: Path) -> Callable[[App[object], str], Awaitable[None]]:
    """await f(app, name): the app's screen becomes the picture of that name; one that differs is drawn beside it."""

    async def same(app: App[object], name: str) -> None:
        path, now = FOLDER / f"{name}.txt", written(seen(app))
        if os.environ.get("MLJ_UPDATE_SNAPSHOTS"):
            FOLDER.mkdir(exist_ok=True)
            path.write_text(now, encoding="utf-8")
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        end = monotonic() + PATIENCE
        while now != before and monotonic() < end:
            await asyncio.sleep(0.05)
            now = written(seen(app))
        if now == before:
            return
        drawn = tmp_path / f"{name}.svg"
        drawn.write_text(svg(read(now), name), encoding="utf-8")
        changes = difflib.unified_diff(before.splitlines(), now.splitlines(), "before", "now", lineterm="", n=0)
        pytest.fail(
            f"{path.name} differs, {drawn} shows it; MLJ_UPDATE_SNAPSHOTS=1 writes it anew\n"
            + "\n".join(changes)[:3000]
        )

    return same


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and sockets of this test alone, and nothing that moves by itself."""
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


@pytest.fixture(scope="session")
def shelved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four little runs; each test copies it."""
    import mlcore

    root = tmp_path_factory.mktemp("shelf") / "runs"
    small = {"epochs": 12, "dataset.n_samples": 200, "layers": "4 tanh"}
    own = {
        "slow": {"optimizer.learning_rate": 1e-5},
        "quick": {"optimizer.learning_rate": 0.1},
        "straight": {"layers": "4"},
        "other": {"dataset": "moons"},
    }
    for name, settings in own.items():
        mlcore.fit(mlcore.load_recipe("journey/circles").with_settings(small | settings), root, name=name)
    return root


@pytest.fixture
def root(shelved: Path, tmp_path: Path) -> Path:
    """The folder of runs of this test, with those four."""
    return Path(shutil.copytree(shelved, tmp_path / "runs"))

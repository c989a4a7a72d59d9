"""A lab in a folder of its own with a client that watches it, and runs that write every checkpoint."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlcore import recording
from mlcore.errors import RunError
from mlcore.worker import protocol, spawn
from tests.mlcore.watching import Watcher


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of runs; sockets get a folder of their own too, with a short path."""
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield tmp_path / "runs"


@pytest.fixture
def lab(root: Path) -> Iterator[Watcher]:
    watcher = Watcher(spawn(root))
    yield watcher
    with contextlib.suppress(RunError, OSError):
        watcher.client.send(protocol.Quit())
    process = watcher.client.process
    try:
        process.wait(20)
    finally:
        process.kill()
        watcher.client.close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every checkpoint is written, however little time has passed."""
    monkeypatch.setattr(recording, "FIRST", 1e9)

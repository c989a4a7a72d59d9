"""The command line in a home of its own, in process, with what it printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mlcore.cli import main


class Said(NamedTuple):
    """What a command line ended with and printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """stdout as JSON, a line each, refusing what JSON itself does not have."""
        return [json.loads(line, parse_constant=lambda word: pytest.fail(word)) for line in self.out.splitlines()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no runs, no settings from outside."""
    for name in ("MLJ_BACKEND", "MLJ_DEVICE", "MLJ_SEED", "MLJ_NUM_THREADS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLJ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def mlj(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command line: mlj("train moons", "--set", "layers=4 relu")."""

    def run(first: str, *words: object) -> Said:
        capsys.readouterr()
        code = main([*first.split(), *map(str, words)])
        printed = capsys.readouterr()
        assert "\x1b" not in printed.out + printed.err, "an escape code went into a pipe"
        return Said(code, printed.out, printed.err)

    return run

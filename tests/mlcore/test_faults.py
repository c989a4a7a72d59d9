"""Each storage call of a short run refused, and the process killed at each: told, and gone on with to the same bits."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mlcore import journal, recording
from mlcore.config import Config
from mlcore.errors import StorageError
from mlcore.runs import Run, fit, list_runs, record
from mlcore.training import train
from tests.mlcore.faults import GROWING, Disk, failing
from tests.mlcore.little_runs import config

pytestmark = pytest.mark.timeout(600)  # others may keep the disk busy
EVERY = bool(os.environ.get("MLJ_EXHAUSTIVE"))


def experiment() -> Config:
    """Two epochs, a checkpoint and a snapshot of each, one checkpoint kept."""
    return config(epochs=2, batch_size="full", **{"recording.snapshot_every": 1, "recording.keep": 1})


def attempt(root: Path, safe: list[int]) -> None:
    """A run from its creation to its end; the epochs that were told to be on the disk."""
    run = Run.create(experiment(), root)
    for event in record(train(experiment()), run):
        if event.kind == "snapshot":
            safe.append(event.epoch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that met no fault."""
    return fit(experiment(), tmp_path_factory.mktemp("whole"))


@pytest.fixture(autouse=True)
def whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every checkpoint and every line is written at once, so that each attempt makes the same calls."""
    monkeypatch.setattr(recording, "FIRST", 1e9)
    monkeypatch.setattr(recording, "STATUS_PERIOD", 1e9)
    monkeypatch.setattr(journal, "PERIOD", 0.0)


def places(root: Path, names: tuple[str, ...] = (), step: int = 1) -> Iterator[tuple[int, Path]]:
    """The numbers of the storage calls of a run, or of those with these names, and a folder for each."""
    with failing(Disk(root)) as disk:
        attempt(root, [])
    assert len(disk.calls) > 100 and set(GROWING) <= set(disk.calls)
    for at in [at for at, name in enumerate(disk.calls) if not names or name in names][:: 1 if EVERY else step]:
        yield at, root / f"{at}-{disk.calls[at]}"


def after(root: Path, whole: Run, safe: list[int], ended: bool) -> None:
    """No run is there, or one that has what was told to be safe and goes on to the bits of a run that met no fault."""
    runs = list_runs(root)
    assert len(runs) == 1 or not (safe or ended)
    for run in runs:
        if ended:  # whatever failed was made up for
            assert np.array_equal(run.model().vector, whole.model().vector)
        point = run.restore()
        assert (point.state.epoch if point.state else 0) >= max(safe, default=0)
        for _ in record(train(point.config, resume=point.state, data=point.data), run):
            pass
        assert np.array_equal(run.model().vector, whole.model().vector)
        assert run.history["train_loss"] == whole.history["train_loss"]
        assert Run.open(run.folder).status.state == "finished"
        assert not list(run.folder.rglob(".*.tmp"))


@pytest.mark.parametrize(("fault", "step"), [("full", 1), ("broken", 1), ("dead", 3)])
def test_a_call_that_is_refused_is_told_as_such_or_made_up_for(
    fault: str, step: int, whole: Run, tmp_path: Path
) -> None:
    for at, root in places(tmp_path / "clean", GROWING if fault == "full" else (), step):
        safe: list[int] = []
        with failing(Disk(root, at, fault)) as disk:
            try:
                attempt(root, safe)
                ended = True
            except StorageError:
                ended = False
        assert disk.struck, f"{root.name} was never refused"
        after(root, whole, safe, ended)


@pytest.mark.parametrize("fault", ["killed", "torn"])
def test_a_process_killed_at_any_call_leaves_what_can_be_gone_on_with(fault: str, whole: Run, tmp_path: Path) -> None:
    for at, root in places(tmp_path / "clean", ("write",) if fault == "torn" else (), 2 if fault == "killed" else 1):
        child = os.fork()
        if child == 0:
            try:
                with failing(Disk(root, at, fault)):
                    attempt(root, [])
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        after(root, whole, [], ended=False)

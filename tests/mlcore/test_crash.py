"""kill -9 at random moments: nothing acknowledged is lost, runs stay readable, and going on gives the same bits."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import numpy as np

from mlcore import checkpoints, recording
from mlcore.config import Config
from mlcore.runs import Run, fit, record
from mlcore.training import train

KILLS = int(os.environ.get("MLJ_KILLS", "30"))


def config() -> Config:
    settings = {"backend": "reference", "epochs": 30, "layers": "4 tanh", "dataset.n_samples": 100}
    return Config().with_settings(settings | {"recording.snapshot_every": 1, "batch_size": "full"})


def victim(run: Run, acknowledged: int) -> None:
    """What the child does: go on with the run, and say each epoch that is on the disk."""
    point = run.restore()
    for event in record(train(point.config, resume=point.state, data=point.data), run):
        if event.kind == "snapshot":
            os.write(acknowledged, b"%d\n" % event.epoch)
    os._exit(0)


def killed(run: Run, after: float) -> tuple[bool, int]:
    """Go on with a run in a child and kill it; whether it had finished, and the last epoch it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            victim(run, writing)
        finally:
            os._exit(1)
    os.close(writing)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, code = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().split()
    assert code in (0, signal.SIGKILL), f"the child ended with {code}"
    return code == 0, int(said[-1]) if said else 0


def test_a_run_killed_at_any_moment_loses_nothing_acknowledged_and_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(recording, "FIRST", 1e9)
    whole = fit(config(), tmp_path / "whole")
    life, some, run, finished = 0.12, random.Random(7), Run.create(config(), tmp_path), 0
    for _ in range(KILLS):
        done, acknowledged = killed(run, some.uniform(0, life))
        run = Run.open(run.folder)
        if acknowledged:
            newest = checkpoints.load_checkpoint(list(run.checkpoints().values())[-1])
            assert newest.state.epoch >= acknowledged
            assert run.history["epoch"][:acknowledged] == list(range(1, acknowledged + 1))
        if done:
            finished += 1
            assert np.array_equal(run.model().vector, whole.model().vector)
            assert run.history["train_loss"] == whole.history["train_loss"]
            run = Run.create(config(), tmp_path)
    for _ in record(train((point := run.restore()).config, resume=point.state, data=point.data), run):
        pass
    assert np.array_equal(run.model().vector, whole.model().vector)
    assert run.history["validation_loss"] == whole.history["validation_loss"]
    assert not list(run.folder.rglob(".*.tmp"))

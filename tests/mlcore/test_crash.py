"""kill -9 at random moments: nothing acknowledged is lost, runs stay readable, and going on gives the same bits.

Children are forked, so a life costs milliseconds; a few lives of the real command line follow. MLJ_KILLS says how many.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mlcore import checkpoints, recording
from mlcore.config import Config
from mlcore.errors import CheckpointError
from mlcore.runs import Run, fit, record
from mlcore.training import train

KILLS = int(os.environ.get("MLJ_KILLS", "300"))
PARTS = 4  # tests the kills are spread over
SETTINGS = {"backend": "reference", "epochs": 30, "layers": "4 tanh", "dataset.n_samples": 100, "batch_size": "full"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def config() -> Config:
    return Config().with_settings(SETTINGS | {"recording.snapshot_every": 1})


@pytest.fixture(autouse=True)
def every_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FIRST", 1e9)


class Whole(NamedTuple):
    """The run that nobody killed, and the seconds it took."""

    run: Run
    seconds: float


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    fit(config(), folder)  # what is imported late is there now
    began = time.monotonic()
    return Whole(fit(config(), folder), time.monotonic() - began)


def go_on(run: Run, acknowledged: int = -1) -> None:
    """From the newest checkpoint to the end; each epoch that is on the disk is said to `acknowledged`."""
    point = run.restore()
    for event in record(train(point.config, resume=point.state, data=point.data), run):
        if event.kind == "snapshot" and acknowledged >= 0:
            os.write(acknowledged, b"%d\n" % event.epoch)


def killed(run: Run, after: float) -> tuple[bool, int]:
    """Go on with a run in a child and kill it; whether it had finished, and the last epoch it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            go_on(run, writing)
            os._exit(0)
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


def whole_up_to(run: Run, acknowledged: int) -> None:
    """Nothing that was acknowledged is lost, and everything can be read, as the kill left it."""
    there = run.checkpoints()
    if acknowledged:
        newest = checkpoints.load_checkpoint(list(there.values())[-1])
        assert newest.state.epoch >= acknowledged
        assert run.history["epoch"][:acknowledged] == list(range(1, acknowledged + 1))
    assert run.status.state in ("lost", "finished")


def equal(run: Run, whole: Run) -> None:
    """The same weights and the same metrics, and nothing left behind."""
    assert np.array_equal(run.model().vector, whole.model().vector)
    for name in ("epoch", "train_loss", "validation_loss"):
        assert run.history[name] == whole.history[name]
    assert not list(run.folder.rglob(".*.tmp"))


def campaign(kills: int, seed: int, root: Path, whole: Whole, life: float = 0.3) -> None:
    """Kill run after run, each going on until it has ended, after up to `life` of what a run takes."""
    some, run = random.Random(seed), Run.create(config(), root)
    for _ in range(kills):
        done, acknowledged = killed(run, some.uniform(0, life * whole.seconds))
        run = Run.open(run.folder)
        whole_up_to(run, acknowledged)
        if done:
            equal(run, whole.run)
            run = Run.create(config(), root)
    go_on(run)
    equal(run, whole.run)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_killed_at_any_moment_loses_nothing_acknowledged_and_ends_with_the_same_bits(
    part: int, tmp_path: Path, whole: Whole
) -> None:
    campaign(KILLS // PARTS, part, tmp_path, whole)


def test_the_same_search_finds_what_a_program_that_writes_in_place_loses(
    tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(path: Path, data: bytes, durable: bool = True) -> None:
        with path.open("wb", buffering=0) as file:
            for at in range(0, len(data), 256):
                file.write(data[at : at + 256])
                time.sleep(3e-4)

    monkeypatch.setattr(checkpoints, "write_file", careless)
    with pytest.raises((CheckpointError, AssertionError)):
        campaign(300, 7, tmp_path, whole, life=1)


def test_a_command_line_killed_at_any_moment_loses_no_checkpoint_it_told_of(tmp_path: Path) -> None:
    settings = SETTINGS | {"epochs": 1_000_000}
    words = [
        "train",
        "circles",
        "--json",
        *(word for name in settings for word in ("--set", f"{name}={settings[name]}")),
    ]
    environment = os.environ | {"MLJ_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    some, told = random.Random(3), 0
    for _ in range(max(2, KILLS // 250)):
        process = subprocess.Popen(
            [sys.executable, "-m", "mlcore", *words], stdout=subprocess.PIPE, text=True, env=environment
        )
        with process, process.stdout as out:
            for line in out:
                event = json.loads(line)
                if event["event"] == "checkpoint":
                    told = event["epoch"]
                    break
            time.sleep(some.uniform(0, 0.3))
            process.kill()
            rest = [json.loads(line) for line in out.read().split("\n")[:-1]]
        told = max([told, *(event["epoch"] for event in rest if event["event"] == "checkpoint")])
        (folder,) = (tmp_path / "runs").iterdir()
        run = Run.open(folder)
        assert run.status.state == "lost" and run.state().epoch >= told > 0
        assert run.history["epoch"][:told] == list(range(1, told + 1))
        words = ["resume", "last", "--json"]
    unharmed = fit(run.config.with_settings({"epochs": min(told, 200)}), tmp_path / "whole")
    assert run.history["train_loss"][: min(told, 200)] == unharmed.history["train_loss"]

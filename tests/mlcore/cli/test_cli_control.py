"""A run in the foreground of one terminal, watched and steered from another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlcore.runs import open_run

SLOW = ["--backend", "reference", "--epochs", "1000000", "--set", "recording.snapshot_every=0"]


class Training:
    """A training process, the lines it has written and how it ended."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlcore", "train", "circles", "--json", *SLOW],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"MLJ_HOME": str(home / "home"), "XDG_RUNTIME_DIR": str(home)},
        )
        self.lines: list[dict] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as out:
            self.lines.extend(map(json.loads, out))

    def until(self, event: str) -> dict:
        """The first line of that kind, once it is there."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for line in list(self.lines):
                if line["event"] == event:
                    return line
            time.sleep(0.01)
        raise AssertionError(f"no {event} within 20 s")


@pytest.fixture
def training(home: Path) -> Iterator[Training]:
    found = Training(home)
    found.until("epoch")
    yield found
    found.process.terminate()
    found.process.wait(20)
    found.reader.join(20)


def test_orders_from_elsewhere_are_followed(training: Training, mlj) -> None:
    assert mlj("ctl last pause").code == 0
    time.sleep(0.2)
    held = len(training.lines)
    time.sleep(0.2)
    assert len(training.lines) == held, "it went on although it was paused"
    assert mlj("ctl last epoch --json").lines == [{"run": open_run("last").id, "order": "epoch"}]
    assert mlj("ctl last set optimizer.learning_rate=0.5 optimizer.weight_decay=0.01").code == 0
    changed = training.until("changed")
    assert (changed["name"], changed["new"]) == ("optimizer.learning_rate", 0.5)
    assert mlj("ctl last set optimizer.learning_rate=-1").code == 2
    assert mlj("ctl last set dataset.noise=0.3").code == 2
    assert mlj("ctl last resume").code == 0
    assert mlj("ctl last checkpoint").code == 0
    training.until("checkpoint")
    assert mlj("runs rm last --yes").code == 5, "a running run must stay"
    assert mlj("resume last").code == 5
    assert mlj("ctl last stop").code == 0
    assert training.until("ended")["reason"] == "stopped"
    assert training.process.wait(20) == 0


def test_watching_sees_every_epoch_and_the_end(training: Training, mlj) -> None:
    stopper = threading.Timer(0.7, training.process.terminate)
    stopper.start()
    lines = mlj("watch last --json").lines
    assert training.process.wait(20) == 143
    training.reader.join(20)
    epochs = [line for line in lines if line["event"] == "epoch"]
    assert [line["epoch"] for line in epochs] == list(range(1, len(epochs) + 1))
    written = [line for line in training.lines if line["event"] == "epoch"]
    assert [(line["epoch"], line["validation_loss"]) for line in epochs] == [
        (line["epoch"], line["validation_loss"]) for line in written
    ]
    assert lines[0]["event"] == "started" and lines[-1]["reason"] == "interrupted"


def test_orders_to_a_run_that_is_not_running_are_refused(mlj) -> None:
    assert mlj("train circles --backend reference --epochs 1 -q").code == 0
    said = mlj("ctl last pause")
    assert said.code == 5 and "is finished, not running" in said.err and "mlj resume" in said.err
    assert mlj("ctl last set").code == 2
    assert mlj("ctl last pause now").code == 2


def test_a_run_whose_process_was_killed_is_lost_and_can_go_on(training: Training, mlj) -> None:
    assert mlj("ctl last checkpoint").code == 0
    training.until("checkpoint")
    training.process.kill()
    training.process.wait(20)
    said = mlj("watch last --json")
    assert said.code == 5 and json.loads(said.out.splitlines()[-1])["code"] == "RUN_LOST"
    reached = open_run("last").state().epoch
    assert mlj("resume last -q", "--epochs", reached + 2).code == 0
    assert open_run("last").history["epoch"] == list(range(1, reached + 3))

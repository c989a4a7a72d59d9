"""A loss of power at any moment: nothing acknowledged is lost, and going on gives the same bits."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlcore import journal
from mlcore.config import Config
from mlcore.errors import CheckpointError, RunError
from mlcore.runs import Run, fit, record
from mlcore.training import train

PROGRAM = """
import os, sys
from mlcore import recording
from mlcore.config import Config
from mlcore.runs import Run, record
from mlcore.training import train
recording.FIRST = 1e9
if sys.argv[2] == "careless":
    os.fsync = lambda descriptor: None
config = Config().with_settings({settings})
run = Run.create(config, sys.argv[1])
for event in record(train(config), run):
    if event.kind == "snapshot":
        os.write(1, b"epoch %d is safe" % event.epoch)
"""
SETTINGS = {"backend": "reference", "epochs": 3, "layers": "3 tanh", "recording.snapshot_every": 1}

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed: apt-get install strace")

_spec = importlib.util.spec_from_file_location("power_loss", Path(__file__).with_name("power_loss.py"))
power_loss = importlib.util.module_from_spec(_spec)
sys.modules["power_loss"] = power_loss
_spec.loader.exec_module(power_loss)


def traced(root: Path, how: str = "careful") -> list[tuple]:
    """The system calls of a run of three epochs, each acknowledged."""
    program = PROGRAM.replace("{settings}", repr(SETTINGS))
    command = ["strace", "-f", "-xx", "-y", "-s", "10000000", "-e", f"trace={power_loss.CALLS}", "-o", root / "trace"]
    command += [sys.executable, "-c", program, root / "runs", how]
    done = subprocess.run(command, capture_output=True, check=False)
    if b"ptrace" in done.stderr:
        pytest.skip(f"strace cannot trace here: {done.stderr.decode(errors='replace')[-200:]}")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return power_loss.parse(root / "trace", str(root))


def laid_out(state, root: Path, place: Path) -> list[Run]:
    """A state as files under `place`; the runs that can be opened there."""
    shutil.rmtree(place, ignore_errors=True)
    for folder in sorted(state.folders):
        (place / Path(folder).relative_to(root)).mkdir(parents=True, exist_ok=True)
    for path, data in state.files.items():
        target = place / Path(path).relative_to(root)
        if target.parent.is_dir():
            target.write_bytes(data)
    runs = place / "runs"
    return [Run.open(folder) for folder in runs.iterdir() if (folder / "run.json").exists()] if runs.is_dir() else []


def broken(state, root: Path, place: Path, whole: Run, resume: bool) -> str:
    """What is wrong with a state, or nothing."""
    try:
        runs = laid_out(state, root, place)
        if not runs:
            return "an acknowledged run is not there" if state.acknowledged else ""
        (run,) = runs
        epoch = run.state().epoch if run.checkpoints() else 0
        last, _ = journal.whole(run.folder / "metrics.jsonl")
    except (CheckpointError, RunError) as error:
        return str(error) if state.acknowledged else ""
    if epoch < state.acknowledged:
        return f"epoch {state.acknowledged} was acknowledged, epoch {epoch} is there"
    if epoch and (last is None or last["epoch"] < epoch):
        return f"the metrics end before epoch {epoch}"
    if resume and state.acknowledged:
        point = run.restore()
        for _ in record(train(point.config, resume=point.state, data=point.data), run):
            pass
        if not np.array_equal(run.model().vector, whole.model().vector):
            return "going on gave other bits"
    return ""


@pytest.mark.parametrize("strict", [False, True], ids=["a journal of all names", "each folder for itself"])
def test_nothing_acknowledged_is_lost_whenever_the_power_goes(strict: bool, tmp_path: Path) -> None:
    whole = fit(Config().with_settings(SETTINGS), tmp_path / "whole")
    states = list(power_loss.states(traced(tmp_path), strict))
    some = states if os.environ.get("MLJ_EXHAUSTIVE") else random.Random(0).sample(states, 250)
    found = [broken(state, tmp_path, tmp_path / "after", whole, n % 10 == 0) for n, state in enumerate(some)]
    assert len(states) > 500 and not any(found), f"{sum(map(bool, found))} of {len(found)}: {max(found)}"


def test_the_same_search_finds_what_a_program_that_never_flushes_loses(tmp_path: Path) -> None:
    whole = fit(Config().with_settings(SETTINGS), tmp_path / "whole")
    calls = traced(tmp_path, "careless")
    states = list(power_loss.states(calls, strict=False))
    some = states[:: max(1, len(states) // 200)]
    assert sum(bool(broken(state, tmp_path, tmp_path / "after", whole, False)) for state in some) > 10

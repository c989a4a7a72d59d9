"""Ctrl-C and the other signals: the step is finished, a checkpoint written, the exit code names the signal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from mlcore.runs import open_run

SLOW = ["--set", "epochs=1000000", "--set", "layers=8 relu", "--set", "recording.snapshot_every=0"]


def started(home: Path, *words: str) -> subprocess.Popen[str]:
    """A training process that has made its first epoch."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcore", "train", "circles", "--json", *SLOW, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"MLJ_HOME": str(home / "home"), "XDG_RUNTIME_DIR": str(home)},
    )
    assert process.stdout is not None
    while '"event": "epoch"' not in process.stdout.readline():
        assert process.poll() is None, process.stderr and process.stderr.read()
    return process


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGQUIT", 131)])
def test_a_signal_ends_a_run_with_a_checkpoint_and_its_own_code(home: Path, name: str, code: int) -> None:
    process = started(home)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=20)
    last = [json.loads(line) for line in out.splitlines()[-2:]]
    assert process.returncode == code
    assert [line["event"] for line in last] == ["checkpoint", "ended"] and last[1]["reason"] == "interrupted"
    assert f"interrupted at epoch {last[1]['epoch']}" in err and "mlj resume" in err


def test_a_terminal_that_is_closed_ends_a_run_with_a_checkpoint(home: Path) -> None:
    child, terminal = pty.fork()
    if not child:
        env = os.environ | {"TERM": "xterm", "MLJ_HOME": str(home / "home"), "XDG_RUNTIME_DIR": str(home)}
        os.execve(sys.executable, [sys.executable, "-m", "mlcore", "train", "circles", *SLOW], env)
    seen = b""
    while b"steps/s" not in seen:
        seen = os.read(terminal, 1 << 16)
    os.close(terminal)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGHUP)  # a shell hands on what the kernel has said already
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 129
    status = open_run("last").status
    assert (status.state, status.exit_code) == ("interrupted", 129) and status.epoch > 0
    assert open_run("last").state().epoch == status.epoch


def test_a_hang_up_that_was_ignored_from_the_start_stays_ignored(home: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = started(home, "--no-record")
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    assert process.stdout is not None
    for _ in range(100):
        assert process.stdout.readline(), "it ended"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143


def test_an_interrupted_run_that_goes_on_equals_one_that_was_never_stopped(home: Path, mlj) -> None:
    process = started(home, "--backend", "reference", "--set", "recording.snapshot_every=10")
    process.send_signal(signal.SIGINT)
    last = json.loads(process.communicate(timeout=20)[0].splitlines()[-1])
    epochs = last["epoch"] + 2
    assert mlj("resume last --quiet", "--epochs", epochs).code == 0
    interrupted = open_run("last")
    assert mlj("train circles --quiet --backend reference", "--set", "layers=8 relu", "--epochs", epochs).code == 0
    whole = open_run("last")
    assert whole.id != interrupted.id and whole.history["epoch"] == interrupted.history["epoch"]
    for name in ("train_loss", "validation_loss"):
        assert whole.history[name] == interrupted.history[name]
    assert np.array_equal(whole.state().weights.vector, interrupted.state().weights.vector)
    assert np.array_equal(whole.state().weights.moments, interrupted.state().weights.moments)


def test_ctrl_c_before_training_begins_ends_at_once_and_quietly(home: Path) -> None:
    script = (
        "import os, signal; from mlcore import cli\n"
        "cli._run = lambda words: os.kill(os.getpid(), signal.SIGINT)\n"
        "raise SystemExit(cli.main(['train', 'moons']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "mlj: interrupted\n")


def test_a_reader_that_leaves_ends_the_command_quietly(home: Path) -> None:
    process = started(home)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=20) == 141

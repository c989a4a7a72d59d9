"""Starting a lab in a process of its own. Imports nothing heavy: an app calls this before its first paint."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Launched(NamedTuple):
    """A lab that is starting up, and the connection to it; what is sent before it is ready waits."""

    process: subprocess.Popen[bytes]
    connection: socket.socket


def launch(runs_dir: str | Path | None = None, log: str | Path | None = None) -> Launched:
    """Start a lab in its own session, so that it outlives the terminal; what it prints goes to `log`."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "mlcore.worker", "--fd", str(theirs.fileno())]
    command += ["--runs-dir", os.fspath(runs_dir)] if runs_dir else []
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    with open(log or os.devnull, "ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | {"PYTHONPATH": path},
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    theirs.close()
    return Launched(process, ours)

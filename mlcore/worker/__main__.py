"""`python -m mlcore.worker`: a lab as a process. `mlj-tui` starts it; people do not need to."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

from mlcore.worker import sockets


def main() -> int:
    """Serve until nobody is there any more."""
    parser = argparse.ArgumentParser(prog="python -m mlcore.worker", description=__doc__)
    parser.add_argument("--fd", type=int, help="a connected socket that is the first client")
    parser.add_argument("--runs-dir", type=Path, help="the folder of runs")
    parser.add_argument("--socket", type=Path, help="where to listen; by default in the folder of sockets")
    asked = parser.parse_args()
    first = socket.socket(fileno=asked.fd) if asked.fd is not None else None
    path = asked.socket or sockets.folder() / f"lab-{os.getpid()}.sock"
    log = path.with_suffix(".log")
    sockets.own_log(log)
    sockets.sweep(path.parent)
    from mlcore.worker.lab import Lab  # after the log: what goes wrong in an import is written down too

    code = Lab(path, asked.runs_dir, first).run()
    if log.stat().st_size == 0:
        log.unlink()
    return code


if __name__ == "__main__":
    sys.exit(main())

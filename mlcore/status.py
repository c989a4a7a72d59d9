"""Where a run is, as its folder says at any moment."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from mlcore.storage import finite, numbers, read_file


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is: running, finished, stopped, interrupted, diverged, failed, or lost when its process vanished."""

    state: str
    reason: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    seconds: float = 0.0
    pid: int = 0
    socket: str = ""
    exit_code: int | None = None
    best_epoch: int = 0
    metrics: dict[str, float] = {}
    spread: dict[str, tuple[float, float, float]] = {}  # of many networks: lowest, median, highest
    message: str = ""


def line(status: Status) -> bytes:
    """A status as its file holds it."""
    return msgspec.json.encode(finite(msgspec.structs.asdict(status))) + b"\n"


def read(path: Path) -> Status:
    """The status in a file; `lost` where there is none, or where the process that should be running is gone."""
    try:
        status = msgspec.convert(numbers(msgspec.json.decode(read_file(path))), Status)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Status(state="lost")
    if status.state == "running" and not _alive(status.pid):
        return msgspec.structs.replace(status, state="lost", socket="")
    return status


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return pid > 0

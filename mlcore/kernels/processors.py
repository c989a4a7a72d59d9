"""How many threads this process may keep busy."""

from __future__ import annotations

import os
from pathlib import Path

from mlcore.errors import BackendError

UNLIMITED = 1 << 16
CPUS = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def default_threads() -> int:
    """MLJ_NUM_THREADS, else the least of the affinity mask, the cgroup's quota and the physical cores.

    Raises BackendError when MLJ_NUM_THREADS is not a number from 1.
    """
    wish = os.environ.get("MLJ_NUM_THREADS", "")
    if wish:
        if not wish.isascii() or not wish.isdigit() or not int(wish):
            raise BackendError(f"MLJ_NUM_THREADS={wish}: expected a number from 1", hint="unset it to let mlj choose")
        return int(wish)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, quota(), physical_cores()))


def quota() -> int:
    """Whole processors the cgroup grants, at least one; UNLIMITED where it sets no limit."""
    try:
        granted, period = QUOTA.read_text(encoding="ascii").split()
        return max(1, int(granted) // int(period))
    except (OSError, ValueError):
        return UNLIMITED


def physical_cores() -> int:
    """Cores, each counted once however many threads it has; UNLIMITED where the system does not say."""
    try:
        siblings = {path.read_text(encoding="ascii") for path in CPUS.glob("cpu[0-9]*/topology/thread_siblings_list")}
    except OSError:
        return UNLIMITED
    return len(siblings) or UNLIMITED

"""Where a number was measured: processor, system, versions, threads, instruction set."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "MLJ_NUM_THREADS")
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")


def prepare(threads: int = 1) -> None:
    """Give every library `threads` threads and the kernels it would choose itself. Before NumPy is imported."""
    for name in FORCED:
        os.environ.pop(name, None)
    for name in ONE_THREAD:
        os.environ[name] = str(threads)


def describe(*packages: str) -> dict[str, Any]:
    """This machine and these versions, as plain values."""
    from mlcore import kernels

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in packages},
        "openblas": _openblas(),
        "tier": kernels.isa(),
        "threads": kernels.threads(),
        "load": [round(x, 2) for x in os.getloadavg()],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _openblas() -> dict[str, str]:
    """Which kernels NumPy's OpenBLAS took for this processor."""
    import numpy as np
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

    found = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas" and "numpy" in pool["filepath"]]
    if not found:
        return {"numpy": str(np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"])}
    return {"kernels": found[0]["architecture"], "version": found[0]["version"], "threads": found[0]["num_threads"]}

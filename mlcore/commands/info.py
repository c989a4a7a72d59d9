"""`mlj info`: this machine as mlj sees it, the first lines of every bug report."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import mlcore
from mlcore.backends.pytorch.verified import VERIFIED
from mlcore.commands.table import lines
from mlcore.errors import StorageError
from mlcore.report import json_line

PACKAGES = (
    "numpy", "cffi", "textual", "plotext", "scikit-learn", "pandas", "msgspec", "tomli-w", "safetensors",
    "platformdirs", "torch",
)  # fmt: skip
REMEDY = "Install a C compiler and Python's headers, then mlj again: make run, or pip install --no-cache-dir"


def info(args: argparse.Namespace) -> int:
    """Versions, kernels, threads, PyTorch and folders."""
    found: dict[str, Any] = {
        "mlj": mlcore.__version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        **_kernels(),
        **_torch(args.torch),
        "cuda": VERIFIED,
        **_folders(args.runs_dir),
        "packages": {name: _installed(name) for name in PACKAGES if name != "torch"},
    }
    if args.json:
        print(json_line({"schema": 1, **found}))
        return 0
    for name in ("gpus", "engines", "precisions"):
        if name in found:
            found[name] = ", ".join(found[name]) or "none"
    found["packages"] = ", ".join(f"{name} {number}" for name, number in found["packages"].items())
    print("\n".join(lines(found.items())))
    return 0


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """The processor's own name where the system tells it, and how many of them this process may use."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n"):
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {usable} usable"


def _kernels() -> dict[str, Any]:
    """Whether the C kernels are here, which tier of them, and how many threads they use."""
    from mlcore import kernels

    reason = kernels.unavailable()
    if reason:
        remedy = "" if reason.startswith("MLJ_") else f". {REMEDY}"
        return {"native": f"no: the reference backend runs everything, slowly: {reason}{remedy}"}
    asked = os.environ.get("MLJ_NUM_THREADS")
    why = f"MLJ_NUM_THREADS={asked}" if asked else "the least of usable processors, quota and physical cores"
    return {
        "native": "yes",
        "isa": f"{kernels.isa()} of {', '.join(kernels.tiers())}",
        "threads": f"{kernels.threads()} ({why})",
    }


def _torch(ask: bool) -> dict[str, Any]:
    """PyTorch's version; with `ask` it is imported and says what GPUs it finds, which engines and precisions run."""
    number = _installed("torch")
    if number == "not installed":
        return {"torch": 'not installed; pip install "mlj-tui[torch]" brings it'}
    if not ask:
        return {"torch": f"{number} (mlj info --torch asks it for GPUs)"}
    from mlcore.backends import pytorch

    device, why = pytorch.here()
    return {
        "torch": f"{number}: device auto is {device}, since {why}",
        "gpus": [f"{each.name} ({each.memory / 2**30:.0f} GiB)" for each in pytorch.gpus()],
        "engines": pytorch.running(device, engine=("eager", "graph", "compile")),
        "precisions": pytorch.running(device, precision=("float32", "float64", "tf32", "bf16")),
    }


def _folders(runs_dir: str | None) -> dict[str, str]:
    """Where runs are written, and where data are looked for, in that order."""
    from mlcore.datasets.files import folders
    from mlcore.runs import runs_root

    data = _said(lambda: ", ".join(str(folder.parent) for folder in folders("mnist")))
    return {"runs": _said(lambda: str(runs_root(runs_dir))), "data": data}


def _said(place: Callable[[], str]) -> str:
    """A place, or why there is none."""
    try:
        return place()
    except StorageError as error:
        return f"nowhere: {error}; {error.hint}"

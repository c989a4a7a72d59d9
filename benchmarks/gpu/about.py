"""Where it was measured: the GPU, its driver, versions."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("torch", "triton", "numpy", "msgspec")


def header(section: str, device: str, about: str) -> dict[str, Any]:
    """The first lines of a section's file."""
    now = datetime.datetime.now(datetime.UTC)
    return {"section": section, "about": about, "date": f"{now:%Y-%m-%d %H:%M} UTC", "machine": machine(device)}


def machine(device: str) -> dict[str, Any]:
    """This machine, as plain values."""
    import torch

    cudnn: Any = torch.backends.cudnn
    found = {
        "device": "the CPU",
        "driver": None,
        "cuda": torch.version.cuda,
        "versions": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(x, 2) for x in os.getloadavg()],
    }
    if device.startswith("cuda"):
        about = torch.cuda.get_device_properties(torch.device(device))
        found |= {
            "device": about.name,
            "driver": _driver(),
            "capability": f"{about.major}.{about.minor}",
            "multiprocessors": about.multi_processor_count,
            "memory_bytes": about.total_memory,
            "cudnn": cudnn.version(),
        }
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _driver() -> str | None:
    command = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(done.stdout.splitlines()), None)

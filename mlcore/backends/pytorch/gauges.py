"""How full a GPU is and how busy, as the card itself says: asked now and then, while a run goes on."""

from __future__ import annotations

from typing import Any


def facts(device: str) -> dict[str, Any]:
    """memory_used, memory_total and memory_peak in bytes, utilisation in per cent; nothing for a CPU. Never raises.

    memory_used: by everybody; memory_peak: the most this process had. utilisation is None without NVML (the package
    nvidia-ml-py) and where the card does not tell.
    """
    if not device.startswith("cuda"):
        return {}
    import torch

    try:
        free, total = torch.cuda.mem_get_info(device)
        peak = torch.cuda.max_memory_allocated(device)
    except Exception:  # a gauge that cannot be read is no reason to end a run
        return {}
    return {"memory_used": total - free, "memory_total": total, "memory_peak": peak, "utilisation": _busy(device)}


def _busy(device: str) -> int | None:
    import torch

    try:
        return int(torch.cuda.utilization(device))
    except Exception:  # NVML is not installed, or forbids the question, or the card is shared
        return None

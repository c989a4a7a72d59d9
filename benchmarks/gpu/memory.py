"""The most memory of the device net A takes, data included: by mlj's engines and by the careful loop."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.gpu import eager, nets
from benchmarks.gpu.bench import Bench, NotMeasured
from benchmarks.gpu.ours import Ours
from benchmarks.gpu.step import EAGER, GRAPH, opened

BASELINE = {eager.E1: eager.ABOUT[eager.E1]}
PRECISIONS = ("float32",)


def run(bench: Bench) -> None:
    """Two epochs each, one contender after the other, each beginning with nothing allocated."""
    p, told = nets.net_a(bench.scale.rows)
    bench.report.put("data", told)
    makers: dict[str, Callable[[], Any]] = {
        GRAPH: partial(opened, bench.device, p, GRAPH, "float32"),
        EAGER: partial(opened, bench.device, p, EAGER, "float32"),
        eager.E1: partial(eager.made, eager.E1, p, nets.RATE, bench.device),
    }
    for name, make in makers.items():
        found = bench.attempt(name, lambda: peak(bench.device, make))  # noqa: B023
        if found is not None:
            bench.report.put(name, found)


def peak(device: str, make: Callable[[], Any]) -> dict[str, Any]:
    """Bytes allocated and reserved at most, and what the session itself says."""
    import torch

    cuda = device.startswith("cuda")
    gc.collect()
    if cuda:
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device) if cuda else 0
    contender = make()
    contender(2)
    facts: dict[str, Any] = getattr(contender.session, "facts", dict)() if isinstance(contender, Ours) else {}
    if not cuda:
        if not facts:
            raise NotMeasured("needs CUDA")
        return {"facts": facts}
    torch.cuda.synchronize(device)
    found: dict[str, Any] = {
        "bytes_allocated_at_most": torch.cuda.max_memory_allocated(device) - before,
        "bytes_reserved_at_most": torch.cuda.max_memory_reserved(device),
    }
    return found | ({"facts": facts} if facts else {})

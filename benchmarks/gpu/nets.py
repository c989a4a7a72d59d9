"""What is trained, and how mlj is asked to train it."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

from benchmarks.gpu.bench import NotMeasured
from benchmarks.workloads import Workload
from mlcore.backends.backend import Problem
from mlcore.backends.pytorch import Torch
from mlcore.datasets.dataset import Rows
from mlcore.errors import MljError

A = "784-512-256-10, batch 128, Adam"
B = "2-512-256-512-1, all rows at once, Adam"
SMALL = "2-64-64-1, batch 128, Adam"
RATE = 0.001


def net_a(rows: int, seed: int = 1) -> tuple[Problem, str]:
    """Net A on MNIST's bytes, and where they are from: without the files, random pixels of the same shape."""
    from mlcore.config import from_dict

    work = Workload(A, "512 relu | 256 relu", 128, 784, 10, 128, True, RATE, {})
    try:
        train = from_dict({"dataset": {"kind": "mnist", "split": {"validation": 0}}}).dataset.load().train
        told = "MNIST"
    except MljError as error:
        train, told = _noise(60_000), f"random pixels and labels ({error})"
    chosen = train.take(slice(rows))
    return work.problem()._replace(rows=chosen, factor=1 / 255, seed=seed), told


def _noise(rows: int) -> Rows:
    random = np.random.default_rng(1)
    return Rows(random.integers(0, 256, (rows, 784), np.uint8), random.integers(0, 10, rows).astype(np.int32))


def net_b(rows: int) -> Problem:
    """Net B: two classes told apart by one output, every row in every step."""
    return Workload(B, "512 relu | 256 relu | 512 relu", rows, 2, 1, rows, True, RATE, {}).problem()


def small() -> Problem:
    """A net as lessons have it: 1,024 rows in 8 batches."""
    return Workload(SMALL, "64 relu | 64 relu", 1024, 2, 1, 128, True, RATE, {}).problem()


def backend(device: str, engine: str = "auto", precision: str = "float32") -> Any:
    """mlj's PyTorch backend. Raises NotMeasured with the reason where this mlj or this machine cannot run it so."""
    known = "engine" in signature(Torch).parameters
    if not known and (engine not in ("auto", "eager") or precision != "float32"):
        raise NotMeasured(f"this mlj has no engine {engine} in {precision}")
    try:
        found: Any = Torch(device, precision, **({"engine": engine} if known else {}))
        reason = found.unavailable()
    except (MljError, ValueError) as error:
        reason = str(error)
    if reason:
        raise NotMeasured(reason)
    return found

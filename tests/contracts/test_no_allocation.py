"""A step allocates nothing: the heap does not grow with the steps, and the C names no allocator."""

from __future__ import annotations

import ctypes
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mlcore import kernels
from tests.contracts.problems import opened, problem

FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
STEPS = 10_000


class Heap(ctypes.Structure):
    """glibc's struct mallinfo2: uordblks is the bytes in use, hblkhd those in blocks of their own."""

    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS]


def in_use() -> int:
    """Bytes of the C heap in use."""
    info = ctypes.CDLL(None).mallinfo2
    info.restype = Heap
    heap = info()
    return heap.uordblks + heap.hblkhd


def counts_mallocs() -> bool:
    return hasattr(ctypes.CDLL(None), "mallinfo2")


@pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
@pytest.mark.skipif(not counts_mallocs(), reason="this C library has no mallinfo2")
@pytest.mark.parametrize("batch", [32, 70], ids=["shuffled", "every row"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_ten_thousand_steps_leave_the_heap_as_one_step_does(batch: int, optimizer: str) -> None:
    session, _ = opened("native", problem(batch=batch, optimizer=optimizer))
    program = session.program
    pointer = program.ffi.from_buffer
    rates, losses = np.full(STEPS, 1e-4), np.empty(STEPS, np.float32)
    double, single = pointer("double[]", rates), pointer("float[]", losses)

    def train(steps: int) -> int:
        program.lib.mlj_train(program.plan, 0, steps, double, single, session.progress)
        return in_use()

    train(1)
    once = train(1)
    assert train(STEPS) - once < STEPS  # not a byte a step; asking costs the interpreter a few hundred
    assert np.isfinite(losses).all()


@pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
def test_a_call_of_train_keeps_nothing_but_its_losses() -> None:
    session, _ = opened("native", problem())
    rates = np.full(100, 1e-4)
    session.train(0, 100, rates)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for first in range(0, 20_000, 100):
        session.train(first, 100, rates)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 4096


def test_no_c_file_of_a_step_names_an_allocator() -> None:
    files = [path for path in (Path(__file__).parents[2] / "kernels").rglob("*.[ch]") if path.name != "threads.c"]
    named = {path.name for path in files if re.search(r"\b(malloc|calloc|realloc|alloca|free)\s*\(", path.read_text())}
    assert files and not named

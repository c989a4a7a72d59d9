"""A step allocates nothing: the calls of malloc, calloc, realloc and free are counted, in every thread."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mlcore import kernels, metrics
from mlcore.backends.backend import Watch
from mlcore.backends.native import NativeSession
from mlcore.datasets.dataset import Task
from mlcore.layers.line import parse
from mlcore.network import Network
from tests.contracts.problems import layers, made, opened, problem

STEPS = 300
LARGE = {"body": "150 relu | 90 tanh", "features": 130, "rows": 400}  # moved while the gradient is in registers
PLANS = {
    "small": {},
    "small, every row": {"batch": 70},
    "small, weighted": {"weighted": True, "loss": ("softmax_cross_entropy", {"label_smoothing": 0.1})},
    "large, clipped": LARGE | {"batch": 150, "optimizer": ("adamw", {"clip_norm": 1.0, "l1": 0.01})},
    "large": LARGE | {"batch": 150},
    "large, every row": LARGE | {"batch": 400},
    "norms and dropout": {"body": "drop .1 | 20 batch_norm gelu | drop .5 | 9 layer_norm elu 2"},
    "large, norms and dropout": LARGE | {"body": "150 batch_norm silu | drop .5 | 90 layer_norm | flatten"},
    "sequences": {"body": "lstm 40 bi | gru 9 bi last", "features": (12, 5), "rows": 200, "batch": 96},
    "images, a way around": {"body": "conv 8 k3 p1 relu | skip | conv 8 k3 p1 | add | mean", "features": (2, 7, 6)},
    "a transformer": {
        "body": "positions | skip | ln | attention 2 causal | add | conv1d 9 k3 | avgpool1d 2 | max",
        "features": (7, 8),
    },
    "tokens": {"body": Network.build((made(layers.CATALOGUE, "embedding"), *parse("gru 20 | max")), (9,), 3)},
    "columns": {"body": Network.build((made(layers.CATALOGUE, "column_embedding"), *parse("scale | 20")), (9,), 3)},
    "pixels": LARGE | {"batch": 150, "uint8": True, "optimizer": "sgd"},
}
pytestmark = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Calls of the allocator during STEPS steps, by plan and number of threads, from a process of its own."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("this C library has no allocator to count by: it takes glibc")
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler (cc) here to build the counter with")
    counter = tmp_path_factory.mktemp("counter") / "allocations.so"
    source = Path(__file__).with_name("allocations.c")
    subprocess.run(["cc", "-O1", "-fno-builtin", "-fPIC", "-shared", str(source), "-o", str(counter)], check=True)
    program = f"from tests.contracts.test_no_allocation import tell; tell({str(counter)!r})"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"LD_PRELOAD": str(counter)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    return {name: int(calls) for name, calls in (line.split(": ") for line in ended.stdout.splitlines())}


def tell(counter: str) -> None:
    """Print what is counted; runs in the process into which the counter was loaded first."""
    watch = ctypes.CDLL(counter)
    watch.watched.restype = ctypes.c_int64
    watch.watched.argtypes = [*[ctypes.c_void_p] * 2, ctypes.c_int64, *[ctypes.c_void_p] * 3]
    rates, losses = np.full(STEPS, 1e-4), np.empty(STEPS, np.float32)
    for name, how in PLANS.items():
        session, _ = opened("native", problem(**how))
        p = session.program
        train = p.ffi.addressof(p.lib, "mlj_train")
        plan, run, progress = (int(p.ffi.cast("intptr_t", c)) for c in (p.plan, train, session.progress))
        room = set_epochs(watch, session)  # kept while C writes there
        planted = ctypes.cast(watch.planted, ctypes.c_void_p)
        if name == "small":
            told = watch.watched(planted, plan, STEPS, rates.ctypes.data, losses.ctypes.data, progress)
            print(f"planted: {told}")
        for threads in (1, 2):
            kernels.set_threads(threads)
            session.train(0, 2, rates)  # hires the threads
            told = watch.watched(run, plan, STEPS, rates.ctypes.data, losses.ctypes.data, progress)
            assert np.isfinite(losses).all()
            measured = watch.watched(
                ctypes.cast(watch.epochs, ctypes.c_void_p), plan, STEPS, rates.ctypes.data, losses.ctypes.data, progress
            )
            assert np.isfinite(losses).all() and np.isfinite(room[0]).all()
            print(f"{name} on {threads}: {told + measured}")


def set_epochs(watch: ctypes.CDLL, session: NativeSession) -> tuple[np.ndarray, np.ndarray]:
    """Give the counter what `mlj_train_epochs` needs to measure the training rows after every epoch; its results."""
    p, problem = session.program, session.problem
    regression = problem.rows.y.dtype == np.float32
    task = Task("regression" if regression else "multiclass", p.plan.outputs)
    names = metrics.names(task)
    assert session.watch(Watch({"train": problem.rows}, ("train",), names, task))
    measured, many = session._measured, STEPS // problem.steps_per_epoch
    found, states = np.zeros((many, measured.width)), np.zeros((many, p.numbers), np.float32)
    run, splits = (
        int(p.ffi.cast("intptr_t", c)) for c in (p.ffi.addressof(p.lib, "mlj_train_epochs"), measured.splits)
    )
    watch.set_epochs.argtypes = [
        *[ctypes.c_void_p] * 2,
        ctypes.c_int64,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    watch.set_epochs(run, splits, 1, found.ctypes.data, p.numbers, states.ctypes.data)
    return found, states


def test_the_counter_counts(counted: dict[str, int]) -> None:
    assert counted["planted"] == 2 * STEPS


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", PLANS)
def test_no_step_calls_the_allocator(name: str, threads: int, counted: dict[str, int]) -> None:
    assert counted[f"{name} on {threads}"] == 0


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

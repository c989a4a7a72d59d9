"""Threads never show in a result; the pool survives forks, other callers and changes of size."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from mlcore import kernels
from mlcore.errors import BackendError
from mlcore.kernels import processors
from tests.kernels.ground import built, on_threads

pytestmark = pytest.mark.alone
LARGE = 200_003  # numbers: several pieces, the last one short


def large_calls() -> list[bytes]:
    """Every kernel on arrays that are cut into pieces."""
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((2, LARGE)).astype(np.float32)
    z, dy = rng.standard_normal((2, 3001, 23)).astype(np.float32)
    labels = rng.integers(0, 23, 3001)
    a, b, bias = (rng.standard_normal(shape).astype(np.float32) for shape in ((301, 270), (270, 190), 190))
    results: list[np.ndarray | float] = [
        kernels.matmul(a, b, bias, "sigmoid"),
        kernels.matmul(np.asfortranarray(a), np.asfortranarray(b)),
        kernels.matmul(a[:9], b),
        kernels.transpose(z),
        kernels.column_sum(z.T),
        *(f(x) for f in (kernels.relu, kernels.relu6, kernels.sigmoid, kernels.tanh)),
        kernels.tanh_backward(x, y),
        kernels.softmax(z),
        kernels.softmax_backward(z, dy),
        *kernels.softmax_cross_entropy(z, labels),
        *kernels.binary_cross_entropy(x, np.abs(y) % 1),
        *kernels.squared_error(z, dy),
        *kernels.absolute_error(z, dy),
        kernels.gather(z, rng.integers(0, 3001, 9000)),
    ]
    w, m, v = np.zeros((3, LARGE), np.float32)
    kernels.sgd(w, x, m, 0.1, 0.9)
    kernels.rmsprop(w, x, v, 0.1)
    kernels.adam(w, x, m, v, 0.1, 3)
    return [np.asarray(result).tobytes() for result in (*results, w, m, v)]


def test_any_number_of_threads_gives_the_same_bits(tier: str) -> None:
    with on_threads(1):
        alone = large_calls()
    for count in (2, 3, 7, 16, 2):
        with on_threads(count):
            assert large_calls() == alone, count


@built
def test_callers_side_by_side_get_their_own_results() -> None:
    with on_threads(2):
        expected, found = large_calls(), []
        callers = [threading.Thread(target=lambda: found.append(large_calls())) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert found == [expected] * 4


@built
def test_a_forked_child_starts_with_one_thread_and_computes_the_same() -> None:
    program = """
import os, sys
from mlcore import kernels
from tests.kernels.test_threads import large_calls
kernels.set_threads(3)
expected = large_calls()
for _ in range(5):
    child = os.fork()
    if child == 0:
        same = kernels.threads() == 1 and large_calls() == expected
        kernels.set_threads(2)
        os._exit(0 if same and large_calls() == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert large_calls() == expected
print("same")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert ended.stdout == "same\n", ended.stderr


@built
def test_a_child_forked_before_the_first_job_starts_with_one_thread_too() -> None:
    program = """
import os
from mlcore import kernels
kernels.set_threads(3)
child = os.fork()
if child == 0:
    os._exit(kernels.threads())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), kernels.threads())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert ended.stdout == "1 3\n", ended.stderr


@built
def test_a_child_forked_while_another_thread_computes_computes_the_same() -> None:
    program = """
import os, threading
from mlcore import kernels
from tests.kernels.test_threads import large_calls
kernels.set_threads(2)
expected, over = large_calls(), threading.Event()
def compute():
    while not over.is_set():
        large_calls()
other = threading.Thread(target=compute)
other.start()
codes = []
for _ in range(10):
    child = os.fork()
    if child == 0:
        kernels.set_threads(2)  # waits for nobody: whoever computed is not in this process
        os._exit(0 if large_calls() == expected else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
over.set()
other.join()
print(codes, large_calls() == expected)
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ended.stdout == f"{[0] * 10} True\n", ended.stderr


def spent(thread: str) -> float:
    """Seconds of processor time of a thread of this process."""
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[0]) / 1e9


@built
def test_a_worker_without_a_job_soon_sleeps() -> None:
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this system does not tell the processor time of a thread")
    x, jobs, rest = np.ones(LARGE, np.float32), 20, 0.02
    with on_threads(1):
        before = set(os.listdir("/proc/self/task"))
        with on_threads(2):
            kernels.relu(x)
            (worker,) = set(os.listdir("/proc/self/task")) - before
            start = spent(worker)
            for _ in range(jobs):
                kernels.relu(x)
                time.sleep(rest)
            awake = (spent(worker) - start) / jobs
            start = spent(worker)
            time.sleep(0.3)
            asleep = spent(worker) - start
    assert awake < rest / 4  # half the call, long under a sanitizer, and 50 microseconds
    assert asleep < 0.003


@built
def test_a_caller_whose_part_is_done_soon_sleeps() -> None:
    from mlcore._native import ffi, lib

    caller, waited = threading.get_ident(), []

    @ffi.callback("mlj_task")
    def chunk(_: object, number: int) -> None:
        waited.append(threading.get_ident() != caller)
        time.sleep(0.4 if waited[-1] else 0.05)

    with on_threads(2):
        for _ in range(3):
            start = time.thread_time()
            lib.mlj_parallel_for(2, chunk, ffi.NULL)
            awake = time.thread_time() - start
    assert sorted(waited[-2:]) == [False, True]
    assert awake < 0.05  # it waits 0.35 seconds


@built
def test_workers_go_home_when_fewer_are_wanted() -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("this system does not list the threads of a process")
    with on_threads(1):
        before = len(os.listdir("/proc/self/task"))
        with on_threads(5):
            large_calls()
            assert len(os.listdir("/proc/self/task")) == before + 4
        assert len(os.listdir("/proc/self/task")) == before


@built
def test_a_number_of_threads_that_cannot_be_is_refused() -> None:
    for count in (0, -1, 65):
        with pytest.raises(ValueError, match=f"threads: expected 1 to 64, got {count}"):
            kernels.set_threads(count)


def test_the_number_of_threads_is_the_least_of_mask_quota_and_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MLJ_NUM_THREADS", raising=False)
    monkeypatch.setattr(processors, "QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(processors, "CPUS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(12)), raising=False)
    assert processors.default_threads() == 12
    for cpu in range(16):
        topology = tmp_path / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{cpu % 8},{cpu % 8 + 8}")
    assert processors.default_threads() == 8
    for text, expected in (("max 100000", 8), ("350000 100000", 3), ("10000 100000", 1), ("nonsense", 8)):
        (tmp_path / "cpu.max").write_text(text)
        assert processors.default_threads() == expected
    monkeypatch.setenv("MLJ_NUM_THREADS", "5")
    assert processors.default_threads() == 5
    for wrong in ("0", "-1", "two", "1.5"):
        monkeypatch.setenv("MLJ_NUM_THREADS", wrong)
        with pytest.raises(BackendError, match=f"MLJ_NUM_THREADS={wrong}: expected a number from 1"):
            processors.default_threads()

"""No kernel reads or writes a byte outside its arrays: thousands of random calls between guard pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mlcore import kernels
from tests.kernels.ground import TIERS, built
from tests.kernels.guarded import PAGE

CALLS = int(os.environ.get("MLJ_GUARDED_CALLS", "3000"))
SEED = int(os.environ.get("MLJ_GUARDED_SEED", "1"))


def child(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=100 + CALLS / 100)


@pytest.mark.parametrize("tier", TIERS)
def test_thousands_of_calls_between_guard_pages_touch_nothing_else(tier: str) -> None:
    ended = child("-m", "tests.kernels.guarded_calls", tier, str(CALLS), str(SEED))
    assert ended.returncode == 0, "\n".join(ended.stderr.splitlines()[-12:])
    assert f"call {CALLS - 1} " in ended.stderr


@built
@pytest.mark.parametrize(
    ("at_end", "touch"),
    [
        (True, "kernels.relu(number(size, address + 4))"),  # reads four bytes too many
        (False, "kernels.relu(number(size, address - 4))"),
        (True, "kernels.relu(number(size, here), out=number(size, address + 4))"),  # writes them
    ],
)
def test_the_guard_pages_end_a_process_that_goes_too_far(at_end: bool, touch: str) -> None:
    program = f"""
import ctypes, numpy as np
from mlcore import kernels
from tests.kernels.guarded import Guarded
size = 17
held = Guarded((size,), at_end={at_end})
address, here = held.address, np.ones(size, np.float32).ctypes.data
def number(size, address):
    return np.frombuffer((ctypes.c_char * (4 * size)).from_address(address), np.float32)
kernels.relu(number(size, address))
print("inside", flush=True)
kept = np.ones(size, np.float32)
here = kept.ctypes.data
{touch}
print("outside")
"""
    ended = child("-c", program)
    assert ended.stdout == "inside\n", ended.stderr
    assert ended.returncode in (-signal.SIGSEGV, -signal.SIGBUS)


def test_a_large_call_leaves_what_lies_around_its_result_alone(tier: str) -> None:
    memory = np.full(100_000, 7, np.float32)
    inside = memory[PAGE : PAGE + 70_000]
    kernels.relu(-np.ones(70_000, np.float32), out=inside)
    assert not inside.any()
    assert (memory[:PAGE] == 7).all()
    assert (memory[PAGE + 70_000 :] == 7).all()

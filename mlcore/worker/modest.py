"""How a thread that only looks leaves the cores to the one that trains."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

SWITCH = 0.0005  # seconds; Python's own 5 ms are a tenth of a slice of training


def take_turns() -> None:
    """Let no thread of this process that has work wait 5 ms for another one."""
    sys.setswitchinterval(SWITCH)


def one_thread() -> AbstractContextManager[Any]:
    """Products of NumPy on one thread meanwhile: a second one would run where the network is trained."""
    limited: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limited


@cache
def _libraries() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

"""A disk that fails on request: the calls by which a program writes into a folder, counted, and one of them refused.

The calls are those of Python's `os` and `fcntl` that touch a path under the folder, or a descriptor opened there. A
call may be refused once, it and every later one may be refused, or the process may be killed before it or half-way
through a write.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

OF_PATHS = ("open", "mkdir", "rmdir", "rename", "unlink", "scandir")
OF_DESCRIPTORS = ("write", "pwrite", "fsync", "ftruncate", "lseek", "close")  # and flock
GROWING = ("open", "mkdir", "rename", "write", "pwrite", "fsync")  # what a full disk refuses


class Disk:
    """Counts the calls under `folder`; from number `at` on it does what `fault` says.

    `full`: refuses the call with ENOSPC; `broken`: with EIO; `dead`: with EIO, and every later one too; `killed`: ends
    the process before the call; `torn`: ends it half-way through a write.
    """

    def __init__(self, folder: Path, at: int = -1, fault: str = "") -> None:
        self.folder, self.at, self.fault = str(folder), at, fault
        self.calls: list[str] = []
        self.opened: set[int] = set()
        self.struck = False

    def made(self, name: str, real: Callable[..., Any], *words: Any, **options: Any) -> Any:
        """A call of the program: counted and made, or not."""
        number, ours = len(self.calls), self._ours(name, words[0])
        if not ours:
            return real(*words, **options)
        self.calls.append(name)
        if number == self.at or (self.fault == "dead" and number > self.at >= 0):
            self._strike(name, real, *words)
        found = real(*words, **options)
        if name == "open":
            self.opened.add(found)
        elif name == "close":
            self.opened.discard(words[0])
        return found

    def _ours(self, name: str, what: Any) -> bool:
        if name in OF_PATHS:
            return not isinstance(what, int) and os.fspath(what).startswith(self.folder)
        return what in self.opened

    def _strike(self, name: str, real: Callable[..., Any], *words: Any) -> None:
        if self.fault == "torn" and name == "write":
            real(words[0], bytes(words[1])[: len(words[1]) // 2])
        if self.fault in ("killed", "torn"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "full" and name not in GROWING:
            return
        self.struck = True
        if name == "close":  # the descriptor is gone all the same
            self.opened.discard(words[0])
            real(*words)
        number = errno.ENOSPC if self.fault == "full" else errno.EIO
        raise OSError(number, os.strerror(number), *words[:1] if name in OF_PATHS else ())


@contextmanager
def failing(disk: Disk) -> Iterator[Disk]:
    """Every call goes through `disk`."""
    with ExitStack() as patches:
        for module, name in [(os, name) for name in (*OF_PATHS, *OF_DESCRIPTORS)] + [(fcntl, "flock")]:
            through = partial(disk.made, name, getattr(module, name))
            patches.enter_context(mock.patch.object(module, name, through))
        yield disk

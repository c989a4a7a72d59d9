"""Several workers on one machine: what tests share is each worker's own, and what measures the machine runs alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("several workers", deadline=None)  # a slow example is no wrong one
hypothesis.settings.load_profile("several workers")

ORDER = {"slow": 0, "alone": 2}  # of files, others 1


def pytest_configure(config: pytest.Config) -> None:
    """Runs and sockets of a test that names no home go to a folder of this process, and away when all has ended."""
    if hasattr(config, "workerinput"):
        shared = Path(os.environ["MLJ_HOME"])  # of the process that started this worker
        config.pluginmanager.register(Turns(shared))
        own = tempfile.mkdtemp(dir=shared, prefix="")
    else:
        own = tempfile.mkdtemp(prefix="mlj-")  # short: a socket's path has room for 107 bytes
        config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    os.environ |= {"MLJ_HOME": own, "XDG_RUNTIME_DIR": own}
    for library in ("MKL", "OPENBLAS"):  # of PyTorch and NumPy: workers that take two each wait for one another
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order in which workers take them, long ones first, so that none ends long after the others.

    Of the unmarked ones those at the end of the alphabet take long, the app's; contracts and kernels have thousands of
    short tests. Within a file the order stays.
    """
    files = [*reversed(dict.fromkeys(item.path for item in items))]
    places = {item.path: place for mark, place in ORDER.items() for item in items if item.get_closest_marker(mark)}
    files.sort(key=lambda path: places.get(path, 1))  # of a file with both marks, the later
    order = {path: number for number, path in enumerate(files)}
    items.sort(key=lambda item: order[item.path])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is marked `gpu` is skipped without one, in words. Only who is about to run such a test pays for torch."""
    if any(item.iter_markers("gpu")) or any(item.iter_markers("gpu_perf")):
        reason = no_gpu()
        if reason:
            pytest.skip(f"gpu: {reason}")


@cache
def no_gpu() -> str | None:
    """Why PyTorch cannot use a GPU here, or None when it can."""
    if find_spec("torch") is None:
        return "PyTorch is not installed"
    import torch

    if torch.cuda.is_available():
        return None
    built = "was built without CUDA" if torch.version.cuda is None else "finds no usable GPU here"
    return f"PyTorch {torch.__version__} {built}"


class Turns:
    """A test of a worker runs beside those of the others, or, marked `alone`, while no other does.

    Locks of two files: whoever wants the room empty waits in the door, so that nobody enters meanwhile. The kernel
    frees them, however a worker ends.
    """

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self.door, self.room = (os.open(folder / name, flags, 0o600) for name in ("door", "room"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around everything, so that no timeout counts the wait
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self.taken(fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH):
            return (yield)

    @contextmanager
    def taken(self, how: int) -> Iterator[None]:
        fcntl.flock(self.door, fcntl.LOCK_EX)
        fcntl.flock(self.room, how)
        fcntl.flock(self.door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self.room, fcntl.LOCK_UN)

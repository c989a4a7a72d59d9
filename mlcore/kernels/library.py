"""The compiled kernels: whether they are here, on which instruction set, and with how many threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from mlcore.errors import BackendError, DataError
from mlcore.kernels.arrays import Array
from mlcore.kernels.processors import default_threads

if TYPE_CHECKING:
    from mlcore._native import Library

ffi: Any = None
lib: Library | None = None
_missing = ""
try:
    from mlcore import _native

    ffi, lib = _native.ffi, _native.lib
except ImportError as error:  # installed without a C compiler
    _missing = f"the C kernels were not built ({error})"

TIERS = ("baseline", "avx2", "avx512")
MOST_THREADS = 64


@cache
def unavailable() -> str | None:
    """Why there are no kernels here, or None when there are. The first question sets the number of threads."""
    if lib is None:
        return _missing
    wish = os.environ.get("MLJ_ISA")
    if wish and wish not in tiers():
        return f"MLJ_ISA={wish}: this machine has {', '.join(tiers())}"
    try:
        lib.mlj_set_threads(default_threads())
    except BackendError as error:
        return str(error)
    return None


def tiers() -> tuple[str, ...]:
    """The instruction sets this machine can run, slowest first."""
    return tuple(name for name in TIERS if lib and lib.mlj_ops_for(name.encode()) != ffi.NULL)


def isa() -> str:
    """The instruction set the kernels use now."""
    now = library().mlj_ops_now()
    return str(ffi.string(now.name).decode())


@contextmanager
def use(tier: str) -> Iterator[None]:
    """Run what is inside on another instruction set. Raises BackendError when this machine does not have it."""
    before = isa()
    if library().mlj_select(tier.encode()):
        raise BackendError(f"no instruction set {tier!r} on this machine", hint="there are " + ", ".join(tiers()))
    try:
        yield
    finally:
        library().mlj_select(before.encode())


def threads() -> int:
    """How many threads a large call is split over."""
    return int(library().mlj_threads())


def set_threads(count: int) -> None:
    """Split large calls over `count` threads, 1 to 64."""
    if not 1 <= count <= MOST_THREADS:
        raise DataError(f"threads: expected 1 to {MOST_THREADS}, got {count}")
    library().mlj_set_threads(count)


def library() -> Library:
    """The functions of mlj.h. Raises BackendError with the reason where there are none."""
    reason = unavailable()
    if lib is None or reason:
        raise BackendError(str(reason), hint="install a C compiler and mlj again, or use the reference backend")
    return lib


def at(array: Array | None, kind: str = "float[]") -> Any:
    """Where an array's numbers lie; a name must hold the array until the call returns."""
    return ffi.NULL if array is None else ffi.from_buffer(kind, array)

"""Arrays between two pages nobody may touch: a read or write one byte outside ends the process.

AddressSanitizer does not see the masked loads of AVX2 and AVX-512; a guard page does, exactly.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np

_c = ctypes.CDLL(None, use_errno=True)
_c.mmap.restype = ctypes.c_void_p
_c.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_c.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_c.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
PAGE = mmap.PAGESIZE
POISON = np.uint32(0x7FC12345).view(np.float32)  # a NaN that no kernel makes


class Guarded:
    """A float32, int32 or uint8 array that ends at a guard page, or begins behind one; the other side has a page too.

    array: the numbers; address: where they lie. `close` gives the memory back.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any = np.float32, at_end: bool = True) -> None:
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        room = max(PAGE, -(-size // PAGE) * PAGE)
        self.length = room + 2 * PAGE
        self.base = _c.mmap(None, self.length, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        if self.base in (None, ctypes.c_void_p(-1).value) or _c.mprotect(self.base + PAGE, room, 3):
            raise MemoryError(f"no guarded memory: error {ctypes.get_errno()}")
        self.address = self.base + PAGE + (room - size if at_end else 0)
        memory = (ctypes.c_char * max(size, 1)).from_address(self.address)
        self.array = np.frombuffer(memory, np.uint8, count=size).view(dtype).reshape(shape)

    def close(self) -> None:
        """Give the memory back; the array must not be used any more."""
        _c.munmap(self.base, self.length)

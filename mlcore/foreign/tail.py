"""A file that grows, read piece by piece; one that was replaced, cut or written anew is noticed and read again."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from mlcore.storage import storing

PIECE = 1 << 22  # bytes read at once, so that a log of any size takes little memory
SEAM = 64  # bytes before the place read to that must still be there


class Piece(NamedTuple):
    """Bytes that were not read yet. anew: they are the first of another file; more: there are further ones already."""

    data: bytes
    anew: bool
    more: bool


class Tail:
    """Reads a regular file on and on. Raises StorageError; it never waits for a FIFO."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place, self._file, self._seam = 0, (0, 0), b""

    def read(self) -> Piece:
        """The next bytes, none when nothing was written; while the file is not there, none."""
        with storing("cannot read", self.path):
            try:
                descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                return Piece(b"", False, False)
            try:
                return self._read(descriptor)
            finally:
                os.close(descriptor)

    def _read(self, descriptor: int) -> Piece:
        there = os.fstat(descriptor)
        if not stat.S_ISREG(there.st_mode):
            raise OSError(0, "not a regular file")
        same = (there.st_dev, there.st_ino) == self._file and there.st_size >= self._place
        same = same and os.pread(descriptor, len(self._seam), self._place - len(self._seam)) == self._seam
        anew = not same and self._place > 0
        if not same:
            self._place, self._file, self._seam = 0, (there.st_dev, there.st_ino), b""
        data = os.pread(descriptor, PIECE, self._place)
        self._place += len(data)
        self._seam = (self._seam + data)[-SEAM:]
        return Piece(data, anew, there.st_size > self._place)

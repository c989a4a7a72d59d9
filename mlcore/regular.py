"""Files somebody names: opened only where they are plain files, read no further than is allowed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlcore.errors import DataError, StorageError


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading. It never waits for the writer of a FIFO, nor reads a device.

    Raises DataError where it is no regular file, StorageError where it cannot be read, also while it is open.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a NUL in its name
        raise refused(path, error) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DataError(f"{path} is not a regular file", code="DATA_NOT_REGULAR", where=str(path))
    with open(descriptor, "rb") as file:
        try:
            yield file
        except StorageError:
            raise
        except OSError as error:
            raise refused(path, error) from None


def refused(path: Path, error: Exception) -> StorageError:
    """What the disk said when a file or folder was to be read."""
    code = "STORAGE_PERMISSION" if isinstance(error, PermissionError) else "STORAGE_IO"
    reason = getattr(error, "strerror", None) or error
    return StorageError(f"cannot read {path}: {reason}", code=code, where=str(path))


def whole(path: Path, largest: int) -> bytes:
    """Every byte of a regular file. Raises DataError where they are more than `largest`, or none, or as `opened`."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        found = file.read(size + 1) if size <= largest else b""
        if size > largest:
            message = f"{path} has {size:,} bytes, more than the {largest:,} allowed"
            raise DataError(message, code="DATA_LIMIT", where=str(path))
    if not found:
        raise DataError(f"{path} is empty", code="DATA_EMPTY", where=str(path), hint="name a file that has rows")
    return found

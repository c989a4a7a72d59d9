"""IDX: the file format of MNIST, read strictly.

Four bytes 0, 0, type, number of dimensions; each dimension as a big-endian 32-bit number; then the values, the last
dimension fastest (LeCun, Cortes and Burges, "The MNIST database"). Type 8 is uint8, the only one MNIST uses and the
only one read here. Files may be packed with gzip; their first bytes say so, not their name.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.errors import DataError
from mlcore.regular import opened

LARGEST = 1 << 30  # bytes of values
UINT8 = 8
CHUNK = 1 << 20  # memory grows with what is really there, whatever the header promises


def read(path: Path, *, sha256: str = "", largest: int = LARGEST) -> Array:
    """The array in a file, uint8. sha256: what the unpacked bytes must add up to, if known.

    Raises DataError when the file is not exactly one array, StorageError when it cannot be read.
    """
    with opened(path) as file:
        return decode(file, str(path), sha256=sha256, largest=largest)


def decode(file: BinaryIO, where: str, *, sha256: str = "", largest: int = LARGEST) -> Array:
    """The array in an open file that can seek. Raises DataError as `read` does; `where` names the file in it."""
    start = file.read(2)
    file.seek(0)
    if not start:
        raise _error("is empty", "DATA_EMPTY", where)
    try:
        if start != b"\x1f\x8b":
            return _array(file, where, sha256, largest)
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            return _array(unpacked, where, sha256, largest)
    except EOFError:
        raise _error("ends before its gzip stream does", "DATA_TRUNCATED", where) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _error(f"is a broken gzip file: {error}", "DATA_FORMAT", where) from None


def _array(stream: BinaryIO | gzip.GzipFile, where: str, sha256: str, largest: int) -> Array:
    head = bytes(_up_to(stream, 4))
    if len(head) < 4 or head[:2] != b"\0\0":
        raise _error(f"is not an IDX file: it begins with {head.hex(' ')}, expected 00 00 08", "DATA_FORMAT", where)
    if head[2] != UINT8 or not 1 <= head[3] <= 4:
        message = f"holds IDX type {head[2]:#04x} in {head[3]} dimensions, expected uint8 (0x08) in 1 to 4"
        raise _error(message, "DATA_DTYPE", where)
    sides = bytes(_up_to(stream, 4 * head[3]))
    if len(sides) < 4 * head[3]:
        raise _error("ends inside its header", "DATA_TRUNCATED", where)
    shape = struct.unpack(f">{head[3]}I", sides)
    if math.prod(max(side, 1) for side in shape) > largest:
        message = f"promises {' x '.join(map(str, shape))} values, more than the {largest:,} allowed"
        raise _error(message, "DATA_LIMIT", where)
    size = math.prod(shape)
    if not size:
        raise _error(f"holds no values: its shape is {list(shape)}", "DATA_EMPTY", where)
    values = _up_to(stream, size)
    if len(values) < size:
        raise _error(f"promises {size:,} values and holds {len(values):,}", "DATA_TRUNCATED", where)
    if stream.read(1):
        raise _error(f"goes on after the {size:,} values it promises", "DATA_FORMAT", where)
    found = hashlib.sha256(head + sides)
    found.update(values)
    if sha256 and found.hexdigest() != sha256:
        message = f"is not the published file: its SHA-256 is {found.hexdigest()}, expected {sha256}"
        raise _error(message, "DATA_CHECKSUM", where)
    return np.frombuffer(values, np.uint8).reshape(shape)


def _up_to(stream: BinaryIO | gzip.GzipFile, size: int) -> bytearray:
    """The next `size` bytes, or fewer where the stream ends."""
    found = bytearray()
    while len(found) < size:
        piece = stream.read(min(CHUNK, size - len(found)))
        if not piece:
            break
        found += piece
    return found


def _error(what: str, code: str, where: str) -> DataError:
    return DataError(f"{where} {what}", code=code, where=where, hint="get the file again, e.g. mlj data fetch mnist")

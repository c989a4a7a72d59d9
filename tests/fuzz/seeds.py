"""Small whole files of data, from which mutants are made."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np

from mlcore.datasets import pictures


def idx_file(*shape: int) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + bytes(
        i % 251 for i in range(int(np.prod(shape)))
    )


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def npz(save: Callable[..., None]) -> bytes:
    file = io.BytesIO()
    save(file, x=np.eye(3, dtype=np.float32), y=np.arange(3))
    return file.getvalue()


def png(width: int, height: int, colour: int) -> bytes:
    """A PNG with each of the five filters."""
    line = width * (3 if colour == 2 else 1)
    rows = b"".join(bytes([row % 5]) + bytes((row * 7 + i) % 256 for i in range(line)) for row in range(height))
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return pictures.SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def chunked(data: bytes) -> bytes:
    """A PNG each of whose chunks has the checksum it should have."""
    found, place = bytearray(data), len(pictures.SIGNATURE)
    while place + 12 <= len(found):
        end = place + 8 + int.from_bytes(found[place : place + 4], "big")
        if end + 4 > len(found):
            break
        found[end : end + 4] = struct.pack(">I", zlib.crc32(found[place + 4 : end]))
        place = end + 4
    return bytes(found)


TABLES = (
    b"x1,x2,label\n1,2,a\n3,4,b\n5,,a\n",
    b"1;2;3\r\n4;5;6\r\n",
    b'name,"a ""quoted"" one",x\n"two\nlines",1,2\nNA,3,-4e5\n',
    b"\xef\xbb\xbfa\tb\n1\t2\n",
)

IMAGES = (idx_file(3, 4), idx_file(2, 3, 5))
ARRAYS = (npy(np.eye(3)), npy(np.array([["a", "bc"]])), npy(np.asfortranarray(np.ones((2, 3), ">i2")), (2, 0)))
PIXELS = (b"P5\n# a\n3 2\n255\n" + bytes(6), b"P6 2 1 9 " + bytes(6))
ARCHIVES = (npz(np.savez), npz(np.savez_compressed))
PNGS = (png(7, 6, 0), png(5, 5, 2))

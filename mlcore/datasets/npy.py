"""NPY and NPZ, NumPy's own files, read strictly: no pickle, no code, no more memory than the file has numbers for.

NPY: 0x93 NUMPY, two bytes of version, the length of a header, a header that is a Python dictionary of three keys, then
the values (NumPy enhancement proposal 1). NPZ: a zip of such files. NumPy's reader compiles the header as Python and
unpacks whatever the zip holds; here the header must look as NumPy writes it, and is held against the size before memory
is taken.
"""

from __future__ import annotations

import errno
import math
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.errors import DataError
from mlcore.regular import opened

LARGEST = 1 << 30  # bytes of values of one array
MEMBERS = 64  # arrays of an NPZ file
HEADER = 1 << 16  # bytes of a header
CHUNK = 1 << 20
TYPES = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|U[0-9]{1,6})")
DESCRIPTION = re.compile(
    r"\{'descr': '(?P<type>[^']{1,16})', 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>(?:\d{1,18}, )*(?:\d{1,18},?)?)\),? ?\} *\n"
)


def read(path: Path) -> Array:
    """The array in an .npy file. Raises DataError when it is not exactly one array of numbers or texts."""
    with opened(path) as file:
        return _array(file, os.fstat(file.fileno()).st_size, str(path))


def read_all(path: Path) -> dict[str, Array]:
    """The arrays in an .npz file by name. Raises DataError as `read` does."""
    with opened(path) as file:
        try:
            with zipfile.ZipFile(file) as box:
                members = box.infolist()
                if len(members) > MEMBERS:
                    raise _error(f"holds {len(members):,} arrays, more than the {MEMBERS} allowed", "DATA_LIMIT", path)
                if sum(member.file_size for member in members) > LARGEST:
                    raise _error(f"unpacks to more than the {LARGEST:,} bytes allowed", "DATA_LIMIT", path)
                return {_name(member): _member(box, member, path) for member in members}
        except DataError:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, struct.error, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a seek to where a damaged directory says
                raise
            raise _error(f"is not an .npz file, or a damaged one: {error}", "DATA_FORMAT", path) from None


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(".npy")


def _member(box: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> Array:
    where = f"{path}: {_name(member)}"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _error("is packed in a way NumPy does not", "DATA_FORMAT", where)
    with box.open(member) as stream:
        return _array(stream, member.file_size, where)


def _array(stream: IO[bytes], size: int, where: str) -> Array:
    """The array in a stream of `size` bytes."""
    dtype, shape, fortran, start = _header(stream, where)
    promised = math.prod(shape) * dtype.itemsize
    if math.prod(max(side, 1) for side in shape) * max(dtype.itemsize, 1) > LARGEST:
        message = f"promises {' x '.join(map(str, shape))} values, more than the {LARGEST:,} bytes allowed"
        raise _error(message, "DATA_LIMIT", where)
    if promised != size - start:
        message = f"promises {promised:,} bytes of values and holds {size - start:,}"
        raise _error(message, "DATA_TRUNCATED", where)
    values = bytearray()
    while len(values) < promised:
        piece = stream.read(min(CHUNK, promised - len(values)))
        if not piece:
            raise _error(f"promises {promised:,} bytes of values and holds {len(values):,}", "DATA_TRUNCATED", where)
        values += piece
    if stream.read(1):  # in a zip this is where its checksum is looked at
        raise _error("goes on after its values", "DATA_FORMAT", where)
    found = np.frombuffer(values, dtype).reshape(shape, order="F" if fortran else "C")
    return found.astype(dtype.newbyteorder("="), order="C", copy=False)


def _header(stream: IO[bytes], where: str) -> tuple[np.dtype, tuple[int, ...], bool, int]:
    """Type, shape, order, and how many bytes came before the values."""
    start = stream.read(8)
    if start[:1] == b"\x80":
        raise _error("is a pickle, which could run any code; it is never read", "DATA_UNSAFE", where)
    if len(start) < 8 or start[:6] != b"\x93NUMPY" or start[6] not in (1, 2, 3) or start[7]:
        raise _error("is not an array as numpy.save writes it", "DATA_FORMAT", where)
    length = stream.read(2 if start[6] == 1 else 4)
    if len(length) < (2 if start[6] == 1 else 4):
        raise _error("ends inside its header", "DATA_TRUNCATED", where)
    size = int.from_bytes(length, "little")
    if size > HEADER:
        raise _error(f"has a header of {size:,} bytes, more than the {HEADER:,} allowed", "DATA_LIMIT", where)
    text = stream.read(size)
    if len(text) < size:
        raise _error("ends inside its header", "DATA_TRUNCATED", where)
    dtype, shape, fortran = _described(text.decode("latin-1"), where)
    return dtype, shape, fortran, 8 + len(length) + size


def _described(text: str, where: str) -> tuple[np.dtype, tuple[int, ...], bool]:
    found = DESCRIPTION.fullmatch(text)
    if found is None:
        if re.match(r"\{'descr': \[", text):
            raise _error("holds records; expected an array of numbers", "DATA_DTYPE", where)
        raise _error("has a header that numpy.save does not write", "DATA_FORMAT", where)
    kind = found["type"]
    if kind.lstrip("<>|=").startswith("O"):
        raise _error("holds Python objects, which could run any code; they are never read", "DATA_UNSAFE", where)
    if not TYPES.fullmatch(kind):
        raise _error(f"holds values of type {kind!r}; expected real numbers", "DATA_DTYPE", where)
    shape = tuple(int(side) for side in re.findall(r"\d+", found["shape"]))
    if len(shape) > 8:
        raise _error(f"has {len(shape)} dimensions", "DATA_DTYPE", where)
    return np.dtype(kind), shape, found["fortran"] == "True"


def _error(what: str, code: str, where: object) -> DataError:
    hint = "write it with numpy.savez(path, x=x, y=y), x and y arrays of numbers"
    return DataError(f"{where} {what}", code=code, where=str(where), hint=hint)

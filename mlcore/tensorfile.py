"""safetensors files with a checksum: named arrays and one text, of which no byte can change unnoticed.

`mlj.sha256` in the header is the SHA-256 of the whole file with those 64 digits written as zeros. Any reader of
safetensors reads the file; this one trusts nothing in it before it was checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlcore.errors import CheckpointError
from mlcore.layers.layer import Array
from mlcore.storage import storing

HEADER = 16 << 20  # bytes of the largest header read
TENSORS = 65_536
TYPES = {"F32": 4, "F64": 8}  # bytes of a number
CHECK = b'"mlj.sha256":"'
NOTHING = "0" * 64
UNSAFE = {
    b"\x80": "a Python pickle",
    b"PK\x03\x04": "a zip archive, as torch.save and .keras write",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"\x1f\x8b": "a compressed file",
    b"BZh": "a compressed file",
    b"\xfd7zXZ": "a compressed file",
    b"x\x9c": "a compressed file",
}


class Tensor(NamedTuple):
    """What a header says of one array: its type, its shape, its bytes in the body."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


Check = Callable[[str, dict[str, Tensor]], None]


def pack(tensors: dict[str, Array], text: str) -> bytes:
    """The bytes of a file holding `tensors` and `text`."""
    from safetensors.numpy import save

    whole = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    data = bytearray(save(whole, {"format": "pt", "mlj.state": text, "mlj.sha256": NOTHING}))
    place = _digits(data, 8 + int.from_bytes(data[:8], "little"))
    data[place : place + 64] = hashlib.sha256(data).hexdigest().encode()
    return bytes(data)


def _digits(data: bytes | bytearray, end: int) -> int:
    """Where the 64 digits of the checksum stand in a header that ends at `end`, or -1.

    Quotes inside the text are escaped, so the key cannot occur there.
    """
    place = data.find(CHECK, 8, end)
    return place + len(CHECK) if place >= 0 else -1


def unpack(path: Path, check: Check) -> tuple[str, dict[str, Array]]:
    """The text and the arrays of a file.

    `check` gets the text and what the header says of the arrays before their bytes are read, and raises
    CheckpointError when they are not what it needs: so memory is sized by what is expected, never by the file.
    Raises CheckpointError: CKPT_MISSING, CKPT_UNSAFE, CKPT_CORRUPT; StorageError when the disk refuses.
    """
    with storing("cannot read", path), _opened(path) as descriptor:
        size = os.fstat(descriptor).st_size
        start = _read(descriptor, 16)
        _safe(path, start)
        length = int.from_bytes(start[:8], "little")
        if not 2 <= length <= min(HEADER, size - 8):
            raise _corrupt(path, f"a header of {length} bytes in a file of {size}")
        header = start + _read(descriptor, length - 8)
        text, table = _parse(path, header[8 : 8 + length], size - 8 - length)
        check(text, table)
        data = header + _read(descriptor, size - len(header))
    _verify(path, data, 8 + length)
    from safetensors.numpy import load

    return text, load(data)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A regular file, open for reading. It never waits for a FIFO."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise CheckpointError(f"no such file: {path}", code="CKPT_MISSING", where=str(path)) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CheckpointError(f"{path} is not a regular file", code="CKPT_CORRUPT", where=str(path))
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(descriptor, min(size, 1 << 24))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _safe(path: Path, start: bytes) -> None:
    """Refuse files that would run code or unpack when loaded, whatever they are called."""
    for magic, what in UNSAFE.items():
        if start.startswith(magic) and start[8:9] != b"{":
            hint = "export the weights with safetensors and load that file"
            raise CheckpointError(f"{path} is {what}", code="CKPT_UNSAFE", where=str(path), hint=hint)


def _parse(path: Path, header: bytes, body: int) -> tuple[str, dict[str, Tensor]]:
    """The text and the table of a header whose every part has been checked."""
    try:
        found = json.loads(header.decode("utf-8"), object_pairs_hook=_once)
        metadata = found.pop("__metadata__")
        if set(metadata) != {"format", "mlj.state", "mlj.sha256"} or metadata["format"] != "pt":
            raise ValueError(f"metadata {sorted(metadata)}")
        if len(found) > TENSORS:
            raise ValueError(f"{len(found)} arrays")
        table = {name: _tensor(entry) for name, entry in found.items()}
        _cover(table, body)
        return str(metadata["mlj.state"]), table
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _corrupt(path, f"its header cannot be read ({error})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _tensor(entry: Any) -> Tensor:
    if set(entry) != {"dtype", "shape", "data_offsets"} or entry["dtype"] not in TYPES:
        raise ValueError(f"an array of type {entry.get('dtype')!r}")
    shape, (start, end) = tuple(entry["shape"]), entry["data_offsets"]
    numbers = (*shape, start, end)
    if (
        any(type(n) is not int or not 0 <= n < 1 << 48 for n in numbers)
        or math.prod(max(d, 1) for d in shape) >= 1 << 48
    ):
        raise ValueError(f"an array of shape {list(shape)}")
    if end - start != math.prod(shape) * TYPES[entry["dtype"]]:
        raise ValueError(f"{end - start} bytes for shape {list(shape)}")
    return Tensor(entry["dtype"], shape, start, end)


def _cover(table: dict[str, Tensor], body: int) -> None:
    """The arrays must lie one after another and fill the body."""
    place = 0
    for tensor in sorted(table.values(), key=lambda t: (t.start, t.end)):
        if tensor.start != place:
            raise ValueError(f"a hole or an overlap at byte {place}")
        place = tensor.end
    if place != body:
        raise ValueError(f"arrays of {place} bytes in a body of {body}")


def _verify(path: Path, data: bytes, end: int) -> None:
    place = _digits(data, end)
    blank = hashlib.sha256(data[:place])
    blank.update(NOTHING.encode())
    blank.update(data[place + 64 :])
    if place < 0 or data[place : place + 64] != blank.hexdigest().encode():
        raise _corrupt(path, "its checksum does not fit its contents")


def _corrupt(path: Path, reason: str) -> CheckpointError:
    hint = "use an earlier one: the newest that is whole is taken by mlj resume"
    return CheckpointError(f"{path} is damaged: {reason}", code="CKPT_CORRUPT", where=str(path), hint=hint)

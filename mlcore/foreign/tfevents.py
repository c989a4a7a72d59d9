"""TensorBoard's event files, read without TensorFlow: records with their lengths, and in them a few protobuf fields.

A record is its length (uint64), a check of that, the bytes of an Event, a check of those (all little-endian); the check
is CRC-32C, rotated and shifted by a constant. Event: 1 wall_time (double), 2 step, 5 summary; Summary: 1 value, many;
Value: 1 tag, 2 simple_value (float), 8 tensor, for TensorFlow 2 writes scalars as tensors of one number.
https://www.tensorflow.org/tutorials/load_data/tfrecord · tensorflow/core/util/event.proto, framework/summary.proto
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from mlcore import terms
from mlcore.errors import DataError
from mlcore.foreign.axes import Rows
from mlcore.foreign.log import Record

HEAD, CHECK = 12, 4  # bytes before and after the bytes of an event
LARGEST = 1 << 28  # bytes of an event: pictures are among them
VARINTS = ("<i", "<q")  # what stands as a varint in a field of its own
NUMBERS = {1: ("<f", 5), 2: ("<d", 6), 3: ("<i", 7), 9: ("<q", 10)}  # dtype: its bytes, and its own field of a tensor


def _table() -> tuple[int, ...]:
    """The remainders of all bytes by the polynomial of CRC-32C (Castagnoli), reflected."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


TABLE = _table()


def check(data: bytes) -> int:
    """The masked CRC-32C that stands behind some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


class Events:
    """The scalars of an event file. split: the part of the training all of them are of, where the folder says so."""

    def __init__(self, split: str = "") -> None:
        self._split = split
        self.clear()

    def clear(self) -> None:
        """Another file begins."""
        self._kept, self._rows = b"", Rows()

    def feed(self, data: bytes) -> list[Record]:
        """The records of the events that are whole now. Raises DataError where the file is damaged."""
        self._kept += data
        found: list[Record] = []
        place = 0
        while len(self._kept) >= place + HEAD:
            length, checked = struct.unpack_from("<QI", self._kept, place)
            if length > LARGEST or check(self._kept[place : place + 8]) != checked:
                raise DataError("this is no event file, or a damaged one", code="DATA_FORMAT")
            if len(self._kept) < place + HEAD + length + CHECK:
                break
            found += self._records(self._kept[place + HEAD : place + HEAD + length])
            place += HEAD + length + CHECK
        self._kept = self._kept[place:]
        return found

    def rest(self) -> list[Record]:
        """An event that was torn says nothing."""
        return []

    def _records(self, event: bytes) -> Iterator[Record]:
        time, step, summaries = 0.0, 0, []
        try:
            for number, value in fields(event):
                if number == 1 and isinstance(value, bytes):
                    (time,) = struct.unpack("<d", value)
                elif number == 2 and isinstance(value, int):
                    step = value if value < 1 << 63 else 0
                elif number == 5 and isinstance(value, bytes):
                    summaries.append(value)
            for summary in summaries:
                for tag, scalar in _scalars(summary):
                    name = terms.metric(f"{self._split}/{tag}" if self._split else tag)
                    yield {"epoch": step, "step": step, "seconds": self._rows.seconds(time), name: scalar}
        except (ValueError, IndexError, struct.error):
            return  # an event of some later version: what it says is not ours to guess


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: a varint as a number, everything else as its bytes. Raises ValueError."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire == 2:
            size, place = _varint(message, place)
        else:
            size = {1: 8, 5: 4}.get(wire, -1)
        if size < 0 or place + size > len(message):
            raise ValueError("a field that ends behind its message")
        yield number, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A whole number, seven bits a byte, the lowest first; and the place after it."""
    found = 0
    for shift in range(0, 70, 7):
        byte = message[place + shift // 7]
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, place + shift // 7 + 1
    raise ValueError("a number of more than ten bytes")


def _scalars(summary: bytes) -> Iterator[tuple[str, float]]:
    """Tags and numbers of a summary; pictures, histograms and words are passed over."""
    for number, value in fields(summary):
        if number != 1 or not isinstance(value, bytes):
            continue
        parts: dict[int, Any] = dict(fields(value))
        tag = parts.get(1, b"").decode("utf-8", "replace")
        scalar = struct.unpack("<f", parts[2])[0] if 2 in parts else _of_tensor(parts.get(8, b""))
        if tag and scalar is not None:
            yield tag, float(scalar)


def _of_tensor(tensor: bytes) -> float | None:
    """The number of a tensor that is one number."""
    parts: dict[int, Any] = dict(fields(tensor))
    form, own = NUMBERS.get(parts.get(1, 0), ("", 0))
    data = parts.get(4) or parts.get(own)
    if not form or not data:
        return None
    if form in VARINTS and 4 not in parts:
        return float(data if isinstance(data, int) else _varint(data, 0)[0])
    return float(struct.unpack(form, data)[0]) if len(data) == struct.calcsize(form) else None

"""Just enough of protobuf's wire format to write a message: numbers of fields, and what they hold.

A message is a list of (field, value): a whole number is a varint, a float four bytes, text and bytes and messages
(already encoded) come with their length. https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import TypeAlias

Value: TypeAlias = int | float | str | bytes

VARINT, SIZED, FOUR_BYTES = 0, 2, 5


def message(*fields: tuple[int, Value]) -> bytes:
    """The bytes of a message with these fields, in their order."""
    return b"".join(_field(number, value) for number, value in fields)


def each(number: int, values: Iterable[Value]) -> list[tuple[int, Value]]:
    """A repeated field."""
    return [(number, value) for value in values]


def _field(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value % (1 << 64))
    if isinstance(value, float):
        return varint(number << 3 | FOUR_BYTES) + struct.pack("<f", value)
    data = value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value
    return varint(number << 3 | SIZED) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """A whole number from 0 on, seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])

"""The wire: commands and messages as length-prefixed msgpack.

A packet is four bytes of length (big-endian) and a msgpack list of commands or messages. Arrays travel as
(dtype, shape, bytes).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from mlcore.errors import RunError
from mlcore.worker.commands import AnyCommand, Command
from mlcore.worker.messages import AnyMessage, Message
from mlcore.worker.shown import Array

VERSION = 1
LARGEST = 64 << 20  # bytes of one packet
DTYPES = ("|u1", "<i4", "<i8", "<f4", "<f8")

_T = TypeVar("_T")


def _plain(value: Any) -> Any:
    """Arrays and NumPy numbers as plain values."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(type(value).__name__)


def _array(kind: Any, value: Any) -> Array:
    """An array from what `_plain` made of it. Raises ValueError when the three parts do not fit each other."""
    dtype, shape, data = value
    if dtype not in DTYPES or not all(isinstance(side, int) and 0 <= side < 1 << 32 for side in shape):
        raise ValueError(f"not an array: {dtype!r} {shape!r}")
    if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
        raise ValueError(f"not an array: {dtype} {list(shape)} of {len(data)} bytes")
    return np.frombuffer(data, dtype).reshape(shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
COMMANDS = msgspec.msgpack.Decoder(list[AnyCommand])
MESSAGES = msgspec.msgpack.Decoder(list[AnyMessage], dec_hook=_array)


def packet(items: Iterable[Command | Message]) -> bytes:
    """Commands or messages as the bytes of one packet."""
    body = _encoder.encode(list(items))
    return struct.pack(">I", len(body)) + body


class Inbox(Generic[_T]):
    """Bytes from a socket, cut into packets.

    Raises RunError (PROTOCOL) when they are not what this version speaks; the connection is of no use then.
    """

    def __init__(self, decoder: msgspec.msgpack.Decoder[list[_T]]) -> None:
        self.decoder = decoder
        self.bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[_T]:
        """Take new bytes; what they complete comes out in order."""
        self.bytes += data
        while len(self.bytes) >= 4:
            (size,) = struct.unpack_from(">I", self.bytes)
            if size > LARGEST:
                raise RunError(f"a packet of {size} bytes, more than {LARGEST}", code="PROTOCOL")
            if len(self.bytes) < 4 + size:
                return
            body = bytes(self.bytes[4 : 4 + size])
            del self.bytes[: 4 + size]
            try:
                yield from self.decoder.decode(body)
            except (msgspec.DecodeError, ValueError, TypeError) as error:
                hint = "both ends must be of the same version of mlj"
                raise RunError(f"a packet nobody can read: {error}", code="PROTOCOL", hint=hint) from None

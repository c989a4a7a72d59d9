"""A journal: records appended to a file, one JSON object a line, each with a checksum of its own.

The last key of a line is `crc`, the CRC-32 of the line's bytes before `,"crc"`, so that jq, tail and pandas read it. A
crash leaves at most a torn last line, which readers ignore and the next writer cuts off.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from mlcore.errors import RunError
from mlcore.storage import finite, numbers, read_file, refused, storing, write_all

Record: TypeAlias = dict[str, Any]
PERIOD = 0.05  # seconds for which lines are gathered before they are written
LONGEST = 1 << 16  # bytes of a line
CUT = 1 << 10  # characters left of a value that is too long

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict).decode


def line(record: Record) -> bytes:
    """A record as its line. Numbers JSON does not have are the words NaN, Infinity and -Infinity."""
    body = _encode(finite(record))[:-1]
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def _short(value: Any) -> Any:
    text = _encode(finite(value)).decode()
    return value if len(text) <= CUT else text[:CUT] + "…"


def _record(text: bytes) -> Record | None:
    """The record of a line, or None when the line is damaged."""
    body, found, check = text.rpartition(b',"crc":"')
    if not found or check != b'%08x"}' % zlib.crc32(body):
        return None
    try:
        record: Record = _decode(body + b"}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return {key: numbers(value) for key, value in record.items()}


def _records(path: Path, first: int = 0) -> Iterator[tuple[Record | None, int]]:
    """Every whole record from byte `first` on, and the byte after it; at damage but a torn tail, None and its byte.

    Of a file that is not there, none. Raises StorageError when it cannot be read.
    """
    try:
        data, start = read_file(path, first=first), 0
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(error, "cannot read", path) from error
    while start < len(data):
        end = data.find(b"\n", start)
        record = _record(data[start:end]) if 0 <= end - start <= LONGEST else None
        if record is None:
            if 0 <= end < len(data) - 1:
                yield None, first + start
            return
        yield record, first + end + 1
        start = end + 1


def read(path: Path) -> list[Record]:
    """The records of a journal; of a file that is not there, none.

    Raises RunError (RUN_CORRUPT) when a record before the last is damaged, StorageError when the disk refuses.
    """
    return tail(path)[0]


def tail(path: Path, first: int = 0) -> tuple[list[Record], int]:
    """The records from byte `first` on, as `read` gives them, and the byte to ask from next time: `mlj watch` does."""
    found: list[Record] = []
    for record, place in _records(path, first):
        if record is None:
            where = f"{path}: byte {place}"
            raise RunError(f"{where}: a damaged record", code="RUN_CORRUPT", where=where)
        found.append(record)
        first = place
    return found, first


def whole(path: Path, keep: Callable[[Record], bool] = lambda record: True) -> tuple[Record | None, int]:
    """The last of the whole records from the start on that `keep` says yes to, and the byte after it.

    This is where a writer goes on. It passes over what a loss of power damaged, so look whether a record is missing.
    """
    last, end = None, 0
    for record, after in _records(path):
        if record is None or not keep(record):
            break
        last, end = record, after
    return last, end


class Journal:
    """The writer of a journal. It goes on at byte `start`; what stands behind it is cut off.

    Lines are gathered for up to 50 ms. Raises StorageError when the disk refuses.
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        self.path, self._end = path, start
        with storing("cannot open", path):
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                self._cut()
            except OSError:
                os.close(self._descriptor)
                raise
        self._lines: list[bytes] = []
        self._written = 0.0

    def add(self, record: Record) -> None:
        """Append a record. A value with which its line would be longer than readers take is cut, as text."""
        text = line(record)
        self._lines.append(text if len(text) <= LONGEST else line({key: _short(record[key]) for key in record}))
        self.tick()

    def tick(self) -> None:
        """Write what has waited long enough."""
        if self._lines and time.monotonic() - self._written >= PERIOD:
            self.flush()

    def flush(self) -> None:
        """Hand every line to the system. A line that fits no more is kept whole for the next attempt."""
        if not self._lines:
            return
        self._written = time.monotonic()  # a disk that refuses is not asked again at every line
        data = b"".join(self._lines)
        with storing("cannot write", self.path):
            try:
                write_all(self._descriptor, data)
            except OSError:
                self._cut()
                raise
        self._end += len(data)
        self._lines.clear()

    def shorten(self, most: int) -> None:
        """Of the lines that wait for a disk that refuses them keep the newest."""
        del self._lines[:-most]

    def _cut(self) -> None:
        os.ftruncate(self._descriptor, self._end)
        os.lseek(self._descriptor, self._end, os.SEEK_SET)

    def sync(self) -> None:
        """Make every line durable."""
        self.flush()
        with storing("cannot write", self.path):
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Write what is left."""
        try:
            self.flush()
        finally:
            with storing("cannot close", self.path):
                os.close(self._descriptor)


def curves(records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[list[int], list[float]]]:
    """The records of epochs as a curve a metric, where it was measured: epochs (of a loop: its steps) and values."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for record in records:
        for name, value in record.items():
            if name not in ("epoch", "step", "seconds"):
                xs, ys = found.setdefault(name, ([], []))
                xs.append(record.get("epoch", 0))
                ys.append(value)
    return found

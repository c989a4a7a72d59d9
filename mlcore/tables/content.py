"""What a file says: its bytes unpacked and in UTF-8, refused where they are no text."""

from __future__ import annotations

import codecs
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlcore.errors import DataError
from mlcore.regular import opened

LARGEST = 1 << 30  # bytes of a text, unpacked
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
OTHERS = {
    b"\x80": "a pickle",
    b"\x89HDF": "an HDF5 file",
    b"PK\3\4": "a zip file, as .xlsx and .npz are",
    b"\xd0\xcf": "an Excel file",
}
MARKS = {  # byte order marks; the longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Text(NamedTuple):
    """The text of an open file, as UTF-8 behind byte `start`, and how it was written."""

    file: BinaryIO
    encoding: str = "utf-8"
    start: int = 0

    def rewind(self) -> None:
        """Go back to its first byte."""
        self.file.seek(self.start)

    def read(self, at: int = 0, size: int = -1) -> bytes:
        """Some bytes of it, or all."""
        self.file.seek(self.start + at)
        return self.file.read(size)


@contextmanager
def text(path: Path, encoding: str = "auto") -> Iterator[Text]:
    """What a file says, while it is open; a plain one stays on the disk.

    Raises DataError where it is no text in this encoding, too large or empty; what is not UTF-8 the scan finds.
    """
    with opened(path) as file:
        if (size := os.fstat(file.fileno()).st_size) > LARGEST:
            message = f"{path} has {size:,} bytes, more than the {LARGEST:,} allowed"
            raise DataError(message, code="DATA_LIMIT", where=str(path), hint="keep the rows and columns you need")
        start = file.read(len(GZIP))
        file.seek(0)
        source: BinaryIO = io.BytesIO(_unpacked(path, file.read())) if start == GZIP else file
        yield _decoded(path, source, encoding)


def _decoded(path: Path, source: BinaryIO, encoding: str) -> Text:
    """The text of an open file as UTF-8."""
    start = source.read(8)
    if not start:
        raise DataError(f"{path} is empty", code="DATA_EMPTY", where=str(path), hint="name a file that has rows")
    for mark, what in OTHERS.items():
        if start.startswith(mark):
            code = "DATA_UNSAFE" if mark == b"\x80" else "DATA_FORMAT"
            hint = "write it as CSV, or as numbers with numpy.savez"
            raise DataError(f"{path} is {what}, which is not read", code=code, where=str(path), hint=hint)
    if encoding == "auto":
        encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        return Text(source, start=len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0)
    source.seek(0)
    data = source.read()
    try:
        return Text(io.BytesIO(data.decode(encoding).removeprefix("\ufeff").encode()), encoding)
    except UnicodeDecodeError as error:
        place = f"{path}:{data.count(10, 0, error.start) + 1}"
        message = f"{place} is not {encoding} at byte {error.start}"
        raise DataError(message, code="DATA_ENCODING", where=place, hint=encodings("another")) from None
    except UnicodeEncodeError:  # half of a pair of surrogates
        message = f"{path} holds characters that are none, read as {encoding}"
        raise DataError(message, code="DATA_ENCODING", where=str(path), hint=encodings("another")) from None


def encodings(which: str) -> str:
    """The way out of a wrong encoding."""
    return f"name {which} encoding: --set dataset.format.encoding=latin-1 (or cp1252 …)"


def starts(path: Path, count: int = 6) -> bytes:
    """The first bytes of a file, unpacked where gzip packed it. Raises DataError as `opened`."""
    with opened(path) as file:
        start = file.read(CHUNK)
    if not start.startswith(GZIP):
        return start[:count]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, count)
    except zlib.error:
        return start[:count]


def _unpacked(path: Path, packed: bytes) -> bytes:
    """The text in a gzip file, whose members follow each other, never more than is allowed."""
    parts, size, rest = list[bytes](), 0, packed
    while rest.startswith(GZIP):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not member.eof:
            try:
                part = member.decompress(rest, CHUNK)
            except zlib.error:
                raise _damaged(path) from None
            rest = member.unconsumed_tail
            size += len(part)
            if size > LARGEST:
                message = f"{path} unpacks to more than the {LARGEST:,} bytes allowed"
                raise DataError(message, code="DATA_LIMIT", where=str(path), hint="keep the rows you need")
            if not part and not rest and not member.eof:
                raise _damaged(path)
            parts.append(part)
        rest = member.unused_data.lstrip(b"\0")  # some tapes are filled up
    if rest:
        raise _damaged(path)
    if not size:
        raise DataError(f"{path} is empty", code="DATA_EMPTY", where=str(path), hint="name a file that has rows")
    return b"".join(parts)


def _damaged(path: Path) -> DataError:
    message = f"{path} is packed by gzip and damaged or cut off"
    return DataError(message, code="DATA_TRUNCATED", where=str(path), hint="gzip -t says where")

"""One look at the bytes of a table before anything believes them: as many fields in each record, every quote closed.

pandas fills short records silently, cuts long ones and joins what follows a quote; so each record is counted first, by
a C routine (kernels/scan.c), or by the same rules in Python where there is no compiled module. A record ends with a
line feed, a carriage return or both; lines of nothing but blanks are none. A quote counts where a field begins, and a
doubled one inside stands for itself (RFC 4180); blanks before a field are skipped unless tabs part the fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables.content import Text, encodings
from mlcore.tables.format import Dialect

if TYPE_CHECKING:
    from mlcore._native import Library

ffi: Any = None
lib: Library | None = None
try:
    from mlcore import _native

    if hasattr(_native.lib, "mlj_scan_table"):  # not compiled before there was one
        ffi, lib = _native.ffi, _native.lib
except ImportError:  # installed without a C compiler
    pass

CHUNK = 1 << 19  # bytes in memory at once: they stay in a processor's cache
LONGEST = 1 << 17  # bytes of a field, as in Python's csv module: a quote that is never closed is found soon
RAGGED, OPEN, AFTER, NUL, ENCODING, LONG = range(1, 7)  # faults, as in mlj.h


class Scan(NamedTuple):
    """What the bytes hold, up to the first fault, if there is one.

    records, fields: how many, and how many each. first, body: the bytes at which the first and the second record begin.
    padded: blanks lie beside a delimiter, quote or line end, or
    no-break spaces anywhere. returns: a carriage return alone ends a record.
    fault: 0, or what is wrong: at which byte and line (from 1), and how many fields were found.
    """

    records: int = 0
    fields: int = 0
    first: int = 0
    body: int = 0
    padded: bool = False
    returns: bool = False
    fault: int = 0
    byte: int = 0
    line: int = 1
    found: int = 0


def scan(text: Text, dialect: Dialect, longest: int = LONGEST, chunk: int = CHUNK) -> Scan:
    """What the bytes of a table hold; `chunk` of them are in memory at once, or one record."""
    if lib is None:
        return slowly(text.read(), dialect, longest)
    out = ffi.new("mlj_scan *", {"line": 1})
    quote = ord(dialect.quote) if dialect.quote else -1
    buffer, held, more = bytearray(chunk), 0, True
    text.rewind()
    while more:
        if held > len(buffer) // 2:  # a record longer than that
            buffer += bytes(len(buffer))
        with memoryview(buffer) as room:
            size = held + text.file.readinto(room[held:])  # type: ignore[attr-defined]  # files and BytesIO have it
        more = size > held
        with ffi.from_buffer(buffer) as bytes_:
            if lib.mlj_scan_table(bytes_, size, more, ord(dialect.delimiter), quote, longest, out):
                break
        held = size - out.done
        buffer[:held] = buffer[out.done : size]
    return Scan(
        out.records,
        out.fields,
        out.first,
        out.body,
        bool(out.padded),
        bool(out.returns),
        out.fault,
        out.byte if out.fault else out.before,
        out.line,
        out.found,
    )


def check(found: Scan, text: Text, dialect: Dialect, where: str) -> None:
    """Raise DataError for the fault of a table, naming its line."""
    if not found.fault:
        return
    place = f"{where}:{found.line}"
    spare = "" if dialect.delimiter != "," else "; a field that holds a comma stands in quotes"
    mark = dialect.quote or '"'
    if found.fault == RAGGED:
        message = f"{place}: expected {found.fields:,} field{'s' * (found.fields != 1)}, found {found.found:,}"
        title = "; a title or a comment before the names has to go" if found.fields == 1 else ""
        raise _error(message, "DATA_RAGGED", place, f"every line has as many fields as the first{title or spare}")
    if found.fault == OPEN:
        raise _error(f"{place}: a quote is never closed", "DATA_QUOTE", place, f"close it, or double it: {mark}{mark}")
    if found.fault == AFTER:
        rest = sanitize(text.read(found.byte, 8).decode(errors="replace")[:1])
        message = f"{place}: {dialect.delimiter!r} expected after {mark!r}, found {rest!r}"
        raise _error(message, "DATA_QUOTE", place, f"a quote inside a field is doubled: {mark}{mark}")
    if found.fault == LONG:
        message = f"{place}: a field of more than {LONGEST:,} bytes begins here: a quote that is not closed?"
        raise _error(message, "DATA_QUOTE", place, "look at the quotes of this line and the lines before it")
    if found.fault == NUL:
        message = f"{place} has a NUL in it: it is no text, or not in UTF-8"
        raise _error(
            message,
            "DATA_NUL",
            place,
            "save it as CSV in UTF-8, or name its encoding: --set dataset.format.encoding=utf-16",
        )
    raise _error(f"{place} is not UTF-8 at byte {found.byte}", "DATA_ENCODING", place, encodings("its"))


def _error(message: str, code: str, where: str, hint: str) -> DataError:
    return DataError(message, code=code, where=where, hint=hint)


def slowly(data: bytes, dialect: Dialect, longest: int = LONGEST) -> Scan:
    """The same in Python: some 20 MB a second."""
    nul, wrong = data.find(b"\0"), _not_utf8(data)
    ends = [(place, fault) for place, fault in ((nul, NUL), (wrong, ENCODING)) if place >= 0]
    found = _Walk(data, dialect, longest).walk(*min(ends, default=(len(data), 0)))
    return found._replace(padded=_padded(data, dialect))


def _not_utf8(data: bytes) -> int:
    """The first byte that is not UTF-8, or -1."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _padded(data: bytes, dialect: Dialect) -> bool:
    """Whether a blank lies beside an edge: a delimiter, a quote, a line end, the start or the end."""
    if dialect.delimiter == " ":
        return b"\xc2\xa0" in data
    edge = f"[{re.escape(dialect.delimiter + dialect.quote)}\r\n]".encode()
    blank = b" " if dialect.delimiter == "\t" else b"[ \t]"
    pattern = rb"\A%b|%b\Z|%b%b|%b%b" % (blank, blank, edge, blank, blank, edge)
    return b"\xc2\xa0" in data or re.search(pattern, data) is not None


class _Walk:
    """A walk through the bytes, field by field."""

    def __init__(self, data: bytes, dialect: Dialect, longest: int) -> None:
        self.data, self.quote, self.longest = data, dialect.quote.encode(), longest
        self.delimiter = dialect.delimiter.encode()
        self.runs = dialect.delimiter == " "
        parting = " \t" if self.runs else re.escape(dialect.delimiter)
        self.end_of_field = re.compile(f"[{parting}\r\n]".encode())
        self.line_end = re.compile(rb"\r\n?|\n")
        self.blanks = re.compile(b"[ \t]*" if dialect.delimiter != "\t" else b" *")
        self.skips = dialect.delimiter != "\t"

    def walk(self, end: int, last: int) -> Scan:
        """What lies before byte `end`, where the fault `last` is, if it is one."""
        data, at, found = self.data, 0, Scan()
        line, returns = 1, False
        while at < end:
            begins, begin_line, fields = at, line, 0
            at = self.blanks.match(data, at).end()  # type: ignore[union-attr]  # it matches nothing too
            if at >= end and not last:
                break
            if data[at : at + 1] not in (b"\r", b"\n"):
                at = begins
                while True:
                    fields += 1
                    starts = at
                    at = self.blanks.match(data, at).end() if self.skips else at  # type: ignore[union-attr]
                    starts = at if self.runs else starts
                    if self.quote and data[at : at + 1] == self.quote and at < end:
                        starts = at
                        fault, at, more = self._quoted(at, end, last)
                        if fault:
                            place = starts if fault == OPEN else at
                            row = line if fault in (OPEN, LONG) else line + more
                            return found._replace(fault=fault, byte=place, line=row, returns=returns)
                        line += more
                    else:
                        match = self.end_of_field.search(data, at, end)
                        at = match.start() if match else end
                    if at - starts > self.longest and not (at >= end and last):
                        return found._replace(fault=LONG, byte=at, line=line, returns=returns)
                    if self.runs:
                        at = self.blanks.match(data, at).end()  # type: ignore[union-attr]
                    if at >= end and last:
                        return found._replace(fault=last, byte=end, line=line, returns=returns)
                    if self.runs:
                        if at < end and data[at : at + 1] not in (b"\r", b"\n"):
                            continue
                    elif data[at : at + 1] == self.delimiter and at < end:
                        at += 1
                        continue
                    break
                if found.fields and fields != found.fields:
                    return found._replace(fault=RAGGED, byte=at, line=begin_line, found=fields, returns=returns)
            match = self.line_end.match(data, at, end)
            if match:
                line += 1
                returns = returns or match[0] == b"\r"
                at = match.end()
            if fields:
                first = (begins, at) if not found.records else (found.first, found.body)
                found = found._replace(records=found.records + 1, fields=fields, first=first[0], body=first[1])
        if last:
            return found._replace(fault=last, byte=end, line=line, returns=returns)
        return found._replace(line=line, returns=returns, byte=at)

    def _quoted(self, at: int, end: int, last: int) -> tuple[int, int, int]:
        """From the quote that opens a field: the fault, the byte behind the closing one, the line ends between."""
        data, begins = self.data, at
        at += 1
        while True:
            close = data.find(self.quote, at, end)
            if close < 0 or close - begins > self.longest:
                if close >= 0 or end - bool(last) - begins > self.longest:
                    return LONG, begins, 0
                return (last, end, self._lines(begins, end)) if last else (OPEN, begins, 0)
            at = close + 1
            if data[at : at + 1] != self.quote or at >= end:
                break
            at += 1
        more = self._lines(begins, at)
        follows = data[at : at + 1]
        if at < end and not (self.end_of_field.match(follows)):
            return AFTER, at, more
        return 0, at, more

    def _lines(self, begins: int, end: int) -> int:
        return len(self.line_end.findall(self.data, begins, end))

"""Lines of text as they come, and JSON lines: an object a line, numbers by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mlcore.errors import DataError
from mlcore.foreign.axes import Axes, Rows
from mlcore.foreign.log import Record
from mlcore.storage import WORDS

LONGEST = 1 << 20  # bytes of a line
WIDE = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 begins


class Whole:
    """Bytes in pieces, lines out; the last one waits for its end. Raises DataError for what has no lines."""

    def __init__(self) -> None:
        self._kept = b""
        self._first = True

    def lines(self, data: bytes) -> Iterator[str]:
        """The lines that are whole now, without their ends."""
        if self._first and data.startswith(WIDE):
            raise DataError("this log is UTF-16, not UTF-8 text", code="DATA_ENCODING", hint="write it as UTF-8")
        self._first = False
        *whole, self._kept = (self._kept + data).split(b"\n")
        if len(self._kept) > LONGEST:
            raise DataError(f"a line of more than {LONGEST:,} bytes: this is no log of lines", code="DATA_FORMAT")
        yield from map(_text, whole)

    def rest(self) -> Iterator[str]:
        """The last line, whose end never came."""
        kept, self._kept = self._kept, b""
        yield from map(_text, filter(None, [kept]))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r")


class ByLine:
    """A format whose records are lines of text. Who makes one says what a line is."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Another file begins."""
        self._lines, self._rows = Whole(), Rows()

    def feed(self, data: bytes) -> list[Record]:
        """The records of the lines that are whole now."""
        return self._records(self._lines.lines(data))

    def rest(self) -> list[Record]:
        """The record of a last line without an end."""
        return self._records(self._lines.rest())

    def _records(self, lines: Iterator[str]) -> list[Record]:
        raise NotImplementedError(type(self).__name__)


class Lines(ByLine):
    """JSON lines. What is no object of numbers is passed over; objects in objects are named by their path, a/b."""

    def _records(self, lines: Iterator[str]) -> list[Record]:
        found = []
        for line in lines:
            row = _numbers(line)
            record = self._rows.record(Axes.of(row), row) if row else None
            found += [record] if record else []
        return found


def _numbers(line: str) -> dict[str, float]:
    """The numbers of a line by name; none where it is no object."""
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return dict(_flat(plain)) if isinstance(plain, dict) else {}


def _flat(plain: dict[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    for name, value in plain.items():
        if isinstance(value, dict) and path.count("/") < 3:
            yield from _flat(value, f"{path}{name}/")
        elif isinstance(value, str):
            if value in WORDS:
                yield path + name, WORDS[value]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            with suppress(OverflowError):
                yield path + name, float(value)

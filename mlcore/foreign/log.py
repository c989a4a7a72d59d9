"""A log: what is new in it at every look, as records of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from mlcore.errors import DataError
from mlcore.foreign.tail import Tail

Record: TypeAlias = dict[str, Any]


class News(NamedTuple):
    """What a look at a log found. anew: the log begins again, what was read before is of another; more: look again."""

    records: list[Record]
    anew: bool = False
    more: bool = False


class Reader(Protocol):
    """Makes records of the bytes of a file, which come in pieces of any size."""

    def feed(self, data: bytes) -> list[Record]:
        """The records that are whole now."""

    def rest(self) -> list[Record]:
        """What the last bytes hold, when nothing more will come."""

    def clear(self) -> None:
        """Another file begins."""


class Log(Protocol):
    """A log that can be looked at again and again."""

    path: Path

    def poll(self, last: bool = False) -> News:
        """What is new. last: nothing more will come, so that a last line without its end counts too."""


class File:
    """One file."""

    def __init__(self, tail: Tail, reader: Reader) -> None:
        self.path, self._tail, self._reader = tail.path, tail, reader

    def poll(self, last: bool = False) -> News:
        """What was appended since the last look. Raises StorageError, or DataError for what is no log."""
        data, anew, more = self._tail.read()
        if anew:
            self._reader.clear()
        try:
            records = self._reader.feed(data) if data else []
            records += self._reader.rest() if last and not more else []
        except DataError as error:
            raise DataError(f"{self.path}: {error}", code=error.code, where=str(self.path), hint=error.hint) from None
        return News(records, anew, more)


class Folder:
    """Several files that are one log, such as the event files of training and of validation."""

    def __init__(self, path: Path, parts: list[File]) -> None:
        self.path, self._parts = path, parts

    def poll(self, last: bool = False) -> News:
        """What is new in any of them."""
        found = [part.poll(last) for part in self._parts]
        records = [record for news in found for record in news.records]
        return News(records, any(news.anew for news in found), any(news.more for news in found))

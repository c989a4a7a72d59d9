"""What was logged as records of a journal: steps that count, names as mlj has them, neighbours as their mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from mlcore import terms
from mlcore.journal import Record
from mlcore.loop.scalars import Entry, fetch, number

LARGEST = 1 << 53
RESERVED = ("epoch", "step", "seconds", "crc")
PLAIN = {float, int, bool}


class Records:
    """Makes records of calls of `log`.

    wrong: called with the name and the reason for what is no number; the rest of the call counts all the same.
    """

    def __init__(self, began: float, wrong: Callable[[str, Exception], None]) -> None:
        self.began, self._wrong = began, wrong
        self.step = -1

    def of(self, entries: Sequence[Entry], stride: int = 1) -> list[Record]:
        """The records of some calls, in their order: `stride` neighbours of the same names are one, their mean.

        Calls of one step are one record as well.
        """
        fetched = fetch(entries)
        found: list[Record] = []
        for _, group in groupby(entries, key=lambda entry: entry.values.keys()):
            alike = list(group)
            for first in range(0, len(alike), stride):
                record = self._record(alike[first : first + stride], fetched)
                if record and found and found[-1]["step"] == record["step"]:
                    found[-1].update(record)
                elif record:
                    found.append(record)
        return found

    def _record(self, entries: Sequence[Entry], fetched: Mapping[int, float]) -> Record:
        self.step = counted(entries[-1].step, self.step)
        values = dict(self._values(entries, fetched))
        seconds = round(entries[-1].time - self.began, 6)
        return {"epoch": self.step, "step": self.step, "seconds": seconds, **values} if values else {}

    def _values(self, entries: Sequence[Entry], fetched: Mapping[int, float]) -> Iterator[tuple[str, float]]:
        for given, name in named(tuple(entries[0].values)):
            values: Iterable[Any] = [entry.values[given] for entry in entries]
            try:
                if not PLAIN.issuperset(map(type, values)):
                    values = [fetched[id(v)] if id(v) in fetched else number(given, v) for v in values]
                yield name, float(sum(values)) / len(entries)
            except (TypeError, ValueError, OverflowError) as error:
                self._wrong(given, error)


@lru_cache(1024)
def named(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Names as they were given, and as they are recorded."""
    meant = terms.columns(names)
    return tuple((name, f"logged_{meant[name]}" if meant[name] in RESERVED else meant[name]) for name in names)


def counted(step: Any, before: int) -> int:
    """A step as a whole number; where it is none, the one after the step before."""
    if step.__class__ is not int:
        try:
            step = int(step)
        except (TypeError, ValueError, OverflowError):
            return before + 1
    return step if -LARGEST < step < LARGEST else before + 1

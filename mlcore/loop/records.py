"""What was logged as records of a journal: steps that count, names as mlj has them, neighbours as their mean."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np

from mlcore import terms
from mlcore.journal import Record
from mlcore.loop.scalars import Entry, fetch, number

LARGEST = 1 << 53
RESERVED = ("epoch", "step", "seconds", "crc")
PLAIN = {float, int, bool}
HEAD = 2  # numbers of a call before its own: step and time


class Records:
    """Makes records of calls of `log`.

    wrong: called with the name and the reason for what is no number; the rest of the call counts all the same.
    """

    def __init__(self, began: float, wrong: Callable[[str, Exception], None]) -> None:
        self.began, self._wrong = began, wrong
        self.step = -1

    def of_array(self, names: tuple[str, ...], numbers: array[float], stride: int = 1) -> list[Record]:
        """The records of calls with floats alone: step, time and a number for each name, over and over."""
        width = HEAD + len(names)
        rows = np.frombuffer(numbers, np.float64).reshape(-1, width)
        starts = np.arange(0, len(rows), stride)
        ends = np.append(starts[1:], len(rows)) - 1
        with np.errstate(invalid="ignore", over="ignore"):
            means = np.add.reduceat(rows[:, HEAD:], starts) / (ends - starts + 1)[:, None] if names else rows[:0, HEAD:]
        meant = [name for _, name in named(names)]
        found = []
        for (step, time), values in zip(rows[ends, :HEAD].tolist(), means.tolist(), strict=False):
            found.append(self._head(int(step), time) | dict(zip(meant, values, strict=True)))
        return found

    def of(self, entries: Sequence[Entry], stride: int = 1) -> list[Record]:
        """The records of other calls: `stride` neighbours of the same names are one; of tensors the last is read."""
        parts = []
        for _, group in groupby(entries, key=lambda entry: entry[2].keys()):
            alike = list(group)
            parts += [alike[first : first + stride] for first in range(0, len(alike), stride)]
        fetched = fetch([part[-1] for part in parts])
        found = []
        for part in parts:
            self.step = counted(part[-1][0], self.step)
            values = dict(self._values(part, fetched))
            found += [self._head(self.step, part[-1][1]) | values] if values else []
        return found

    def _head(self, step: int, time: float) -> Record:
        self.step = step
        return {"epoch": step, "step": step, "seconds": round(time - self.began, 6)}

    def _values(self, part: Sequence[Entry], fetched: dict[int, float]) -> Iterator[tuple[str, float]]:
        last = part[-1][2]
        for given, name in named(tuple(last)):
            try:
                values = [entry[2][given] for entry in part]
                if id(last[given]) in fetched:
                    yield name, fetched[id(last[given])]
                elif PLAIN.issuperset(map(type, values)):
                    yield name, float(sum(values)) / len(values)
                else:
                    yield name, number(given, last[given])
            except (TypeError, ValueError, OverflowError) as error:
                self._wrong(given, error)


def joined(records: list[Record]) -> list[Record]:
    """Records in the order of time; calls of one step that say different things are one record."""
    found: list[Record] = []
    for record in sorted(records, key=lambda record: float(record["seconds"])):
        if found and found[-1]["step"] == record["step"] and found[-1].keys() & record.keys() == HEADS:
            found[-1].update(record)
        else:
            found.append(record)
    return found


HEADS = {"epoch", "step", "seconds"}


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

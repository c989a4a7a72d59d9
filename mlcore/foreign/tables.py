"""CSV files with a header, as Keras' and Lightning's CSVLogger and everybody's own loops write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from mlcore.errors import DataError
from mlcore.foreign.axes import Axes
from mlcore.foreign.log import Record
from mlcore.foreign.texts import ByLine

DELIMITERS = ",;\t"


class Table(ByLine):
    """A row a line; empty cells, and those that are no numbers, are passed over. Raises DataError without a header."""

    def clear(self) -> None:
        """Another file begins."""
        super().clear()
        self._names: list[str] = []
        self._delimiter = ","
        self._axes = Axes.of(())

    def _records(self, lines: Iterator[str]) -> list[Record]:
        found = []
        for line in lines:
            if not line.strip() or (line.startswith("#") and not self._names):
                continue
            if not self._names:
                self._begin(line)
                continue
            cells = self._cells(line)
            if cells == self._names:
                continue  # written once more by a program that was started again
            row = dict(_numbers(self._names, cells))
            record = self._rows.record(self._axes, row) if row else None
            found += [record] if record else []
        return found

    def _begin(self, line: str) -> None:
        """The header: names of columns, and what is between them."""
        self._delimiter = max(DELIMITERS, key=line.count)
        names = [name.strip() or f"column {place}" for place, name in enumerate(self._cells(line), 1)]
        if all(_number(name) is not None for name in names):
            raise DataError(
                f"the first line has no names: {line[:60]!r}", code="DATA_HEADER", hint="write one: step,loss,val_loss"
            )
        self._names, self._axes = names, Axes.of(names)

    def _cells(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error:
            return []


def _numbers(names: list[str], cells: list[str]) -> Iterator[tuple[str, float]]:
    for name, cell in zip(names, cells, strict=False):
        number = _number(cell)
        if number is not None:
            yield name, number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

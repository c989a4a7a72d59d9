"""A view: a small table about a table, with a title, what it means in a sentence, and the pandas that makes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mlcore.sanitize import sanitize
from mlcore.tables import lookup

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 120  # characters of a cell
ALIKE = 1e4  # times the smallest number of a column that the largest may be for their decimals to be as many
PLAIN = re.compile(r"-?\d+(?:\.(\d+))?")


class View(NamedTuple):
    """What is shown: rows of plain values (None where missing) under a header.

    bars: the column of numbers that is drawn as bars, or "". code: lines of pandas on a frame `df` that say the same.
    answer: the finding in one sentence, or "". notes: what else should be known. left_out: rows that are not shown.
    texts: columns whose cells are texts; all others stand at the right. missing: what an empty cell is called.
    digits: how many a number has that is not whole.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    code: str
    texts: tuple[str, ...] = ()
    bars: str = ""
    answer: str = ""
    notes: tuple[str, ...] = ()
    left_out: int = 0
    missing: str = ""
    digits: int = 4

    @property
    def right(self) -> tuple[int, ...]:
        """The places of the columns of numbers."""
        return tuple(place for place, name in enumerate(self.header) if name not in self.texts)

    def cells(self) -> list[tuple[str, ...]]:
        """The rows as they are shown, safe to print; numbers of one column with as many decimals if alike."""
        columns = [_column(values, self.missing, self.digits) for values in zip(*self.rows, strict=True)]
        return list(zip(*columns, strict=True))

    def lengths(self) -> list[float]:
        """How long each row's bar is, -1 … 1; 0 where there is no number. Empty without bars."""
        if not self.bars:
            return []
        place = self.header.index(self.bars)
        values = [float(row[place]) if isinstance(row[place], int | float) else 0.0 for row in self.rows]
        values = [value if abs(value) < float("inf") else 0.0 for value in values]
        largest = max(map(abs, values), default=0.0) or 1.0
        return [value / largest for value in values]

    def plain(self) -> list[dict[str, Any]]:
        """The rows as objects, for JSON."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


def _column(values: Sequence[Any], missing: str, digits: int) -> list[str]:
    """Cells of one column: points stand below each other, unless some are too small for the decimals of the largest."""
    cells = [shown(value, missing, digits) for value in values]
    places = [
        place for place, value in enumerate(values) if isinstance(value, int | float) and value is not bool(value)
    ]
    written = [PLAIN.fullmatch(cells[place]) for place in places]
    decimals = max((len(match[1] or "") for match in written if match), default=0)
    sizes = [abs(values[place]) for place in places if values[place]]
    if decimals and None not in written and max(sizes) <= ALIKE * min(sizes):
        for place in places:
            cells[place] = f"{values[place]:z.{decimals}f}"
    return cells


def shown(value: Any, missing: str = "", digits: int = 6) -> str:
    """A plain value as a cell: so many digits of a number, all of one that is whole or large, but two decimals."""
    if value is None:
        return missing
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, float):
        if not 10.0 ** (digits - 1) <= abs(value) < 1e15:
            return f"{value:z.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return sanitize(value, SHOWN)


def of_frame(
    frame: DataFrame, title: str, code: str, most: int | None = None, bars: str = "", numbered: bool = False
) -> View:
    """The first rows of a frame as a view; all of them without `most`. numbered: with the row numbers before them."""
    some = frame if most is None else frame.iloc[:most]
    names = tuple(map(str, frame.columns))
    columns = [[lookup.plain(value) for value in some.iloc[:, place].tolist()] for place in range(len(names))]
    texts = tuple(name for place, name in enumerate(names) if lookup.kind(frame.iloc[:, place]) != "number")
    if numbered:
        head = "row" if "row" not in names else "row number"
        names, columns = (head, *names), [some.index.tolist(), *columns]
    rows = tuple(zip(*columns, strict=True)) if columns else ()
    return View(title, names, rows, code, texts, bars, left_out=len(frame) - len(some), missing="-", digits=6)


def rows_in_words(count: int, what: str = "row") -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence, the first few of many."""
    some = ", ".join(sanitize(name, 40) for name in names[:most])
    return some + (f", … ({len(names):,})" if len(names) > most else "")

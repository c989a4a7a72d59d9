"""Columns of dates: found where every text is a date of one form, and that form is the only one it can be.

Years come first (2025-03-04, 2025/03/04, 2025-03), or dots say that days do (4.3.2025). With slashes or dashes between
(3/4/2025) a day above 12 tells which is which; where none is, the column stays a column of texts and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables.format import Dialect, Format

ISO = "%Y-%m-%d"
TRIED = 20  # texts of a column that must look like dates before all are tried
FIRST, LAST = np.datetime64("1678-01-01", "us"), np.datetime64("2262-01-01", "us")  # what nanoseconds of 64 bits reach
DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?|(\d{1,2})([-/.])(\d{1,2})\6(\d{4})")
CLOCK = re.compile(r"([T ])(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?(Z| ?[-+]\d{2}:?\d{2})?")
SHOWN = {"%Y": "year", "%m": "month", "%d": "day", "%b": "month", "%B": "month", "%y": "year"}


class Formed(NamedTuple):
    """A column and how its dates are written, or `form` empty where that cannot be told."""

    name: str
    form: str


def parsed(frame: Any, format: Format, where: str, leave: set[str]) -> tuple[Any, tuple[Formed, ...]]:
    """The frame, whose columns of dates become dates. Raises DataError where a form was named and does not fit."""
    import pandas as pd

    said = format.by_column()
    for name in said:
        if name != "*" and name not in frame.columns:
            message = f"{where}: no column {name!r:.80}, which format.dates names"
            raise DataError(message, code="DATA_SCHEMA", where=where, hint=f"there are {', '.join(frame.columns[:20])}")
    if format.dates == "none":
        return frame, ()
    formed = []
    for name in frame.columns:
        named = name in said
        texts = isinstance(frame[name].dtype, pd.StringDtype)
        if name in leave or not (named or texts):
            continue
        if not said and not _seem(frame[name]):
            continue
        if texts and said.get(name, said.get("*", ISO)) == ISO and (days := _days(frame[name])) is not None:
            frame[name] = days
            formed.append(Formed(name, ISO))
            continue
        codes, words = pd.factorize(frame[name] if texts else _digits(frame[name]))
        words = pd.Series(words, dtype="str")
        forms = [said[name]] if named else [said["*"]] if "*" in said else [] if said else _forms(words)
        found = {form: dates for form in forms if (dates := _dates(words, form)) is not None}
        if len(found) > 1:
            formed.append(Formed(name, ""))
        elif found:
            (form, dates), *_ = found.items()
            frame[name] = pd.Series(dates.array.take(codes, allow_fill=True), frame.index)
            formed.append(Formed(name, form))
        elif named:
            raise _misfit(words.take(codes).reset_index(drop=True), said[name], f"{where}: {name}", where)
    return frame, tuple(formed)


def dotted(records: Sequence[Sequence[str]], names: Sequence[str], way: Dialect, format: Format) -> set[str]:
    """The columns whose first fields are dates such as 24.12.2023, where dots stand between thousands too.

    No number is written so: its last group has three digits. Read as one it would be 24122023.
    """
    if way.thousands != "." or format.dates == "none":
        return set()
    found = set(format.by_column()) & set(names)
    for place, name in enumerate(names):
        cells = [row[place].strip() for row in records if place < len(row)]
        known = [cell for cell in cells if cell not in way.missing][:TRIED]
        if known and all(map(_looks, known)):
            found.add(name)
    return found


def _seem(texts: Any) -> bool:
    """Whether the first texts of a column look like dates."""
    known = texts.head(10 * TRIED).dropna().head(TRIED)
    return bool(len(known)) and all(map(_looks, known))


def _digits(numbers: Any) -> Any:
    """Numbers as 20250304 or 2025 as the texts they were."""
    return numbers.astype("Int64").astype("str").where(numbers.notna())


def _forms(words: Any) -> list[str]:
    """How the dates of a column may be written, by the first; none where the first ones are no dates."""
    first = words.head(TRIED).tolist()
    if not first or not all(map(_looks, first)):
        return []
    return orders(first[0])


def orders(text: str) -> list[str]:
    """How a date may be written, with its time of day; none where it is no date."""
    if not _looks(text):
        return []
    found = DATE.match(text)
    assert found
    clock = CLOCK.fullmatch(text, found.end())
    return [date + (_time(clock) if clock else "") for date in _orders(found)]


def _looks(text: str) -> bool:
    found = DATE.match(text)
    return found is not None and (found.end() == len(text) or CLOCK.fullmatch(text, found.end()) is not None)


def _orders(found: re.Match[str]) -> list[str]:
    """The orders a date may have: with slashes or dashes between, a day may come first or a month."""
    mark = found[2] or found[6]
    if found[1]:
        return [f"%Y{mark}%m{mark}%d" if found[4] else f"%Y{mark}%m"]
    day_first = f"%d{mark}%m{mark}%Y"
    return [day_first] if mark == "." else [day_first, f"%m{mark}%d{mark}%Y"]


def _time(clock: re.Match[str]) -> str:
    """How a time of day is written."""
    seconds = (":%S" if clock[4] else "") + (f"{clock[5][0]}%f" if clock[5] else "")
    zone = (" " if clock[6].startswith(" ") else "") + "%z" if clock[6] else ""
    return f"{clock[1]}%H:%M{seconds}{zone}"


def _days(texts: Any) -> Any:
    """The dates of texts as 2025-03-04, missing ones too, where they lie in Arrow: in half the time. None else."""
    import pandas as pd

    if texts.dtype.storage != "pyarrow":
        return None
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        days = texts.array.__arrow_array__().cast(pa.date32())
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(days).as_py()
    if ends["min"] is None or not _near(np.datetime64(ends["min"]), np.datetime64(ends["max"])):
        return None
    return pd.Series(days.cast(pa.timestamp("us")).to_numpy(), texts.index, copy=False)


def _dates(texts: Any, form: str) -> Any:
    """The dates of texts, those with a zone in UTC; None where some are none, or beyond nanoseconds."""
    import pandas as pd

    try:
        pd.to_datetime(texts.head(TRIED), format=form, utc="%z" in form)
        dates = pd.to_datetime(texts, format=form, utc="%z" in form)
    except (ValueError, OverflowError):
        return None
    if getattr(dates.dtype, "tz", None) is not None:
        dates = dates.dt.tz_localize(None)
    known = dates.dropna()
    if not len(known) or len(known) < len(dates):
        return None
    return dates if _near(known.min().to_datetime64(), known.max().to_datetime64()) else None


def _near(first: np.datetime64, last: np.datetime64) -> bool:
    """Whether nanoseconds reach some dates."""
    return bool(first >= FIRST and last <= LAST)


def _misfit(texts: Any, form: str, what: str, where: str) -> DataError:
    """Which row is no date of a form."""
    import pandas as pd

    wrong = np.flatnonzero(pd.to_datetime(texts, format=form, errors="coerce", utc=True).isna() & texts.notna())
    row = int(wrong[0]) if len(wrong) else 0
    message = f"{what} is {sanitize(texts.iloc[row], 40)!r} in row {row}, expected a date as {form} (rows count from 0)"
    other = next(iter(orders(texts.iloc[row])), "%d.%m.%Y")
    hint = (
        f"say how it is written: --set 'dataset.format.dates={other}' (%Y 2025, %y 25, %m 03, %b Mar, %d 04, %H:%M:%S)"
    )
    return DataError(message, code="DATA_VALUE", where=where, hint=hint)


def told(formed: Sequence[Formed]) -> tuple[str, ...]:
    """What was found out about dates, a line for each form."""
    lines = []
    for form in dict.fromkeys(each.form for each in formed):
        names = ", ".join(each.name for each in formed if each.form == form)
        if form:
            lines.append(f"dates in {names}, as {_shown(form)}")
        else:
            lines.append(f"{names}: day or month first cannot be told: texts until format.dates says it (%d/%m/%Y)")
    return tuple(lines)


def _shown(form: str) -> str:
    """A form in words: day.month.year."""
    date, space, _ = form.replace("T%H", " %H").partition(" %H")
    for sign, word in SHOWN.items():
        date = date.replace(sign, word)
    return date + (" and time" if space else "") + (", in UTC" if "%z" in form else "")


def code(formed: Sequence[Formed]) -> str:
    """The lines of pandas that make the dates."""
    lines = ""
    for name, form in formed:
        if form:
            zone = ", utc=True).dt.tz_localize(None)" if "%z" in form else ")"
            lines += f"\ndf[{name!r}] = pd.to_datetime(df[{name!r}], format={form!r}{zone}"
    return lines

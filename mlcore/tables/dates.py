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
from mlcore.tables.format import Format

TRIED = 20  # texts of a column that must look like dates before all are tried
FIRST, LAST = np.datetime64("1678-01-01", "us"), np.datetime64("2262-01-01", "us")  # what nanoseconds of 64 bits reach
DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?|(\d{1,2})([-/.])(\d{1,2})\6(\d{4})")
CLOCK = re.compile(r"([T ])(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?(Z| ?[-+]\d{2}:?\d{2})?")
SHOWN = {"%Y": "year", "%m": "month", "%d": "day", "%b": "month", "%B": "month", "%y": "year"}


class Formed(NamedTuple):
    """A column and how its dates are written, or `form` empty where that cannot be told."""

    name: str
    form: str


def parsed(frame: Any, format: Format, where: str, texts: set[str]) -> tuple[Any, tuple[Formed, ...]]:
    """The frame with its columns of dates as dates. Raises DataError where a form was named and does not fit."""
    import pandas as pd

    said = format.by_column()
    for name in said:
        if name != "*" and name not in frame.columns:
            message = f"{where}: no column {name!r:.80}, which format.dates names"
            raise DataError(message, code="DATA_SCHEMA", where=where, hint=f"there are {', '.join(frame.columns[:20])}")
    if format.dates == "none":
        return frame, ()
    made, formed = {}, []
    for name in frame.columns:
        named = name in said
        if name in texts or (not named and not isinstance(frame[name].dtype, pd.StringDtype)):
            continue
        form = said.get(name) or said.get("*") or ("" if said else _form(frame[name]))
        if form == "?":
            formed.append(Formed(name, ""))
        elif form:
            values = frame[name] if isinstance(frame[name].dtype, pd.StringDtype) else _digits(frame[name])
            dates = _dates(values, form)
            if dates is None and named:
                raise _misfit(values, form, f"{where}: {name}", where)
            if dates is not None:
                made[name] = dates
                formed.append(Formed(name, form))
    return (frame.assign(**made) if made else frame), tuple(formed)


def _digits(numbers: Any) -> Any:
    """Numbers as 20250304 or 2025 as the texts they were."""
    return numbers.astype("Int64").astype("str").where(numbers.notna())


def _form(texts: Any) -> str:
    """How the dates of a column are written; empty where they are none, ? where it cannot be told."""
    first = texts.dropna().head(TRIED)
    if not len(first) or not all(map(_looks, first)):
        return ""
    words = texts.dropna().unique()
    parts = [part for part in map(DATE.match, words) if part]
    return _common(parts, words) if len(parts) == len(words) else ""


def _looks(text: str) -> bool:
    found = DATE.match(text)
    return found is not None and (found.end() == len(text) or CLOCK.fullmatch(text, found.end()) is not None)


def _common(parts: Sequence[re.Match[str]], words: Sequence[str]) -> str:
    """The one form of all these dates."""
    first = parts[0]
    if first[1]:
        if any(not part[1] or part[2] != first[2] or bool(part[4]) != bool(first[4]) for part in parts):
            return ""
        date = f"%Y{first[2]}%m" + (f"{first[2]}%d" if first[4] else "")
    else:
        if any(not part[5] or part[6] != first[6] for part in parts):
            return ""
        left, right = (max(int(part[place]) for part in parts) for place in (5, 7))
        if left <= 12 and right <= 12 and first[6] != ".":
            return "?"
        mark = first[6]
        date = f"%d{mark}%m{mark}%Y" if left > 12 or first[6] == "." else f"%m{mark}%d{mark}%Y"
    clock = CLOCK.fullmatch(words[0], first.end())
    if clock is None:
        return date
    seconds = (":%S" if clock[4] else "") + (f"{clock[5][0]}%f" if clock[5] else "")
    zone = (" " if clock[6].startswith(" ") else "") + "%z" if clock[6] else ""
    return f"{date}{clock[1]}%H:%M{seconds}{zone}"


def _dates(texts: Any, form: str) -> Any:
    """The dates of texts, those with a zone in UTC; None where some are none, or beyond nanoseconds."""
    import pandas as pd

    try:
        dates = pd.to_datetime(texts, format=form, exact=True, utc="%z" in form)
    except (ValueError, OverflowError):
        return None
    if getattr(dates.dtype, "tz", None) is not None:
        dates = dates.dt.tz_localize(None)
    if not len(known := dates.dropna()):
        return None
    if known.min().to_datetime64() < FIRST or known.max().to_datetime64() > LAST:
        return None
    return dates


def _misfit(texts: Any, form: str, what: str, where: str) -> DataError:
    """Which row is no date of a form."""
    import pandas as pd

    wrong = np.flatnonzero(pd.to_datetime(texts, format=form, errors="coerce", utc=True).isna() & texts.notna())
    row = int(wrong[0]) if len(wrong) else 0
    message = f"{what} is {sanitize(texts.iloc[row], 40)!r} in row {row}, expected a date as {form} (rows count from 0)"
    return DataError(message, code="DATA_VALUE", where=where, hint="%Y 2025, %y 25, %m 03, %b Mar, %d 04, %H:%M:%S")


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

"""Seasons: which months or weekdays are usually higher or lower, and whether that is more than chance.

The classical decomposition (Hyndman and Athanasopoulos 2021, sections 3.4 and 3.5): values are added up for each month
or day; the trend is their centred moving average over one year or week; what is left, y / trend (y - trend where
not everything is above zero), is averaged for each month or weekday, and these averages are divided by their mean: the
seasonal index, 1 where a month is as usual.

Whether there is a season at all is asked as in the X-11 programs of statistical offices (Ladiray and Quenneville
2001): the F test of y / trend, whose groups are the months or weekdays. It says no season unless chance would give such
differences in fewer than 1 of 1,000 series. What a month has from the one before makes that 1 to 2 of 100: of 200 walks
of 4 and of 8 years 1 and 3. Of 200 series with a December half as high again among noise of a tenth it finds 178 and
200, where ranks (Kruskal and Wallis), the other test of X-11, find 0 and 44 at the same level. The tests count some of
these series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup, monthly
from mlcore.tables.variance import f_test
from mlcore.tables.views.view import View, rows_in_words

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Every: TypeAlias = Literal["month", "weekday"]

CHANCE = 0.001  # p-value below which differences are a season: the level of the F test in X-11
NONE = "no seasonality"
LATE = 4  # a month that begins later than on this day, or ends as early, is not whole
LONGEST = 200 * 366  # months or days that are looked at


class Period(NamedTuple):
    """What repeats: the length of a cycle, the names of its parts, and the words for one part and for all of them."""

    freq: str
    length: int
    names: tuple[str, ...]
    part: str
    cycle: str


PERIODS: dict[str, Period] = {
    "month": Period("M", 12, tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()), "month", "year"),
    "weekday": Period("D", 7, tuple("Mon Tue Wed Thu Fri Sat Sun".split()), "day", "week"),
}


@np.errstate(over="ignore", invalid="ignore")  # values near the largest there is
def season(
    frame: DataFrame, date: str, value: str, every: Every = "month", how: Literal["sum", "mean"] = "sum"
) -> View:
    """The profile of a column of numbers by month or weekday of a column of dates, and whether it is a season.

    date: a column, or two as YEAR+MONTH. how: what becomes of several values of one month or day. Raises DataError for
    columns that are no such thing.
    """
    period = PERIODS[every]
    frame, line = monthly.joined(frame, date)
    if line and every != "month":
        message = f"season: {sanitize(date)} says no day, and a {every} needs one"
        raise DataError(message, code="DATA_DTYPE", where=sanitize(date), hint="a season by month needs none")
    dates = lookup.expected(frame, date, "season: the date", "date")
    lookup.numbers(frame, value, "season: the value")
    there = dates.notna().to_numpy() & np.isfinite(frame[value].to_numpy(np.float64, na_value=np.nan))
    if not there.any():
        message = f"season: no row has both a date and a value of {sanitize(value)!r}"
        raise DataError(message, code="DATA_EMPTY", where=sanitize(value), hint="mlj data missing says what is missing")
    totals, cut = _totals(frame[there], date, value, period, how)
    phases = _phases(totals)
    present = sorted(set(phases[totals.notna().to_numpy()]))
    trend = _trend(totals, period, len(present)).reindex(totals.index)
    positive = bool((totals.dropna() > 0).all())
    left = (totals / trend if positive else totals - trend).to_numpy(np.float64)
    groups = {phase: left[(phases == phase) & np.isfinite(left)] for phase in present}
    told = len(present) > 1 and min(map(len, groups.values())) > 1
    f, p = f_test(list(groups.values())) if told else (0.0, 1.0)
    means = {phase: float(each.mean()) for phase, each in groups.items()} if told else {}
    usual = float(np.mean(list(means.values()))) if told else 1.0
    index = {phase: mean / usual if positive else mean - usual for phase, mean in means.items()}
    rows = tuple(
        (
            period.names[phase],
            int((phases[totals.notna()] == phase).sum()),
            _mean(totals, phases, phase),
            index.get(phase),
        )
        for phase in present
    )
    notes = [f"{rows_in_words(int((~there).sum()))} without a date or a value left out"] if not there.all() else []
    notes += [f"{cut} at the ends not counted: not the whole month is there"] if cut else []
    if how == "sum" and every == "month" and positive and p < CHANCE and _as_long(index):
        even = season(frame, date, value, every, "mean").answer.startswith(NONE)
        notes += ["the lengths of months make it: the mean of each instead of the sum has no season"] if even else []
    notes += [] if positive else ["not everything is above zero: the index is a difference from the trend"]
    if len(present) < period.length:
        notes.append(
            "no rows at all: " + ", ".join(period.names[each] for each in range(period.length) if each not in present)
        )
    title = f"{sanitize(value, 40)} by {every}: {how} of each {period.part}, and its index"
    header = (every, f"{period.part}s", f"mean {how}" if how == "sum" else "mean", "index")
    answer = _answer(index, period, every, positive, f, p) if told else _untold(totals, period, every, present)
    answer = f"{NONE}: it is always {totals.iloc[0]:g}" if told and totals.nunique() == 1 else answer
    code = "\n".join(filter(None, (line, _code(date, value, period, how, len(present), positive, cut, totals))))
    return View(title, header, rows, code, (every,), "index" if told else header[2], answer, tuple(notes), missing="-")


def _totals(frame: DataFrame, date: str, value: str, period: Period, how: str) -> tuple[Series, str]:
    """The sum or mean of each month or day, NaN where there is none, and which ends were cut as not whole."""
    import pandas as pd

    dates = frame[date]
    if dates.dt.tz is not None:
        dates = dates.dt.tz_localize(None)
    found = frame.groupby(dates.dt.to_period(period.freq))[value].agg(how)
    if (found.index.max() - found.index.min()).n >= LONGEST:
        message = f"season: dates from {found.index.min()} to {found.index.max()} are too far apart"
        raise DataError(message, code="DATA_LIMIT", where=sanitize(date), hint="filter out dates that are slips")
    found = found.reindex(pd.period_range(found.index.min(), found.index.max(), freq=period.freq))
    if period.freq != "M" or how != "sum" or dates.dt.normalize().nunique() < 1.5 * len(found):
        return found, ""
    first, last = dates.min(), dates.max()
    start = 1 if first.day > LATE else 0
    stop = len(found) - (1 if last.day < last.days_in_month - LATE + 1 else 0)
    names = [str(found.index[0])] * start + [str(found.index[-1])] * (len(found) - stop)
    return (found.iloc[start:stop], " and ".join(names)) if start < stop else (found, "")


def _phases(totals: Series) -> Any:
    """The part of the cycle each month or day is, from 0."""
    monthly = totals.index.freqstr.startswith("M")
    return (totals.index.month - 1 if monthly else totals.index.day_of_week).to_numpy()


def _trend(totals: Series, period: Period, present: int) -> Series:
    """The centred moving average over a cycle; over 12 months it is the mean of two, as 12 has no middle.

    Where months or days are missing it is of the others, if more than half are there.
    """
    found = totals.rolling(period.length, min_periods=present // 2 + 1).mean()
    if period.length % 2 == 0:
        found = found.rolling(2).mean()
    half = period.length // 2
    return found.shift(-half).iloc[half:]


def _mean(totals: Series, phases: Any, phase: int) -> float | None:
    found: float | None = lookup.plain(totals[phases == phase].mean())
    return found


def _answer(index: dict[int, float], period: Period, every: str, positive: bool, f: float, p: float) -> str:
    test = f"F {f:.1f}, p {p:.2g}"
    if p >= CHANCE:
        return f"{NONE}: chance makes {every}s differ as much ({test})"
    high, low = max(index, key=lambda each: index[each]), min(index, key=lambda each: index[each])
    said = "{:.2f} times" if positive else "{:+.4g} beside"
    peak, dip = said.format(index[high]), said.format(index[low])
    return f"seasonal: {period.names[high]} is the peak, {peak} the trend, {period.names[low]} the low, {dip} ({test})"


def _as_long(index: dict[int, float]) -> bool:
    """Whether months differ no more than their lengths might make them, February the low."""
    return index.get(1) == min(index.values()) and max(index.values()) < 1.2 * index[1]


def _untold(totals: Series, period: Period, every: str, present: list[int]) -> str:
    """Why nothing can be said of a season."""
    count, there = len(totals), int(totals.notna().sum())
    if count < 3 * period.length:
        return f"too short to tell: {rows_in_words(count, period.part)}, and it takes three {period.cycle}s"
    if len(present) == 1:
        return f"nothing to compare: only {period.names[present[0]]} has values"
    some = f"{there:,} of {count:,} {period.part}s have a value"
    return f"too many gaps to tell: {some}, and it takes two of each {every} with most of their {period.cycle} around"


def _code(
    date: str, value: str, period: Period, how: str, present: int, positive: bool, cut: str, totals: Series
) -> str:
    """The lines of pandas that give the same index."""
    lines = [
        f"known = df.dropna(subset=[{date!r}, {value!r}])",
        f"y = known.groupby(known[{date!r}].dt.to_period({period.freq!r}))[{value!r}].{how}()",
        f"y = y.reindex(pd.period_range(y.index.min(), y.index.max(), freq={period.freq!r}))",
    ]
    if cut:
        lines.append(f"y = y[{str(totals.index[0])!r}:{str(totals.index[-1])!r}]")
    two = ".rolling(2).mean()" if period.length % 2 == 0 else ""
    half = period.length // 2
    window = f"y.rolling({period.length}, min_periods={present // 2 + 1})"
    lines.append(f"trend = {window}.mean(){two}.shift(-{half}).iloc[{half}:]")
    part = "month" if period.freq == "M" else "day_of_week"
    sign, same = ("/", "/=") if positive else ("-", "-=")
    lines += [
        f"left = y {sign} trend",
        f"index = left.groupby(left.index.{part}).mean()",
        f"index {same} index.mean()",
        "index",
    ]
    return "\n".join(lines)

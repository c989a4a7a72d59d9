"""Seasons: what was planted is found, what was not is not, and the test is the analysis of variance."""

from __future__ import annotations

import calendar
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from mlcore.errors import DataError
from mlcore.tables import monthly, sales
from mlcore.tables.variance import f_test
from mlcore.tables.views.season import season
from mlcore.worker import picturing
from mlcore.worker.commands import DrawView, Tabled
from tests.mlcore.tables.random_frames import ran

MONTHS = np.array([0.8, 0.7, 0.9, 1, 1, 1.1, 1, 0.9, 1, 1.1, 1.2, 1.3])
DECEMBER = MONTHS / MONTHS.mean()


def series(values: Any, freq: str = "MS") -> pd.DataFrame:
    return pd.DataFrame({"day": pd.date_range("2020-01-01", periods=len(values), freq=freq), "v": values})


def index_of(view: Any) -> list[float]:
    return [row[3] for row in view.rows]


@settings(max_examples=25)
@given(st.lists(st.floats(0.2, 5), min_size=12, max_size=12), st.integers(3, 6))
def test_a_planted_index_comes_back_to_the_digit(parts, years) -> None:
    planted = np.array(parts) / np.mean(parts)
    view = season(series(np.tile(100 * planted, years)), "day", "v")
    assert index_of(view) == pytest.approx(planted.tolist())


@settings(max_examples=25)
@given(st.lists(st.integers(-50, 50), min_size=7, max_size=7), st.integers(3, 9))
def test_where_not_all_is_above_zero_the_index_is_a_difference(parts, weeks) -> None:
    planted = np.array(parts, float)
    view = season(series(np.tile(planted, weeks) - 1_000, "D"), "day", "v", "weekday")
    wanted = np.roll(planted - planted.mean(), 2)  # 2020 begins on a Wednesday
    assert index_of(view) == pytest.approx(wanted.tolist(), abs=1e-9) and "difference" in view.notes[0]


def test_the_trend_is_taken_out_and_the_peak_is_named() -> None:
    months = np.arange(120)
    noise = np.random.default_rng(1).normal(1, 0.02, 120)
    view = season(series((100 + 2 * months) * np.tile(DECEMBER, 10) * noise), "day", "v")
    assert index_of(view) == pytest.approx(DECEMBER.tolist(), abs=0.03)
    assert view.answer.startswith("seasonal: Dec is the peak, 1.29 times the trend, Feb the low, 0.70")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("every", "freq", "count"), [("month", "MS", 96), ("weekday", "D", 400)])
def test_a_flat_series_and_one_that_only_grows_have_no_season(seed: int, every: Any, freq: str, count: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 10, count)
    for values in (200 + noise, 200 + np.arange(count) + noise):
        assert season(series(values, freq), "day", "v", every).answer.startswith("no seasonality")


@pytest.mark.parametrize(("years", "least"), [(4, 40), (8, 50)])
def test_of_fifty_random_walks_two_at_most_have_a_season_and_a_high_december_is_nearly_always_found(years, least):
    walks = decembers = 0
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(0, 0.1, 12 * years)
        high = np.where(np.arange(12 * years) % 12 == 11, 1.5, 1)
        walks += season(series(100 * np.exp(np.cumsum(noise))), "day", "v").answer.startswith("seasonal")
        decembers += season(series(100 * (1 + noise) * high), "day", "v").answer.startswith("seasonal")
    assert walks <= 2 and decembers >= least


def test_what_never_changes_has_no_season_and_three_years_are_needed() -> None:
    assert season(series([5.0] * 60), "day", "v").answer == "no seasonality: it is always 5"
    view = season(series(np.tile(DECEMBER, 2)), "day", "v")
    assert view.answer.startswith("too short to tell: 24 months") and index_of(view) == [None] * 12
    assert season(series([3.0]), "day", "v").answer.startswith("too short to tell: 1 month,")


def test_what_cannot_be_told_is_told_with_the_reason_that_is_true() -> None:
    monthly = season(series(np.arange(60.0)), "day", "v", "weekday").answer
    assert monthly.startswith("too many gaps to tell: 60 of 1,797 days have a value, and it takes two of each weekday")
    years = season(series(np.arange(1.0, 41), "YS"), "day", "v").answer
    assert years == "nothing to compare: only Jan has values"
    most = series(np.arange(1.0, 61))
    assert season(most[(most.index < 18) | (most.index > 40)], "day", "v").answer.startswith("too many gaps to tell")


def test_months_that_differ_by_their_lengths_alone_say_so() -> None:
    noise = np.random.RandomState(0).normal(size=365 * 5 + 2)
    view = season(series(50 + noise, "D"), "day", "v")
    assert view.answer.startswith("seasonal") and "the lengths of months make it" in view.notes[-1]
    assert season(series(50 + noise, "D"), "day", "v", how="mean").answer.startswith("no seasonality")
    high = series(50 + noise, "D").assign(v=lambda each: each["v"] * (1 - 0.1 * (each["day"].dt.month == 2)))
    assert not season(high, "day", "v").notes


def test_days_that_are_always_missing_are_no_part_of_the_week() -> None:
    frame = series(np.tile([3.0, 1, 1, 5, 9, 1, 1], 20), "D")
    frame = frame[frame["day"].dt.day_of_week != 6]
    view = season(frame, "day", "v", "weekday")
    assert [row[0] for row in view.rows] == "Mon Tue Wed Thu Fri Sat".split() and "Sun" in view.notes[0]
    assert view.answer.startswith("seasonal: Sat is the peak")


def test_months_at_the_ends_that_are_not_whole_are_not_counted() -> None:
    frame = series(np.ones(365 * 4), "D").iloc[14:-10]
    view = season(frame, "day", "v")
    assert "2020-01 and 2023-12 at the ends" in " ".join(view.notes)
    assert sum(row[1] for row in view.rows) == 46


@pytest.mark.parametrize("every", ["month", "weekday"])
@pytest.mark.parametrize("how", ["sum", "mean"])
def test_the_bundled_sales_have_their_peaks_and_the_lines_of_pandas_give_the_same_index(every: Any, how: Any) -> None:
    frame = sales.make()
    view = season(frame, "Date", "Sales", every, how)
    peak, low = ("Dec", "Feb") if every == "month" else ("Sat", "Mon")
    assert view.answer.startswith(f"seasonal: {peak} is the peak") and f"{low} the low" in view.answer
    names: dict[str, Any] = {"df": frame, "pd": pd}
    exec(view.code, names)
    assert names["index"].tolist() == pytest.approx(index_of(view))


def test_what_is_no_series_is_refused_in_words() -> None:
    frame = sales.make()
    with pytest.raises(DataError, match="the date: column 'Product' holds texts"):
        season(frame, "Product", "Sales")
    with pytest.raises(DataError, match="holds texts, expected numbers"):
        season(frame, "Date", "Region")
    with pytest.raises(DataError, match="no row has both"):
        season(frame.assign(Sales=np.nan), "Date", "Sales")
    far = pd.DataFrame({"day": pd.to_datetime(["1700-01-01", "2024-01-01"]), "v": [1.0, 2.0]})
    with pytest.raises(DataError, match="too far apart"):
        season(far, "day", "v", "weekday")


def test_dates_of_a_time_zone_are_the_days_of_their_clock() -> None:
    frame = series(np.tile([3.0, 1, 1, 5, 9, 1, 1], 20), "D")
    there = frame.assign(day=frame["day"].dt.tz_localize("Europe/Berlin"))
    assert season(there, "day", "v", "weekday").rows == season(frame, "day", "v", "weekday").rows


WRITTEN = (list(range(1, 13)), "jan feb mar apr may jun jul aug sep oct nov dec".split(), list(calendar.month_name)[1:])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1700, 2200), st.integers(0, 11), st.booleans()), min_size=1), st.integers(0, 2))
def test_years_and_months_are_dates_and_the_line_of_pandas_makes_the_same(rows, way) -> None:
    years = [year for year, _, _ in rows]
    months = [None if gone else WRITTEN[way][month] for _, month, gone in rows]
    frame = pd.DataFrame({"Year": years, "month": pd.Series(months, dtype="str" if way else float)})
    assume(not all(gone for _, _, gone in rows))
    assert monthly.found(frame) == "Year+month"
    made, line = monthly.joined(frame, "Year+month")
    found = [None if pd.isna(each) else (each.year, each.month - 1, each.day) for each in made["Year+month"]]
    assert found == [None if gone else (year, month, 1) for year, month, gone in rows]
    theirs = ran(line, frame).astype({"Year+month": made["Year+month"].dtype})
    pd.testing.assert_frame_equal(theirs, made)


def test_what_is_no_year_or_month_is_found_by_nobody() -> None:
    assert monthly.found(pd.DataFrame({"year": [1949.5], "month": [1]})) == ""
    assert monthly.found(pd.DataFrame({"year": [1949], "month": [13]})) == ""
    assert monthly.found(pd.DataFrame({"year": [1949], "month": ["x"]})) == ""
    assert monthly.found(pd.DataFrame({"year": [1949], "day": [1]})) == ""


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=12), min_size=2, max_size=6))
def test_f_and_p_are_those_of_scipy(groups) -> None:
    arrays = [np.array(group) for group in groups]
    if len(np.unique(np.concatenate(arrays))) < 2:
        assert f_test(arrays) == (0.0, 1.0)
    elif all(len(np.unique(each)) == 1 for each in arrays):
        assert f_test(arrays) == (np.inf, 0.0)
    else:
        f, p = stats.f_oneway(*arrays)
        f, p = (f, p) if f >= 0 else (0.0, 1.0)  # means are alike, but for SciPy's rounding
        assert f_test(arrays) == pytest.approx((f, p), abs=1e-12)


def test_a_peak_of_four_years_is_found_where_other_months_are_noise() -> None:
    frame = sales.make()
    view = season(frame[frame["Region"] == "North"], "Date", "Sales")
    assert view.answer.startswith("seasonal: Dec is the peak, 2.07 times the trend")
    rest = frame[(frame["Region"] == "North") & (frame["Date"].dt.month != 12)]
    assert season(rest, "Date", "Sales").answer.startswith("no seasonality")


def test_the_app_asks_for_years_and_months_where_there_are_no_dates() -> None:
    rows = np.arange(48)
    frame = pd.DataFrame({"year": 1949 + rows // 12, "month": 1 + rows % 12, "sold": 100 + rows % 12})
    view = picturing.drawn(frame, DrawView(of=Tabled(path="flights.csv"), view="season", column="year"))
    assert view.title.startswith("sold by month") and "Dec is the peak" in view.sentence

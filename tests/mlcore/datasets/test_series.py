"""Series: windows are what the formulas say, values come back in their unit, and what is no series says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.datasets import growth
from mlcore.datasets.series import Ahead, Series
from mlcore.errors import ConfigError, DataError

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def write(path: Path, values, dates=None, header="date,v") -> str:
    """A monthly table from 2001 on, or with these dates."""
    dates = dates or [f"{2001 + place // 12}-{place % 12 + 1:02d}-15" for place in range(len(values))]
    path.write_text(f"{header}\n" + "".join(f"{date},{value}\n" for date, value in zip(dates, values, strict=True)))
    return str(path)


def waves(n: int, seed: int = 0) -> list[float]:
    """A year's wave that grows."""
    noise = np.random.RandomState(seed).normal(size=n)
    months = np.arange(n)
    return (100 * np.exp(0.004 * months + 0.3 * np.sin(months * np.pi / 6) + 0.02 * noise)).round(4).tolist()


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(60, 140),
    period=st.integers(1, 13),
    more=st.integers(1, 15),
    horizon=st.integers(1, 16),
    seed=st.integers(0, 999),
    positive=st.booleans(),
)
def test_windows_are_growth_over_the_same_season_and_come_back_as_the_values(n, period, more, horizon, seed, positive):
    v = np.random.RandomState(seed).normal(size=n) * 3 + (30 if positive else 0)
    lags = period + more
    windows = growth.Windows(v, period, lags, horizon)
    origins = np.arange(lags, n - horizon + 1)
    if not len(origins):
        return
    u = np.log(v) if v.min() > 0 else v
    known = growth.Growing("v", "date", growth.MONTH, period, windows.log, np.zeros(horizon), np.ones(horizon))
    x, y, (base, trend, _) = windows.seen(origins), windows.asked(origins), windows.growth(origins, known)
    for row, origin in enumerate(origins[:5].tolist()):
        assert x[row] == pytest.approx([u[t] - u[t - period] for t in range(origin - more, origin)])
        recent = np.mean(x[row][-period:])
        for h in range(horizon):
            last = origin + h
            while last >= origin:
                last -= period
            assert base[row, h] == v[last] and y[row, h] == pytest.approx(u[origin + h] - u[last])
            seasons = (origin + h - last) // period
            grown = v[last] * np.exp(seasons * recent) if v.min() > 0 else v[last] + seasons * recent
            assert trend[row, h] == pytest.approx(grown)


@pytest.mark.parametrize("shift", [0, -500])
def test_targets_are_values_again_and_values_targets(tmp_path, shift):
    v = [value + shift for value in waves(120)]
    data = Series(path=write(tmp_path / "a.csv", v), horizon=6, split=Ahead(2, 1)).load()
    assert (len(data.test), len(data.validation)) == (2, 1) and data.growing.log == (shift == 0)
    found = np.concatenate([part.growth.values(part.y).ravel() for part in (data.validation, data.test)])
    assert found == pytest.approx(v[-18:], rel=1e-5)
    assert data.test.growth.targets(data.test.growth.values(data.test.y)) == pytest.approx(data.test.y, abs=1e-5)
    assert data.train.growth.base[0] == pytest.approx(v[12:18]) and data.growing.ago == "as a year ago"
    assert len(data.train) == 120 - 24 - 3 * 6 - 6 + 1
    assert data.train.take([3, 1]).growth.base == pytest.approx(data.train.growth.base[[3, 1]])


def test_nothing_of_the_values_held_back_is_in_what_is_learnt(tmp_path):
    v = waves(120)
    one = Series(path=write(tmp_path / "a.csv", v), horizon=6).load()
    later = [*v[:-12], *(7.0 * place + 3 for place in range(12))]
    two = Series(path=write(tmp_path / "b.csv", later), horizon=6).load()
    assert np.array_equal(one.train.x, two.train.x) and np.array_equal(one.train.y, two.train.y)
    assert np.array_equal(one.test.x[0], two.test.x[0]) and not np.array_equal(one.test.x[1], two.test.x[1])
    assert np.array_equal(one.scaling.shift, two.scaling.shift)
    assert np.array_equal(one.growing.shift, two.growing.shift)


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_rows_in_any_order_are_the_same_series(tmp_path_factory, random):
    folder = tmp_path_factory.mktemp("series")
    rows = [f"{1990 + k // 12},{MONTHS[k % 12]},{v}" for k, v in enumerate(waves(100))]
    (folder / "a.csv").write_text("Year,Month,v\n" + "\n".join(rows) + "\n")
    random.shuffle(rows)
    (folder / "b.csv").write_text("Year,Month,v\n" + "\n".join(rows) + "\n")
    one, two = (Series(path=str(folder / name), horizon=3).load() for name in ("a.csv", "b.csv"))
    assert np.array_equal(one.train.x, two.train.x) and np.array_equal(one.test.y, two.test.y)


@pytest.mark.parametrize(
    ("dates", "period", "ago"),
    [
        ([str(np.datetime64("2020-01-01") + k) for k in range(200)], 7, "as a week ago"),
        ([str(np.datetime64("2000-01-03") + 7 * k) for k in range(300)], 52, "as a year ago"),
        ([f"{1950 + k // 4}-{k % 4 * 3 + 1:02d}-01" for k in range(120)], 4, "as a year ago"),
        ([str(1800 + k) for k in range(120)], 1, "as a year ago"),
        ([str(np.datetime64("2020-01-01T00") + k) for k in range(200)], 24, "as a day ago"),
        (None, 12, "as a year ago"),
    ],
)
def test_the_season_follows_from_the_dates(tmp_path, dates, period, ago):
    n = len(dates) if dates else 120
    header = "year,v" if dates and len(dates[0]) == 4 else "when,v"
    dataset = Series(path=write(tmp_path / "a.csv", waves(n), dates, header), horizon=2)
    data = dataset.load()
    assert data.growing.ago == ago
    v = np.array(waves(n))
    assert data.train.growth.base[-1] == pytest.approx(v[n - 6 - period + np.arange(2) % period])


def test_a_series_too_short_for_its_season_is_learnt_without_one_and_says_so(tmp_path):
    data = Series(path=write(tmp_path / "a.csv", waves(36)), horizon=2).load()
    assert [notice.code for notice in data.notices] == ["DATA_SHORT"] and data.growing.ago == "as the month before"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda d, v: (d[:50] + d[51:], v[1:]), "DATA_SCHEMA", "after 2005-02-15 comes 2005-04-15"),
        (lambda d, v: ([*d[:-1], d[3]], v), "DATA_SCHEMA", "rows 3 and 99"),
        (lambda d, v: (d, [*v[:9], "", *v[10:]]), "DATA_NONFINITE", "v is missing or not finite in 1 row"),
        (lambda d, v: (d, [*v[:9], "inf", *v[10:]]), "DATA_NONFINITE", "first is row 9"),
        (lambda d, v: (d, [5] * len(v)), "DATA_TARGET", "5 in every row"),
        (lambda d, v: (["", *d[1:]], v), "DATA_SCHEMA", "no date in row 0"),
        (lambda d, v: (d[:20], v[:20]), "DATA_EMPTY", "windows"),
        (lambda d, v: (d[:2], v[:2]), "DATA_EMPTY", "too few"),
        (lambda d, v: (d, ["a"] * len(v)), "DATA_TARGET", "no column of numbers"),
        (lambda d, v: (["soon"] * len(d), v), "DATA_SCHEMA", "no column of dates"),
    ],
)
def test_what_is_no_series_is_one_sentence(tmp_path, change, code, words):
    dates = [f"{2001 + place // 12}-{place % 12 + 1:02d}-15" for place in range(100)]
    dates, values = change(dates, waves(100))
    with pytest.raises(DataError, match=words) as caught:
        Series(path=write(tmp_path / "a.csv", values, dates), horizon=3).load()
    assert caught.value.code == code and caught.value.hint and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"target": "w"}, DataError, "no column 'w'"),
        ({"target": "date"}, DataError, "holds dates"),
        ({"date": "when"}, DataError, "no column 'when'"),
        ({"date": "v+date"}, DataError, "cannot be read as dates"),
        ({"lags": 12}, DataError, "no growth over 12"),
        ({"horizon": 400}, DataError, "windows"),
        ({"path": ""}, None, ""),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence(tmp_path, settings, error, words):
    path = write(tmp_path / "a.csv", waves(100))
    dataset = Series(**{"path": path, "horizon": 3, **settings})
    if error is None:
        assert len(dataset.load().test) == 2
        return
    with pytest.raises(error, match=words):
        dataset.load()


def test_gaps_are_taken_as_they_come_where_the_period_is_said(tmp_path):
    dates = [f"{2001 + place // 12}-{place % 12 + 1:02d}-15" for place in range(100) if place != 50]
    path = write(tmp_path / "a.csv", waves(99), dates)
    assert Series(path=path, horizon=3, period=1).load().growing.ago == "as the row before"
    assert Series(path=path, horizon=3, period=12).load().growing.ago == "as 12 rows ago"


def test_folds_of_a_series_are_refused():
    with pytest.raises(ConfigError, match="the past would be foretold from the future"):
        Ahead(folds=3)


@pytest.mark.parametrize("days", [1, 2, 0])
def test_what_a_model_keeps_of_a_series_is_the_same_after_a_file(tmp_path, days):
    dates = [str(np.datetime64("2020-01-01") + k * days + (k > 50 and not days) + k * (not days)) for k in range(90)]
    path = write(tmp_path / "a.csv", waves(90), dates)
    kept = Series(path=path, horizon=3, period=0 if days else 2).load().growing
    found = growth.read(json.loads(json.dumps(kept.plain())), 3)
    assert found[:5] == kept[:5] == ("v", "date", kept.step, {1: 7, 2: 1, 0: 2}[days], True)
    assert np.array_equal([found.shift, found.spread], [kept.shift, kept.spread]) and not kept.differs(found)
    assert kept.step.words == {1: "days", 2: "rows 2 days apart", 0: "rows"}[days]


@pytest.mark.parametrize(
    ("name", "value"),
    [("shift", ["nan"] * 2), ("shift", ["0x0p+0"]), ("spread", ["0x0p+0"] * 2), ("days", "inf"), ("period", 0),
     ("period", True), ("step", "eon"), ("shift", [1, 2])],
)  # fmt: skip
def test_what_no_series_can_be_is_not_read_from_a_file(name, value):
    plain = growth.Growing("v", "date", growth.MONTH, 12, True, np.zeros(2), np.ones(2)).plain()
    assert growth.read(plain, 2).step == growth.MONTH
    with pytest.raises((ValueError, TypeError)):
        growth.read(plain | {name: value}, 2)

"""Whether the worker finds a series in a table, and how far it says it can be foretold."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcore.datasets.series import Series
from mlcore.errors import MljError
from mlcore.worker.commands import FindSeries, Tabled
from mlcore.worker.tabling import Tables
from tests.mlcore.test_worker_tables import ask, of


def monthly(path: Path, rows: int, head: str = "year,month,n,word", skip: int = -1) -> Path:
    lines = [f"{1949 + n // 12},{n % 12 + 1},{100 + n * n % 17},w{n}" for n in range(rows) if n != skip]
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_value_for_each_month_is_a_series_and_a_year_of_it_is_proposed(tmp_path: Path) -> None:
    path = monthly(tmp_path / "m.csv", 72)
    found = ask(Tables(), FindSeries(of=of(path), target="n"))
    assert (found.values, found.step, found.horizon, found.most) == (72, "month", 12, 17)
    Series(path=str(path), target="n", horizon=17).load()  # as far as it says, and no farther
    with pytest.raises(MljError, match="72 values"):
        Series(path=str(path), target="n", horizon=18).load()
    assert ask(Tables(), FindSeries(of=of(path, {"kind": "sort", "by": ("n",)}), target="n")) == found
    assert ask(Tables(), FindSeries(of=Tabled(path=str(path), format={"delimiter": ","}), target="n")) == found
    behind = ask(Tables(), FindSeries(of=of(path, {"kind": "filter", "where": "year < 1952"}), target="n"))
    assert (behind.values, behind.step, behind.horizon) == (36, "month", 5)
    short = ask(Tables(), FindSeries(of=of(monthly(tmp_path / "s.csv", 30)), target="n"))
    assert short.horizon == short.most == 3
    daily = tmp_path / "d.csv"
    daily.write_text("when,n\n" + "".join(f"2024-01-{n + 1:02},{n * n % 7}\n" for n in range(31)), encoding="utf-8")
    found = ask(Tables(), FindSeries(of=of(daily), target="n"))
    assert (found.step, found.horizon, found.most) == ("day", 3, 3)


def test_what_is_no_series_is_offered_as_none_and_says_why_where_there_are_dates(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path, tables = monthly(tmp_path / "m.csv", 72), Tables()
    some = {"kind": "filter", "where": "n > 101"}
    asked = {
        "holds no numbers": FindSeries(of=of(path), target="word"),
        "'year' holds dates": FindSeries(of=of(path), target="year"),
        "no column 'gone'": FindSeries(of=of(path), target="gone"),
        "after 1950-04-01 comes 1950-08-01": FindSeries(of=of(path, some), target="n"),
        "no row is left behind its 1 step": FindSeries(of=of(path, some | {"where": "n < 0"}), target="n"),
        "after 1949-05-01 comes 1949-07-01": FindSeries(of=of(monthly(tmp_path / "gap.csv", 72, skip=5)), target="n"),
        "23 months are too few, 24 are the least": FindSeries(of=of(monthly(tmp_path / "few.csv", 23)), target="n"),
        "Date is 20": FindSeries(of=Tabled(path="sales"), target="Sales"),  # several products a day
    }
    for words, each in asked.items():
        found = ask(tables, each)
        assert found.horizon == 0 and words in found.why and "\n" not in found.why and str(tmp_path) not in found.why
    dateless = ask(tables, FindSeries(of=of(monthly(tmp_path / "no.csv", 72, "a,b,n,word")), target="n"))
    assert (dateless.horizon, dateless.why) == (0, "")
    assert ask(tables, FindSeries(of=of(monthly(tmp_path / "enough.csv", 24)), target="n")).horizon == 1


def test_a_row_for_each_year_is_a_series_too(tmp_path: Path) -> None:
    path, tables = monthly(tmp_path / "m.csv", 30 * 12), Tables()
    yearly = {"kind": "group", "by": ("year",), "agg": ("sum:n",)}
    found = ask(tables, FindSeries(of=of(path, yearly), target="n_sum"))
    assert (found.values, found.step, found.horizon) == (30, "year", 3)
    few = ask(tables, FindSeries(of=of(path, {"kind": "filter", "where": "year < 1960"}, yearly), target="n_sum"))
    assert (few.horizon, few.why) == (0, "11 years are too few, 24 are the least")
    often = {"kind": "group", "by": ("year", "word"), "agg": ("sum:n",)}  # many rows of each year: no time is told
    assert ask(tables, FindSeries(of=of(path, often), target="n_sum")).why == ""

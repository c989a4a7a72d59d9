"""Columns of dates: found where they can only be read one way, told, and said otherwise."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.config import Config
from mlcore.datasets.own import Own
from mlcore.errors import ConfigError, DataError
from mlcore.tables import dates, reading
from mlcore.tables.format import Format
from mlcore.tables.table import Table


def read(tmp_path: Path, text: str | bytes, texts=(), **format) -> Table:
    path = tmp_path / "mine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return reading.read(path, Format(**format), texts)


@pytest.mark.parametrize(
    ("first", "second", "third", "said"),
    [
        ("2025-04-03", "2025-04-14", "2025-12-01", "year-month-day"),
        ("2025/4/3", "2025/4/14", "2025/12/1", "year/month/day"),
        ("2025-04", "2025-05", "2026-01", "year-month"),
        ("4/14/2025", "4/3/2025", "12/1/2025", "month/day/year"),
        ("14/4/2025", "3/4/2025", "1/12/2025", "day/month/year"),
        ("3-4-2025", "14-4-2025", "1-12-2025", "day-month-year"),
        ("3.4.2025", "4.4.2025", "1.12.2025", "day.month.year"),
        ("2025-04-03 10:00:01", "2025-04-14 11:00:02", "2025-12-01 00:00:00", "year-month-day and time"),
        (
            "2025-04-03T10:00:01.5Z",
            "2025-04-14T11:00:02.25Z",
            "2025-12-01T00:00:00.0Z",
            "year-month-day and time, in UTC",
        ),
    ],
)
def test_dates_are_read_as_they_can_only_be(tmp_path: Path, first: str, second: str, third: str, said: str) -> None:
    table = read(tmp_path, f"when,x\n{first},1\n{second},2\n,3\n{third},4\n")
    assert table.notes[1] == f"dates in when, as {said}"
    found = table.column("when")
    assert found.dtype == "datetime64[us]" and np.isnat(found[2])
    assert [str(each)[:7] for each in found[[0, 1, 3]]] in (
        ["2025-04", "2025-04", "2025-12"],
        ["2025-04", "2025-05", "2026-01"],
    )


@pytest.mark.parametrize(
    "texts",
    [
        ("2025-04-03", "2025-04-31"),
        ("2025-04-03", "2025/04/03"),
        ("3/4/2025", "x"),
        ("14/4/2025", "4/14/2025"),
        ("1400-01-01", "1500-01-01"),
        ("10:30", "11:00"),
        ("1.2.3", "1.2.4"),
        ("2025-04-03 10:00", "2025-04-03"),
    ],
)
def test_what_may_be_no_dates_stays_texts(tmp_path: Path, texts: tuple[str, ...]) -> None:
    table = read(tmp_path, "when,x\n" + "".join(f"{text},1\n" for text in texts))
    assert table.column("when").tolist() == list(texts) and len(table.notes) == 1


def test_a_day_that_may_be_a_month_is_not_guessed_but_told(tmp_path: Path) -> None:
    text = "when,x\n3/4/2025,1\n4/4/2025,2\n"
    table = read(tmp_path, text)
    assert table.column("when").tolist() == ["3/4/2025", "4/4/2025"] and "day or month first" in table.notes[1]
    for said in ("%d/%m/%Y", "when=%d/%m/%Y"):
        assert str(read(tmp_path, text, dates=said).column("when")[0])[:10] == "2025-04-03"


def test_numbers_can_be_said_to_be_dates(tmp_path: Path) -> None:
    table = read(tmp_path, "day,x\n20250403,1\n20250404,2\n", dates="day=%Y%m%d")
    assert str(table.column("day")[1])[:10] == "2025-04-04"


@pytest.mark.parametrize(
    ("dates", "code", "words"),
    [
        ("when=%d.%m.%Y", "DATA_VALUE", "when is '2025-04-03' in row 0, expected a date as %d.%m.%Y"),
        ("then=%Y", "DATA_SCHEMA", "no column 'then', which format.dates names"),
    ],
)
def test_dates_that_are_not_as_was_said_are_named(tmp_path: Path, dates: str, code: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, "when,x\n2025-04-03,1\n", dates=dates)
    assert caught.value.code == code and words in str(caught.value)


@pytest.mark.parametrize("dates", ["auto", "%d.%m.%Y", "when=%d.%m.%Y"])
def test_a_date_with_dots_is_no_number_where_dots_stand_between_thousands(tmp_path, dates):
    text = "when;sold\n24.12.2023;1.234,5\n;17.000\n01.02.2024;1.000.000\n"
    table = read(tmp_path, text, thousands=".", dates=dates)
    assert table.column("sold").tolist() == [1234.5, 17000, 1000000]
    when = table.column("when")
    assert when.dtype.kind == "M" and str(when[0])[:10] == "2023-12-24" and str(when[2])[:10] == "2024-02-01"
    assert np.isnat(when[1]) and "dtype={'when': 'str'}" in table.code
    assert read(tmp_path, text, thousands=".", dates="none").column("when")[0] == 24122023


WORDS = st.dates(dt.date(1, 1, 1)).map(str) | st.sampled_from(["", "2025-2-3", "2025-02-30", "x", "2025-02-03 10:00"])
NEARLY = st.lists(st.dates(dt.date(1600, 1, 1), dt.date(2300, 1, 1)).map(str) | st.just(""), min_size=1, max_size=5)


@settings(max_examples=60)
@given(NEARLY | st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["auto", "%Y-%m-%d"]))
def test_texts_in_arrow_are_the_same_dates(texts: list[str], form: str) -> None:
    pytest.importorskip("pyarrow")
    found = []
    for storage in ("python", "pyarrow"):
        kind = pd.StringDtype(storage, na_value=np.nan)
        frame = pd.DataFrame({"when": pd.Series([text or None for text in texts], dtype=kind)})
        try:
            table, formed = dates.parsed(frame, Format(dates=form), "it", set())
            column = table["when"]
            found.append((formed, column.dtype.kind, column.isna().tolist(), column.dropna().astype(str).tolist()))
        except DataError as error:
            found.append(str(error))
    assert found[0] == found[1]


def test_dates_are_no_target(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,when\n" + "".join(f"{day},{day}.1.2024\n" for day in range(1, 29)))
    with pytest.raises(DataError, match="when holds dates, expected numbers or texts") as caught:
        Own(path=str(path)).load()
    assert caught.value.code == "DATA_DTYPE"


@pytest.mark.parametrize(
    ("form", "words"), [("%Q", "%Q is no part"), ("when=%", "% is no part"), ("%Y-%Y", "%Y stands there twice")]
)
def test_a_form_that_is_none_is_refused_before_a_file_is_read(form, words):
    with pytest.raises(ConfigError, match=words) as caught:
        Format(dates=form)
    assert "%Y 2025" in caught.value.hint
    assert Format(dates="%d.%m.%Y %I:%M %p %z 100%%").by_column() == {"*": "%d.%m.%Y %I:%M %p %z 100%%"}


def test_what_a_column_cannot_be_is_said_with_what_it_can():
    with pytest.raises(ConfigError, match="dataset.kinds.*each one of .*category.*got"):
        Config().with_settings({"dataset": "file", "dataset.kinds": {"a": "banana"}})

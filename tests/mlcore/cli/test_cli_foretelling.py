"""`mlj predict RUN --data FILE` of a series: what comes after the last row, with its dates."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mlcore.datasets import timeline


@pytest.fixture
def months(tmp_path, monkeypatch):
    """Ten years of months, and a run that learnt from them."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{2010 + k // 12}-{1 + k % 12:02d},x,{100 + k + 20 * np.sin(k * np.pi / 6):.2f}" for k in range(120)]
    (tmp_path / "months.csv").write_text("month,shop,sold\n" + "\n".join(rows) + "\n")
    return rows


def write(tmp_path, rows, header="month,shop,sold"):
    (tmp_path / "new.csv").write_text(header + "\n" + "\n".join(rows) + "\n")


def test_what_comes_is_what_the_test_said_where_the_table_ends_before_it(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 5 --quiet --name fox").code == 0
    (held,) = mlj("predict fox --rows 1 --json").lines
    write(tmp_path, months[:108])
    found = mlj("predict fox --data new.csv --json").lines
    assert [row["prediction"] for row in found] == pytest.approx(held["prediction"], rel=1e-6)
    assert [row["date"] for row in found][::11] == ["2019-01-01", "2019-12-01"] and found[11]["ahead"] == 12
    write(tmp_path, [",".join(row.split(",")[::-1]) for row in reversed(months)], "sold,shop,month")
    said = mlj("predict fox --data new.csv --out -")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert said.code == 0 and [row["date"] for row in rows][::11] == ["2020-01-01", "2020-12-01"]
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (slice(0, 20), "month,shop,sold", "has 20 months, and 24 are seen before what is foretold"),
        (slice(0, 120, 3), "month,shop,sold", "its rows are quarters, and the network learnt from months"),
        (slice(0, 40), "month,shop,bought", "no column 'sold'"),
    ],
)
def test_a_table_that_cannot_go_on_is_refused(mlj, months, tmp_path, rows, header, said) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    write(tmp_path, months[rows], header)
    found = mlj("predict fox --data new.csv --out answers.csv")
    assert found.code == 3 and said in found.err and not (tmp_path / "answers.csv").exists()


def test_values_that_have_no_logarithm_are_refused_by_a_network_that_learnt_some(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    write(tmp_path, [*months[:-1], "2019-12,x,-1"])
    found = mlj("predict fox --data new.csv")
    assert found.code == 3 and "-1 is not above zero" in found.err


@pytest.mark.parametrize(
    ("dates", "following"),
    [
        (["2020-01-31", "2020-02-29", "2020-03-31"], ("2020-04-30", "2020-05-31")),
        (["2020-01-15", "2020-04-15", "2020-07-15"], ("2020-10-15", "2021-01-15")),
        (["2020-02-28", "2020-02-29", "2020-03-01"], ("2020-03-02", "2020-03-03")),
        (["2020-01-01T22:00", "2020-01-01T23:00", "2020-01-02T00:00"], ("2020-01-02T01:00:00", "2020-01-02T02:00:00")),
        (["2018-01-01", "2019-01-01", "2020-01-01"], ("2021-01-01", "2022-01-01")),
    ],
)
def test_dates_go_on_as_they_went(dates: list[str], following: tuple[str, ...]) -> None:
    values = np.array(dates, "datetime64[s]")
    step = {"2020-01-31": timeline.MONTH, "2020-01-15": timeline.QUARTER, "2018-01-01": timeline.YEAR}.get(dates[0])
    when = timeline.Timeline(("when",), np.arange(3), values, step or timeline.DAY)
    assert timeline.following(when, 2) == following


def test_rows_at_no_one_distance_have_no_dates_to_come() -> None:
    values = np.array(["2020-01-01", "2020-01-02", "2020-01-05"], "datetime64[s]")
    assert timeline.following(timeline.Timeline(("when",), np.arange(3), values, timeline.ROW), 2) == ()


def test_numbers_have_no_probabilities(mlj, months) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    said = mlj("predict fox --proba")
    assert said.code == 2 and "a regression has no probabilities" in said.err

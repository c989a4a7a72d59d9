"""`mlj predict RUN --data FILE` of a series: what comes after the last row, with its dates."""

from __future__ import annotations

import csv
import io

import msgspec
import numpy as np
import pandas as pd
import pytest

import mlcore
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


def test_the_file_it_learnt_from_is_not_needed_from_the_shell_nor_from_python(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 5 --quiet --name fox").code == 0
    write(tmp_path, months[:108])
    with_it = mlj("predict fox --data new.csv --json").lines
    (tmp_path / "months.csv").unlink()
    assert mlj("predict fox --data new.csv --json").lines == with_it
    assert "mlj predict RUN --data FILE does without" in mlj("evaluate fox").err
    values, dates = mlcore.open_run("fox").model().foretell(pd.read_csv(tmp_path / "new.csv"))
    assert [(row["date"], row["prediction"]) for row in with_it] == list(zip(dates, values.tolist(), strict=True))


def test_a_run_of_an_older_mlj_reads_its_file_and_says_so_where_that_is_gone(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 5 --quiet --name fox").code == 0
    write(tmp_path, months[:108])
    kept = mlj("predict fox --data new.csv").out
    run = mlcore.open_run("fox")
    model = run.model()
    model.preparation = msgspec.structs.replace(model.preparation, growing=None)
    model.save(run.folder / "model.safetensors")
    assert mlj("predict fox --data new.csv").out == kept
    (tmp_path / "months.csv").unlink()
    found = mlj("predict fox --data new.csv")
    assert found.code == 4 and "an older mlj kept nothing of the series" in found.err and "train it again" in found.err


def test_growths_that_are_others_now_are_seen_before_anything_is_measured(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    months[95] = "2017-12,x,900"  # the last value that is learnt: asked for, and seen by no training row
    (tmp_path / "months.csv").write_text("month,shop,sold\n" + "\n".join(months) + "\n")
    found = mlj("evaluate fox")
    assert found.code == 4 and "by the means and widths of their growths" in found.err


def test_what_did_not_learn_a_series_foretells_nothing() -> None:
    config = mlcore.Config().with_settings({"dataset": "line", "epochs": 1})
    *_, last = (event for event in mlcore.train(config) if event.kind == "epoch")
    with pytest.raises(mlcore.MljError, match="did not learn a series"):
        last.model.foretell(pd.DataFrame({"month": ["2020-01"], "sold": [1.0]}))


def test_rows_at_another_distance_without_a_name_are_refused(mlj, months, tmp_path) -> None:
    def every(days: int) -> list[str]:
        return [f"{np.datetime64('2020-01-01') + days * k},x,{50 + k % 9}" for k in range(60)]

    write(tmp_path, every(2))
    assert mlj("train new.csv --target sold --horizon 3 --epochs 1 --quiet --name fox").code == 0
    assert mlj("predict fox --data new.csv --json").lines[0]["date"] == "2020-04-30"
    write(tmp_path, every(5))
    found = mlj("predict fox --data new.csv")
    assert found.code == 3 and "rows 5 days apart, and the network learnt from rows 2 days apart" in found.err


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (slice(0, 20), "month,shop,sold", "has 20 months, and 24 are seen before what is foretold"),
        (slice(0, 120, 3), "month,shop,sold", "its rows are quarters, and the network learnt from months"),
        (slice(0, 40), "month,shop,bought", "no column 'sold'"),
        (slice(0, 40), "moon,shop,sold", "no column 'month' of dates"),
        (slice(0, 1), "month,shop,sold", "has 1 date, too few"),
    ],
)
def test_a_table_that_cannot_go_on_is_refused(mlj, months, tmp_path, rows, header, said) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    write(tmp_path, months[rows], header)
    found = mlj("predict fox --data new.csv --out answers.csv")
    assert found.code == 3 and said in found.err and not (tmp_path / "answers.csv").exists()
    assert "dataset." not in found.err  # nobody sets anything of a run that is over


def test_values_that_have_no_logarithm_are_refused_by_a_network_that_learnt_some(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    write(tmp_path, [*months[:-1], "2019-12,x,-1"])
    found = mlj("predict fox --data new.csv")
    assert found.code == 3 and "-1 is not above zero" in found.err


def test_a_value_that_is_missing_matters_where_it_is_seen(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    write(tmp_path, months)
    whole = mlj("predict fox --data new.csv").out
    write(tmp_path, ["2010-01,x,", *months[1:]])
    assert mlj("predict fox --data new.csv").out == whole
    write(tmp_path, [*months[:-1], "2019-12,x,"])
    assert "sold is missing or not finite in 1 row, the first is row 119" in mlj("predict fox --data new.csv").err


def test_values_beyond_all_numbers_are_refused_in_words(mlj, months, tmp_path) -> None:
    assert mlj("train months.csv --target sold --horizon 12 --epochs 1 --quiet --name fox").code == 0
    write(tmp_path, [*months[:-12], *(f"2019-{k:02d},x,1.79e308" for k in range(1, 13))])
    found = mlj("predict fox --data new.csv")
    assert found.code == 3 and "what comes is no number" in found.err


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


def test_a_series_behind_steps_and_written_in_its_own_way_is_foretold_in_the_same_way(mlj, months, tmp_path) -> None:
    rows = [row.split(",") for row in months]
    two = [f"{m[5:]}/{m[:4]};{shop};{v.replace('.', ',')}" for m, _, v in rows for shop in ("x", "y")]
    write(tmp_path, two, "month;shop;sold")
    said = mlj("data group new.csv --by month --value sold --set format.dates=%m/%Y --save both.toml")
    assert said.code == 0
    asked = "train both.toml --target sold_sum --horizon 12 --epochs 5 --quiet --name"
    assert mlj(f"{asked} both").code == 0
    assert mlj("train months.csv --target sold --horizon 12 --epochs 5 --quiet --name one").code == 0
    config = mlcore.open_run("both").config.dataset
    assert (config.format.dates, len(config.steps), config.path[-7:]) == ("%m/%Y", 1, "new.csv")
    both, one = (mlj(f"predict {name} --data {name}.csv --json").lines for name in linked(tmp_path))
    assert [row["date"] for row in both] == [row["date"] for row in one]
    assert [row["prediction"] for row in both] == pytest.approx([2 * row["prediction"] for row in one], rel=1e-4)
    frame = pd.DataFrame(
        {"month": pd.to_datetime([m for m, _, _ in rows] * 2), "sold": [float(v) for _, _, v in rows] * 2}
    )
    values, _ = mlcore.open_run("both").model().foretell(frame)
    assert values.tolist() == pytest.approx([row["prediction"] for row in both], rel=1e-6)


def linked(folder):
    """Both runs, each beside a table of its own name."""
    (folder / "new.csv").rename(folder / "both.csv")
    (folder / "months.csv").rename(folder / "one.csv")
    return "both", "one"


def test_steps_without_a_table_are_refused(mlj) -> None:
    said = mlj("train series --epochs 1 --set", 'dataset.steps=[{kind="sort",by=["x"]}]')
    assert said.code == 2 and "dataset.steps are of a table, and none is named" in said.err

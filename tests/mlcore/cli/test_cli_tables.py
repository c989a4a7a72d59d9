"""`mlj data …` of tables: looked at, filtered, grouped and written, from a file, a bundled table and a data set."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mlcore.tables import sales
from tests.mlcore.refusals import refused

WORDS = ("describe", "missing", "balance", "corr", "told", "head", "pca --height 12", "plot --height 12")


@pytest.fixture
def csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small table in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    lines = ["Region,Unit price,Sales,Date"]
    lines += [f"{'NSWE'[n % 4]},{n % 5},{n * 1.5},2024-0{1 + n % 9}-1{n % 10}" for n in range(40)]
    lines += [",3,,2024-01-01", "Süd,,7.5,", "=1+1,1,2,2024-02-02"]
    (tmp_path / "shop.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "shop.csv"


def test_filtering_and_sorting_as_the_readme_says(mlj, csv) -> None:
    said = mlj("data filter", csv, "Sales > 50 and Region == 'N'", "--sort", "-Sales")
    assert said.code == 0 and said.out.splitlines()[0] == "1 of 43 rows of shop.csv"
    assert said.out.splitlines()[2].split() == ["36", "N", "1", "54", "2024-01-16"]
    found = mlj("data filter", csv, "Sales > 50", "--sort", "-Sales", "--json").lines
    assert [row["Sales"] for row in found] == [58.5, 57.0, 55.5, 54.0, 52.5, 51.0]
    assert found[0] == {"Region": "E", "Unit price": 4, "Sales": 58.5, "Date": "2024-04-19"}


def test_an_empty_result_is_an_answer(mlj, csv) -> None:
    said = mlj("data filter", csv, "Sales > 1e9")
    assert said.code == 0 and said.out.endswith("no row is left\n")
    assert mlj("data filter", csv, "Sales > 1e9", "--json").out == ""


def test_the_board_of_the_bundled_sales(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = [("Lamp", 600_000), ("Desk", 550_000), ("Chair", 513_000), ("Shelf", 480_000), ("Rug", 450_000)]
    said = mlj("data head sales")
    assert "4,000 rows of sales" in said.out and "mlj data head sales is of another one" in mlj("data show sales").out
    for other in ("data head sales-rnn", "data head sales --set noise=0.1"):
        assert "24 months before" in mlj(other).out
    said = mlj("data top sales --by Product --value Sales")
    assert [tuple(line.split()[:2]) for line in said.out.splitlines()[2:]] == [(n, str(s)) for n, s in wanted]
    assert mlj("data make sales --out sales.csv").code == 0
    for source in ("sales", "sales.csv"):
        rows = mlj(f"data top {source} --by Product --value Sales --json").lines
        assert [(row["Product"], row["Sales"]) for row in rows] == wanted
    assert mlj("data make sales --out sales.csv").code == 2
    pd.testing.assert_frame_equal(
        pd.read_csv("sales.csv", parse_dates=["Date"]), sales.make(), check_dtype=False, check_freq=False
    )


def test_groups_are_drawn_and_sorted_by_their_figures(mlj, csv) -> None:
    said = mlj("data group", csv, "--by", "Region", "--agg", "sum:Sales", "--agg", "count", "--sort", "-Sales_sum")
    lines = said.out.splitlines()
    assert lines[1].split() == ["Region", "Sales_sum", "count"]
    assert [line.split()[0] for line in lines[2:]] == ["E", "W", "S", "N", "Süd", "=1+1", "-"]
    assert lines[2].endswith("#" * 30)
    json_rows = mlj("data group", csv, "--by", "Region", "--json").lines
    assert {row["Region"]: row["count"] for row in json_rows}[None] == 1


def test_steps_are_saved_read_again_and_run_as_a_program(mlj, csv, tmp_path: Path) -> None:
    words = ("--where", "Region != 'Süd'", "--impute", "median", "--sort", "-Sales,Region")
    said = mlj(
        "data filter", csv, "`Unit price` >= 1", *words, "--save", "steps.toml", "--script", "steps.py", "-o", "a.csv"
    )
    assert said.code == 0 and said.err.splitlines() == ["wrote steps.toml", "wrote steps.py", "wrote a.csv"]
    assert mlj("data head", csv, "--steps", "steps.toml", "-o", "b.csv").code == 0
    first = (tmp_path / "a.csv").read_text()
    assert first == (tmp_path / "b.csv").read_text() and "'=1+1,1" in first
    text = (tmp_path / "steps.toml").read_text()
    assert 'kind = "file"\npath = "shop.csv"' in text and text.count("[[dataset.steps]]") == 7
    subprocess.run([sys.executable, "steps.py"], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "a.csv").read_text().replace(".0", "") == first.replace("'=", "=").replace(".0", "")


def test_what_pandas_would_be_told_is_a_program_that_runs(mlj, csv) -> None:
    said = mlj("data top", csv, "--by", "Region", "--value", "Sales", "--pandas")
    assert said.code == 0 and said.out.startswith("import pandas as pd\n\n")
    done = subprocess.run([sys.executable, "-c", said.out], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split()[:4] == ["Region", "Sales", "0", "E"]


def test_every_view_is_a_program_that_runs(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mlj("data make sales --rows 2000 -o sales.csv").code == 0
    views = ["head", "describe", "missing --impute median", "balance --target Region", "corr", "pca", "told"]
    views += ["season --value Sales", "season --value Sales --period weekday", "group --by Product --agg sum:Sales"]
    programs = []
    for words in views:
        word, *rest = words.split()
        said = mlj(f"data {word} sales.csv", *rest, "--pandas", "--where", "Sales > 200")
        assert said.code == 0
        programs.append(said.out)
    done = subprocess.run([sys.executable, "-c", "\n".join(programs)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    for words in ("max", "Region", "1.0", "Product", "Lamp"):
        assert words in done.stdout


@pytest.mark.parametrize("kind", ["semicolons", "parquet", "gzip", "utf-16"])
def test_tables_of_every_format_are_shown_alike(mlj, csv, tmp_path: Path, kind: str) -> None:
    wanted = mlj("data group", csv, "--by", "Region", "--agg", "sum:Sales", "--json").out
    frame = pd.read_csv(csv, parse_dates=["Date"])
    match kind:
        case "semicolons":
            name = "table.txt"
            frame.to_csv(tmp_path / name, sep=";", decimal=",", index=False)
        case "parquet":
            pytest.importorskip("pyarrow")
            name = "table.parquet"
            frame.to_parquet(tmp_path / name)
        case "gzip":
            name = "table.csv.gz"
            frame.to_csv(tmp_path / name, index=False)
        case _:
            name = "table.csv"
            frame.to_csv(tmp_path / name, index=False, encoding="utf-16")
    assert mlj("data group", name, "--by", "Region", "--agg", "sum:Sales", "--json").out == wanted
    assert mlj("data filter", name, "Date >= '2024-09'", "--json").lines


def test_how_a_file_is_read_can_be_said_and_is_saved_with_the_steps(mlj, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x;y\n1;-\n2;b\n")
    words = ("--set", "format.delimiter=;", "--set", "format.missing=-")
    assert mlj("data missing a.csv --json", *words).lines[1]["missing"] == 1
    assert mlj("data filter a.csv", "x > 0", *words, "--save", "s.toml").code == 0
    assert '[dataset.format]\ndelimiter = ";"' in (tmp_path / "s.toml").read_text()
    said = mlj("data head a.csv --set format.delimeter=;")
    assert said.code == 2 and "did you mean 'delimiter'" in said.err


@pytest.mark.parametrize(
    ("words", "source"), [(words, "shop.csv") for words in WORDS] + [(words, "iris") for words in WORDS[:5]]
)
def test_every_view_fits_into_eighty_columns_and_into_json(mlj, csv, words: str, source: str) -> None:
    word, *rest = words.split()
    target = ["--target", "Region" if source == csv else "y"] if word in ("pca", "told") else []
    said = mlj(f"data {word}", source, *rest, *target)
    assert said.code == 0 and said.err == "" and max(map(len, said.out.splitlines())) <= 80, said.out
    if word != "plot":
        assert mlj(f"data {word}", source, "--json").lines
        assert mlj(f"data {word}", source, "--pandas", *(["-n", "2"] if word == "head" else [])).code == 0


def test_many_columns_are_left_out_and_counted(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column {n}" for n in range(300)) + "\n" + ",".join("1" * 300) + "\n")
    for words in (("head",), ("describe",), ("corr",)):
        said = mlj(f"data {words[0]}", path)
        assert max(map(len, said.out.splitlines())) <= 80
        assert "columns more: " in said.out or "… 260 more" in said.out


def test_what_is_missing_can_be_filled_and_written(mlj, csv, tmp_path: Path) -> None:
    said = mlj("data missing", csv, "--impute", "median")
    row = next(line for line in said.out.splitlines() if line.startswith("Sales"))
    assert row.split()[:4] == ["Sales", "1", "0.02326", "27.75"] and "0 values missing" in said.out
    assert mlj("data missing", csv, "--impute", "drop", "-o", "whole.csv").code == 0
    assert len(pd.read_csv(tmp_path / "whole.csv")) == 41
    assert mlj("data missing", csv, "--json").lines[2] == {"column": "Sales", "missing": 1, "share": 1 / 43}


def test_what_is_infinite_huge_or_missing_everywhere_is_no_bug(mlj, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("v,g,n\ninf,a,\n1,b,\n-inf,a,\n1e308,b,\n1e308,b,\n2,,\n")
    for words in ("head", "describe", "missing --impute mean", "missing --impute drop", "balance --target g", "plot v"):
        word, *rest = words.split()
        assert mlj(f"data {word}", path, *rest).code == 0
    for words in ("told --target g", "corr", "pca", "season", "group --by g --agg sum:v", "sort --by -v", "plot v n"):
        word, *rest = words.split()
        said = mlj(f"data {word}", path, *rest)
        assert said.code in (0, 2, 3) and ("hint" in said.err or not said.err)


def test_seasons_are_found_and_their_absence_is_said(mlj, tmp_path: Path) -> None:
    for rest in ("", "--date Date --value Sales --period month"):
        assert "seasonal: Dec is the peak" in " ".join(mlj(f"data season sales {rest}").out.split())
    flat = tmp_path / "flat.csv"
    months = pd.date_range("2015-01-01", periods=96, freq="MS").strftime("%Y-%m-%d")
    flat.write_text("day,v\n" + "\n".join(f"{month},{100 + 7 * n % 11}" for n, month in enumerate(months)) + "\n")
    assert "no seasonality" in mlj("data season", flat).out
    assert [row["month"] for row in mlj("data season", flat, "--json").lines][:2] == ["Jan", "Feb"]


def test_a_season_may_be_of_years_and_months(mlj, tmp_path: Path) -> None:
    path = tmp_path / "flights.csv"
    rows = [f"{1949 + n // 12},{1 + n % 12},{100 + n % 12}" for n in range(48)]
    path.write_text("\n".join(("Year,Month,sold", *rows)) + "\n", encoding="utf-8")
    for rest in ((), ("--date", "Year+Month", "--value", "sold")):
        assert "seasonal: Dec is the peak" in " ".join(mlj("data season", path, *rest).out.split())
    assert "no years and months" in mlj("data season", path, "--date", "sold+Month").err
    assert "says no day" in mlj("data season", path, "--period", "weekday").err


def test_years_alone_have_no_season(mlj, tmp_path: Path) -> None:
    path = tmp_path / "yearly.csv"
    for name, date in (("Jahr", ()), ("year", ("--date", "year"))):
        path.write_text(f"{name},sold\n" + "".join(f"{1990 + n},{100 + n * 7 % 5}\n" for n in range(30)))
        said = mlj("data season", path, *date)
        refused(said, 2, f"{name} holds years alone, and a season lies within a year", "mlj train FILE --horizon N")
    path.write_text("size,sold\n" + "".join(f"{1990 + n * n},{n}\n" for n in range(30)))
    refused(mlj("data season", path), 2, "no column holds dates")


def test_ceilings_and_splits_are_told(mlj, csv) -> None:
    assert "97." in mlj("data ceiling moons").out and "nobody knows" in mlj("data ceiling iris").out
    assert "nobody knows" in mlj("data ceiling", csv).out
    assert mlj("data ceiling moons --json").lines[0]["dataset"] == "moons"
    parts = mlj("data split iris --json").lines
    assert [(row["part"], row["rows"]) for row in parts] == [("train", 105), ("validation", 15), ("test", 30)]
    assert all(row["setosa"] == pytest.approx(1 / 3) for row in parts)
    assert "mean" in mlj("data split diabetes").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["filter", "shop.csv", "Sale > 3"], 3, "did you mean 'Sales'?"),
        (["filter", "shop.csv", "Sales = 3"], 2, "write == to compare"),
        (["filter", "shop.csv", "open('x')"], 2, "only missing(COLUMN)"),
        (["filter", "none.csv", "Sales > 3"], 6, "none.csv"),
        (["filter", "irs", "y == 1"], 2, "did you mean 'iris'?"),
        (["sort", "shop.csv", "--by", "-Sals"], 3, "did you mean 'Sales'?"),
        (["sort", "shop.csv"], 2, "--by"),
        (["group", "shop.csv", "--by", "Region", "--agg", "sum:Region"], 3, "holds texts, expected numbers"),
        (["group", "shop.csv", "--by", "Region", "--agg", "total:Sales"], 2, "got 'total:Sales'"),
        (["top", "shop.csv", "--by", "Region,Date", "--value", "Sales"], 2, "expected one column, got 2"),
        (["top", "shop.csv", "--by", "Region", "--value", "Date"], 3, "Date"),
        (["season", "shop.csv"], 2, "--value"),
        (["season", "shop.csv", "--date", "Region", "--value", "Sales"], 3, "holds texts, expected dates"),
        (["balance", "shop.csv", "--target", "x"], 3, "no column 'x'"),
        (["head", "shop.csv", "--steps", "none.toml"], 6, "none.toml"),
        (["head", "shop.csv", "--steps", "shop.csv"], 2, "no TOML"),
        (["filter", "shop.csv", "Sales > 1", "-o", "shop.csv"], 2, "is the table that is read"),
        (["filter", "shop.csv", "Sales > 1", "-o", "no/such/folder.csv"], 6, "folder.csv"),
        (["plot", "shop.csv", "Region", "Sales"], 2, "points are of numbers"),
        (["describe", "sales", "--set", "noise=1"], 2, "no settings"),
        (["make", "sales", "--rows", "10"], 2, "2,000 to 10,000"),
        (["make", "moons"], 2, "sales"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(mlj, csv, words, code: int, said: str) -> None:
    found = mlj("data", *words)
    assert found.code == code and said in found.err and "Traceback" not in found.err and found.out == ""


def test_texts_from_a_table_cannot_speak_to_the_terminal(mlj, tmp_path: Path) -> None:
    path = tmp_path / "evil.csv"
    path.write_text('"a\x1b[2J",\u202eb,v\n' + "\n".join(f"\x1b]52;c;{n}\x07,x{n % 2},{n}" for n in range(8)) + "\n")
    for words in ("describe", "missing", "balance", "corr", "told", "head", "plot v"):
        word, *rest = words.split()
        said = mlj(f"data {word}", path, *rest)
        assert said.code in (0, 3) and "\u202e" not in said.out + said.err
    assert "\\x1b" in mlj("data group", path, "--by", "a\x1b[2J").out
    assert json.loads(mlj("data head", path, "--json", "-n", "1").out)["v"] == 0


def test_the_options_of_tables_are_completed(mlj) -> None:
    assert "describe" in mlj("completion words data de").out
    assert "--impute" in mlj("completion words data missing x.csv --im").out
    assert "weekday" in mlj("completion words data season x.csv --period w").out

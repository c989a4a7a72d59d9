"""`mlj train FILE.csv`: the recipe of tables, the target by its name or the last column, series by their horizon."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import open_run
from mlcore.config import load_recipe
from mlcore.datasets.own import Own


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of two columns of numbers, one of texts, and what follows from them."""
    monkeypatch.chdir(tmp_path)
    random = np.random.RandomState(0)
    rows = [
        f"{a:.3f},{b:.3f},{'xy'[int(a > 0)]},{'no' if a + b < 0 else 'yes'}" for a, b in random.normal(size=(90, 2))
    ]
    (tmp_path / "own.csv").write_text("a,Size,kind,Answer\n" + "\n".join(rows) + "\n")
    months = [f"{2001 + k // 12},{k % 12 + 1},{100 + k + 20 * np.sin(k * np.pi / 6):.2f}" for k in range(96)]
    (tmp_path / "sold.csv").write_text("year,month,sold\n" + "\n".join(months) + "\n")
    return tmp_path


def test_a_table_begins_with_the_recipe_of_tables_and_what_is_said_changes_it(mlj, table):
    said = mlj("train own.csv --target Answer --epochs 3 --name fox --no-progress")
    assert said.code == 0, said.err
    config, recipe = open_run("fox").config, load_recipe("table")
    assert config.layers == recipe.layers and config.optimizer == recipe.optimizer and config.epochs == 3
    assert config.dataset.target == "Answer" and config.dataset.path == str(table / "own.csv")
    for words in ("beside it", "commonest class", "logistic regression", "gradient boosting", "in short"):
        assert words in said.out, words
    assert mlj("train own.csv --target Answer --set", "layers=3 tanh", "--epochs", 2, "--name", "owl").code == 0
    assert open_run("owl").model().network.summary() == "4-3-1"


def test_without_a_target_the_last_column_is_it_and_that_is_said(mlj, table):
    said = mlj("train own.csv --epochs 2 --name fox")
    assert "the target is Answer, the last of 4 columns; --target COLUMN names another" in said.err
    assert open_run("fox").config.dataset.target == "Answer"
    quiet = mlj("train own.csv --epochs 2 -q --no-record")
    assert not quiet.out and "the target" not in quiet.err


def test_numbers_are_asked_for_by_the_task(mlj, table):
    said = mlj("train own.csv --target Size --task numbers --epochs 2 --no-record --no-progress")
    assert said.code == 0 and "mean R²" in said.out and "ridge regression R²" in said.out


@pytest.mark.parametrize(
    ("words", "code", "sentence", "hint"),
    [
        ("own.csv --target answer", 3, "no column 'answer' in the table", "did you mean 'Answer'?"),
        ("own.csv --target qqq", 3, "no column 'qqq'", "there are: a, Size, kind, Answer"),
        ("own.csv --keep nothing", 3, "no column 'nothing'", "there are"),
        ("none.csv --target a", 6, "none.csv", ""),
        ("moons --target a", 2, "--target is about a table, and this is none", "mlj train FILE.csv"),
        ("moons --horizon 3", 2, "--horizon is about a series", "mlj train FILE.csv --horizon 12"),
        ("sold.csv --horizon 3 --task classes", 2, "--task is about a table, and this is a series", "leave it out"),
        ("sold.csv --horizon 3 --target month", 3, "holds dates", "columns of numbers: sold"),
        ("own.csv --horizon 3", 3, "no column of dates", "dataset.date"),
        ("sold.csv --horizon 3 --folds 4", 2, "the past would be foretold from the future", "leave folds out"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_the_way_out(mlj, table, words, code, sentence, hint):
    if "--keep" in words and "keep" not in Own.__struct_fields__:
        pytest.skip("no column is kept out yet")
    said = mlj(f"train {words}")
    assert said.code == code and sentence in said.err and hint in said.err, said.err
    assert "Traceback" not in said.err


def test_json_says_the_baselines_when_it_has_started_and_before_it_ends(mlj, table):
    events = mlj("train own.csv --target Answer --epochs 2 --no-record --json").lines
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["started", "baselines"] and kinds[-2:] == ["baselines", "ended"]
    first, last = (event for event in events if event["event"] == "baselines")
    assert (first["split"], last["split"]) == ("validation", "test") and last["sentence"]
    assert set(first["scores"]) == {"commonest_class", "logistic_regression", "gradient_boosting"}
    assert last["network"] == pytest.approx(events[-1]["test_accuracy"])


def test_a_series_is_foretold_in_its_own_unit_beside_what_is_said_without_learning(mlj, table):
    said = mlj("train sold.csv --horizon 6 --name fox --no-progress")
    assert said.code == 0, said.err
    for words in ("the target is sold", "test error", "'as a year ago'", "2 horizons of 6", "in short"):
        assert words in said.out + said.err, words
    *_, before, ended = mlj("train sold.csv --horizon 6 --json --no-record").lines
    assert before["network"]["mape"] == pytest.approx(ended["test_mape"], abs=1e-6)
    assert before["network"]["mae"] == pytest.approx(ended["test_mae"], rel=1e-4)
    values = np.array([float(line.rpartition(",")[2]) for line in (table / "sold.csv").read_text().split()[1:]])
    naive = np.abs(values[-12:] - np.r_[values[-24:-18], values[-18:-12]]) / values[-12:]
    assert before["errors"]["as_a_year_ago"]["mape"] == pytest.approx(naive.mean())
    rows = mlj("predict fox --json").lines
    assert np.ravel([row["label"] for row in rows]) == pytest.approx(values[-12:], rel=1e-5)
    guess = np.ravel([row["prediction"] for row in rows])
    assert np.mean(np.abs(guess - values[-12:]) / values[-12:]) == pytest.approx(ended["test_mape"], rel=1e-3)
    drawn = mlj("plot fox --what forecast --ascii --width 70 --height 12")
    assert drawn.code == 0 and "12 test rows in their order" in drawn.out
    assert "mape" in mlj("evaluate fox").out


@pytest.mark.parametrize("name", ["own.csv.gz", "own.TSV.gz", "own.txt", "own.tab.gz", "own.parquet", "own.pq"])
def test_packed_tables_and_parquet_train_and_predict_as_the_text_does(mlj, table, name):
    import pandas as pd

    frame = pd.read_csv("own.csv")
    if name.endswith((".parquet", ".pq")):
        pytest.importorskip("pyarrow")
        frame.to_parquet(name)
    else:
        frame.to_csv(name, sep="," if "csv" in name else "\t", index=False)
    assert mlj("train own.csv --target Answer --epochs 3 --name fox --no-progress").code == 0
    said = mlj(f"train {name} --target Answer --epochs 3 --name owl --no-progress")
    assert said.code == 0, said.err
    assert np.array_equal(open_run("fox").model().vector, open_run("owl").model().vector)
    assert mlj(f"predict owl --data {name}").out == mlj("predict fox --data own.csv").out
    assert mlj(f"data describe {name}").out == mlj("data describe own.csv").out


def test_a_file_that_is_neither_table_nor_experiment_says_how_tables_are_called(mlj, table):
    (table / "own.dat").write_text("a,b\n1,2\n")
    said = mlj("train own.dat")
    assert said.code == 2 and "CONFIG_SYNTAX" in said.err and "a table is known by its name: .csv" in said.err


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (b"\x1f\x8b\x08rubbish", "DATA_TRUNCATED"),
        (b"\x80\x04\x95rubbish", "DATA_UNSAFE"),
        (b"PAR1rubbish", "DATA_FORMAT"),
    ],
)
def test_what_is_no_text_is_told_by_its_bytes_whatever_it_is_called(mlj, table, start, code):
    (table / "own.bin").write_bytes(start)
    said = mlj("train own.bin")
    assert said.code == 3 and f"error[{code}]" in said.err


def test_of_a_file_only_what_is_set_is_shown_of_its_thirty_parameters(mlj, table):
    said = mlj("data show own.csv --set scale=none --set format.delimiter=,").out
    shown = said[said.index("parameters, for --set") :]
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["scale", "path", "format.delimiter"]
    assert "more are as usual; --json tells all" in shown
    assert mlj("data show own.csv --json").lines[0]["parameters"]["format"]["dates"] == "auto"

"""What hostile tables do to the verbs of tables, and that the program of pandas gives the same numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlcore.tables.views import components
from mlcore.tables.views.histogram import histogram


def test_the_program_adds_up_what_the_verb_adds_up(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "Shop ,Sales\nNorth ,100000000000000000000\nNorth,2\nSouth,NA \n South ,3\n"
    (tmp_path / "wide.csv").write_text(text, encoding="utf-8")
    words = ("data top wide.csv --by Shop --value Sales -o verb.csv --script program.py",)
    assert mlj(*words).code == 0
    verb = (tmp_path / "verb.csv").read_text()
    assert verb == "Shop,Sales\nNorth,1e+20\nSouth,3.0\n"
    subprocess.run([sys.executable, "program.py"], check=True, capture_output=True, timeout=60)
    assert (tmp_path / "verb.csv").read_text() == verb


def test_the_line_of_a_spread_counts_the_same_rows() -> None:
    frame = pd.DataFrame({"a": [0, 1, 1, 2, 3, 4, 4, 5, 5, 5, 10]})
    view = histogram(frame, "a", 5)
    found = eval(view.code, {"pd": pd, "df": frame})
    assert [row[2] for row in view.rows] == found.tolist() == [3, 2, 5, 0, 1]


def test_components_are_those_of_scikit_learn_where_rows_are_left_out() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(30_000, 3)), columns=list("abc"))
    frame.loc[7, "a"] = np.inf
    view = components.pca(frame).variances
    names: dict[str, Any] = {"df": frame, "np": np}
    exec(view.code.rpartition("\n")[0], names)
    assert len(names["x"]) == 15_000
    assert [row[2] for row in view.rows] == pytest.approx(names["pca"].explained_variance_ratio_.tolist(), abs=1e-12)


def test_json_leaves_no_value_out_and_names_each_column_once(mlj, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("share,column\n" + "\n".join(f"{n},{n % 7}" for n in range(90)) + "\n")
    found = mlj("data balance", path, "--target", "share", "--json").lines
    assert [row["share"] for row in found] == list(range(90)) and found[0]["part"] == pytest.approx(1 / 90)
    assert "… 50 more" in mlj("data balance", path, "--target", "share").out
    assert [row["column_"] for row in mlj("data corr", path, "--json").lines] == ["share", "column"]


@pytest.mark.parametrize("verb", ["plot", "season --date d --value", "split --set target=g", "corr", "describe"])
def test_numbers_without_end_bring_no_warning_of_a_library(tmp_path: Path, verb: str) -> None:
    rows = [f"2020-0{1 + n % 9}-1{n % 7},{(1e308, -1e308, 1e300, 'inf')[n % 4]},{'xy'[n % 2]}" for n in range(300)]
    (tmp_path / "t.csv").write_text("d,v,g\n" + "\n".join(rows) + "\n")
    word, *rest = verb.split()
    column = ["v"] if word in ("plot", "season") else []
    words = [sys.executable, "-m", "mlcore", "data", word, "t.csv", *rest, *column]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode in (0, 3) and "Warning" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("train sales --target Sales", 2, "mlj data make sales -o sales.csv writes it"),
        ("train one.csv", 3, "the target is b, the only column"),
        ("train two.csv --keep zz", 3, "error[DATA_SCHEMA]: --keep: no column 'zz' in the table"),
        ("data head two.csv --set format.delimiter=comma", 2, "error[CONFIG_VALUE]: format.delimiter: expected one of"),
        (f"data filter two.csv {'a>1or' * 3000}", 2, "filter: 15,000 characters, more than the 2,000 allowed"),
        ("data pca texts.csv", 3, "pca: there is no column of numbers"),
        (
            "data head ragged.csv",
            3,
            "expected 1 field, found 2\n  hint: every line has as many fields as the first; a title",
        ),
        ("data top two.csv --by a --value a", 2, "error[CONFIG_VALUE]: top.value: 'a' cannot be both"),
        ("train steps.toml", 2, 'write kind = "file" and path = "FILE.csv" under [dataset]'),
    ],
)
def test_what_cannot_be_is_said_of_the_option_that_asked(mlj, tmp_path: Path, monkeypatch, words, code, said) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text("b\n1\n2\n3\n")
    (tmp_path / "two.csv").write_text("a,b\n1,2\n2,3\n")
    (tmp_path / "texts.csv").write_text("a,b\nx,y\nz,w\n")
    (tmp_path / "ragged.csv").write_text("a\n1\n2,3\n")
    assert mlj("data head sales --where", "Sales > 0", "--save", "steps.toml").code == 0
    found = mlj(words)
    assert found.code == code and said in found.err


def test_a_table_to_answer_is_not_written_over(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n},{n % 5},{'no' if n % 2 else 'yes'}\n" for n in range(40))
    (tmp_path / "t.csv").write_text("A,b,c\n" + rows)
    assert mlj("train t.csv --target c --epochs 1 --quiet --name fox").code == 0
    (tmp_path / "again.csv").symlink_to("t.csv")
    for out in ("t.csv", "./t.csv", "again.csv"):
        said = mlj("predict fox --data t.csv --out", out)
        assert said.code == 2 and f"--out: {out} is the table that is read" in said.err
    assert (tmp_path / "t.csv").read_text() == "A,b,c\n" + rows
    assert mlj("predict fox --data t.csv --out answers.csv").code == 0
    (tmp_path / "lower.csv").write_text("a,b,c\n1,2,yes\n")
    said = mlj("predict fox --data lower.csv")
    assert said.code == 3 and "no column called A" in said.err and "rename a to A" in said.err


@pytest.mark.parametrize(
    ("impute", "said"),
    [
        ("mean", "a (10, the mean), b (10, the most frequent)"),
        ("median", "a (10, the median), b (10, the most frequent)"),
        ("constant", "a (10, 0), b (10, 0.0)"),
        ("zero", "a (10, 0), b (10, a category of its own)"),
        ("indicator", "a (10, the mean, and a mark), b (10, a category of its own)"),
        ("auto", "a (10, the median), b (10, a category of its own)"),
    ],
)
def test_what_stands_for_missing_values_is_said_as_it_is(mlj, tmp_path: Path, monkeypatch, impute, said) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.RandomState(0)
    rows = [
        f"{'' if n % 10 == 3 else n},{'' if n % 10 == 4 else 'uvw'[n % 3]},{'xy'[n % 2]},{random.normal():.3f},{n % 2}"
        for n in range(100)
    ]
    (tmp_path / "t.csv").write_text("a,b,whole,r,c\n" + "\n".join(rows) + "\n")
    words = ("train t.csv --target c --epochs 1 --no-record --keep whole --set", f"dataset.impute={impute}")
    found = mlj(*words)
    assert found.code == 0 and said in found.err, found.err
    assert "whole=0" not in found.err, "a category was made of a column in which nothing is missing"

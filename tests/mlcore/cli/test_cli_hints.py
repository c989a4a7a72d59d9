"""Hints about how a table is written, followed to the letter, lead to the answer of the table as it should be."""

from __future__ import annotations

import re
import shlex

import numpy as np
import pandas as pd
import pytest

from mlcore.cli import main
from mlcore.tables import spelling
from tests.mlcore.refusals import refused


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run that learnt from a number, a text and a date, and its home."""
    home = tmp_path_factory.mktemp("learnt")
    random = np.random.RandomState(3)
    rows = [
        f"{x:.3f},{'uvw'[n % 3]},2024-{1 + n % 12:02}-{1 + n % 28:02},{'yes' if x > 0 else 'no'}"
        for n, x in enumerate(random.normal(scale=2000, size=200))
    ]
    (home / "own.csv").write_text("x,kind,when,answer\n" + "\n".join(rows) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLJ_HOME", str(home / "home"))
        words = "--target answer --keep x --epochs 3 --name fox -q"
        assert main(["train", str(home / "own.csv"), *words.split()]) == 0
    return home


@pytest.fixture
def asked(learnt, mlj, monkeypatch, tmp_path):
    """Predict from a table written so: what was said."""
    monkeypatch.setenv("MLJ_HOME", str(learnt / "home"))

    def ask(text, *words):
        path = tmp_path / "new.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return mlj("predict fox --proba --data", path, *words)

    return ask


PLAIN = "x,kind,when\n1234.5,u,2024-04-03\n-7,v,2024-04-04\n"
WAYS = {
    "decimal comma": 'x,kind,when\n"1234,5",u,2024-04-03\n-7,v,2024-04-04\n',
    "thousands": 'x,kind,when\n"1,234.5",u,2024-04-03\n-7,v,2024-04-04\n',
    "thousands and a comma": "x;kind;when\n1.234,5;u;2024-04-03\n-7;v;2024-04-04\n",
    "blanks": "x;kind;when\n1 234.5;u;2024-04-03\n-7;v;2024-04-04\n",
    "blanks and a comma": "x;kind;when\n1 234,5;u;2024-04-03\n-7;v;2024-04-04\n",
    "no-break blanks": "x;kind;when\n1\u00a0234,5;u;2024-04-03\n-7;v;2024-04-04\n",
    "narrow no-break blanks": "x;kind;when\n1\u202f234.5;u;2024-04-03\n-7;v;2024-04-04\n",
    "apostrophes": "x;kind;when\n1'234.5;u;2024-04-03\n-7;v;2024-04-04\n",
    "day or month": "x,kind,when\n1234.5,u,03/04/2024\n-7,v,04/04/2024\n",
    "a short year": "x,kind,when\n1234.5,u,03/04/24\n-7,v,04/04/24\n",
    "another encoding": "x,kind,when\n1234.5,u,2024-04-03\n-7,\xe9,2024-04-04\n".encode("latin-1"),
    "wide": PLAIN.encode("utf-16-le"),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_first_option_of_a_hint_makes_the_answer_right(asked, way: str) -> None:
    said = asked(WAYS[way])
    refused(said, 3, "--set")
    assert "dataset.kinds" not in said.err
    option = re.search(r"(--set [^;(]+?)(; or|\s*\(|$)", said.err.split("hint: ")[1].strip())
    assert option, said.err
    found = asked(WAYS[way], *shlex.split(option[1]))
    assert found.code == 0, found.err
    if way != "another encoding":
        assert found.out == asked(PLAIN).out


def test_a_word_for_what_is_missing_can_be_said(asked) -> None:
    said = asked("x,kind,when\n-,u,2024-04-03\n-7,v,2024-04-04\n")
    refused(said, 3, "x is '-' in row 0", """--set 'dataset.format.missing=["-"]'""")
    assert asked("x,kind,when\n-,u,2024-04-03\n-7,v,2024-04-04\n", "--set", 'dataset.format.missing=["-"]').code == 0
    said = asked("x,kind,when\n1,u,soon\n-7,v,2024-04-04\n")
    refused(
        said,
        3,
        "when is 'soon' in row 0",
        """where it means that nothing is known: --set 'dataset.format.missing=["soon"]'""",
    )
    refused(
        asked("x,kind,when\nred,u,2024-04-03\nblue,v,2024-04-04\n"), 3, "correct it: the network has learnt numbers"
    )


def test_of_what_is_no_text_nothing_is_said_about_how_it_is_written(learnt, mlj, monkeypatch, tmp_path) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setenv("MLJ_HOME", str(learnt / "home"))
    path = tmp_path / "new.parquet"
    pd.DataFrame({"x": ["1,5"], "kind": ["u"], "when": ["2024-01-01"]}).to_parquet(path)
    refused(
        mlj("predict fox --data", path), 3, "x is '1,5' in row 0", "correct it: the network has learnt numbers there"
    )


@pytest.mark.parametrize("text", ["5 kg", "50%", "$5", "1,2,3", "12,34.5", "1.2.3"])
def test_what_is_no_number_at_all_has_to_be_corrected(asked, text: str) -> None:
    said = asked(f'x,kind,when\n"{text}",u,2024-04-03\n')
    refused(said, 3, "correct it: the network has learnt numbers there")


def test_no_option_is_named_under_which_other_rows_would_be_wrong(asked) -> None:
    said = asked("x;kind;when\n1234,5;u;2024-04-03\n-7.0;v;2024-04-04\n")
    refused(said, 3, "x is '1234,5' in row 0", "correct it: the network has learnt numbers there")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("4.3.2024", "2024-03-04"),
        ("13/03/2024", "2024-03-13"),
        ("03/13/2024", "2024-03-13"),
        ('"Mar 4, 2024"', "2024-03-04"),
    ],
)
def test_dates_that_tell_their_day_are_read_so_in_any_mixture(asked, text: str, date: str) -> None:
    found = asked(f"x,kind,when\n-7,v,{text}\n-7,v,2024-05-06\n")
    assert found.code == 0 and found.out == asked(f"x,kind,when\n-7,v,{date}\n-7,v,2024-05-06\n").out


def test_a_delimiter_that_was_said_wrong_is_named(asked) -> None:
    text = PLAIN.replace(",", ";")
    said = asked(text, "--set", "format.delimiter=,")
    refused(said, 3, "no column called x, kind, when", "--set dataset.format.delimiter=auto")
    assert asked(text, "--set", "format.delimiter=,", "--set", "dataset.format.delimiter=auto").out == asked(PLAIN).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("predict fox --set format.decimal=,", 2, "--set is of a file of rows"),
        ("predict fox --data own.csv --set decimals=,", 2, "did you mean 'decimal'?"),
        ("predict fox --data own.csv --set format.decimal=x", 2, "format.decimal: expected one of"),
        ("predict fox --data own.csv --set decimal", 2, "expected NAME=VALUE"),
        ("predict fox --data own.csv --encoding klingon", 2, "no encoding is called 'klingon'"),
    ],
)
def test_what_is_said_of_a_file_has_to_be_a_setting(learnt, mlj, monkeypatch, words, code, said) -> None:
    monkeypatch.setenv("MLJ_HOME", str(learnt / "home"))
    monkeypatch.chdir(learnt)
    refused(mlj(words), code, said)


def test_a_form_of_dates_that_a_model_does_not_read_asks_for_no_column(mlj, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n},2024-01-{1 + n % 28:02},20{n % 10}0,{'xy'[n % 2]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("x,when,made,c\n" + rows)
    said = mlj(
        "train t.csv --target c --epochs 1 -q --name owl --set",
        *("dataset.format.dates=when=%Y-%m-%d; made=%Y", "--set", 'dataset.columns=["-made"]'),
    )
    assert said.code == 0, said.err
    (tmp_path / "new.csv").write_text("x,when\n1,2024-01-01\n")
    assert mlj("predict owl --data new.csv").code == 0
    (tmp_path / "new.csv").write_text("x,when\n1,1.2.2024\n")
    said = mlj("predict owl --data new.csv")
    refused(said, 3, "expected a date as %Y-%m-%d", "--set 'dataset.format.dates=%d.%m.%Y'")
    assert mlj("predict owl --data new.csv --set dataset.format.dates=%d.%m.%Y").code == 0


def test_a_name_of_any_kind_comes_back_as_the_shell_takes_it() -> None:
    name = 'it\'s "x" ' * 20
    assert shlex.split(spelling.option("dataset.keep", name)) == ["--set", f"dataset.keep={name}"]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f"])
def test_numbers_in_a_spelling_nobody_said_are_taken_for_no_texts_in_silence(mlj, tmp_path, blank) -> None:
    written = [f"{1000 + 37 * n:,}".replace(",", blank) + f",{n % 10}0" for n in range(60)]
    (tmp_path / "t.csv").write_text("price;c;d\n" + "".join(f"{x};{x};{'uv'[n % 2]}\n" for n, x in enumerate(written)))
    way = ["--set", "dataset.format.thousands=space", "--set", "dataset.format.decimal=,"]
    words = ["train", tmp_path / "t.csv", *"--epochs 1 --no-record -q --target".split()]
    refused(mlj(*words, "d"), 3, "price is '1", shlex.join(way), """--set 'dataset.kinds={"price" = "category"}'""")
    refused(mlj(*words, "c"), 3, "c is '1", shlex.join(way), "--set dataset.task=classes")
    refused(mlj(*words, "c", "--set", "dataset.task=numbers"), 3, "c is '1", shlex.join(way))
    assert mlj(*words, "d", *way).code == mlj(*words, "c", *way, "--set", "dataset.task=numbers").code == 0
    said = mlj(*words, "d", "--set", 'dataset.kinds={"price"="category", "c"="category"}')
    assert said.code == 0, said.err


SIGNED = ["{:.1f}%", '"${:,.2f}"', '"{:,.2f} €"', "({:.1f})", "\u2212{:.1f}"]


@pytest.mark.parametrize("form", SIGNED)
def test_numbers_with_a_sign_beside_them_are_taken_for_no_texts_in_silence(mlj, tmp_path, form) -> None:
    written = [form.format(1000.5 + 37 * n) for n in range(60)]
    (tmp_path / "t.csv").write_text("p,q,c\n" + "".join(f"{x},{x},{'uv'[n % 2]}\n" for n, x in enumerate(written)))
    words = ["train", tmp_path / "t.csv", *"--epochs 1 --no-record -q --target".split()]
    refused(mlj(*words, "c"), 3, "p is '", "beside it", """--set 'dataset.kinds={"p" = "category"}'""")
    refused(mlj(*words, "q"), 3, "q is '", "take the signs away", "--set dataset.task=classes")
    said = mlj(*words, "c", "--set", 'dataset.kinds={"p" = "category", "q" = "category"}')
    assert said.code == 0, said.err
    (tmp_path / "s.csv").write_text(
        "d,v\n" + "".join(f"{2000 + n // 12}-{1 + n % 12:02}-01,{x}\n" for n, x in enumerate(written))
    )
    refused(mlj("train", tmp_path / "s.csv", "--horizon", 3), 3, "beside the numbers of v away in the file")


def test_few_numbers_with_a_sign_may_be_classes(mlj, tmp_path) -> None:
    rows = "".join(f"{n % 4}%,{'uv'[n % 2]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("p,c\n" + rows)
    assert mlj("train", tmp_path / "t.csv", "--epochs", 1, "--no-record", "-q").code == 0


def test_texts_that_differ_in_capitals_alone_are_told(mlj, tmp_path) -> None:
    rows = "".join(f"{['yes', 'Yes', 'no'][n % 3]},{['true', 'True'][n % 2]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("p,c\n" + rows)
    said = mlj("train", tmp_path / "t.csv", "--epochs", 1, "--no-record", "-q")
    assert said.code == 0
    for words in ("p is 'yes' and 'Yes'", "c is 'true' and 'True'"):
        assert f"warning[DATA_CAPITALS]: {words}, which differ in capitals alone" in said.err


def test_a_series_asks_how_its_numbers_and_dates_are_written(mlj, tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("d;v\n" + "".join(f"01/{1 + n % 12:02}/{2000 + n // 12};1\u202f{100 + n},5\n" for n in range(120)))
    words = ["train", path, *"--horizon 3 --epochs 1 --no-record -q".split()]
    refused(mlj(*words), 3, "d is '01/01/2000' in row 0, whose day and month cannot be told", "=%d/%m/%Y; or")
    words += ["--set", "dataset.format.dates=%d/%m/%Y"]
    way = ["--set", "dataset.format.thousands=space", "--set", "dataset.format.decimal=,"]
    refused(mlj(*words), 3, "no column of numbers", f"how the numbers of v are written: {shlex.join(way)}")
    assert mlj(*words, *way).code == 0

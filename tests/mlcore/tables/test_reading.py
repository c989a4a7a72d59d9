"""Tables from text files: what is found out, what can be said instead, and that pandas reads what csv reads."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlcore.errors import ConfigError, DataError
from mlcore.tables import reading
from mlcore.tables.cells import MISSING, number
from mlcore.tables.format import Format
from mlcore.tables.table import Table

DE = "Datum;Umsatz;Ort;ok\n3.4.2025;1,5;N;true\n14.4.2025;;Köln, West;false\n"


def read(tmp_path: Path, text: str | bytes, texts=(), **format) -> Table:
    path = tmp_path / "mine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return reading.read(path, Format(**format), texts)


def values(table: Table) -> dict[str, list]:
    return {name: table.column(name).tolist() for name in table.names}


def run(table: Table, path: Path) -> pd.DataFrame:
    """What the lines of pandas that a table carries make of the file."""
    known = {"pd": pd}
    exec(table.code.replace(repr(path.name), repr(str(path))), known)
    return known["df"]


# ---- what is found out ----


def test_semicolons_decimal_commas_and_dates_are_found_out_and_told(tmp_path: Path) -> None:
    table = read(tmp_path, DE)
    assert table.notes == ("semicolons, decimal comma, UTF-8", "dates in Datum, as day.month.year")
    assert table.column("Umsatz").tolist()[0] == 1.5 and math.isnan(table.column("Umsatz")[1])
    assert table.column("Datum").tolist() == np.array(["2025-04-03", "2025-04-14"], "datetime64[us]").tolist()
    assert table.column("Ort").tolist() == ["N", "Köln, West"] and table.column("ok").tolist() == ["true", "false"]


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("a,b\n1,2\n", ("a", "b"), [1, 2]),
        ("a\tb c\n1\t\n", ("a", "b c"), [1, None]),
        ("a|b\n1|x,y\n", ("a", "b"), [1, "x,y"]),
        ("1,5;2,5\n3,5;4,5\n", ("column_0", "column_1"), [1.5, 2.5]),
        ('"a;b",c\n"1;2",3\n', ("a;b", "c"), ["1;2", 3]),
        ("a\nx\n", ("a",), ["x"]),
        ("\ufeffa,b\n1,2\n", ("a", "b"), [1, 2]),
        ("a,b\r1,2\r x,3\r", ("a", "b"), ["1", 2]),
        ("a, b \n 1 , x y \n", ("a", "b"), [1, "x y"]),
        ("a,b\n\n  \n1,2\n\n", ("a", "b"), [1, 2]),
        ('a,b\n"1","say ""x"", or\ny"\n', ("a", "b"), [1, 'say "x", or\ny']),
    ],
)
def test_delimiters_and_names_are_found(tmp_path: Path, text: str, names: tuple[str, ...], first: list) -> None:
    table = read(tmp_path, text)
    assert table.names == names and table.named == (names[0][:7] != "column_")
    found = [column[0] for column in values(table).values()]
    assert [None if isinstance(each, float) and math.isnan(each) else each for each in found] == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"])
def test_encodings_are_told_by_their_mark_or_named(tmp_path: Path, encoding: str) -> None:
    said = {} if encoding.startswith("utf") else {"encoding": encoding}
    table = read(tmp_path, DE.encode(encoding), **said)
    assert table.column("Ort")[1] == "Köln, West"
    if said:
        with pytest.raises(DataError, match=r"mine.csv:3 is not UTF-8 at byte") as caught:
            read(tmp_path, DE.encode(encoding))
        assert caught.value.code == "DATA_ENCODING" and "--set dataset.format.encoding=latin-1" in caught.value.hint


def test_a_wrong_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="mine.csv:2 is not ascii at byte 6"):
        read(tmp_path, "a,b\n1,é\n", encoding="ascii")


def test_true_and_false_stay_the_texts_they_were(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b,c\nTrue,true,1\nFALSE,,2\n")
    assert values(table) == {"a": ["True", "FALSE"], "b": ["true", None], "c": [1, 2]}


def test_texts_stay_texts_where_they_are_wanted(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b,c\n01, 2 ,2025-01-01\n1,NA,\n", texts=("a", "b", "c"))
    assert values(table) == {"a": ["01", "1"], "b": ["2", None], "c": ["2025-01-01", None]}


def test_a_column_that_turns_into_texts_late_is_texts_from_its_first_row(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n" + "01,2.50\n" * 200_000 + "x,3\n")
    assert table.column("a")[0] == "01" and table.column("a")[-1] == "x" and table.column("b")[0] == 2.5


# ---- what can be said instead ----


def test_what_is_found_can_be_said_otherwise(tmp_path: Path) -> None:
    assert values(read(tmp_path, "a;b\n1;2\n", delimiter=",")) == {"a;b": ["1;2"]}
    assert values(read(tmp_path, "a b\n 1   2 \n", delimiter="space")) == {"a": [1], "b": [2]}
    assert values(read(tmp_path, "a,b\n'1,5',x\n", quote="'")) == {"a": ["1,5"], "b": ["x"]}
    assert values(read(tmp_path, 'a,b\n"1,5"\n', quote="none")) == {"a": ['"1'], "b": ['5"']}
    assert values(read(tmp_path, "a;b\n1.234,5;2\n", thousands=".")) == {"a": [1234.5], "b": [2]}
    assert values(read(tmp_path, "a\n-\n1\nNA\n", missing=("-",))) == {"a": [None, "1", "NA"]}
    assert values(read(tmp_path, "a,b\n1,2\n", header="no")) == {"column_0": ["a", "1"], "column_1": ["b", "2"]}
    assert values(read(tmp_path, "1,2\n3,4\n", header="yes")) == {"1": [3], "2": [4]}
    assert values(read(tmp_path, "a\n2025-01-01\n", dates="none")) == {"a": ["2025-01-01"]}


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f"])
def test_blanks_between_thousands_may_be_of_any_kind(tmp_path: Path, blank: str) -> None:
    text = f"a;b\n1{blank}234{blank}567,50;12\n-8,25;x{blank}y\n;1{blank}234\n"
    table = read(tmp_path, text, thousands="space")
    assert values(table) == {
        "a": [1234567.5, -8.25, pytest.approx(math.nan, nan_ok=True)],
        "b": ["12", f"x{blank}y", f"1{blank}234"],
    }
    assert run(table, tmp_path / "mine.csv")["a"].tolist()[:2] == [1234567.5, -8.25]
    assert read(tmp_path, f"1{blank}234,50;2{blank}000,10\n", thousands="space").names == ("column_0", "column_1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "klingon"},
        {"encoding": "hex"},
        {"encoding": "a\0b"},
        {"delimiter": ",", "decimal": ","},
        {"delimiter": ";", "thousands": ".", "decimal": "."},
        {"delimiter": ",", "thousands": ","},
        {"dates": "yes"},
        {"dates": "a=%d; b"},
        {"delimiter": "x"},
    ],
)
def test_a_format_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        Format(**wrong)


# ---- against Python's csv, and pandas by hand ----

CELLS = st.sampled_from(
    [
        *(
            "1",
            "2.5",
            "-3e4",
            " 7 ",
            "inf",
            "nan",
            "",
            "1e999",
            "0x1",
            "+.5",
            "1_0",
            "\u0663",
            "x",
            " x y ",
            "NA ",
            "True",
        ),
        *(
            "12345678901234567890",
            "123456789012345678901",
            "1.",
            ".",
            "-",
            "+1",
            "1e",
            "0.1",
            "1,5",
            "\xa01",
            "Infinity",
        ),
        *(
            "0.30000000000000004",
            "2.2250738585072011e-308",
            "9007199254740993",
            "1 2",
            "--1",
            "5e-324",
            "007",
            "1e5000",
        ),
    ]
)


def by_hand(text: str) -> dict[str, list]:
    """What a table holds by Python's csv: each field stripped, a column all numbers or all texts."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True))
    rows = [[cell.strip() for cell in row] for row in rows if row and row != [""]]
    found = {}
    for name, *cells in zip(*rows, strict=True):
        numbers = [math.nan if cell in MISSING else number(cell) for cell in cells]
        found[name] = numbers if None not in numbers else [None if cell in MISSING else cell for cell in cells]
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
@example([("1", "x")], "\r", False)
def test_a_table_is_what_pythons_csv_says(tmp_path_factory, rows, end, quoted) -> None:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(out, lineterminator=end, quoting=quoting).writerows([("a", "b"), *rows])
    path = tmp_path_factory.getbasetemp() / "both.csv"
    path.write_bytes(out.getvalue().encode())
    assert repr(values(reading.read(path))) == repr(by_hand(out.getvalue()))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
def test_every_number_is_the_nearest_one(tmp_path_factory, numbers: list[float]) -> None:
    path = tmp_path_factory.getbasetemp() / "exact.csv"
    path.write_text("a,b\n" + "".join(f"{each!r},x\n" for each in numbers))
    found = reading.read(path).column("a")
    assert np.array_equal(found, np.array(numbers), equal_nan=True)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('0123456789.,;\t\n\r" eabN-_#|'), max_size=60))
def test_whatever_a_text_is_it_becomes_a_table_or_our_own_error(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(text.encode())
    with contextlib.suppress(DataError):
        table = reading.read(path)
        assert len({len(column) for column in values(table).values()}) == 1 and len(table.rows)


@pytest.mark.parametrize(
    "text",
    [
        DE,
        "a,b\n1,True\n2,False\n",
        "1|2\n3|x\n",
        "a b\n1  2\n",
        "a,b\n 1 ,?\nNA,2025-01-02T10:00Z\n",
        'a , b\nx , 1 \n"x ",NA \nx,\n',  # blanks around texts, names and words for missing ones
        "a,b\n100000000000000000000,x \n2,NA \n,y\n",  # pandas keeps whole numbers beyond 64 bits as objects
        "a;b\n100000000000000000000;1,5\n 2 ;NA \n",
    ],
)
def test_the_lines_of_pandas_read_the_same(tmp_path: Path, text: str) -> None:
    table = read(tmp_path, text, delimiter="space" if text.startswith("a b") else "auto")
    pd.testing.assert_frame_equal(run(table, tmp_path / "mine.csv"), table.frame)

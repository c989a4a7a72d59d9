"""Tables `mlj data` writes: no cell calls a formula, none changes without need; and groups by `--value`."""

from __future__ import annotations

import pandas as pd
import pytest

from mlcore.sanitize import cell
from mlcore.tables.reading import read
from tests.mlcore.refusals import refused

CALLS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+SUM(A1)",
    "-A1",
    "@x",
    "\tx",
    "\r=1",
    "-1;=A1",
    "--x",
    "+49 30 x",
    "- none",
    "-\t1",
)
PLAIN = ("-", "+49 30 1234", "-1", "--", "- 5", "+1,5", "-1.234,5", "-(5)", "+49/30", "-1:30", "a=b", "", "3-4", "-1e5")


@pytest.mark.parametrize("text", CALLS)
def test_what_may_call_a_formula_stays_guarded(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_what_has_no_letter_after_its_sign_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_signs_and_telephone_numbers_come_back_from_a_file_as_they_went(mlj, tmp_path) -> None:
    texts = [text for text in PLAIN if text]
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    pd.DataFrame({"call": [*texts, "x"], "n": range(len(texts) + 1)}).to_csv(first, index=False)
    assert mlj("data head", first, "-o", second).code == 0
    assert read(first).frame.equals(read(second).frame)


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("--value Sales", "Product,Sales_sum"),
        ("--value Sales,Price", "Product,Sales_sum,Price_sum"),
        ("--agg mean --agg max --value Sales", "Product,Sales_mean,Sales_max"),
        ("--agg mean:Price --value Sales", "Product,Sales_sum,Price_mean"),
        ("--agg count", "Product,count"),
    ],
)
def test_a_group_takes_its_column_as_top_and_season_do(mlj, words: str, columns: str) -> None:
    said = mlj(f"data group sales --by Product {words} -o -")
    assert said.code == 0 and said.out.splitlines()[0] == columns
    if words == "--value Sales":
        assert said.out == mlj("data group sales --by Product --agg sum:Sales -o -").out
    refused(mlj("data group sales --by Product --value Sale"), 3, "did you mean 'Sales'")


def test_a_column_whose_name_begins_with_a_sign_is_sorted_by_its_name(mlj, tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("-a,b\n2,x\n1,y\n")
    for word, first in (("-a", "1,y"), ("+-a", "1,y"), ("--a", "2,x")):
        assert mlj("data head", path, f"--sort={word}", "-o", "-").out.splitlines()[1] == first


@pytest.mark.parametrize("words", ["data sort {} --by y", "train {} --target y --epochs 1 --no-record -q"])
def test_a_header_taken_for_a_row_is_said_to_be_one(mlj, tmp_path, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("2024,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(60)))
    option = "--set dataset.format.header=yes"
    refused(mlj(words.format(path)), 3, "there are: column_0, column_1; if its first line names them", option)
    assert mlj(f"{words.format(path)} {option}").code == 0

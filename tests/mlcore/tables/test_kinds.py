"""What each column of a table is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlcore.tables import kinds
from mlcore.tables.table import Table

ROWS = 40
NAMES = [f"Ms. {chr(65 + n % 26)}{n}" for n in range(ROWS)]
DAYS = pd.date_range("2025-01-01", periods=ROWS)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.linspace(0, 1, ROWS), "number"),
        (np.arange(ROWS) % 7, "number"),
        (np.arange(ROWS), "identifier"),
        (np.random.default_rng(0).permutation(ROWS) + 1000, "identifier"),
        (np.arange(ROWS) + 1980, "number"),
        (np.arange(ROWS) % 2, "truth"),
        (np.arange(ROWS) % 2 == 0, "truth"),
        (["Yes", "no"] * 20, "truth"),
        (["true", "FALSE"] * 20, "truth"),
        (["N", "S", "E", None] * 10, "category"),
        (["yes", "no", "maybe", None] * 10, "category"),
        (NAMES, "identifier"),
        (["the quick brown fox jumps over number " + name for name in NAMES], "text"),
        (DAYS, "date"),
        ([3.5] * ROWS, "constant"),
        (["x", None] * 20, "constant"),
        ([np.nan] * ROWS, "constant"),
        ([np.inf, -np.inf, 1.0, 2.0] * 10, "number"),
    ],
)
def test_a_column_is_what_it_looks_like(values, kind: str) -> None:
    frame = pd.DataFrame({"x": values})
    found = kinds.of(Table.of(frame))[0]
    column = frame["x"]
    assert (found.name, found.kind) == ("x", kind)
    assert (found.missing, found.distinct) == (column.isna().sum(), column.nunique())
    assert len(found.sample) == min(3, found.distinct)


def test_few_rows_make_no_identifiers() -> None:
    assert [each.kind for each in kinds.of(Table.of(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})))] == [
        "number",
        "category",
    ]


def test_many_different_texts_are_a_category_only_while_they_come_back() -> None:
    often, seldom = [f"c{n % 60}" for n in range(2000)], [f"c{n % 900}" for n in range(2000)]
    found = kinds.of(Table.of(pd.DataFrame({"often": often, "seldom": seldom})))
    assert [each.kind for each in found] == ["category", "text"]


def test_a_sample_is_as_it_would_be_written() -> None:
    frame = pd.DataFrame({"a": [1.0, 0.1, 1e20], "b": DAYS[:3], "c": [True, False, True]})
    assert [each.sample for each in kinds.of(Table.of(frame))] == [
        ("1", "0.1", "1e+20"),
        ("2025-01-01", "2025-01-02", "2025-01-03"),
        ("True", "False"),
    ]

"""Random tables whose sums are exact, and the same as plain rows, which the oracles read."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "Straße", "日本", "=1+1", "", "a b", None])
QUARTERS = st.one_of(st.none(), st.integers(-40, 40).map(lambda number: number / 4))
WHOLE = st.integers(-3, 3)
DAYS = st.one_of(st.none(), st.dates(datetime.date(2023, 11, 1), datetime.date(2024, 3, 1)))
ROWS = st.lists(st.tuples(KEYS, QUARTERS, WHOLE, DAYS), max_size=25)
NAMES = ("Kind", "Sales", "Unit price", "Däte")


def frame_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The frame of rows, as a table that was read has it: texts as `str`, missing ones NaN or NaT."""
    kinds, sales, units, days = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    return pd.DataFrame(
        {
            "Kind": pd.Series(kinds, dtype="str"),
            "Sales": pd.Series(sales, dtype="float64"),
            "Unit price": pd.Series(units, dtype="int64"),
            "Däte": pd.Series(pd.to_datetime(pd.Series(days, dtype="object")), dtype="datetime64[ns]"),
        }
    )


FRAMES = ROWS.map(lambda rows: (rows, frame_of(rows)))


def ran(code: str, frame: pd.DataFrame) -> pd.DataFrame:
    """What lines of pandas make of `df`."""
    names: dict[str, Any] = {"pd": pd, "df": frame.copy()}
    exec(code, names)
    found: pd.DataFrame = names["df"]
    return found

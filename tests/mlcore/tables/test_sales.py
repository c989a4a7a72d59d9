"""The bundled table of sales: its board to the cent, for every seed and size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.errors import ConfigError
from mlcore.tables import sales

BOARD = {
    "Lamp": 600_000, "Desk": 550_000, "Chair": 513_000, "Shelf": 480_000, "Rug": 450_000, "Sofa": 320_000,
    "Mirror": 312_000, "Vase": 219_000, "Clock": 157_500,
}  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(st.integers(2_000, 10_000), st.integers(0, 2**32 - 1))
def test_the_board_is_the_planted_one(rows: int, seed: int) -> None:
    frame = sales.make(rows, seed)
    board = frame.groupby("Product")["Sales"].sum().sort_values(ascending=False)
    assert list(board.items()) == list(BOARD.items())
    assert len(frame) == rows and frame["Date"].is_monotonic_increasing and frame["Date"].nunique() == 1461


def test_the_board_stands_in_the_module() -> None:
    for name, total in BOARD.items():
        assert f"{name} {total:,}" in sales.__doc__


def test_sales_are_price_times_quantity_and_some_cells_are_missing() -> None:
    frame = sales.make()
    whole = frame.dropna()
    assert (whole["Price"] * whole["Quantity"] == whole["Sales"]).all()
    lacking = frame.isna().mean()
    assert (lacking[["Product", "Date", "Sales"]] == 0).all()
    assert np.allclose(lacking[["Region", "Price", "Quantity"]], [0.03, 0.02, 0.02], atol=0.01)


def test_the_same_seed_makes_the_same_table() -> None:
    pd.testing.assert_frame_equal(sales.make(2_000, 5), sales.make(2_000, 5))
    assert not sales.make(2_000, 5).equals(sales.make(2_000, 6))


@pytest.mark.parametrize("rows", [0, 1_999, 10_001])
def test_too_few_and_too_many_rows_are_refused(rows: int) -> None:
    with pytest.raises(ConfigError, match="2,000 to 10,000"):
        sales.make(rows)

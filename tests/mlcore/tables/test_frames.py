"""Tables from DataFrames and from Parquet: what is taken, and what is refused by its name."""

from __future__ import annotations

import datetime
import decimal
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlcore.errors import DataError
from mlcore.tables import parquet, reading
from mlcore.tables.table import Table

NOON = datetime.datetime(2025, 4, 3, 12)
ZONED = pd.Series(pd.to_datetime(["2025-04-03T12:00+02:00", None])).dt.tz_convert("Europe/Berlin")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ([1, 2], [1.0, 2.0]),
        (pd.array([1, None], "Int64"), [1.0, None]),
        (pd.array([True, None], "boolean"), [1.0, None]),
        (pd.array([0.5, None], "Float32"), [0.5, None]),
        ([True, False], [1.0, 0.0]),
        (pd.Categorical(["a", None]), ["a", None]),
        (pd.Categorical([3, 4]), [3.0, 4.0]),
        (pd.Categorical([3, None]), [3.0, None]),
        (np.array(["a", None], object), ["a", None]),
        (np.array([1, None], object), [1.0, None]),
        (np.array([True, False], object), [1.0, 0.0]),
        (np.array([decimal.Decimal("1.5"), None], object), [1.5, None]),
        (np.array([1, 2.5], object), [1.0, 2.5]),
        (pd.arrays.SparseArray([0.0, 1.0]), [0.0, 1.0]),
        ([NOON, None], [np.datetime64("2025-04-03T12:00"), None]),
        (ZONED.array, [np.datetime64("2025-04-03T10:00"), None]),
        (np.array([datetime.date(2025, 4, 3), None], object), [np.datetime64("2025-04-03"), None]),
        (np.array([None, None], object), [None, None]),
    ],
)
def test_columns_of_a_frame_are_numbers_texts_or_dates(column, values) -> None:
    table = Table.of(pd.DataFrame({"x": column}, index=[7, 7]))
    found = table.column("x")
    assert found.dtype in (np.float64, np.object_, np.dtype("datetime64[us]"))
    for each, value in zip(found, values, strict=True):
        missing = each is None or each != each
        assert missing if value is None else each == value
    assert table.take(np.array([1])).column("x").tolist()[0] in (found.tolist()[1],) or math.isnan(found[1])


@pytest.mark.parametrize(
    ("frame", "code", "words"),
    [
        (pd.DataFrame({"x": [1j]}), "DATA_DTYPE", "x holds complex128"),
        (pd.DataFrame({"x": [[1, 2]]}), "DATA_DTYPE", "x holds objects"),
        (pd.DataFrame({"x": ["a", 1]}), "DATA_DTYPE", "x holds objects (mixed-integer)"),
        (pd.DataFrame({"x": [pd.Timedelta(1)]}), "DATA_DTYPE", "x holds timedelta64"),
        (pd.DataFrame({"x": pd.period_range("2025", periods=2)}), "DATA_DTYPE", "x holds period"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "DATA_SCHEMA", "more than one column called 'x'"),
        (pd.DataFrame([[1, 2]], columns=["1", 1]), "DATA_SCHEMA", "more than one column called '1'"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "DATA_SCHEMA", "2 levels"),
        (pd.DataFrame({"x": []}), "DATA_EMPTY", "has no rows"),
        (pd.DataFrame(index=[1]), "DATA_EMPTY", "has no columns"),
        ([[1, 2]], "DATA_DTYPE", "expected a DataFrame of pandas, got list"),
        (pd.DataFrame({"\x1b[2Jx": [1j]}), "DATA_DTYPE", r"\x1b[2Jx holds"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(frame, code: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        Table.of(frame, "mine")
    assert caught.value.code == code and words in str(caught.value) and str(caught.value).startswith("mine")


def test_a_frame_is_not_written_to_and_names_are_texts() -> None:
    frame = pd.DataFrame({0: [1, 2], "self": ["a", "b"]})
    table = Table.of(frame)
    assert table.names == ("0", "self") and list(frame.columns) == [0, "self"]
    table.column("0")[0] = 9
    assert frame[0].tolist() == [1, 2]
    assert table.renamed(("x", "y")).column("y").tolist() == ["a", "b"]


# ---- Parquet ----


def test_a_parquet_file_without_pyarrow_names_the_way_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and more")
    with pytest.raises(DataError, match="is a Parquet file, which takes pyarrow") as caught:
        reading.read(tmp_path / "a.parquet")
    assert caught.value.hint == 'pip install "mlj-tui[parquet]"'


def test_a_parquet_file_gives_its_columns(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is an extra: parquet")
    frame = pd.DataFrame({"a": [1, None], "b": ["x", None], "c": pd.Categorical(["u", "v"]), "d": [NOON, None]})
    frame.to_parquet(tmp_path / "a.parquet")
    table = reading.read(tmp_path / "a.parquet", texts=("a",))
    assert table.names == ("a", "b", "c", "d") and table.column("a").tolist() == ["1.0", None]
    assert table.column("b").tolist() == ["x", None] and table.column("c").tolist() == ["u", "v"]
    assert np.isnat(table.column("d")[1]) and table.notes == ("Parquet, 1 row groups",)


def test_a_parquet_file_is_weighed_decoded_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is an extra: parquet")
    from pyarrow import parquet as written

    path = tmp_path / "bomb.parquet"
    written.write_table(pyarrow.table({"a": np.zeros(1 << 20), "b": ["x"] * (1 << 20)}), path)
    assert path.stat().st_size < 1 << 17
    monkeypatch.setattr(parquet, "LARGEST", 1 << 25)
    with pytest.raises(DataError, match="1,048,576 rows of 72 bytes") as caught:
        reading.read(path)
    assert caught.value.code == "DATA_LIMIT"


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1"])
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, data: bytes) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is an extra: parquet")
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(DataError, match="is a Parquet file that cannot be read") as caught:
        reading.read(tmp_path / "a.parquet")
    assert caught.value.code == "DATA_FORMAT"


def test_nested_columns_of_a_parquet_file_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is an extra: parquet")
    pd.DataFrame({"a": [[1, 2], [3]]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="a holds") as caught:
        reading.read(tmp_path / "a.parquet")
    assert caught.value.code == "DATA_DTYPE"

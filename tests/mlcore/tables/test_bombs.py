"""Small files that stand for much: they are refused before there is no memory, or no time, left."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.errors import DataError
from mlcore.tables import reading
from mlcore.tables.views import relations


def test_a_parquet_dictionary_is_counted_by_what_its_rows_become(tmp_path, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    from mlcore.tables import parquet as ours

    path = tmp_path / "a.parquet"
    few = pa.DictionaryArray.from_arrays(pa.array([0, 1, None] * 500), pa.array(["x" * 1000, "y"]))
    parquet.write_table(pa.table({"a": few, "b": pa.array(range(1500))}), path)
    table = reading.read(path)
    assert table.column("a")[0] == "x" * 1000 and table.column("a")[2] is None
    monkeypatch.setattr(ours, "LARGEST", 400_000)  # 500 KB of texts, of which the file holds 1 KB
    with pytest.raises(DataError, match="becomes more than the 400,000 bytes allowed") as caught:
        reading.read(path)
    assert caught.value.code == "DATA_LIMIT"


def test_correlations_of_more_columns_than_pairs_can_be_looked_at_are_refused():
    import pandas as pd

    frame = pd.DataFrame(np.zeros((3, relations.WIDEST + 1)), columns=[f"c{k}" for k in range(relations.WIDEST + 1)])
    for view in (relations.corr, relations.pairs):
        with pytest.raises(DataError, match="1,001 columns of numbers") as caught:
            view(frame)
        assert caught.value.code == "DATA_LIMIT"
